/* The one editor dialog, double clicks, the buttons of regions, and what happens to what was sent. */
import { all, say } from "./page.js";

const [editor, body, toast] = ["editor", "editor-body", "toast"].map((id) =>
  document.getElementById(id),
);
const sent = new WeakMap(); // per form: which opening of the editor its request came from
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
    if (at("#toast")) toast.replaceChildren();
    for (const menu of all("details.menu[open]"))
      menu.open = menu.contains(event.target) && !at("a, button");
  },
  true,
);

/* Whatever the server puts into the editor opens it; an empty one closes. A sheet opens beside the board, not over it. */
new MutationObserver(() => {
  if (!body.firstElementChild) return;
  const isAside = Boolean(body.querySelector("[data-aside]"));
  if (editor.open && isAside !== editor.matches(":modal")) return;
  const pinned = document.getElementById("pinned"); // on a phone only its first part stays
  const bar = pinned?.offsetHeight ? pinned : pinned?.firstElementChild;
  editor.style.setProperty("--under", `${bar?.getBoundingClientRect().bottom ?? 0}px`);
  if (editor.open) editor.close();
  if (isAside) editor.show();
  else editor.showModal();
  opened += 1;
  if (!body.contains(document.activeElement)) body.querySelector("[aria-invalid=true]")?.focus();
}).observe(body, { childList: true });
editor.addEventListener("close", () => {
  if (editor.open) return; // opened anew at once, the other way
  body.replaceChildren();
  opener?.focus();
  opener = null;
});

document.addEventListener("accepted", ({ target, detail }) => {
  // An answer that comes late must not close an editor that was opened after its form was sent.
  // Nor does what was done on the board close the sheet beside it.
  const isOwn = editor.contains(target) || !editor.matches(":not(:modal)[open]");
  if (isOwn && [undefined, opened].includes(sent.get(target))) editor.close();
  if (target.matches?.("#quick-card, #ask")) target.reset();
  toast.replaceChildren();
  say(detail?.said ?? "");
});

/* A sheet is no modal: Escape leaves it from inside, and a refusal puts the caret where it is about. */
editor.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && !editor.matches(":modal")) editor.close();
});
editor.addEventListener("htmx:after:swap", () => {
  if (editor.querySelector(".refusal") && !editor.matches(":modal"))
    editor.querySelector("[aria-invalid=true], .refusal :is(button, a)")?.focus();
});

/* A region's button belongs to the one form "act" and names its own address. */
document.addEventListener(
  "htmx:config:request",
  ({
    target,
    detail: {
      ctx: { request },
    },
  }) => {
    sent.set(target, editor.open && opened);
    request.action = request.submitter?.getAttribute("formaction") ?? request.action;
  },
);

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx?.request && ctx.request.method !== "GET" && !ctx.sourceElement.dataset.aloud)
    toast.replaceChildren(document.getElementById("not-sent").content.cloneNode(true));
});
