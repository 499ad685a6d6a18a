/* Marks for a moment what a swap has changed, and shows of a shared region what is for this reader. */
import { afterChanges, all } from "./page.js";

const me = document.getElementById("stream")?.dataset.me;
let known = null;

afterChanges(() => {
  const seen = new Map();
  for (const part of all("[data-mark][id]")) {
    seen.set(part.id, part.dataset.mark);
    if (known && known.get(part.id) !== part.dataset.mark) part.classList.add("is-changed");
  }
  known = seen;
  if (!me) return;
  for (const part of all("[data-not-for]"))
    part.hidden = part.dataset.notFor.split(" ").includes(me);
  for (const part of all("[data-only-for]"))
    part.hidden = !part.dataset.onlyFor.split(" ").includes(me);
});
document.addEventListener("animationend", ({ target }) => target.classList.remove("is-changed"));
