/* What every module needs of the page: the server's clock, and a call after each change of the DOM. */
const born = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
let offset = Date.parse(document.body.dataset.now) - born || 0;

/* Milliseconds by the server's clock; the laptop's may be wrong. */
export const serverNow = () => Date.now() + offset;

/* Answers carry the server's time, so that a page open for days stays right. */
export function hearTime(iso) {
  const told = Date.parse(iso);
  if (told) offset = told - Date.now();
}
document.addEventListener("htmx:after:request", (event) => {
  hearTime(event.detail.ctx?.response?.headers.get("Endstate-Now"));
});

const tasks = [];
const observer = new MutationObserver(run);

function run() {
  for (const task of tasks) task();
  observer.takeRecords();
}

/* Runs the task now and before every paint that follows a change, also one by a live swap. */
export function afterChanges(task) {
  tasks.push(task);
  run();
}
observer.observe(document.body, {
  subtree: true, childList: true, characterData: true,
  attributes: true, attributeFilter: ["datetime", "hidden", "value"],
});
setInterval(run, 1000);

/* Writes only what differs, so that an untouched page stays untouched. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/* Says it politely to who listens instead of looking. */
export function say(text) {
  document.getElementById("announcer").textContent = text;
}
