/* Keeps the composer true to the room: untouched it fills itself anew, touched it says what came meanwhile. */
import { afterChanges } from "./page.js";

const isWorded = (field) =>
  field.name && field.type !== "hidden" && field.value !== (field.defaultValue ?? field.value);
const isTouched = (form) =>
  Boolean(form.querySelector(".refusal, .error")) || [...form.elements].some(isWorded);

let asked = "";
afterChanges(() => {
  const form = document.getElementById("update");
  const room = document.getElementById("latest");
  if (!form?.dataset.composer || !room) return;
  const mark = room.dataset.composer;
  const isOver = !mark;
  if (form.hidden !== isOver) form.hidden = isOver;
  if (isOver || mark === form.dataset.composer) return;
  if (!isTouched(form)) {
    if (asked === mark) return;
    asked = mark;
    htmx.ajax("GET", form.action, { source: form, target: form, swap: "outerMorph" });
    return;
  }
  const said = form.querySelector("[data-meanwhile]");
  const isAnother = mark.split("-")[0] !== form.dataset.composer.split("-")[0];
  if (said && said.hidden && isAnother) said.hidden = false;
});
