/* Says while somebody types or pastes how much of it is too much: <input data-longest="150"> in a
   <form data-too-long="… {number} …" data-too-long-one="…">. Nothing is cut; the server asks too. */
const form = document.querySelector("form[data-too-long]");

function watch(field) {
  const line = document.createElement("p");
  const said = document.createElement("span");
  line.className = "error";
  line.id = `${field.id}_too_long`;
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  field.after(line, said);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
  const tell = () => {
    // As the server counts: whole signs, composed, without blanks around.
    const over = [...field.value.trim().normalize("NFC")].length - Number(field.dataset.longest);
    const words = over === 1 ? form.dataset.tooLongOne : form.dataset.tooLong;
    const number = over.toLocaleString(document.documentElement.lang);
    const before = line.textContent;
    line.textContent = over > 0 ? words.replace("{number}", number) : "";
    // Read out when it becomes too long, not at each key.
    if (!before || !line.textContent) {
      said.textContent = line.textContent;
    }
  };
  field.addEventListener("input", tell);
  tell();
}

if (form) {
  form.querySelectorAll("[data-longest]").forEach(watch);
}
