/* Takes a person who sent a form with errors to the list of them. */
const summary = document.getElementById("error-summary");
if (summary) {
  summary.focus();
}
