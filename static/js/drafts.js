/* Keeps what is typed in forms with data-draft until the server took it: over reloads, refusals, lost connections. */
import { afterChanges, all } from "./page.js";

const LASTS_MS = 12 * 3600e3;
const place = (field) => `draft:${field.form.dataset.draft}:${field.name}`;
const isKept = (field) =>
  field.form?.dataset.draft && field.name && !/hidden|password|file|submit/.test(field.type);

document.addEventListener("input", ({ target }) => {
  if (!isKept(target)) return;
  try {
    localStorage[place(target)] = JSON.stringify({
      value: target.value,
      checked: target.checked,
      at: Date.now(),
    });
  } catch {
    /* A full store must not stop anybody from typing. */
  }
});

function restore(field) {
  const kept = JSON.parse(localStorage[place(field)] ?? "null");
  if (!kept) return;
  if (field.type === "checkbox") field.checked = kept.checked;
  else if (field.type === "radio") field.checked = field.value === kept.value;
  else field.value = kept.value;
}

function forget(isOver) {
  for (const key of Object.keys(localStorage))
    if (key.startsWith("draft:") && isOver(key)) localStorage.removeItem(key);
}

forget((key) => Date.now() - JSON.parse(localStorage[key]).at > LASTS_MS);
document.addEventListener("accepted", ({ target }) => {
  if (target.dataset?.draft) forget((key) => key.startsWith(`draft:${target.dataset.draft}:`));
});
afterChanges(() => {
  for (const form of all("form[data-draft]:not([data-js-restored])")) {
    form.setAttribute("data-js-restored", "");
    if (!form.querySelector(".refusal, .error")) [...form.elements].filter(isKept).forEach(restore);
  }
});
