/* Says how many words stand on the sheet, and whether they still fit on one page. */
const LINE = 77; // Latin letters in a line of an A4 sheet
const PAGE = 20; // lines between salutation and close
const BREAK = 0.42; // the space between paragraphs, in lines
const body = document.querySelector("form[data-draft] [name=body]");
const line = document.querySelector("[data-fit]");

function tell() {
  const text = body.value.trim();
  const words = text ? text.split(/\s+/).length : 0;
  const paragraphs = text.split(/\n+/);
  const lines = paragraphs.reduce((sum, paragraph) => sum + Math.ceil(paragraph.length / LINE), 0);
  const over = lines + BREAK * (paragraphs.length - 1) > PAGE;
  line.textContent = words ? line.dataset[over ? "fitOver" : "fit"].replace("{words}", words) : "";
}

if (body && line) {
  body.addEventListener("input", tell);
  tell();
}
