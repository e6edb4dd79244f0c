/* The advice for people with ties to the country is read out once they say so, and their name is
   shortened to initials unless they have chosen: <… role="status" data-ties-advice>. */
const advice = document.querySelector("[data-ties-advice]");
const form = advice?.closest("form");

if (form) {
  const words = [...advice.childNodes];
  let hasChosen = false;
  const show = () => advice.replaceChildren(...(form.elements.ties.value === "yes" ? words : []));
  show();
  form.addEventListener("input", (event) => {
    hasChosen ||= event.target.name === "name_form";
    if (event.target.name !== "ties") {
      return;
    }
    show();
    const initials = form.querySelector("[type=radio][name=name_form][value=initials]");
    if (initials && !hasChosen && event.target.value === "yes") {
      initials.checked = true;
      initials.dispatchEvent(new Event("input", { bubbles: true }));
      hasChosen = false;
    }
  });
}
