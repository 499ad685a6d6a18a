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

/* As the server made it, whatever was typed or chosen since. */
export function asMade(part) {
  const made = part.cloneNode(true);
  for (const form of [made, ...made.querySelectorAll("form")]) form.reset?.();
  return made;
}
const state = (part) =>
  [...part.querySelectorAll("input, select, textarea")]
    .map((one) => one.value + one.checked)
    .join();
const isTouched = (part) =>
  part.querySelector(".refusal, .error, .draft-note") || state(part) !== state(asMade(part));

/* What is not live is made anew once its region's mark is another, a sheet once it is open and
   after what the stream brings, while nobody touched it. */
const asked = new WeakMap();
let heard = 0;
document.addEventListener("htmx:after:swap", ({ target }) => {
  heard += target.id === "stream";
});
setInterval(() => {
  for (const part of all("[data-fresh]")) {
    const { made, fresh } = part.dataset;
    const room = document.querySelector(`[data-makes=${part.id}]`);
    const mark = room ? room.dataset.made : heard + Math.floor(Date.now() / 2e4);
    part.hidden = !mark;
    if (!mark || [made, asked.get(part)].includes(mark)) continue;
    const said = part.querySelector("[data-meanwhile]");
    if (!isTouched(part)) {
      asked.set(part, mark);
      htmx.ajax("GET", fresh, { source: part.parentElement, target: part, swap: "outerMorph" });
    } else if (said && room) said.hidden = mark.split("-")[0] === made.split("-")[0];
  }
}, 1e3);

document.addEventListener("htmx:before:response", (event) => {
  const { request, target, response, swap } = event.detail.ctx;
  if (request.method !== "GET" || swap !== "outerMorph") return;
  if (response.status !== 200 || !target.isConnected || isTouched(target)) event.preventDefault();
});
