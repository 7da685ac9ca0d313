// Tables of silver and gold, and the data sets that finance files are read by.
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { Columns, Contract, DataSets } from "./contracts.js";
import { count } from "./format.js";
import { html } from "./html.js";
import { TablesOf } from "./overview.js";
import { Facts, Heading, State, Time, cause, spoken } from "./parts.js";
import { links, to } from "./route.js";
import { Batches } from "./runs.js";

/** @typedef {import("./api.js").Schemas} Schemas */

const LOOKED_THROUGH = 50; // runs, for those that took rows of a table

export function TablesView() {
  const { overview, problem } = useOverview();
  return html`<${Heading} title="Tables" name="Tables" />
    ${overview ? html`<${TablesOf} tables=${overview.tables} />` : html`<p class="empty">${problem || "Looking for tables …"}</p>`}
    <section aria-labelledby="data-sets"><h2 id="data-sets">Data sets of finance</h2><${DataSets} /></section>`;
}

/** @param {{layer: string, name: string}} props */
export function TableView({ layer, name }) {
  const { overview } = useOverview();
  const table = overview?.tables.find((one) => one.layer === layer && one.name === name);
  const told = overview?.attention.filter((one) => one.what === name) ?? [];
  return html`<${Heading} title=${name} name=${name}>
      <span class="state still">${layer}</span>
      ${told.map((one) => html`<${State} state=${one.kind} />`)}
      ${layer === "silver" &&
      html`<a class="button" href=${to(["reprocess"], { stage: "silver", table: name })}>Build again …</a>
        <a class="button" href=${to(["files"], { table: name })}>Its files</a>
        <a class="button" href=${to(["rejects"], { table: name })}>Its rejects</a>`}
    <//>
    ${told.map((one) => html`<p class="notice"><strong>${spoken(one.kind)}</strong> ${cause(one.why)}</p>`)}
    ${overview && !table && html`<p class="empty">No batch made anything of it yet.</p>`}
    ${table &&
    html`<${Facts}
      facts=${[
        ...(table.table ? [["landed as", `${table.source} ${table.table}`]] : []),
        [layer === "silver" ? "current rows" : "rows", count(table.rows)],
        ...(layer === "silver"
          ? [
              ["historical rows", count(table.history - table.rows)],
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
    ${layer === "silver" && (table?.source === "finance" ? html`<${Contract} name=${table.table} />` : html`<${Columns} name=${name} />`)}
    ${layer === "silver" && html`<${RunsOf} name=${name} />`}`;
}

/** Rows of the table, batch by batch.
 * @param {{name: string}} props */
function RunsOf({ name }) {
  const { version } = useOverview();
  const { found } = useAnswer(`/runs${spelled({ limit: LOOKED_THROUGH })}`, version);
  const page = /** @type {Schemas["RunsPage"] | null} */ (found);
  const own = page?.runs.filter((batch) => batch.entities.includes(name)) ?? [];
  return own.length > 0 && html`<section><h2>Its runs, of the last ${LOOKED_THROUGH}</h2><${Batches} batches=${own} caption="Its runs" /></section>`;
}
