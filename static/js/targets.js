/* Whoever ticks another target sees its sheet at once, with what was typed on it. */
const choice = document.querySelector("[data-choose]");
const button = choice?.querySelector("button");

if (button) {
  const radios = [...document.querySelectorAll("[type=radio][name=target]")];
  // Who has ticked another before this script came still needs the button.
  choice.hidden = radios.every((radio) => radio.checked === radio.defaultChecked);
  for (const radio of radios) {
    radio.addEventListener("change", () => {
      const query = new URLSearchParams(location.search);
      query.set("target", radio.value);
      button.formAction = `?${query}`;
      button.form.requestSubmit(button);
    });
  }
}
