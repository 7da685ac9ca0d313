// Erasing everything of one key: how much there is, then whether to, and how it goes. What the key is, is nowhere kept.
import { Question } from "./acts.js";
import { look, post, useAnswer, useOverview } from "./api.js";
import { count, counted } from "./format.js";
import { html } from "./html.js";
import { Absent, Facts, Heading, State, Time, useTicks } from "./parts.js";
import { go, links, to } from "./route.js";
import { useEffect, useState } from "./vendor/hooks.js";

/** @typedef {import("./api.js").Schemas} Schemas */

const ENDED = ["succeeded", "failed"];

/** The key is in no URL, as it may be a person's: only the table is.
 * @param {{query: Record<string, string>}} props */
export function EraseView({ query }) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState(false);
  const { overview } = useOverview();
  const tables = overview?.tables.filter((table) => table.layer === "silver") ?? [];
  const keys = key.split("\n").map((text) => text.trim()).filter(Boolean);
  /** @param {boolean} dry */
  const erase = async (dry) => {
    setAsked(false);
    try {
      const erasure = await post("/erasure", { table: query.table ?? "", key: keys, dry_run: dry });
      await look();
      go(links.erasure(erasure.erasure_id));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return html`<${Heading} title="Erase" name="Erase" />
    <p class="quiet">Takes everything of one key out of silver with its history, out of bronze and out of gold. Landing is only read: files there that would bring it back are named.</p>
    <form class="request" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      void erase(true);
    }}>
      <div class="filters">
        <label><span>Table</span>
          <select value=${query.table ?? ""} required onChange=${(/** @type {Event} */ event) => go(to(["erase"], { table: /** @type {HTMLSelectElement} */ (event.currentTarget).value }), { replace: true })}>
            <option value="">which?</option>
            ${tables.map((table) => html`<option value=${table.name}>${table.name}</option>`)}
          </select>
        </label>
        <label><span>Key, as silver holds it; of several key columns, each on a line</span>
          <textarea rows="2" required autocomplete="off" spellcheck=${false} value=${key} onInput=${(/** @type {Event} */ event) => setKey(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)} />
        </label>
      </div>
      <div class="acts">
        <button type="submit" class="main">How much is there?</button>
        <button type="button" class="grave" disabled=${!query.table || !keys.length} onClick=${() => setAsked(true)}>Erase …</button>
      </div>
    </form>
    ${problem && html`<p class="notice bad" role="alert">${problem}</p>`}
    ${asked &&
    html`<${Question} title="Erase it for good?" act="Erase" grave onAnswer=${(/** @type {boolean} */ yes) => (yes ? void erase(false) : setAsked(false))}>
      <p>Everything of this key of ${query.table} is taken out, and nothing brings it back. “How much is there?” tells before what that comes to.</p>
    <//>`}`;
}

/** @param {{id: string}} props */
export function ErasureView({ id }) {
  const { version } = useOverview();
  const [goesOn, setGoesOn] = useState(true);
  const { found, problem } = useAnswer(`/erasure/${encodeURIComponent(id)}`, `${version} ${useTicks(goesOn)}`);
  const erasure = /** @type {Schemas["ErasureDocument"] | null} */ (found);
  useEffect(() => setGoesOn(!erasure || !ENDED.includes(erasure.state)), [erasure?.state]);
  if (!erasure) return html`<${Heading} title=${`Erasure ${id}`} name=${id} /><${Absent} problem=${problem} what="the erasure" />`;
  return html`<${Heading} title=${`Erasure ${id}`} name=${id}>
      <${State} state=${erasure.state} />
      ${erasure.dry_run && html`<span class="state still">search only</span><a class="button" href=${to(["erase"], { table: erasure.entity })}>Erase …</a>`}
    <//>
    ${erasure.dry_run && html`<p class="notice">${ENDED.includes(erasure.state) ? "This is what there is. Nothing was erased." : "It is looked for; nothing is erased."}</p>`}
    ${erasure.detail && html`<p class="notice">${erasure.detail}</p>`}
    <${Facts}
      facts=${[
        ["table", html`<a href=${links.table("silver", erasure.entity)}>${erasure.entity}</a>`],
        ["rows of silver, with their history", count(erasure.silver_rows)],
        ["rejects of silver", count(erasure.silver_rejects)],
        ["records of bronze", `${count(erasure.bronze_records)} in ${counted(erasure.bronze_parts, "part")}`],
        ["files in landing that would bring it back", count(erasure.landing_files)],
        ["searches", count(erasure.searches)],
        ...(erasure.batch ? [["newest search", html`<a href=${links.run(erasure.batch)}>${erasure.batch}</a>`]] : []),
        ["asked", html`<${Time} at=${erasure.created_at} />`],
        ["ended", html`<${Time} at=${erasure.ended_at} />`],
        ...(erasure.kept_until ? [["gone from old files by", html`<${Time} at=${erasure.kept_until} />`]] : []),
      ]}
    />
    ${erasure.files.length > 0 &&
    html`<section><h2>Files in landing that would bring it back</h2>
      <ul>${erasure.files.map((file) => html`<li key=${file}><a href=${links.file(file)}>${file}</a></li>`)}</ul></section>`}`;
}
