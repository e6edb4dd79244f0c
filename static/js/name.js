/* Shows how a name will appear while it is typed or the choice changes, as this site's server tells
   it: <div data-name-shown="address">, in a form with the field name and others of `names`. Nothing
   is kept. */
const PAUSE = 400; // milliseconds without a key before it asks
const names = ["name", "name_form", "first_name", "under_18", "shows_name"];
const sent = ["csrfmiddlewaretoken", ...names];
const form = document.querySelector("[data-name-shown]")?.closest("form");
let waiting;

function fields() {
  const all = new FormData(form);
  return new URLSearchParams(sent.filter((name) => all.has(name)).map((name) => [name, all.get(name)]));
}

async function ask() {
  const body = fields();
  const shown = form.querySelector("[data-name-shown]");
  try {
    const answer = await fetch(shown.dataset.nameShown, { method: "POST", body });
    if (answer.ok && String(body) === String(fields())) {
      show(shown, await answer.text());
    }
  } catch {
    // offline: the form asks when it is sent
  }
}

function show(shown, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-name-shown]");
  form.elements.told.value = fresh.dataset.told;
  const [status, now] = [shown, fresh].map((one) => one.querySelector("[role=status]"));
  if (status.innerHTML !== now.innerHTML) {
    status.replaceChildren(...now.childNodes);
  }
  // The choice stays as it is while its parts do: somebody may be in it.
  const [parts, others] = [shown, fresh].map((one) => one.querySelector("[data-name-parts]"));
  if (parts?.dataset.nameParts !== others?.dataset.nameParts) {
    parts?.remove();
    shown.append(...(others ? [others] : []));
  }
}

form?.addEventListener("input", (event) => {
  if (names.includes(event.target.name)) {
    clearTimeout(waiting);
    waiting = setTimeout(ask, event.target.matches("[type=radio], [type=checkbox]") ? 0 : PAUSE);
  }
});
