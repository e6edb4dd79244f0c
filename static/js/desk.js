/* Keys of the reading desk: <button data-key="a" aria-keyshortcuts="a">. They press what is on the
   page and nothing else, never while somebody types or chooses in another form but for what sends it,
   and can be turned off. */
const box = document.getElementById("keys");
const keyed = document.querySelectorAll("[data-key]");
const OFF = "desk-keys-off";
const SEND = "Control+Enter"; // from within the fields of a form

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

function pressed(event) {
  if (event.ctrlKey || event.metaKey) {
    const isSent = event.key === "Enter" && event.target.form;
    return isSent && [...event.target.form.elements].find((one) => one.dataset.key === SEND);
  }
  const element = event.altKey ? undefined : find(event.key.toLowerCase());
  const busy = event.target.closest("input, textarea, select, [contenteditable]");
  const isFree = !busy || (busy.type === "radio" && busy.form === element?.closest("form"));
  return isFree && element;
}

function unfold(details) {
  const field = details.querySelector("input[type=radio], textarea");
  details.open = true;
  field.focus();
  if (field.tagName === "TEXTAREA") {
    field.select();
  }
}

function press(event) {
  const element = box.checked && !event.repeat && pressed(event);
  if (!element) {
    return;
  }
  event.preventDefault();
  if (element.tagName === "SUMMARY") {
    unfold(element.parentElement);
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
