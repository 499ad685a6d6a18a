/* Rewrites the UTC times of the page to the reader's zone, and says how long ago or since when. */
import { afterChanges, serverNow, write } from "./page.js";

const timeZone = document.documentElement.dataset.zone || undefined;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone });
const year = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone });

export function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.max(0, Math.floor(seconds))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const ways = {
  clock: (at) => clock.format(at),
  day: (at) => year.format(at),
  full: (at) => `${day.format(at)} ${clock.format(at)}`,
  relative: (at) => {
    const seconds = (serverNow() - at) / 1000;
    return seconds < 0 ? `in ${span(-seconds)}` : seconds < 60 ? "just now" : `${span(seconds)} ago`;
  },
};

afterChanges(() => {
  for (const time of document.querySelectorAll("time[data-time]")) {
    write(time, ways[time.dataset.time](Date.parse(time.dateTime)));
  }
  for (const time of document.querySelectorAll("time[data-from-now]")) {
    const minutes = Number(document.getElementById(time.dataset.fromNow)?.value);
    if (minutes) write(time, clock.format(serverNow() + minutes * 60000));
  }
  for (const time of document.querySelectorAll("time[data-since]")) {
    const end = time.dataset.until ? Date.parse(time.dataset.until) : serverNow();
    const seconds = (end - Date.parse(time.dateTime)) / 1000;
    write(time, "minutes" in time.dataset ? `${Math.floor(seconds / 60)}` : span(seconds));
  }
});
