/* Times in the reader's zone, countdowns, running numbers. */
import { afterChanges, all, clock, format, serverNow, write } from "./page.js";

const whole = format({ day: "numeric", month: "short", year: "numeric" });
const weekday = format({ weekday: "short" });
const day = (at) => whole(at).replace(whole(serverNow()).slice(-5), ""); // not this year
const ways = {
  time: clock,
  weekday: (at) => `${weekday(at)} ${day(at)}`,
  clock: (at) => (day(at) === day(serverNow()) ? clock(at) : ways.full(at)),
  day: whole,
  full: (at) => `${day(at)} ${clock(at)}`,
  relative: (at) => {
    const seconds = (serverNow() - at) / 1000;
    return seconds < 0
      ? `in ${span(-seconds)}`
      : seconds < 60
        ? "just now"
        : `${span(seconds)} ago`;
  },
};

const two = (number) => String(number).padStart(2, "0");

const days = (hours) => `${Math.floor(hours / 24)} d ${hours % 24} h`;

function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return `${Math.max(0, Math.floor(seconds))} s`;
  if (hours < 1) return `${minutes} min`;
  return hours < 48 ? `${hours} h ${two(minutes % 60)} min` : days(hours);
}

afterChanges(() => {
  for (const time of all("time[data-time]"))
    write(time, ways[time.dataset.time](Date.parse(time.dateTime)));
  let before;
  for (const one of all(".day")) {
    one.hidden = one.textContent === before;
    before = one.textContent;
  }
  for (const time of all("time[data-from-now]")) {
    const chosen = document.getElementById(time.dataset.fromNow)?.value;
    const at = /^\d+$/.test(chosen) ? serverNow() + chosen * 6e4 : Date.parse(chosen);
    if (at) write(time, at - serverNow() < 72e6 ? clock(at) : ways.full(at));
  }
  for (const time of all("time[data-since]")) {
    const seconds =
      ((Date.parse(time.dataset.until) || serverNow()) - Date.parse(time.dateTime)) / 1000;
    write(time, span(seconds));
  }
});

function digits(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (hours >= 48) return days(hours);
  return hours ? `${hours}:${rest}` : rest;
}

afterChanges(() => {
  const now = serverNow();
  for (const time of all("time[data-countdown]")) {
    const left = Date.parse(time.dateTime) - now;
    const { before = "%", after = "%" } = time.dataset; // "% left of 15"
    write(time, (left > 0 ? before : after).replace("%", digits(left > 0 ? left + 999 : left)));
    const scope = time.closest("[data-late-scope]");
    scope?.toggleAttribute("data-js-late", left <= 0);
    if (time.dataset.soon)
      scope?.toggleAttribute("data-js-soon", left > 0 && now >= Date.parse(time.dataset.soon));
  }
  for (const word of all("[data-counts]")) write(word, word.dataset.counts);
  for (const bar of all("progress[data-until]")) {
    const from = Date.parse(bar.dataset.from);
    const part = (now - from) / (Date.parse(bar.dataset.until) - from);
    bar.value = Math.min(1, Math.max(0, Math.round(part * 500) / 500));
  }
  for (const data of all("data[data-rate]")) {
    const end = Math.min(now, Date.parse(data.dataset.until) || now);
    const minutes = Math.max(0, end - Date.parse(data.dataset.from)) / 6e4;
    const total = Math.round(Number(data.value) + data.dataset.rate * minutes);
    const shown =
      total < 1e15 ? total.toLocaleString("en") : total.toExponential(2).replace("+", "");
    write(data, shown.replaceAll(",", "\u202f"));
  }
  for (const part of all("[data-shows-from]"))
    part.hidden = now < Date.parse(part.dataset.showsFrom);
  for (const part of all("[data-hides-from]"))
    part.hidden = now >= Date.parse(part.dataset.hidesFrom);
});
