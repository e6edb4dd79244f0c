/* Buttons for the device's own share sheet, shown where there is one: <button data-share="id" hidden>. */
if (navigator.share) {
  for (const button of document.querySelectorAll("[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.share({ text: document.getElementById(button.dataset.share).textContent });
      } catch {
        // closed without sharing
      }
    });
  }
}
