// How numbers, lengths and times are spelled. Times show in the reader's zone, and in UTC on hover.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const dated = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** @param {number} value */
export const count = (value) => whole.format(value);

/** @param {number} value */
export const brief = (value) => (Math.abs(value) < 10000 ? whole.format(value) : compact.format(value));

/** A number and its noun: 1 file, 2 files.
 * @param {number} value
 * @param {string} noun */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : /(ch|sh)$/.test(noun) ? "es" : "s"}`;

/** @param {number} value */
export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** A length of time, to two units at most.
 * @param {number} seconds */
export function length(seconds) {
  if (seconds < 0.95) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds < 600 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A length of time as an axis has room for it.
 * @param {number} seconds */
export function shortLength(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${+(seconds / 60).toFixed(1)} min`;
  return seconds < 172800 ? `${+(seconds / 3600).toFixed(1)} h` : `${+(seconds / 86400).toFixed(1)} d`;
}

/** How long ago, in one unit.
 * @param {string} time
 * @param {number} now in milliseconds */
export function ago(time, now) {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} days ago`;
}

/** @param {string} time */
export const exact = (time) => dated.format(new Date(time));

/** @param {string} time */
export const utc = (time) => `${time.replace("T", " ").replace(/(\.\d+)?Z$/, "")} UTC`;

/** Seconds between two times, or null where one is not known.
 * @param {string | null} begin
 * @param {string | null} end */
export const between = (begin, end) => (begin && end ? Math.max(0, (Date.parse(end) - Date.parse(begin)) / 1000) : null);
