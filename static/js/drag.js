/* Moving cards by mouse, pen and finger. The move is one POST through htmx; keys.js makes the same call. */
import { all, say } from "./page.js";

const FAR_ENOUGH = 6;
let held = null;

export function moveCard(card, to, position = "") {
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

document.addEventListener("pointermove", ({ clientX: x, clientY: y }) => {
  if (!held || (!held.ghost && Math.hypot(x - held.x, y - held.y) < FAR_ENOUGH)) return;
  if (!held.ghost) lift();
  getSelection().removeAllRanges();
  held.ghost.style.transform = `translate(${x - held.dx}px, ${y - held.dy}px)`;
  held.column = document
    .elementsFromPoint(x, y)
    .map((part) => part.closest("[data-column]"))
    .find(Boolean);
  const drop = held.column?.querySelector(".drop");
  for (const part of all(".drop")) part.classList.toggle("is-over", part === drop);
  const others = [...(drop?.querySelectorAll("[data-card]") ?? [])].filter(
    (card) => card !== held.card,
  );
  const after = others.find((card) => {
    const box = card.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  held.position = after ? others.indexOf(after) : others.length;
  if (drop) drop.insertBefore(held.place, after ?? null);
  else held.place.remove();
});

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
