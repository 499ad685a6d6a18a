/* The editor dialog, buttons, what becomes of what was sent. */
import { all, say } from "./page.js";

const SLOW_MS = 3e3;
const [editor, inside, body, toast] = ["editor", "editor-said", "editor-body", "toast"].map((id) =>
  document.getElementById(id),
);
const sent = new WeakMap(); // by form: for which opening
let [opener, opened] = [null, 0];

document.addEventListener(
  "click",
  (event) => {
    const at = (selector) => event.target.closest(selector);
    if (event.detail > 1 && at("button, a.button, [data-dialog]")) {
      event.preventDefault();
      return event.stopPropagation();
    }
    const link = at("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      opener = link;
      htmx.ajax("GET", link.href, { source: body, target: body, swap: "innerHTML" });
    }
    if (at("dialog [data-close]")) {
      event.preventDefault();
      at("dialog").close();
    }
    const copied = at("[data-copy]")?.form.elements[0];
    if (copied) {
      copied.select();
      navigator.clipboard?.writeText(copied.value).then(() => say("Copied."));
    }
    if (at("[data-prints]")) print();
    for (const part of at("[data-opens]")?.closest("section").querySelectorAll("details") ?? [])
      part.open = true;
    if (at("#toast") && !at("button")) toast.replaceChildren();
    for (const menu of all("details.menu[open]"))
      menu.open = menu.contains(event.target) && !at("a, button");
  },
  true,
);

/* What the server puts into the editor opens it; a sheet stands beside the board. */
new MutationObserver(() => {
  if (!body.firstElementChild) return;
  const isAside = Boolean(body.querySelector("[data-aside]"));
  if (editor.open && isAside !== editor.matches(":modal")) return;
  const over = document.querySelector(".over-room"); // magnified, only its first part stays
  const bar = over?.offsetHeight ? over : document.querySelector(".pinned-top");
  editor.style.setProperty("--under", `${bar?.getBoundingClientRect().bottom ?? 0}px`);
  if (editor.open) editor.close();
  if (isAside) editor.show();
  else editor.showModal();
  opened += 1;
  aim();
}).observe(body, { childList: true });

const seen = (selector) =>
  [...body.querySelectorAll(selector)].filter((part) => part.checkVisibility());
function aim() {
  const fields = seen("input:not([readonly]), select, textarea");
  const wrong = seen("[aria-invalid=true]")[0] ?? seen(".refusal .small")[0];
  const goal = wrong ?? seen("[autofocus]")[0] ?? fields.find(({ value }) => !value) ?? fields[0];
  goal?.focus();
}
editor.addEventListener("close", () => {
  if (editor.open) return;
  inside.replaceChildren();
  body.replaceChildren();
  opener?.focus();
  opener = null;
});

document.addEventListener("accepted", ({ target, detail }) => {
  // Neither a late answer closes an editor opened since, nor the board the sheet beside it.
  const isOwn = editor.contains(target) || !editor.matches(":not(:modal)[open]");
  if (isOwn && [undefined, opened].includes(sent.get(target))) editor.close();
  if (target.matches?.("#quick-card, #ask")) target.reset();
  for (const part of all("#toast > :not(.is-undo), #editor-said > *")) part.remove();
  say(detail?.said ?? "");
});

/* Enter sends from a choice, too. Escape leaves a sheet and a field of the board. */
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Enter" && target.matches("dialog select")) {
    event.preventDefault();
    target.form.requestSubmit();
  }
  if (key !== "Escape") return;
  if (editor.contains(target) && !editor.matches(":modal")) editor.close();
  if (target.closest("#quick-card, #update")) target.blur();
});
document.addEventListener("paste", ({ target, clipboardData }) => {
  const { files } = clipboardData;
  const field = target.closest("form")?.querySelector("[type=file]");
  if (!field || !files.length || clipboardData.getData("text")) return;
  field.files = files;
  htmx.trigger(field, "change");
});
editor.addEventListener("htmx:after:swap", () => {
  if (editor.querySelector(".refusal, .error")) aim();
});

/* A region's button belongs to the one form "act" and names its own address. */
document.addEventListener("htmx:config:request", ({ target, detail }) => {
  const { request } = detail.ctx;
  sent.set(target, editor.open && opened);
  request.action = request.submitter?.getAttribute("formaction") ?? request.action;
});

/* What waits long or never arrived is said in the dialog, else in a corner. */
const placeOf = (from) => (editor.open && editor.contains(from) ? inside : toast);
function tell(id, from) {
  placeOf(from).replaceChildren(document.getElementById(id).content.cloneNode(true));
}
const isSending = ({ ctx }) =>
  ctx?.request && ctx.request.method !== "GET" && !ctx.sourceElement.dataset.aloud;
document.addEventListener("htmx:before:request", ({ target, detail }) => {
  if (isSending(detail)) detail.ctx.slow = setTimeout(tell, SLOW_MS, "still-sending", target);
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  clearTimeout(ctx.slow);
  for (const part of all(".is-slow")) part.remove();
  placeOf(ctx.sourceElement).append(...all("#toast > [role=alert]"));
});
const fails = ({ target, detail }) => {
  if (isSending(detail)) tell("not-sent", target);
  else if (detail.ctx?.target === body) tell("not-opened", body);
};
document.addEventListener("htmx:error", fails);
/* A whole page instead of a part is an error's. */
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!/<\/html>/i.test(ctx.text) || (ctx.select && ctx.response.raw.ok)) return;
  event.preventDefault();
  fails(event);
});
