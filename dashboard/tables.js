// Tables of silver and gold, rejects, and publications.
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { count } from "./format.js";
import { html } from "./html.js";
import { TablesOf } from "./overview.js";
import { Absent, Facts, Filters, Heading, Number_, Pages, State, Table, Time, spoken } from "./parts.js";
import { links, to } from "./route.js";

/** @typedef {import("./api.js").Schemas} Schemas */

export function TablesView() {
  const { overview, problem } = useOverview();
  return html`<${Heading} title="Tables" name="Tables" />
    ${overview ? html`<${TablesOf} tables=${overview.tables} />` : html`<p class="empty">${problem || "Looking for tables …"}</p>`}`;
}

/** @param {{layer: string, name: string}} props */
export function TableView({ layer, name }) {
  const { overview } = useOverview();
  const table = overview?.tables.find((one) => one.layer === layer && one.name === name);
  const told = overview?.attention.filter((one) => one.what === name) ?? [];
  return html`<${Heading} title=${name} name=${name}>
      ${told.map((one) => html`<${State} state=${one.kind} />`)}
      ${layer === "silver" && html`<a class="button" href=${to(["reprocess"], { stage: "silver", table: name })}>Build again …</a>`}
    <//>
    ${told.map((one) => html`<p class="notice"><strong>${spoken(one.kind)}</strong> ${one.why}</p>`)}
    ${overview && !table && html`<p class="empty">No batch made anything of it yet.</p>`}
    ${table &&
    html`<${Facts}
      facts=${[
        ["layer", table.layer],
        ...(table.table ? [["landed as", `${table.source} ${table.table}`]] : []),
        ["rows", count(table.rows)],
        ...(layer === "silver"
          ? [
              ["history", count(table.history)],
              ["last batch", `${count(table.read)} = ${count(table.applied)} applied + ${count(table.superseded)} superseded + ${count(table.duplicates)} duplicates + ${count(table.rejected)} rejected`],
              ["as of", html`<${Time} at=${table.landed_until} />`],
            ]
          : []),
        ["changed by", html`<a href=${links.run(table.batch_id)}>${table.batch_id}</a>`],
        ...(table.expected_by ? [["next file expected by", html`<${Time} at=${table.expected_by} />`]] : []),
        ...(table.volumes.length ? [["records of its last files", table.volumes.map(count).join(", ")]] : []),
        ...(table.newest_file ? [["newest file", html`<a href=${links.file(table.newest_file)}>${table.newest_file}</a>`]] : []),
      ]}
    />`}
    ${layer === "silver" &&
    html`<p class="more"><a href=${to(["files"], { table: name })}>Its landed files</a> · <a href=${to(["rejects"], { table: name })}>Its rejects</a></p>`}`;
}

// Rejects -----------------------------------------------------------------------------------------------------------------

/** @type {import("./parts.js").Column[]} */
const REJECTS = [
  { name: "file", wide: true, cell: (part) => html`<a href=${links.file(part.file)}>${part.file}</a>` },
  { name: "table", cell: (part) => part.entity },
  { name: "records", number: true, cell: (part) => count(part.records) },
  {
    name: "rejected",
    cell: (part) =>
      html`<a href=${to(["rejects", "records"], { file: part.file, generation: String(part.generation), start: String(part.start) })}>
        ${Object.entries(part.reasons).map(([reason, number]) => `${count(/** @type {number} */ (number))} ${spoken(reason)}`).join(", ") || count(part.rejects)}
      </a>`,
  },
  { name: "landed", cell: (part) => html`<${Time} at=${part.landed_at} />` },
  { name: "batch", cell: (part) => (part.batch_id ? html`<a href=${links.run(part.batch_id)}>${part.batch_id}</a>` : "") },
];

/** @param {{query: Record<string, string>}} props */
export function RejectsView({ query }) {
  const { version } = useOverview();
  const { found, problem } = useAnswer(`/rejects${spelled({ table: query.table, cursor: query.cursor, limit: 50 })}`, version);
  const page = /** @type {Schemas["RejectsPage"] | null} */ (found);
  return html`<${Heading} title="Rejects" name="Rejects" />
    <p class="quiet">Records that could not be taken, by the slice that they came with. The records themselves are in bronze, below <code>_rejected/</code>.</p>
    <${Filters} path=${["rejects"]} query=${query} fields=${[{ name: "table", label: "Table" }]} />
    ${page
      ? html`<${Table} caption="Rejects" rows=${page.rejects} columns=${REJECTS} empty="No record was rejected." id=${(/** @type {any} */ part) => part.part_id} />`
      : html`<${Absent} problem=${problem} what="rejects" />`}
    <${Pages} path=${["rejects"]} query=${query} next=${page?.next} />`;
}

/** @type {import("./parts.js").Column[]} */
const RECORDS = [
  { name: "record", number: true, cell: (one) => count(one.record) },
  { name: "begins at byte", number: true, cell: (one) => count(one.offset) },
  { name: "reason", cell: (one) => spoken(one.reason) },
  { name: "detail", wide: true, cell: (one) => one.detail },
];

/** @param {{query: Record<string, string>}} props */
export function RecordsView({ query }) {
  const { file = "", generation, start, cursor } = query;
  const { found, problem } = useAnswer(`/rejects/records${spelled({ file, generation, start, cursor })}`);
  const page = /** @type {Schemas["RejectedPage"] | null} */ (found);
  return html`<${Heading} title="Rejected records" name="Rejected records" />
    <p>Of <a href=${links.file(file)}>${file}</a>, slice from byte ${count(Number(start ?? 0))}. Places and reasons only, never what a record holds.</p>
    ${page
      ? html`<${Table} caption="Rejected records" rows=${page.records} columns=${RECORDS} empty="None." />`
      : html`<${Absent} problem=${problem} what="rejected records" />`}
    <${Pages} path=${["rejects", "records"]} query=${query} next=${page?.next} />`;
}

// Publications ------------------------------------------------------------------------------------------------------------

/** @type {import("./parts.js").Column[]} */
const PUBLICATIONS = [
  { name: "publication", cell: (batch) => html`<a href=${links.run(batch.batch_id)}>${batch.publication}</a>` },
  { name: "published", cell: (batch) => html`<${Time} at=${batch.recorded_at} />` },
  { name: "rows read", number: true, cell: (batch) => html`<${Number_} value=${batch.rows} />` },
  { name: "rows changed", number: true, cell: (batch) => html`<${Number_} value=${batch.applied} />` },
  { name: "entities", wide: true, cell: (batch) => batch.entities.join(", ") || batch.stage },
];

/** @param {{query: Record<string, string>}} props */
export function PublicationsView({ query }) {
  const { overview, version } = useOverview();
  const { found, problem } = useAnswer(`/runs${spelled({ state: "succeeded", cursor: query.cursor, limit: 50 })}`, version);
  const page = /** @type {Schemas["RunsPage"] | null} */ (found);
  const insights = overview?.insights;
  return html`<${Heading} title="Publications" name="Publications" />
    ${insights &&
    html`<p>
      ${insights.publication
        ? html`Customer Insights read ${insights.publication}, <${Time} at=${insights.at} relative />${insights.has_newest ? "" : "; a newer one waits to be read"}.`
        : insights.state === "disabled"
          ? "No refresh of Customer Insights is asked for: it is not configured."
          : "Customer Insights read nothing yet."}
      ${insights.state === "failed" && html` The last refresh failed: ${insights.detail}`}
    </p>`}
    ${page
      ? html`<${Table} caption="Publications" rows=${page.runs.filter((batch) => batch.publication)} columns=${PUBLICATIONS} empty="Nothing was published yet." />`
      : html`<${Absent} problem=${problem} what="publications" />`}
    <${Pages} path=${["publications"]} query=${query} next=${page?.next} />`;
}
