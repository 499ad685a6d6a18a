/* Fast hands: single keys for what stands in data-key, arrows and 1 to 4 on cards, and the palette that reaches everything. */
import { moveCard } from "./drag.js";
import { all } from "./page.js";

const COLUMNS = ["now", "next", "done", "parked"];
const palette = document.getElementById("palette");
const [field, list, single] = ["input", "ul", "[type=checkbox]"].map((selector) =>
  palette?.querySelector(selector),
);
let entries = [];
let shown = [];
let chosen = 0;

function use(part) {
  const { focuses, tab } = part.dataset;
  const goal = focuses ? document.querySelector(focuses) : part;
  if (!focuses && !part.matches("input, textarea")) return part.click();
  const choice = document.querySelector(`[name=tab][value="${tab}"]`);
  if (choice) choice.checked = true;
  goal.focus();
}

function draw() {
  const words = field.value.toLowerCase().split(/\s+/);
  shown = entries.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  chosen = Math.max(0, Math.min(chosen, shown.length - 1));
  list.replaceChildren(
    ...shown.map(({ name, key = "" }, index) => {
      const [item, hint] = ["li", "span"].map((tag) => document.createElement(tag));
      item.id = `palette-${index}`;
      item.role = "option";
      item.ariaSelected = index === chosen;
      hint.className = "faint";
      hint.textContent = key;
      item.append(name, hint);
      return item;
    }),
  );
  field.setAttribute("aria-activedescendant", `palette-${chosen}`);
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function pick(index) {
  palette.close();
  if (shown[index]) setTimeout(shown[index].go);
}

async function open() {
  if (!palette || palette.open) return;
  const parts = [...all("main [data-command]"), ...all(".top [data-command]")];
  entries = parts.map((part) => ({
    name: part.dataset.command,
    key: part.dataset.key,
    go: () => use(part),
  }));
  for (const link of all(".top nav a"))
    entries.push({ name: link.textContent, key: "page", go: () => link.click() });
  field.value = "";
  palette.showModal();
  draw();
  const answer = await fetch("/incidents/names/").catch(() => null);
  if (!answer?.ok) return;
  for (const { ref, title, path } of (await answer.json()).items)
    entries.push({ name: `${ref} ${title}`, key: "incident", go: () => location.assign(path) });
  draw();
}

if (palette) {
  single.checked = localStorage.keys !== "off";
  single.addEventListener("change", () => {
    localStorage.keys = single.checked ? "on" : "off";
  });
  field.addEventListener("input", () => {
    chosen = 0;
    draw();
  });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step || event.key === "Enter") event.preventDefault();
    if (step) {
      chosen += step;
      draw();
    }
    if (event.key === "Enter") pick(chosen);
  });
  list.addEventListener("click", ({ target }) =>
    pick([...list.children].indexOf(target.closest("li"))),
  );
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-palette]")) open();
  });
}

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
  if (isModified || event.altKey || !single?.checked) return;
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
