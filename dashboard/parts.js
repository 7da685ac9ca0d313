// What all views are made of.
import { html } from "./html.js";
import { ago, count, exact, utc } from "./format.js";
import { go, to } from "./route.js";
import { useEffect, useState } from "./vendor/hooks.js";

/** @typedef {import("./vendor/preact.js").ComponentChildren} Children */
/** @typedef {import("./api.js").Problem} Problem */

const TICK_SECONDS = 10;

/** The time, so that "2 min ago" stays true. */
function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_SECONDS * 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const LOOK_SECONDS = 2;

/** A number that grows while something goes on that the tab is seen to wait for.
 * @param {boolean} goesOn */
export function useTicks(goesOn) {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (!goesOn) return undefined;
    const timer = setInterval(() => !document.hidden && setTick((before) => before + 1), LOOK_SECONDS * 1000);
    return () => clearInterval(timer);
  }, [goesOn]);
  return tick;
}

/** @param {{at: string | null | undefined, relative?: boolean}} props */
export function Time({ at, relative = false }) {
  const now = useNow();
  if (!at) return html`<span class="quiet">–</span>`;
  return html`<time datetime=${at} title=${utc(at)}>${relative ? ago(at, now) : exact(at)}</time>`;
}

const TONES = /** @type {Record<string, string>} */ ({
  ingested: "good",
  succeeded: "good",
  successful: "good",
  published: "good",
  seen: "busy",
  open: "busy",
  submitted: "busy",
  running: "busy",
  requested: "busy",
  queued: "busy",
  pending: "busy",
  held_back: "warn",
  stale: "warn",
  late: "warn",
  unusual: "warn",
  held: "warn",
  tried: "warn",
  erasure: "warn",
  failed: "bad",
  parked: "bad",
  poison: "bad",
  rejected: "bad",
  refused: "bad",
  misconfigured: "bad",
  refresh_failed: "bad",
  model_failed: "bad",
});

/** @param {string} text */
export const spoken = (text) => text.replaceAll("_", " ");

/** A reason and its detail: a code at the beginning is said in words.
 * @param {string} why */
export const cause = (why) => why.replace(/^[a-z]+(_[a-z]+)+(?=: )/, spoken);

/** @param {{state: string}} props */
export const State = ({ state }) => html`<span class="state ${TONES[state] ?? "still"}">${spoken(state)}</span>`;

/** @param {{value: number, bad?: boolean}} props */
export const Number_ = ({ value, bad = false }) =>
  html`<span class=${bad && value ? "bad-text" : value ? "" : "quiet"}>${count(value)}</span>`;

let seen = location.hash; // the first view takes no focus: whoever opens the page begins at its top

/** A view's heading; takes the focus when the view is entered, so that a screen reader says where one is.
 * @param {{title: Children, name: string, children?: Children}} props */
export function Heading({ title, name, children }) {
  useEffect(() => {
    document.title = `${name} · Customer 360`;
    if (location.hash === seen) return;
    seen = location.hash;
    if (document.activeElement === document.body || document.activeElement?.closest("main, nav")) {
      document.getElementById("heading")?.focus({ preventScroll: true });
    }
  }, [name]);
  return html`<div class="heading"><h1 id="heading" tabindex="-1">${title}</h1>${children}</div>`;
}

/** @typedef {{name: string, cell: (row: any) => Children, number?: boolean, wide?: boolean}} Column */

/** @param {{caption: string, columns: Column[], rows: any[], empty: Children, id?: (row: any) => string}} props */
export function Table({ caption, columns, rows, empty, id }) {
  if (!rows.length) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="unseen">${caption}</caption>
      <thead>
        <tr>${columns.map((column) => html`<th scope="col" class=${column.number ? "number" : ""}>${column.name}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, place) => html`<tr key=${id ? id(row) : place}>
            ${columns.map(
              (column) =>
                html`<td class=${`${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`}>${column.cell(row)}</td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The next page of a list, in the URL as the filters are.
 * @param {{path: string[], query: Record<string, string>, next: string | null | undefined}} props */
export function Pages({ path, query, next }) {
  if (!next && !query.cursor) return null;
  return html`<nav class="pages" aria-label="Pages">
    ${query.cursor && html`<a href=${to(path, { ...query, cursor: "" })}>First page</a>`}
    ${next && html`<a href=${to(path, { ...query, cursor: next })}>Next page</a>`}
  </nav>`;
}

/** Filters of a list; each change is a new URL.
 * @param {{path: string[], query: Record<string, string>, fields: {name: string, label: string, options?: string[]}[]}} props */
export function Filters({ path, query, fields }) {
  /** @param {string} name
   * @param {Event} event */
  const changed = (name, event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.currentTarget);
    go(to(path, { ...query, cursor: "", [name]: value }));
  };
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    ${fields.map(
      ({ name, label, options }) => html`<label>
        <span>${label}</span>
        ${options
          ? html`<select value=${query[name] ?? ""} onChange=${(/** @type {Event} */ event) => changed(name, event)}>
              <option value="">any</option>
              ${options.map((option) => html`<option value=${option}>${spoken(option)}</option>`)}
            </select>`
          : html`<input
              value=${query[name] ?? ""}
              placeholder="any"
              autocomplete="off"
              spellcheck=${false}
              onChange=${(/** @type {Event} */ event) => changed(name, event)}
            />`}
      </label>`,
    )}
  </form>`;
}

/** What is shown in place of what was asked for, while it is not there, or where it cannot be had.
 * @param {{problem: Problem | null, what: string}} props */
export function Absent({ problem, what }) {
  if (!problem) return html`<p class="empty" role="status">Looking for ${what} …</p>`;
  return html`<p class="notice bad" role="alert">${problem.message}</p>`;
}

/** @param {{facts: [string, Children][]}} props */
export const Facts = ({ facts }) =>
  html`<dl class="facts">
    ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
