/* Calls the reader: the tab's title, a notification, a sound. */
import { afterChanges, all } from "./page.js";

const key = `calling:${document.body.dataset.account}`;
const { title } = document;

function call(body) {
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  tone.connect(sound.destination);
  tone.start();
  tone.stop(0.3);
  try {
    new Notification("Endstate", { body, tag: body }).addEventListener("click", () => focus());
  } catch {
    /* Not on Android, nor without https: there only the sound. */
  }
}

afterChanges(() => {
  const { unread, newest, text } = document.getElementById("bell")?.dataset ?? {};
  if (!unread) return;
  const choice = localStorage[key] ?? "ask";
  document.title = unread === "0" ? title : `(${unread}) ${title}`;
  for (const part of all("[data-calls]"))
    part.toggleAttribute("data-js-shown", part.dataset.calls === choice);
  if (!newest || localStorage[`${key}:seen`] === newest) return;
  localStorage[`${key}:seen`] = newest; // so that one tab calls, not each
  if (choice === "on") call(text);
});

document.addEventListener("click", async ({ target }) => {
  const choice = target.closest("[data-call]")?.dataset.call;
  if (!choice) return;
  localStorage[key] = choice;
  if (choice !== "on") return;
  await window.Notification?.requestPermission();
  call("This is how Endstate calls you in this browser.");
});
