/* Keys of the reading desk: <button data-key="a" aria-keyshortcuts="a">. They press what is on the
   page and nothing else, never while somebody types or chooses in another form, and can be turned off. */
const box = document.getElementById("keys");
const keyed = document.querySelectorAll("[data-key]");
const OFF = "desk-keys-off";

function show() {
  keyed.forEach((element) => {
    if (box.checked) {
      element.setAttribute("aria-keyshortcuts", element.dataset.key);
    } else {
      element.removeAttribute("aria-keyshortcuts");
    }
    const hint = element.querySelector("kbd");
    if (hint) {
      hint.hidden = !box.checked;
    }
  });
}

/* Of several choices with one key, the first of those that are not made yet. */
function find(key) {
  return [...keyed].find(
    (one) => one.dataset.key === key && (one.type !== "radio" || isOpen(one.closest("fieldset"))),
  );
}

function isOpen(choice) {
  return !choice.querySelector(":checked")?.value;
}

function press(event) {
  const busy = event.target.closest("input, textarea, select, [contenteditable]");
  if (!box.checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const element = find(event.key.toLowerCase());
  if (!element || (busy && !(busy.type === "radio" && busy.form === element.closest("form")))) {
    return;
  }
  event.preventDefault();
  if (element.tagName === "SUMMARY") {
    element.parentElement.open = true;
    element.parentElement.querySelector("input[type=radio], textarea").focus();
  } else {
    element.focus();
    element.click();
  }
}

if (box) {
  box.checked = localStorage.getItem(OFF) === null;
  box.closest("label").hidden = false;
  box.addEventListener("change", () => {
    if (box.checked) {
      localStorage.removeItem(OFF);
    } else {
      localStorage.setItem(OFF, "1");
    }
    box.blur();
    show();
  });
  show();
  document.addEventListener("keydown", press);
}
