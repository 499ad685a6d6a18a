/* Moves cards by mouse, pen, finger and keys; single keys. */
import { all, say } from "./page.js";
import { areKeysOn, open, use } from "./palette.js";

const FAR_ENOUGH = 6;
const EDGE = 70;
let held = null;

function moveCard(card, to, position = "") {
  say(`Moving ${card.querySelector("h3").textContent.trim()} to ${to}.`);
  const values = { to, position, version: card.dataset.version };
  return htmx.ajax("POST", card.dataset.position, { source: "#act", swap: "none", values });
}

function lift() {
  const { card, x, y } = held;
  const box = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  for (const part of [ghost, ...ghost.querySelectorAll("*")])
    for (const name of ["id", "data-card", "data-mark"]) part.removeAttribute(name);
  ghost.classList.add("ghost");
  ghost.style.width = `${box.width}px`;
  document.body.append(ghost);
  card.classList.add("is-held");
  const place = document.createElement("div");
  place.className = "place";
  Object.assign(held, { ghost, place, dx: x - box.left, dy: y - box.top });
}

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-card]");
  const isGrip = event.target.closest(".grip");
  if (!card || event.button || !document.getElementById("act")) return;
  if (isGrip || (event.pointerType === "mouse" && !event.target.closest("button, a.button, p")))
    held = { card, x: event.clientX, y: event.clientY };
});

/* Near an edge the page scrolls along. */
function scroll() {
  if (!held?.ghost) return;
  const top = document.querySelector(".over-room")?.getBoundingClientRect().bottom ?? 0;
  const { y } = held.at;
  const step = Math.min(0, y - top - EDGE) + Math.max(0, y - innerHeight + EDGE);
  if (step) {
    scrollBy(0, step / 4);
    move(held.at);
  }
  requestAnimationFrame(scroll);
}

function move({ x, y }) {
  if (!held || (!held.ghost && Math.hypot(x - held.x, y - held.y) < FAR_ENOUGH)) return;
  held.at = { x, y };
  if (!held.ghost) {
    lift();
    scroll();
  }
  getSelection().removeAllRanges();
  held.ghost.style.transform = `translate(${x - held.dx}px, ${y - held.dy}px)`;
  held.column = document
    .elementsFromPoint(x, y)
    .map((part) => part.closest("[data-column]"))
    .find(Boolean);
  const drop = held.column?.querySelector(".drop");
  for (const part of all(".drop")) part.classList.toggle("is-over", part === drop);
  const others = [...(drop?.querySelectorAll("[data-card]") ?? [])].filter(
    (card) => card !== held.card && card.offsetParent,
  );
  const after = others.find((card) => {
    const box = card.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  held.position = after ? others.indexOf(after) : others.length;
  if (drop) drop.insertBefore(held.place, after ?? null);
  else held.place.remove();
}
document.addEventListener("pointermove", move);

function swallow(click) {
  click.preventDefault();
  click.stopPropagation();
}

function letGo({ type }) {
  const { card, ghost, place, column, position } = held ?? {};
  held = null;
  if (!ghost) return;
  ghost.remove();
  place.remove();
  card.classList.remove("is-held");
  for (const part of all(".drop.is-over")) part.classList.remove("is-over");
  document.addEventListener("click", swallow, true);
  setTimeout(() => document.removeEventListener("click", swallow, true));
  if (column && type === "pointerup" && card.isConnected)
    moveCard(card, column.dataset.column, position);
}
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, letGo);
document.addEventListener("dragstart", (event) => {
  if (held) event.preventDefault();
});

const COLUMNS = ["now", "next", "done", "parked"];
const cardsOf = (column) => [...(column?.querySelectorAll("[data-card]") ?? [])];

function neighbour(card, key) {
  const column = card.closest("[data-column]");
  const here = cardsOf(column).indexOf(card);
  const step = /Down|Right/.test(key) ? 1 : -1;
  if (/Up|Down/.test(key)) return cardsOf(column)[here + step];
  const columns = [...all("[data-column]")].filter(
    (part) => part === column || cardsOf(part).length,
  );
  const there = cardsOf(columns[columns.indexOf(column) + step]);
  return there[Math.min(here, there.length - 1)];
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const isModified = event.ctrlKey || event.metaKey;
  if (isModified && key === "Enter") return target.form?.requestSubmit();
  if (isModified && key === "k") {
    event.preventDefault();
    return open();
  }
  if (isModified || event.altKey || !areKeysOn()) return;
  if (target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog")) return;
  const card = target.matches("[data-card]") ? target : null;
  const to = card && COLUMNS[key - 1];
  const goal =
    key.startsWith("Arrow") &&
    (card
      ? neighbour(card, key)
      : target === document.body && document.querySelector("[data-card]"));
  const part = [...all("[data-key]")].find((one) => one.dataset.key === key);
  if (to) moveCard(card, to);
  else if (card && key === "Enter") card.querySelector("h3 a").click();
  else if (goal) goal.focus();
  else if (part) use(part);
  else return;
  event.preventDefault();
});
