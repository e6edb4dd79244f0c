/* Whoever ticks another target sees its sheet at once, with what was typed on it. */
const choice = document.querySelector("[data-choose]");
const button = choice?.querySelector("button");

if (button) {
  choice.hidden = true;
  for (const radio of document.querySelectorAll("[type=radio][name=target]")) {
    radio.addEventListener("change", () => {
      const query = new URLSearchParams(location.search);
      query.set("target", radio.value);
      button.formAction = `?${query}`;
      button.form.requestSubmit(button);
    });
  }
}
