/* One field that reaches every action of the page, every page and every open incident. */
import { use } from "./keys.js";

let dialog = null;

async function entries() {
  const parts = [...document.querySelectorAll("main [data-command], .top [data-command]:not([data-palette])")];
  const list = parts.sort((a, b) => Boolean(a.closest(".top")) - Boolean(b.closest(".top"))).map((part) => ({ name: part.dataset.command, key: part.dataset.key, go: () => use(part) }));
  for (const link of document.querySelectorAll(".top nav a")) list.push({ name: link.textContent, key: "page", go: () => link.click() });
  try {
    const answer = await fetch("/incidents/names/", { headers: { Accept: "application/json" } });
    if (answer.ok) for (const { ref, title, path } of (await answer.json()).items) list.push({ name: `${ref} ${title}`, key: "incident", go: () => location.assign(path) });
  } catch { /* Offline: the actions of this page are still here. */ }
  return list;
}

async function open() {
  if (dialog) return;
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Find an action or incident");
  dialog.innerHTML = '<div class="sheet"><input role="combobox" aria-label="Find an action or incident" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" placeholder="Find an action or incident" autocomplete="off"><ul id="palette-list" role="listbox" aria-label="Results"></ul></div>';
  const [field, list] = [dialog.querySelector("input"), dialog.querySelector("ul")];
  dialog.addEventListener("close", () => { dialog.remove(); dialog = null; });
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
  let shown = [];
  let chosen = 0;
  const all = await entries();
  const draw = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    shown = all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word))).slice(0, 30);
    chosen = Math.max(0, Math.min(chosen, shown.length - 1));
    list.replaceChildren(...shown.map(({ name, key }, index) => {
      const item = document.createElement("li");
      item.id = `palette-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(index === chosen));
      item.append(name);
      const hint = document.createElement("span");
      hint.className = "faint";
      hint.textContent = key ?? "";
      item.append(hint);
      item.addEventListener("click", () => pick(index));
      return item;
    }));
    if (shown.length) field.setAttribute("aria-activedescendant", `palette-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const pick = (index) => {
    const entry = shown[index];
    dialog?.close();
    if (entry) setTimeout(entry.go);
  };
  field.addEventListener("input", () => { chosen = 0; draw(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); pick(chosen); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); chosen += event.key === "ArrowDown" ? 1 : -1; draw(); }
  });
  draw();
}

document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) open(); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") { event.preventDefault(); open(); }
});
