// Batches and their runs: the list, and one of them in full.
import { Act } from "./acts.js";
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { between, count, length } from "./format.js";
import { html } from "./html.js";
import { Absent, Facts, Filters, Heading, Number_, Pages, State, Table, Time, spoken } from "./parts.js";
import { links } from "./route.js";

/** @typedef {import("./api.js").Schemas} Schemas */
/** @typedef {Schemas["BatchDocument"]} Batch */

const STATES = ["queued", "open", "submitted", "running", "succeeded", "failed", "dissolved", "parked", "discarded", "cancelled"];
const RECENT = 8;

/** @type {import("./parts.js").Column[]} */
const COLUMNS = [
  { name: "batch", cell: (batch) => html`<a href=${links.run(batch.batch_id)}>${batch.batch_id}</a>` },
  { name: "state", cell: (batch) => html`<${State} state=${batch.state} />` },
  { name: "opened", cell: (batch) => html`<${Time} at=${batch.created_at} />` },
  { name: "run", number: true, cell: (batch) => spent(between(batch.submitted_at, batch.ended_at)) },
  { name: "to gold", number: true, cell: (batch) => spent(batch.publication ? between(batch.landed_from, batch.recorded_at) : null) },
  { name: "attempt", number: true, cell: (batch) => batch.attempt },
  { name: "parts", number: true, cell: (batch) => html`<${Number_} value=${batch.parts} />` },
  { name: "rows", number: true, cell: (batch) => html`<${Number_} value=${batch.rows} />` },
  { name: "applied", number: true, cell: (batch) => html`<${Number_} value=${batch.applied} />` },
  { name: "rejected", number: true, cell: (batch) => html`<${Number_} value=${batch.rejected} bad />` },
  { name: "entities", wide: true, cell: (batch) => batch.entities.join(", ") },
];

/** @param {number | null} seconds */
const spent = (seconds) => (seconds === null ? html`<span class="quiet">–</span>` : length(seconds));

/** @param {{batches: Batch[], caption: string}} props */
export const Batches = ({ batches, caption }) =>
  html`<${Table} caption=${caption} rows=${batches} columns=${COLUMNS} id=${(/** @type {Batch} */ batch) => batch.batch_id} empty="No batch yet: one is made of whatever landed." />`;

/** @param {{version: number}} props */
export function RecentRuns({ version }) {
  const { found, problem } = useAnswer(`/runs${spelled({ limit: RECENT })}`, version);
  const page = /** @type {Schemas["RunsPage"] | null} */ (found);
  if (!page) return html`<${Absent} problem=${problem} what="runs" />`;
  return html`<${Batches} batches=${page.runs} caption="The newest batches" />`;
}

/** @param {{query: Record<string, string>}} props */
export function RunsView({ query }) {
  const { version } = useOverview();
  const { found, problem } = useAnswer(`/runs${spelled({ state: query.state, cursor: query.cursor, limit: 50 })}`, version);
  const page = /** @type {Schemas["RunsPage"] | null} */ (found);
  return html`<${Heading} title="Runs" name="Runs" />
    <${Filters} path=${["runs"]} query=${query} fields=${[{ name: "state", label: "State", options: STATES }]} />
    ${page ? html`<${Batches} batches=${page.runs} caption="Runs" />` : html`<${Absent} problem=${problem} what="runs" />`}
    <${Pages} path=${["runs"]} query=${query} next=${page?.next} />`;
}

/** @param {{batch: string, query: Record<string, string>}} props */
export function RunView({ batch: id, query }) {
  const { version } = useOverview();
  const { found, problem } = useAnswer(`/runs/${encodeURIComponent(id)}${spelled({ cursor: query.cursor, limit: 50 })}`, version);
  const batch = /** @type {Schemas["BatchDetailDocument"] | null} */ (found);
  if (!batch) return html`<${Heading} title=${id} name=${id} /><${Absent} problem=${problem} what="the batch" />`;
  const counts = Object.entries(batch.counts).map(([entity, one]) => ({ entity, .../** @type {Record<string, any>} */ (one) }));
  const gold = Object.entries(batch.gold).map(([table, one]) => ({ table, .../** @type {Record<string, any>} */ (one) }));
  return html`<${Heading} title=${id} name=${id}>
      <${State} state=${batch.state} />
      ${batch.state === "parked" && html`<${Act} kind="unpark" batch=${id} /><${Act} kind="discard" batch=${id} />`}
      ${batch.state === "discarded" && html`<${Act} kind="unpark" batch=${id} />`}
      ${batch.run_url && html`<a class="button" href=${batch.run_url} rel="noreferrer">Databricks run ${batch.run_id}</a>`}
    <//>
    ${batch.cause && html`<p class=${`notice ${batch.state === "succeeded" ? "" : "bad"}`}><strong>Cause</strong> ${batch.cause}</p>`}
    <${Facts}
      facts=${[
        ["stage", batch.stage],
        ["attempt", batch.attempt],
        ["opened", html`<${Time} at=${batch.created_at} />`],
        ["open for", spent(batch.timings.open_seconds)],
        ["ran for", spent(batch.timings.run_seconds)],
        ["noticed after", spent(batch.timings.recorded_after_seconds)],
        ["landing to gold", spent(batch.publication ? between(batch.landed_from, batch.recorded_at) : null)],
        ["publication", batch.publication ?? "–"],
        ["parts", count(batch.parts)],
        ["rows", sum(batch)],
        ...(batch.holds_its_entities ? [["holds back", batch.entities.join(", ")]] : []),
        ...(batch.parent ? [["dissolved from", html`<a href=${links.run(batch.parent)}>${batch.parent}</a>`]] : []),
        ...(batch.reprocess ? [["made for", html`<a href=${links.job(batch.reprocess)}>reprocess ${batch.reprocess}</a>`]] : []),
      ]}
    />
    <section><h2>Steps</h2><${Steps} steps=${batch.steps} /></section>
    ${counts.length > 0 &&
    html`<section><h2>Silver</h2>
      <${Table} caption="Rows of each entity" rows=${counts} columns=${COUNTS} empty="" /></section>`}
    ${gold.length > 0 && html`<section><h2>Gold</h2><${Table} caption="Gold tables" rows=${gold} columns=${GOLD} empty="" /></section>`}
    ${Object.keys(batch.failed).length > 0 &&
    html`<section><h2>Models that failed</h2><${Facts} facts=${Object.entries(batch.failed)} /></section>`}
    ${batch.warnings.length > 0 &&
    html`<section><h2>Warnings</h2><${Table} caption="Warnings" rows=${batch.warnings} columns=${WARNINGS} empty="" /></section>`}
    <section>
      <h2>Parts</h2>
      <${Table} caption="Parts" rows=${batch.listed} columns=${PARTS} empty="It has no parts." />
      <${Pages} path=${["runs", id]} query=${query} next=${batch.next} />
    </section>`;
}

/** @param {Batch} batch */
function sum(batch) {
  if (batch.state !== "succeeded") return count(batch.rows);
  const parts = [`${count(batch.applied)} applied`, `${count(batch.superseded)} superseded`, `${count(batch.duplicates)} duplicates`, `${count(batch.rejected)} rejected`];
  return `${count(batch.rows)} = ${parts.join(" + ")}`;
}

/** @type {import("./parts.js").Column[]} */
export const COUNTS = [
  { name: "entity", cell: (one) => html`<a href=${links.table("silver", one.entity)}>${one.entity}</a>` },
  ...["read", "applied", "superseded", "duplicates"].map((name) => ({ name, number: true, cell: (/** @type {any} */ one) => html`<${Number_} value=${one[name]} />` })),
  { name: "rejected", number: true, cell: (one) => html`<${Number_} value=${one.rejected} bad />` },
  { name: "current", number: true, cell: (one) => count(one.current) },
  { name: "history", number: true, cell: (one) => count(one.history) },
  {
    name: "rules broken",
    wide: true,
    cell: (one) =>
      Object.entries(one.rules ?? {})
        .filter(([, rows]) => rows)
        .map(([rule, rows]) => `${rule}: ${count(/** @type {number} */ (rows))}`)
        .join(", ") || html`<span class="quiet">none</span>`,
  },
];
/** @type {import("./parts.js").Column[]} */
export const GOLD = [
  { name: "table", cell: (one) => html`<a href=${links.table("gold", one.table)}>${one.table}</a>` },
  { name: "rows", number: true, cell: (one) => count(one.rows) },
  { name: "files", number: true, cell: (one) => count(one.files) },
  { name: "rewritten", number: true, cell: (one) => html`<${Number_} value=${one.rewritten} />` },
];
/** @type {import("./parts.js").Column[]} */
const WARNINGS = [
  { name: "warning", cell: (one) => spoken(one.trap) },
  { name: "table", cell: (one) => one.table },
  { name: "where", cell: (one) => one.where },
  { name: "what", wide: true, cell: (one) => one.detail },
];
/** @type {import("./parts.js").Column[]} */
const PARTS = [
  { name: "file", wide: true, cell: (part) => html`<a href=${links.file(part.source_file)}>${part.source_file}</a>` },
  { name: "entity", cell: (part) => part.entity },
  { name: "rows", number: true, cell: (part) => count(part.rows) },
  { name: "rejects", number: true, cell: (part) => html`<${Number_} value=${part.rejects} bad />` },
];

/** What happened, in order, with the time between.
 * @param {{steps: readonly {at: string, event: string, detail: string}[]}} props */
export function Steps({ steps }) {
  return html`<ol class="steps">
    ${steps.map((step, place) => {
      const before = steps[place - 1];
      const passed = before ? between(before.at, step.at) : null;
      return html`<li key=${`${step.at} ${place}`}>
        <span class="passed">${passed === null ? "" : `+${length(passed)}`}</span>
        <b>${spoken(step.event)}</b>
        <${Time} at=${step.at} />
        <span class="detail">${step.detail}</span>
      </li>`;
    })}
  </ol>`;
}
