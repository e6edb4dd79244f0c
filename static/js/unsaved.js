/* In the admin: asks before a form that was changed and not sent is left. Without this script
   nothing asks. <form data-unsaved="always">: what was typed has not been saved before either. */
const form = document.querySelector("form[data-unsaved], .change-form #content-main > form");
const said = (what = form) => new URLSearchParams(new FormData(what)).toString();

if (form) {
  const always = form.dataset.unsaved === "always" || document.querySelector("#error-summary, .errornote");
  const asSent = form.cloneNode(true);
  asSent.reset();
  // On a slow line somebody may have typed, ticked or chosen before this script came.
  let touched = navigator.userActivation?.hasBeenActive && said() !== said(asSent);
  let opened = touched ? said(asSent) : said();
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
