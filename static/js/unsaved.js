/* In the admin: asks before a form that was changed and not sent is left. Without this script
   nothing asks. <form data-unsaved="always">: what was typed has not been saved before either. */
const form = document.querySelector("form[data-unsaved], .change-form #content-main > form");
const said = () => new URLSearchParams(new FormData(form)).toString();

if (form) {
  const always = form.dataset.unsaved === "always" || document.querySelector("#error-summary, .errornote");
  // On a slow line somebody may have typed before this script came.
  let touched =
    navigator.userActivation?.hasBeenActive &&
    [...form.elements].some((field) => "defaultValue" in field && field.value !== field.defaultValue);
  let opened = touched ? null : said();
  let sent = false;
  form.addEventListener("input", () => (touched = true));
  addEventListener("load", () => (opened = touched ? opened : said())); // other scripts add rows
  addEventListener("pageshow", () => (sent = false)); // Back, to a page that the browser kept
  form.addEventListener("submit", () => (sent = true));
  addEventListener("beforeunload", (event) => {
    if (!sent && (always || said() !== opened)) {
      event.preventDefault();
    }
  });
}
