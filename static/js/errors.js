/* Takes a person who sent a form with errors to the list of them, unless they are at a field
   already: on a slow line this comes after the page. */
const summary = document.getElementById("error-summary");
if (summary && document.activeElement === document.body) {
  summary.focus();
}
