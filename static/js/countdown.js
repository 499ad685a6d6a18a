/* What moves by itself between two answers: countdowns, time boxes, running numbers, and what appears when a time is reached. */
import { afterChanges, serverNow, write } from "./page.js";

const two = (n) => String(n).padStart(2, "0");

export function digits(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

/* data-before and data-after hold the words around the digits: "% left of 15 min", "overtime %". */
function count(now) {
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const left = Date.parse(time.dateTime) - now;
    const words = left > 0 ? time.dataset.before : time.dataset.after;
    write(time, (words || "%").replace("%", digits(left > 0 ? left + 999 : left)));
    time.closest("[data-late-scope]")?.toggleAttribute("data-js-late", left <= 0);
  }
  for (const bar of document.querySelectorAll("progress[data-until]")) {
    const from = Date.parse(bar.dataset.from);
    const part = (now - from) / (Date.parse(bar.dataset.until) - from);
    bar.value = Math.min(1, Math.max(0, Math.round(part * 500) / 500));
  }
  for (const data of document.querySelectorAll("data[data-rate]")) {
    const end = data.dataset.until ? Math.min(now, Date.parse(data.dataset.until)) : now;
    const minutes = Math.max(0, end - Date.parse(data.dataset.from)) / 60000;
    const total = Math.round(Number(data.value) + Number(data.dataset.rate) * minutes);
    write(data, total.toLocaleString("en-US").replaceAll(",", "\u202f"));
  }
  for (const part of document.querySelectorAll("[data-shows-from]")) {
    part.hidden = now < Date.parse(part.dataset.showsFrom);
  }
  for (const part of document.querySelectorAll("[data-hides-from]")) {
    part.hidden = now >= Date.parse(part.dataset.hidesFrom);
  }
}

afterChanges(() => count(serverNow()));
