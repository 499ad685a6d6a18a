/* Keeps what is typed in forms with data-draft until the server has accepted it: over reloads, refusals and lost connections. */
import { afterChanges } from "./page.js";

const LASTS_MS = 12 * 3600e3;
const place = (field) => `draft:${field.form.dataset.draft}:${field.name}`;
const isKept = (field) => field.form?.dataset.draft && field.name && !/^(hidden|password|file|submit)$/.test(field.type);
const isTick = (field) => /^(checkbox|radio)$/.test(field.type);

document.addEventListener("input", ({ target }) => {
  if (!isKept(target)) return;
  const value = target.type === "checkbox" ? target.checked : target.value;
  try {
    localStorage.setItem(place(target), JSON.stringify({ value, at: Date.now() }));
  } catch { /* A full store must not stop anybody from typing. */ }
});

function restore(field) {
  const kept = JSON.parse(localStorage.getItem(place(field)) || "null");
  if (!kept) return;
  if (Date.now() - kept.at > LASTS_MS) return localStorage.removeItem(place(field));
  if (field.type === "checkbox") field.checked = kept.value;
  else if (isTick(field)) field.checked = field.value === kept.value;
  else field.value = kept.value;
}

afterChanges(() => {
  for (const form of document.querySelectorAll("form[data-draft]:not([data-js-restored])")) {
    form.setAttribute("data-js-restored", "");
    if (form.querySelector(".refusal, .error")) continue;
    [...form.elements].filter(isKept).forEach(restore);
  }
});

document.addEventListener("accepted", ({ target }) => {
  if (!target.dataset?.draft) return;
  const prefix = `draft:${target.dataset.draft}:`;
  Object.keys(localStorage).filter((key) => key.startsWith(prefix)).forEach((key) => localStorage.removeItem(key));
});

for (const [key, text] of Object.entries(localStorage)) {
  if (key.startsWith("draft:") && Date.now() - JSON.parse(text).at > LASTS_MS) localStorage.removeItem(key);
}
