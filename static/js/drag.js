/* Moving cards by mouse, pen and finger. The move itself is one POST through htmx; keys.js makes the same call. */
import { say } from "./page.js";

const FAR_ENOUGH = 6;
let held = null;

export function moveCard(card, to, position) {
  const title = card.querySelector("h3")?.textContent.trim();
  const values = { to, version: card.dataset.version };
  if (position !== undefined) values.position = position;
  say(`Moving ${title} to ${to}.`);
  return htmx.ajax("POST", card.dataset.position, { source: document.getElementById("act"), swap: "none", values });
}

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-card]");
  if (!card || event.button || !document.getElementById("act")) return;
  const grip = event.target.closest(".grip");
  if (!grip && (event.pointerType !== "mouse" || event.target.closest("button, input, textarea, select, summary, dl, p"))) return;
  held = { card, x: event.clientX, y: event.clientY, id: event.pointerId, ghost: null, place: null };
});

function lift(event) {
  const box = held.card.getBoundingClientRect();
  held.dx = held.x - box.left;
  held.dy = held.y - box.top;
  held.ghost = held.card.cloneNode(true);
  held.ghost.removeAttribute("id");
  held.ghost.removeAttribute("data-card");
  for (const part of held.ghost.querySelectorAll("[id]")) part.removeAttribute("id");
  held.ghost.classList.add("ghost");
  held.ghost.style.width = `${box.width}px`;
  held.ghost.setAttribute("aria-hidden", "true");
  document.body.append(held.ghost);
  held.card.classList.add("is-held");
  held.place = document.createElement("div");
  held.place.className = "place";
  try { document.body.setPointerCapture(event.pointerId); } catch { /* The pointer is gone already. */ }
}

document.addEventListener("pointermove", (event) => {
  if (!held || event.pointerId !== held.id) return;
  if (!held.ghost) {
    if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR_ENOUGH) return;
    lift(event);
  }
  event.preventDefault();
  getSelection()?.removeAllRanges();
  held.ghost.style.transform = `translate(${event.clientX - held.dx}px, ${event.clientY - held.dy}px) rotate(1deg)`;
  const under = document.elementsFromPoint(event.clientX, event.clientY);
  const drop = under.map((part) => part.closest?.("[data-column]")).find(Boolean)?.querySelector(".drop");
  document.querySelectorAll(".drop.is-over").forEach((part) => part !== drop && part.classList.remove("is-over"));
  held.drop = drop;
  if (!drop) return held.place.remove();
  drop.classList.add("is-over");
  const after = [...drop.querySelectorAll("[data-card]")].filter((card) => card !== held.card).find((card) => {
    const box = card.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  });
  drop.insertBefore(held.place, after ?? null);
});

function letGo(event) {
  if (!held || event.pointerId !== held.id) return;
  const { card, ghost, place, drop } = held;
  held = null;
  if (!ghost) return;
  const column = drop?.closest("[data-column]");
  const before = drop ? [...drop.children].filter((part) => part !== card) : [];
  const position = before.filter((part) => part.matches("[data-card], .place")).indexOf(place);
  ghost.remove();
  place.remove();
  card.classList.remove("is-held");
  drop?.classList.remove("is-over");
  const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
  document.addEventListener("click", swallow, true);
  setTimeout(() => document.removeEventListener("click", swallow, true));
  if (column && event.type === "pointerup" && card.isConnected) moveCard(card, column.dataset.column, position);
}
document.addEventListener("pointerup", letGo);
document.addEventListener("pointercancel", letGo);
document.addEventListener("dragstart", (event) => { if (held) event.preventDefault(); });
