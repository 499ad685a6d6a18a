/* Rewrites the UTC times of the page to the reader's zone, and says how long ago or since when. */
import { afterChanges, all, clock, format, serverNow, write } from "./page.js";

const day = format({ day: "numeric", month: "short" });
const ways = {
  clock,
  day: format({ day: "numeric", month: "short", year: "numeric" }),
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

function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return `${Math.max(0, Math.floor(seconds))} s`;
  if (hours < 1) return `${minutes} min`;
  return hours < 48
    ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

afterChanges(() => {
  for (const time of all("time[data-time]"))
    write(time, ways[time.dataset.time](Date.parse(time.dateTime)));
  for (const time of all("time[data-from-now]")) {
    const chosen = document.getElementById(time.dataset.fromNow)?.value;
    const at = /^\d+$/.test(chosen) ? serverNow() + chosen * 6e4 : Date.parse(chosen);
    if (at) write(time, at - serverNow() < 72e6 ? clock(at) : ways.full(at));
  }
  for (const time of all("time[data-since]")) {
    const seconds =
      ((Date.parse(time.dataset.until) || serverNow()) - Date.parse(time.dateTime)) / 1000;
    write(time, "minutes" in time.dataset ? `${Math.floor(seconds / 60)}` : span(seconds));
  }
});
