/* Whether the page hears from the server; a lost session. */
import { all, clock, hearTime, write } from "./page.js";

const LOOK_MS = 3e3;
const dialog = document.getElementById("signed-out");
const held = new Map(); // per element that asked: how to ask again

function signedOut(element, again) {
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

const SILENT_MS = 18e3; // two beats of the hub
const OFFLINE_MS = 30e3;
const ASK_MS = 10e3;
const stream = document.getElementById("stream");
let isOpen = false;
let isAway = false;
let heardAt = Date.now(); // from the hub
let toldAt = heardAt; // from the server by whatever way
let triedAt = heardAt;

function show() {
  const isLive = isOpen && !isAway && Date.now() - heardAt < SILENT_MS;
  const isOffline = !isLive && Date.now() - toldAt > OFFLINE_MS;
  const state = isLive ? "live" : isOffline ? "offline" : "reconnecting";
  const words = isOffline ? `offline since ${clock(toldAt)}` : state;
  document.body.dataset.live = state;
  for (const dot of all("[data-live-dot]")) {
    dot.dataset.jsState = state;
    write(dot, words);
  }
}

function heard() {
  isOpen = true;
  heardAt = toldAt = Date.now();
  show();
}

function reconnect() {
  // Open before the modules were loaded, the stream tells nobody here.
  const connection = stream._htmx?.sse;
  isOpen = false;
  if (!connection) htmx.trigger(stream, "connect");
  else if (connection.delayCanceller) connection.delayCanceller();
  else if (connection.reader) connection.reader.cancel();
  else connection.abortController?.abort();
}

/* The page itself, since nothing comes over the stream: its regions take the place of ours. */
async function ask() {
  const answer = await fetch(location.href, { signal: AbortSignal.timeout(8e3) }).catch(() => null);
  if (answer?.redirected) return signedOut(stream, reconnect);
  if ([401, 403, 404].includes(answer?.status)) return location.reload();
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const text = stream.dataset.regions
    .split(" ")
    .map((id) => {
      const region = page.getElementById(id)?.outerHTML;
      return region
        ? `<hx-partial hx-target="#${id}" hx-swap="outerMorph">${region}</hx-partial>`
        : "";
    })
    .join("");
  toldAt = Date.now();
  hearTime(page.body.dataset.now);
  if (!isOpen) await htmx.swap({ text, target: stream, swap: "none", sourceElement: stream });
}

function watch() {
  show();
  if (document.hidden || document.body.dataset.live === "live" || Date.now() - triedAt < ASK_MS)
    return;
  triedAt = Date.now();
  if (!isOpen || triedAt - heardAt > SILENT_MS) reconnect();
  ask().then(show);
}

if (stream) {
  const connection = stream._htmx?.sse;
  isOpen = Boolean(connection?.reader && !connection.delayCanceller);
  stream.addEventListener("htmx:after:sse:connection", heard);
  stream.addEventListener("htmx:after:sse:message", heard);
  stream.addEventListener("beat", ({ detail }) => {
    const [word, moment] = detail.data.split(" ");
    isAway = word === "away";
    hearTime(moment);
    heard();
  });
  for (const end of ["bye", "htmx:sse:error", "htmx:sse:close", "htmx:error"]) {
    stream.addEventListener(end, ({ detail }) => {
      isOpen = false;
      show();
      if ([401, 403, 404].includes(detail?.status)) ask();
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) heardAt = triedAt = Date.now();
  });
  setInterval(watch, 1000);
  show();
}
