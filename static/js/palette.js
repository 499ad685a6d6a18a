/* The palette. */
import { all } from "./page.js";

const palette = document.getElementById("palette");
const [field, list, single] = ["input", "ul", "[type=checkbox]"].map((selector) =>
  palette?.querySelector(selector),
);
let entries = [];
let shown = [];
let chosen = 0;

export function use(part) {
  const { focuses, tab } = part.dataset;
  const goal = focuses ? document.querySelector(focuses) : part;
  if (!focuses && !part.matches("input, textarea")) return part.click();
  const choice = document.querySelector(`[name=tab][value="${tab}"]`);
  if (choice) choice.checked = true;
  goal.focus();
  if (/know yet/.test(goal.value)) goal.select(); // typed over
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

export async function open() {
  if (!palette || palette.open) return;
  const parts = [...all("main [data-command]:not([hidden])"), ...all(".top [data-command]")];
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

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-focuses]");
  if (link) {
    event.preventDefault();
    use(link);
  }
});

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

export const areKeysOn = () => single?.checked;
