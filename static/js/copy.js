/* Buttons that copy the text of another element, and say once beside them whether that worked; where
   the browser refuses, the text is selected:
   <button data-copy="id" data-copied="Copied" data-refused="…" hidden>. */
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) {
    break;
  }
  const source = document.getElementById(button.dataset.copy);
  const text = source.textContent; // as it came: translators of pages change what is shown
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.className = "small";
  button.after(" ", said);
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(source);
      said.textContent = button.dataset.refused ?? "";
    }
  });
}
