/* Keeps what an account types in forms with data-draft until the server took it. */
import { asMade } from "./marks.js";
import { afterChanges, all, clock } from "./page.js";

const LASTS_MS = 12 * 3600e3;
const { account } = document.body.dataset;
const mine = `draft:${account}:`;
const place = (field) => `${mine}${field.form.dataset.draft}:${field.name}`;
const isKept = (field) =>
  field.form?.dataset.draft && field.name && !/hidden|password|file|submit/.test(field.type);

document.addEventListener("input", ({ target }) => {
  if (!isKept(target)) return;
  try {
    localStorage[place(target)] = JSON.stringify({
      value: target.value,
      checked: target.checked,
      base: base(target),
      at: Date.now(),
    });
  } catch {
    /* A full store must not stop anybody from typing. */
  }
});

/* A draft made over another text is not put over this one. */
function base({ form, name, type }) {
  const { value, checked } = asMade(form).elements[name];
  return type === "checkbox" ? checked : value;
}

function fill(field, kept) {
  if (field.type === "checkbox") field.checked = kept.checked;
  else if (field.type === "radio") field.checked = field.value === kept.value;
  else field.value = kept.value;
}

function restore(field) {
  const kept = JSON.parse(localStorage[place(field)] ?? "null");
  if (!kept || kept.value === base(field)) return;
  if (kept.base === base(field)) fill(field, kept);
  else if (field.type !== "radio" || field.value === kept.value) offer(field, kept);
}

/* The stored text stays in the field, the typed one beside it to be taken or dropped. */
function offer(field, kept) {
  const note = document.getElementById("draft-note").content.firstElementChild.cloneNode(true);
  const ticked = kept.checked ? "☑" : "☐";
  note.querySelector("[data-typed]").textContent =
    field.type === "checkbox" ? ticked : kept.value || "nothing";
  note.querySelector("[data-at]").textContent = clock(kept.at);
  note.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if ("take" in button.dataset) {
      fill(field, kept);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } else localStorage.removeItem(place(field));
    note.remove();
    field.focus();
  });
  (field.closest("label, .field") ?? field).after(note);
}

function forget(isOver) {
  for (const key of Object.keys(localStorage))
    if (key.startsWith("draft:") && isOver(key)) localStorage.removeItem(key);
}

/* What another account typed goes. */
if (account)
  forget(
    (key) => !key.startsWith(mine) || Date.now() - JSON.parse(localStorage[key]).at > LASTS_MS,
  );
/* What a form sends, by the form: once that is taken, the answer may have made the next one of it. */
const sent = new WeakMap();
document.addEventListener("submit", ({ target }) => {
  sent.set(target, target.dataset.draft);
  if ("endsSession" in target.dataset) forget(() => true);
});
document.addEventListener("accepted", ({ target }) => {
  const draft = sent.get(target) ?? target.dataset?.draft;
  if (draft) forget((key) => key.startsWith(`${mine}${draft}:`));
});
afterChanges(() => {
  for (const form of all("form[data-draft]:not([data-js-restored])")) {
    form.setAttribute("data-js-restored", "");
    if (!form.querySelector(".refusal, .error")) [...form.elements].filter(isKept).forEach(restore);
  }
});
