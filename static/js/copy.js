/* Buttons that copy the text of another element: <button data-copy="id" data-copied="Copied" hidden>.
   Beside it stands for a while that it was copied; where the browser refuses, the text is selected. */
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) {
    break;
  }
  const source = document.getElementById(button.dataset.copy);
  const text = source.textContent; // as it came: translators of pages change what is shown
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.className = "small";
  button.after(said);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(source);
      return;
    }
    said.textContent = button.dataset.copied;
    setTimeout(() => {
      said.textContent = "";
    }, 2000);
  });
}
