/* The one editor dialog, double clicks, buttons of regions, and telling when the server could not be reached. */
import { say } from "./page.js";

const editor = document.getElementById("editor");
const body = document.getElementById("editor-body");
const toast = document.getElementById("toast");
let opener = null;

/* A link with data-dialog opens its page in the dialog; without script it is a page. */
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("button, a.button, [data-dialog]")) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    opener = link;
    htmx.ajax("GET", link.href, { source: body, target: body, swap: "innerHTML" });
  }
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
  }
  if (event.target.closest(".toast")) toast.replaceChildren();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || event.target.closest("a, button")) menu.open = false;
  }
}, true);

/* Whatever the server puts into the editor opens it. */
new MutationObserver(() => {
  if (!body.firstElementChild || editor.open) return;
  editor.setAttribute("aria-label", body.querySelector(".title")?.textContent ?? "Editor");
  editor.showModal();
  (body.querySelector("[autofocus], [aria-invalid=true]") ?? body.querySelector("input:not([type=hidden]), textarea, select, button"))?.focus();
}).observe(body, { childList: true });

editor.addEventListener("close", () => {
  body.replaceChildren();
  if (opener?.isConnected) opener.focus();
  else if (opener?.id) document.getElementById(opener.id)?.focus();
  opener = null;
});

/* The server took it: close, and say what happened. */
document.addEventListener("accepted", (event) => {
  if (editor.contains(event.target) || event.target.id === "act") editor.close();
  toast.replaceChildren();
  if (event.detail?.said) say(event.detail.said);
});

/* Buttons in regions belong to the one form "act" and name their own address. */
document.addEventListener("htmx:config:request", ({ detail }) => {
  const { request } = detail.ctx;
  if (request.submitter?.hasAttribute("formaction")) request.action = request.submitter.getAttribute("formaction");
});

document.addEventListener("htmx:error", ({ detail }) => {
  if (!detail.ctx?.request || detail.ctx.request.method === "GET") return;
  toast.innerHTML = '<div class="toast refusal" role="alert"><p><b>✕ Not sent</b></p><p>The server could not be reached. What you typed is kept. Send it again in a moment.</p></div>';
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) event.target.form.requestSubmit();
});
