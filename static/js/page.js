/* The server's clock, its face here, a call after each change. */
const { responseStart = 0 } = performance.getEntriesByType("navigation")[0] ?? {};
let offset = Date.parse(document.body.dataset.now) - performance.timeOrigin - responseStart || 0;

export const all = (selector) => document.querySelectorAll(selector);
export const serverNow = () => Date.now() + offset; // the laptop's clock may be wrong
const timeZone = document.documentElement.dataset.zone;
document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/`;
export const format = (parts) => new Intl.DateTimeFormat("en-GB", { ...parts, timeZone }).format;
export const clock = format({ hour: "2-digit", minute: "2-digit" }); // in the reader's zone
export const say = (text) => {
  document.getElementById("announcer").textContent = text;
};

/* Answers and beats carry the server's time, so that a page open for days stays right. */
export function hearTime(iso) {
  offset = Date.parse(iso) - Date.now() || offset;
}
document.addEventListener("htmx:after:request", ({ detail }) =>
  hearTime(detail.ctx?.response?.headers.get("Endstate-Now")),
);

/* Writes only what differs, so that an untouched page stays untouched. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const tasks = [];
const observer = new MutationObserver(run);
function run() {
  for (const task of tasks) task();
  observer.takeRecords();
}
observer.observe(document.body, {
  subtree: true,
  childList: true,
  characterData: true,
  attributeFilter: ["datetime", "hidden", "value"],
});
setInterval(run, 1000);

/* Runs the task now, each second, and before the paint after a change. */
export function afterChanges(task) {
  tasks.push(task);
  run();
}
