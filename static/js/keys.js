/* Fast hands: single keys for what stands in data-key, arrows between cards, 1 to 4 for the columns, ? for the list. */
import { moveCard } from "./drag.js";

const COLUMNS = ["now", "next", "done", "parked"];
const areOn = () => localStorage.getItem("keys") !== "off";
const isVisible = (element) => element.checkVisibility();

export function use(element) {
  const field = element.matches("input, textarea, select") ? element : element.matches("[data-focuses]") ? document.querySelector(element.dataset.focuses) : null;
  if (!field) return element.click();
  const tab = document.querySelector(`[name=tab][value="${element.dataset.tab ?? field.dataset.tab}"]`);
  if (tab) tab.checked = true;
  field.focus();
  field.scrollIntoView({ block: "nearest" });
}

function neighbour(card, key) {
  const column = card.closest("[data-column]");
  const cards = [...column.querySelectorAll("[data-card]")];
  if (key === "ArrowUp" || key === "ArrowDown") return cards[cards.indexOf(card) + (key === "ArrowDown" ? 1 : -1)];
  const step = key === "ArrowRight" ? 1 : -1;
  const columns = [...document.querySelectorAll("[data-column]")].filter((part) => part === column || (isVisible(part) && part.querySelector("[data-card]")));
  const there = columns[columns.indexOf(column) + step];
  const cardsThere = there ? [...there.querySelectorAll("[data-card]")] : [];
  return cardsThere[Math.min(cards.indexOf(card), cardsThere.length - 1)];
}

function help() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "All keys");
  dialog.innerHTML = '<div class="sheet"><p class="title">All keys</p><dl class="keys"></dl><label class="check"><input type="checkbox"><span>Single keys are on</span></label><div class="row end"><button type="button" data-close>Close</button></div></div>';
  const list = dialog.querySelector("dl");
  const rows = [...document.querySelectorAll("[data-key]")].map((part) => [part.dataset.key, part.dataset.command]);
  if (document.querySelector("[data-card]")) rows.push(["1 2 3 4", "Move the focused card to Now, Next, Done, Parked"], ["← ↑ → ↓", "Go from card to card"], ["Enter", "Open the focused card"]);
  rows.push(["Ctrl K", "Find an action or incident"], ["Ctrl Enter", "Send the form"], ["Esc", "Close"]);
  for (const [key, name] of rows) {
    const dt = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    dt.append(kbd);
    const dd = document.createElement("dd");
    dd.textContent = name;
    list.append(dt, dd);
  }
  const box = dialog.querySelector("input");
  box.checked = areOn();
  box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => { if (event.target.closest("[data-help]")) help(); });

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !areOn()) return;
  if (event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog")) return;
  const card = event.target.closest("[data-card]");
  if (card && event.target === card) {
    if (event.key === "Enter") { event.preventDefault(); return card.querySelector("h3 a")?.click(); }
    const to = COLUMNS[Number(event.key) - 1];
    if (to) { event.preventDefault(); return void moveCard(card, to); }
  }
  if (event.key.startsWith("Arrow")) {
    const goal = card ? neighbour(card, event.key) : event.target === document.body && document.querySelector("[data-card]");
    if (goal) { event.preventDefault(); goal.focus(); }
    return;
  }
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].find((part) => isVisible(part) || part.closest("details, .tab"));
  if (element) { event.preventDefault(); use(element); }
});
