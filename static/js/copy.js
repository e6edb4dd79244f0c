/* Buttons that copy the text of another element: <button data-copy="id" data-copied="Copied" hidden>. */
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) {
    break;
  }
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  // As it came: translators of pages change what is shown.
  const text = document.getElementById(button.dataset.copy).textContent;
  button.hidden = false;
  words.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    words.textContent = button.dataset.copied;
    setTimeout(() => {
      words.textContent = before;
    }, 2000);
  });
}
