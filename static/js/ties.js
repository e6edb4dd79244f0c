/* The advice for people with ties to the country is read out once they say so:
   <… role="status" data-ties-advice>. */
const advice = document.querySelector("[data-ties-advice]");
const form = advice?.closest("form");

if (form) {
  const words = [...advice.childNodes];
  const show = () => advice.replaceChildren(...(form.elements.ties.value === "yes" ? words : []));
  show();
  form.addEventListener("input", (event) => {
    if (event.target.name === "ties") {
      show();
    }
  });
}
