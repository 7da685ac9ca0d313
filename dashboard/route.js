// Every view has a URL, its filters too: `#/files?status=rejected`. The browser's own history does the rest.
import { useEffect, useState } from "./vendor/hooks.js";

/** @typedef {{path: string[], query: Record<string, string>}} Route */

/** @returns {Route} */
export function current() {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return {
    path: path.split("/").filter(Boolean).map(decodeURIComponent),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** Spell where a view is; what is empty is left out.
 * @param {string[]} path
 * @param {Record<string, string | undefined>} [query] */
export function to(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const spelled = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${spelled ? `?${spelled}` : ""}`;
}

/** @param {string} where as `to` spells it
 * @param {{replace?: boolean}} [options] replace: for a filter that is being typed */
export function go(where, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", where);
  else history.pushState(null, "", where);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** @returns {Route} */
export function useRoute() {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const changed = () => setRoute(current());
    addEventListener("hashchange", changed);
    addEventListener("popstate", changed);
    return () => {
      removeEventListener("hashchange", changed);
      removeEventListener("popstate", changed);
    };
  }, []);
  return route;
}

/** Links of things, so that the same thing is always at the same place. */
export const links = {
  /** @param {string} file */
  file: (file) => to(["files", file]),
  /** @param {string} batch */
  run: (batch) => to(["runs", batch]),
  /** @param {string} layer
   * @param {string} name */
  table: (layer, name) => to(["tables", layer, name]),
  /** @param {string} name */
  dataSet: (name) => to(["datasets", name]),
  /** @param {string} batch that made it */
  publication: (batch) => to(["publications", batch]),
  /** @param {string} id */
  job: (id) => to(["reprocess", id]),
  /** @param {string} id */
  erasure: (id) => to(["erase", id]),
};
