/* Keeps what is written on this device until it has arrived: <form data-draft="key">, and on the
   page after it <… data-draft-done="key key">. Only the letter's own words: no name, no address. */
const KEEP_FOR = 14 * 24 * 60 * 60 * 1000;
const form = document.querySelector("form[data-draft]");
const note = document.querySelector("[data-draft-note]");
const key = `draft:${form?.dataset.draft}`;
const fields = ["subject", "body"].map((name) => form?.elements[name]).filter(Boolean);
const started = Object.fromEntries(fields.map((field) => [field.name, field.value]));

function read(name = key) {
  try {
    const draft = JSON.parse(localStorage.getItem(name));
    return draft && Date.now() - draft.at < KEEP_FOR ? draft : null;
  } catch {
    return null;
  }
}

function keep(sent = false) {
  const words = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), sent, words }));
    note.hidden = false;
  } catch {
    note.hidden = true; // private window, or full: nothing is kept, and nothing is said to be
  }
}

function forget(name = key) {
  try {
    localStorage.removeItem(name);
  } catch {
    // nothing was kept
  }
}

const done = document.querySelector("[data-draft-done]")?.dataset.draftDone ?? "";
for (const name of done.split(" ").map((word) => `draft:${word}`)) {
  if (read(name)?.sent) {
    forget(name);
  }
}

if (form && note) {
  const draft = read();
  const asked = new URLSearchParams(location.search).has("start");
  const failed = document.getElementById("error-summary");
  if (draft && !asked && !failed) {
    for (const field of fields) {
      field.value = draft.words[field.name] ?? field.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    note.hidden = false;
  }
  let waiting;
  form.addEventListener("input", (event) => {
    if (fields.includes(event.target) && event.isTrusted) {
      clearTimeout(waiting);
      waiting = setTimeout(() => keep(), 400);
    }
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    keep(true); // until the page of the letter shows that it arrived
  });
  note.querySelector("[data-draft-forget]").addEventListener("click", () => {
    clearTimeout(waiting);
    forget();
    note.hidden = true;
    for (const field of fields) {
      field.value = started[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}
