/* Keeps what is written on this device until it has arrived: <form data-draft="name">, and on the
   page after it <… data-draft-done="name name">; both with data-draft-days. Only the letter's own
   words: no name, no address. A letter that begins with ours, or with points, or to another target,
   has a draft of its own beside one that began with a blank sheet, so that none is written over by
   the next. */
const page = document.querySelector("[data-draft-days]");
const form = document.querySelector("form[data-draft]");
const note = document.querySelector("[data-draft-note]");
const oldest = Date.now() - Number(page?.dataset.draftDays) * 24 * 60 * 60 * 1000;
const fields = ["subject", "body"].map((name) => form?.elements[name]).filter(Boolean);
// Typed before this script came, which takes long on a slow line; not what a browser filled in.
const isTyped = (field) => navigator.userActivation?.hasBeenActive && field.value !== field.defaultValue;
// What was typed into what the sheet began with.
const added = (field) => {
  const [before, now] = [field.defaultValue, field.value];
  let start = 0;
  while (start < before.length && before[start] === now[start]) {
    start += 1;
  }
  let end = 0;
  while (end < Math.min(before.length, now.length) - start && before.at(-1 - end) === now.at(-1 - end)) {
    end += 1;
  }
  return now.slice(start, now.length - end);
};
const begun = new URLSearchParams(location.search);
const start = ["start", "language", "point", "target"]
  .flatMap((name) => begun.getAll(name).map((value) => `${name}=${value}`))
  .join("&");
const name = `draft:${form?.dataset.draft}`;
const key = start ? `${name}?${start}` : name;
let shown = key; // the draft that stands in the form
// A page that answers to a form shows what was sent: only what this tab has kept since is newer.
const isAnswer = Boolean(form && "draftSent" in form.dataset);
const tab = nameOfTab();

function nameOfTab() {
  try {
    sessionStorage.tab ??= String(Math.random());
    return sessionStorage.tab;
  } catch {
    return ""; // private window: nothing is kept
  }
}

function drafts() {
  const found = new Map();
  try {
    for (const each of Object.keys(localStorage).filter((one) => one.startsWith("draft:"))) {
      found.set(each, read(each));
    }
  } catch {
    // private window: nothing is kept
  }
  return found;
}

function read(each) {
  try {
    return JSON.parse(localStorage.getItem(each));
  } catch {
    return null;
  }
}

function keep(sent = false) {
  const words = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), tab, sent, words }));
    if (shown !== key) {
      forget(shown);
      shown = key;
    }
    tellKept(true);
  } catch {
    tellKept(false); // private window, or full: nothing is kept, and nothing is said to be
  }
}

function tellKept(isKept) {
  if (note) {
    note.hidden = !isKept;
  }
}

function forget(each) {
  try {
    localStorage.removeItem(each);
  } catch {
    // nothing was kept
  }
}

const done = (document.querySelector("[data-draft-done]")?.dataset.draftDone ?? "").split(" ");
for (const [each, draft] of page ? drafts() : []) {
  const arrived = draft?.sent && done.includes(each.slice("draft:".length).split("?")[0]);
  if (arrived || !(draft?.at > oldest)) {
    forget(each);
  }
}

if (form) {
  // Without a starting point the one that was written last, with one its own.
  // What was sent by the page before is the letter: no other one takes its place.
  const isMine = (each) => each === key || (!start && !isAnswer && each.startsWith(`${name}?`));
  const mine = [...drafts()].filter(([each]) => isMine(each));
  const [last] = mine.sort(([, one], [, other]) => other.at - one.at);
  const begunWith = new URLSearchParams(last?.[0].split("?")[1]);
  const typed = fields.filter(isTyped);
  if (begunWith.has("target") && !start && !isAnswer) {
    // It was written to another target than the first: on that one's sheet it goes on, unless
    // somebody has begun on this one.
    if (!typed.length) {
      begun.forEach((value, name) => begunWith.append(name, value));
      location.replace(`?${begunWith}`);
    }
  } else if (last && (!isAnswer || last[1].tab === tab)) {
    shown = last[0];
    for (const field of fields.filter((one) => one.type !== "hidden")) {
      const kept = last[1].words[field.name] ?? field.defaultValue;
      if (!typed.includes(field)) {
        field.value = kept;
      } else if (kept !== field.defaultValue && kept !== field.value) {
        const both = [kept, added(field)].filter(Boolean);
        field.value = both.join(field.name === "body" ? "\n\n" : " ");
      }
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    tellKept(true);
  }
  if (typed.length) {
    keep();
  }
  // Back, and a reload, ask for this page instead of sending once more what it answers to. That
  // finds the letter which the form has made by then, or these words.
  const kept = drafts().get(key)?.words;
  if (isAnswer && ("untouched" in form.dataset || fields.every((field) => kept?.[field.name] === field.value))) {
    const url = new URL(location);
    if (form.dataset.again) {
      url.searchParams.set("again", form.dataset.again);
    }
    history.replaceState(history.state, "", url);
  }
  let waiting;
  form.addEventListener("input", (event) => {
    if (fields.includes(event.target) && event.isTrusted) {
      clearTimeout(waiting);
      waiting = setTimeout(() => keep(), 400);
    }
  });
  addEventListener("pagehide", () => {
    if (waiting) {
      clearTimeout(waiting);
      keep(); // what was typed in the last moment
    }
  });
  form.addEventListener("submit", (event) => {
    const isTyping = Boolean(waiting);
    clearTimeout(waiting);
    waiting = 0;
    if (!["choose", "step", "check"].includes(event.submitter?.name)) {
      keep(true); // until the page of the letter shows that it arrived
    } else if (isTyping || shown !== key) {
      keep(); // the next page finds it by its own address
    }
  });
  note?.querySelector("[data-draft-forget]").addEventListener("click", () => {
    clearTimeout(waiting);
    waiting = 0;
    forget(shown);
    shown = key;
    if (isAnswer) {
      location.replace(location.href.split("#")[0]); // its first words are what was sent
      return;
    }
    tellKept(false);
    for (const field of fields) {
      field.value = field.defaultValue;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}
