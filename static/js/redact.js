/* What is selected in the letter goes into the field for the words to leave out, and which of them it is. */
const form = document.querySelector("[data-redact] form");
const take = form?.querySelector("[data-take-selection]");
const parts = [...document.querySelectorAll(".sheet .subject, .sheet .words")];
const spaces = (text) => text.trim().split(/\s+/).join(" ");

function times(text, words) {
  return spaces(text).split(words).length - 1;
}

function textBefore(range, part) {
  const before = document.createRange();
  before.selectNodeContents(part);
  before.setEnd(range.startContainer, range.startOffset);
  return before.toString();
}

if (take && parts.length) {
  take.hidden = false;
  take.addEventListener("click", () => {
    const selection = getSelection();
    const range = selection.rangeCount ? selection.getRangeAt(0) : null;
    const part = range && parts.find((each) => each.contains(range.commonAncestorContainer));
    const words = range ? spaces(range.toString()) : "";
    if (part && words) {
      const earlier = parts.slice(0, parts.indexOf(part)).map((each) => each.textContent);
      const before = [...earlier, textBefore(range, part)].reduce((sum, text) => sum + times(text, words), 0);
      const all = parts.reduce((sum, each) => sum + times(each.textContent, words), 0);
      form.elements.words.value = range.toString().trim();
      form.elements.which.value = all > 1 ? before + 1 : "";
    }
    form.elements.words.focus();
  });
}
