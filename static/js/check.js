/* Asks this site's server, while somebody writes, what to look at again, and shows its list beside
   the sheet: <section data-check="address" data-about="appeal"> in a form. Nothing is kept. */
const PAUSE = 1500; // milliseconds without a key before it asks
const section = document.querySelector("[data-check]");
const form = section?.closest("form");
const names = [
  ...["csrfmiddlewaretoken", "subject", "body", "language", "form", "target"],
  ...["name", "name_form", "first_name", "under_18"],
];
let asked = "";
let waiting;
let wasOver = Boolean(form?.querySelector("[data-fit][data-over]"));

function fields() {
  const all = new FormData(form);
  const sent = names.filter((name) => all.has(name)).map((name) => [name, all.get(name)]);
  return new URLSearchParams([...sent, ["about", section.dataset.about]]);
}

async function ask(byHand = false) {
  const body = fields();
  asked = String(body);
  const sum = section.querySelector("[data-check-sum]");
  if (byHand) {
    sum.replaceChildren(); // what is said again is read out again
  }
  try {
    const answer = await fetch(section.dataset.check, { method: "POST", body });
    if (answer.ok && asked === String(fields())) {
      show(await answer.text());
    } else if (byHand && !answer.ok) {
      sum.textContent = section.dataset.failed;
    }
  } catch {
    // offline: sending the form asks again
    if (byHand) {
      sum.textContent = section.dataset.failed;
    }
  }
}

function show(html) {
  const focused = document.activeElement.closest("[data-check-list] button")?.dataset.words;
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of ["[data-check-sum]", "[data-check-list]", "[data-fit]"]) {
    const before = form.querySelector(part);
    const after = fresh.querySelector(part);
    if (before.innerHTML !== after.innerHTML) {
      before.replaceChildren(...after.childNodes);
    }
  }
  tellTurn(fresh.querySelector("[data-fit]").hasAttribute("data-over"));
  reveal();
  if (focused !== undefined) {
    // The list is a new one: whoever was in it stays there.
    const buttons = [...section.querySelectorAll("button")];
    const same = buttons.find((button) => button.dataset.words === focused);
    (same ?? section.querySelector("[name=check]")).focus();
  }
}

/* The number is silent. That the page is full, or has room again, is read out once. */
function tellTurn(isOver) {
  const fit = form.querySelector("[data-fit]");
  const said = form.querySelector("[data-fit-said]");
  if (fit.toggleAttribute("data-over", isOver) !== wasOver) {
    said.textContent = isOver ? said.dataset.over : said.dataset.fits;
    wasOver = isOver;
  }
}

function reveal() {
  for (const line of section.querySelectorAll("[data-check-show]")) {
    line.hidden = false;
  }
}

if (form) {
  reveal();
  section.querySelector("[data-check-live]").hidden = false;
  form.addEventListener("input", (event) => {
    if (names.includes(event.target.name)) {
      clearTimeout(waiting);
      const pause = event.target.matches("[type=radio], [type=checkbox]") ? 0 : PAUSE;
      waiting = setTimeout(() => String(fields()) !== asked && ask(), pause);
    }
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.name === "check") {
      event.preventDefault();
      clearTimeout(waiting);
      ask(true);
    } else if (button?.dataset.field) {
      const { field, start, words } = button.dataset;
      const control = form.elements[field];
      // The server counts whole signs, a browser the halves of some.
      const before = [...control.value].slice(0, start).join("").length;
      const there = control.value.startsWith(words, before);
      const place = there ? before : control.value.indexOf(words);
      control.focus();
      if (place >= 0) {
        control.setSelectionRange(place, place + words.length);
      }
    }
  });
}
