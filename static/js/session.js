/* One answer to a lost session: a small dialog; once the same account is back, what was held goes out again. */
import { all } from "./page.js";

const LOOK_MS = 3e3;
const dialog = document.getElementById("signed-out");
const held = new Map(); // per element that asked: how to ask again

/* Says that nobody is signed in any more; `again` is called once the same account is back. */
export function signedOut(element, again) {
  if (!dialog) return location.reload();
  held.set(element, again);
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status !== 401 || !dialog) return;
  event.preventDefault();
  const { sourceElement: source, target, swap, request } = ctx;
  const { submitter } = request;
  signedOut(source, () => {
    if (!source.isConnected) return;
    if (source.matches("form")) source.requestSubmit(submitter?.form === source ? submitter : null);
    else htmx.ajax(request.method, request.action, { source, target, swap });
  });
});

/* Signing in has changed the token that proves where a form comes from. */
function renew(token) {
  for (const field of all("[name=csrfmiddlewaretoken]")) field.value = token;
  document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
}

async function look() {
  if (!dialog.open || document.hidden) return;
  const answer = await fetch(dialog.dataset.session).catch(() => null);
  if (!answer?.ok || !dialog.open) return;
  const { account, token } = await answer.json();
  if (!account) return;
  const isAnother = account !== document.body.dataset.account;
  dialog.querySelector("[data-another]").hidden = !isAnother;
  if (isAnother) return held.clear();
  renew(token);
  const waiting = [...held.values()];
  held.clear();
  dialog.close();
  for (const again of waiting) again();
}

if (dialog) {
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);
}
