/* Says how many words stand on the sheet, and whether they still fit on one page. */
const ONE_PAGE = 2200; // characters, with an empty line counted as a whole one: measured on the printed A4 sheet
const LINE = 85;
const body = document.querySelector("form[data-draft] [name=body]");
const line = document.querySelector("[data-fit]");

function tell() {
  const text = body.value.trim();
  const words = text ? text.split(/\s+/).length : 0;
  const breaks = (text.match(/\n/g) ?? []).length;
  const over = text.length + (breaks * LINE) / 2 > ONE_PAGE;
  line.textContent = words ? line.dataset[over ? "fitOver" : "fit"].replace("{words}", words) : "";
}

if (body && line) {
  body.addEventListener("input", tell);
  tell();
}
