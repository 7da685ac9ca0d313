// The one way to the API: the key, the problem documents, and the poll that every view shares. Types come from our OpenAPI document.
import { useEffect, useState } from "./vendor/hooks.js";

/** @typedef {import("./schema.d.ts").components["schemas"]} Schemas */
/** @typedef {Schemas["OverviewDocument"]} Overview */
/** @typedef {"loading" | "live" | "offline" | "failed"} Link */

const ROOT = new URL(".", document.baseURI).pathname.replace(/\/$/, "");
const POLL_SECONDS = 3;
const LONGEST_WAIT_SECONDS = 30;
const KEY = "customer360-key";

/** What went wrong: in the API's own words where it had any. */
export class Problem extends Error {
  /** @param {number} status 0: nobody answered
   * @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** @type {(() => Promise<string | null>) | null} */
let askForKey = null;
/** @type {Promise<string | null> | null} */
let asking = null;

/** Say how the reader is asked for the function key; it is asked for once, and kept until the tab is closed.
 * @param {() => Promise<string | null>} ask */
export function onKeyWanted(ask) {
  askForKey = ask;
}

export function forgetKey() {
  sessionStorage.removeItem(KEY);
}

/** @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Response>} */
async function call(path, options) {
  const key = sessionStorage.getItem(KEY);
  const headers = new Headers(options.headers);
  if (key) headers.set("x-functions-key", key);
  let answer;
  try {
    answer = await fetch(`${ROOT}${path}`, { ...options, headers, cache: "no-store" });
  } catch {
    throw new Problem(0, "The API does not answer. Is the network there, and the app running?");
  }
  if (answer.status === 401 && askForKey) {
    asking ??= askForKey().finally(() => (asking = null));
    const given = await asking;
    if (given) {
      sessionStorage.setItem(KEY, given);
      return call(path, options);
    }
  }
  if (!answer.ok && answer.status !== 304) {
    const problem = await answer.json().catch(() => null);
    throw new Problem(answer.status, problem?.detail ?? `The API answered ${answer.status}.`);
  }
  return answer;
}

/** @param {string} path
 * @returns {Promise<any>} */
export const get = async (path) => (await call(path, {})).json();

/** @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} */
export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return (await call(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) })).json();
}

/** Spell a query, without what is empty.
 * @param {Record<string, string | number | null | undefined>} parameters */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

// The overview: polled by whoever shows the page, and only while it is seen -----------------------------------------------

/** @typedef {{overview: Overview | null, link: Link, at: number, problem: string, version: number}} Polled */

/** @type {Polled} */
let polled = { overview: null, link: "loading", at: 0, problem: "", version: 0 };
/** @type {Set<(state: Polled) => void>} */
const listeners = new Set();
let tag = "";
let failures = 0;
/** @type {number | undefined} */
let timer;

/** @param {Partial<Polled>} change */
function tell(change) {
  polled = { ...polled, ...change };
  for (const listener of listeners) listener(polled);
}

export async function look() {
  clearTimeout(timer);
  try {
    const answer = await call("/overview", tag ? { headers: { "If-None-Match": tag } } : {});
    failures = 0;
    if (answer.status === 304) {
      await answer.text(); // nothing; a body that nobody reads is told as a request that was broken off
      tell({ link: "live", at: Date.now(), problem: "" });
    } else {
      tag = answer.headers.get("ETag") ?? "";
      tell({ overview: await answer.json(), link: "live", at: Date.now(), problem: "", version: polled.version + 1 });
    }
  } catch (error) {
    failures += 1;
    const offline = error instanceof Problem && error.status === 0;
    tell({ link: offline ? "offline" : "failed", problem: error instanceof Error ? error.message : String(error) });
  }
  const wait = Math.min(LONGEST_WAIT_SECONDS, POLL_SECONDS * 2 ** failures);
  if (!document.hidden) timer = setTimeout(look, (failures ? wait : POLL_SECONDS) * 1000);
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : void look()));
addEventListener("online", () => void look());

/** The newest overview; the same object until something happened.
 * @returns {Polled} */
export function useOverview() {
  const [state, setState] = useState(polled);
  useEffect(() => {
    listeners.add(setState);
    setState(polled);
    return () => void listeners.delete(setState);
  }, []);
  return state;
}

/** What a path answers, asked again when `version` changes; what was there stays meanwhile.
 * @template T
 * @param {string | null} path null: nothing is asked
 * @param {number | string} [version]
 * @returns {{found: T | null, problem: Problem | null}} */
export function useAnswer(path, version = 0) {
  const [state, setState] = useState(
    /** @type {{path: string | null, found: T | null, problem: Problem | null}} */ ({ path: null, found: null, problem: null }),
  );
  useEffect(() => {
    let wanted = true;
    if (path) {
      get(path).then(
        (found) => wanted && setState({ path, found, problem: null }),
        (problem) => wanted && setState((before) => ({ path, found: before.path === path ? before.found : null, problem })),
      );
    }
    return () => {
      wanted = false;
    };
  }, [path, version]);
  return state.path === path ? state : { found: null, problem: null };
}
