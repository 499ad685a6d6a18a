/* Marks for a moment what a swap has changed: parts whose data-mark differs from what it was. */
import { afterChanges } from "./page.js";

let known = null;

afterChanges(() => {
  const seen = new Map();
  for (const part of document.querySelectorAll("[data-mark][id]")) {
    seen.set(part.id, part.dataset.mark);
    if (!known || known.get(part.id) === part.dataset.mark) continue;
    part.classList.remove("is-changed");
    void part.offsetWidth;
    part.classList.add("is-changed");
  }
  known = seen;
});
document.addEventListener("animationend", ({ target, animationName }) => {
  if (animationName === "changed") target.classList.remove("is-changed");
});
