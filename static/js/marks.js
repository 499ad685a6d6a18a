/* Keeps the page true to a swap: what changed, what is for this reader, the composer. */
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

/* The bar grows with a banner. Scrolled, the browser holds the rest still; at the top it does not. */
const bar = document.querySelector(".over-room");
let height = bar?.offsetHeight;
if (bar)
  new ResizeObserver(() => {
    const grown = bar.offsetHeight - height;
    height += grown;
    if (!scrollY && document.activeElement.matches("input, select, textarea")) scrollBy(0, grown);
  }).observe(bar);

const isWorded = (field) =>
  field.name && field.type !== "hidden" && field.value !== (field.defaultValue ?? field.value);
const isTouched = (form) =>
  Boolean(form.querySelector(".refusal, .error, .is-brought")) || [...form.elements].some(isWorded);

let asked = "";
afterChanges(() => {
  const form = document.getElementById("update");
  const room = document.getElementById("latest");
  if (!form?.dataset.composer || !room) return;
  const mark = room.dataset.composer;
  form.hidden = !mark;
  if (!mark || mark === form.dataset.composer) return;
  if (!isTouched(form)) {
    if (asked === mark) return;
    asked = mark;
    htmx.ajax("GET", form.action, { source: room, target: form, swap: "outerMorph" });
    return;
  }
  const said = form.querySelector("[data-meanwhile]");
  const isAnother = mark.split("-")[0] !== form.dataset.composer.split("-")[0];
  if (said && isAnother) said.hidden = false;
});

document.addEventListener("htmx:before:response", (event) => {
  const { sourceElement, target } = event.detail.ctx;
  if (sourceElement?.id === "latest" && isTouched(target)) event.preventDefault();
});
