/* A ticked point goes onto the sheet at once, at its end; unticked, it goes again if nobody changed it. */
const body = document.querySelector("form[data-draft-days] [name=body]");
const start = document.getElementById("start");
const said = document.querySelector("[data-points-said]");
const language = document.querySelector("form[data-draft-days] select[name=language]");

if (body && start) {
  for (const only of document.querySelectorAll("[data-without-script], button[form=start]")) {
    only.hidden = true;
  }
  for (const box of document.querySelectorAll("input[name=point]")) {
    const point = box.labels[0].textContent.trim();
    // By somebody, before this script came; not by a browser that filled it in.
    const isChanged = navigator.userActivation?.hasBeenActive && box.checked !== box.defaultChecked;
    const wanted = isChanged ? box.checked : body.value.includes(point);
    box.checked = body.value.includes(point);
    box.addEventListener("change", () => {
      const paragraphs = body.value.split(/\n{2,}/).filter((paragraph) => paragraph.trim());
      if (language && box.checked && !paragraphs.length) {
        language.value = box.labels[0].closest("[lang]").lang;
      }
      const others = paragraphs.filter((paragraph) => paragraph.trim() !== point);
      body.value = (box.checked ? [...others, point] : others).join("\n\n");
      body.dispatchEvent(new Event("input", { bubbles: true }));
      if (said) {
        said.textContent = box.checked ? said.dataset.added : said.dataset.takenOut;
      }
    });
    if (box.checked !== wanted) {
      box.click();
    }
  }
}
