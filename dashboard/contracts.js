// How a data set is read and why, and what a table of silver is made of.
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { count, counted } from "./format.js";
import { html } from "./html.js";
import { Absent, Facts, Heading, Table, Time, cause, spoken } from "./parts.js";
import { links, to } from "./route.js";

/** @typedef {import("./api.js").Schemas} Schemas */

/** @type {import("./parts.js").Column[]} */
const WARNINGS = [
  { name: "warning", cell: (one) => spoken(one.kind) },
  { name: "of", wide: true, cell: (one) => one.what },
  { name: "why", wide: true, cell: (one) => cause(one.why) },
];
/** @type {import("./parts.js").Column[]} */
const SILVER_COLUMNS = [
  { name: "column", cell: (column) => html`${column.name}${column.is_key && html` <span class="state still">key</span>`}` },
  { name: "type", cell: (column) => column.type },
  { name: "landed as", wide: true, cell: (column) => column.landed ?? html`<span class="quiet">made by the pipeline</span>` },
];
/** @type {import("./parts.js").Column[]} */
const COLUMNS = [
  { name: "landed", cell: (column) => html`${column.landed}${column.is_key && html` <span class="state still">key</span>`}` },
  { name: "silver", cell: (column) => column.silver ?? html`<span class="quiet">not there yet</span>` },
  { name: "type", cell: (column) => column.type ?? html`<span class="quiet">not told yet</span>` },
  { name: "from", wide: true, cell: (column) => (column.is_configured ? "customer360.toml" : html`<span class="quiet">its values</span>`) },
];
/** @type {import("./parts.js").Column[]} */
const VERSIONS = [
  { name: "version", number: true, cell: (one) => count(one.version) },
  { name: "made", cell: (one) => html`<${Time} at=${one.made_at} />` },
  { name: "by", wide: true, cell: (one) => html`<a href=${links.file(one.made_by)}>${one.made_by}</a>` },
  { name: "because", wide: true, cell: (one) => [spoken(one.verdict), ...one.differs].join("; ") },
];
/** @type {import("./parts.js").Column[]} */
const WIDENED = [
  { name: "column", cell: (one) => one.column },
  { name: "from and to", wide: true, cell: (one) => one.why },
  { name: "by", cell: (one) => html`<a href=${links.run(one.batch_id)}>${one.batch_id}</a>` },
  { name: "at", cell: (one) => html`<${Time} at=${one.at} />` },
];
const TERMS = /** @type {const} */ (["encoding", "delimiter", "quote", "escape", "header_row", "skip_footer", "sheet"]);
const SPOKEN = /** @type {Record<string, string>} */ ({ "\t": "tab", " ": "space" });

/** The warnings of a table or data set, where it has any.
 * @param {{warnings: readonly Schemas["WarningDocument"][]}} props */
const Warnings = ({ warnings }) =>
  warnings.length > 0 && html`<section><h2>Warnings</h2><${Table} caption="Warnings" rows=${warnings} columns=${WARNINGS} empty="" /></section>`;

/** What a table of silver is made of.
 * @param {{name: string}} props */
export function Columns({ name }) {
  const { version } = useOverview();
  const { found, problem } = useAnswer(`/tables/${encodeURIComponent(name)}`, version);
  const table = /** @type {Schemas["SilverTableDocument"] | null} */ (found);
  if (!table) return problem?.status === 404 ? null : html`<${Absent} problem=${problem} what="its columns" />`;
  return html`<${Warnings} warnings=${table.warnings} />
    <section><h2>Columns</h2><${Table} caption="Columns" rows=${table.columns} columns=${SILVER_COLUMNS} empty="No run made the table yet." /></section>`;
}

/** How a data set is read: contract, evidence, columns, versions, warnings, and the TOML that pins it.
 * @param {{name: string}} props */
export function Contract({ name }) {
  const { version } = useOverview();
  const { found, problem } = useAnswer(`/datasets/${encodeURIComponent(name)}`, version);
  const data = /** @type {Schemas["DataSetDetailDocument"] | null} */ (found);
  if (!data) return html`<${Absent} problem=${problem} what="the data set" />`;
  const { contract } = data;
  return html`<${Warnings} warnings=${data.warnings} />
    <section>
      <h2>Contract</h2>
      ${contract
        ? html`<${Facts}
            facts=${[
              ["version", html`${data.contract_version}, of <${Time} at=${data.made_at} />`],
              ["made by", data.made_by ? html`<a href=${links.file(data.made_by)}>${data.made_by}</a>` : "–"],
              ...TERMS.filter((term) => contract[term] !== null && contract[term] !== "").map((term) => [spoken(term), html`<code>${SPOKEN[contract[term] ?? ""] ?? contract[term]}</code>`]),
              ...(contract.nulls.length ? [["nulls", contract.nulls.map((one) => html`<code>${one}</code> `)]] : []),
              ...Object.entries(data.evidence).map(([term, why]) => [`why this ${spoken(term)}`, why]),
            ]}
          />`
        : html`<p class="empty">No file of it was taken yet, so there is no contract.</p>`}
    </section>
    ${contract && html`<section><h2>Columns</h2><${Table} caption="Columns" rows=${data.listed} columns=${COLUMNS} empty="None." /></section>`}
    ${data.versions.length > 0 &&
    html`<section><h2>Versions</h2><${Table} caption="Versions of the contract" rows=${data.versions} columns=${VERSIONS} empty="" /></section>`}
    ${data.widened.length > 0 &&
    html`<section><h2>Types that widened</h2><${Table} caption="Types that widened" rows=${data.widened} columns=${WIDENED} empty="" /></section>`}
    ${data.toml &&
    html`<section>
      <h2>To pin it</h2>
      <p class="quiet">This section of <code>customer360.toml</code> has its files read so, whatever they look like.</p>
      <pre tabindex="0" role="region" aria-label="Section of customer360.toml">${data.toml}</pre>
    </section>`}`;
}

/** @param {{name: string}} props */
export function DataSetView({ name }) {
  const { overview } = useOverview();
  const table = overview?.tables.find((one) => one.layer === "silver" && one.source === "finance" && one.table === name);
  return html`<${Heading} title=${name} name=${name}>
      <span class="state still">data set</span>
      ${table && html`<a class="button" href=${links.table("silver", table.name)}>Its table</a>`}
      <a class="button" href=${to(["files"], { table: name })}>Its files</a>
    <//>
    <${Contract} name=${name} />`;
}

/** @type {import("./parts.js").Column[]} */
const DATA_SETS = [
  { name: "data set", cell: (one) => html`<a href=${links.dataSet(one.name)}>${one.name}</a>` },
  { name: "contract", cell: (one) => (one.contract_version === null ? html`<span class="quiet">none yet</span>` : `version ${one.contract_version}`) },
  { name: "columns", number: true, cell: (one) => count(one.columns) },
  { name: "made", cell: (one) => html`<${Time} at=${one.made_at} />` },
  {
    name: "of the last files",
    wide: true,
    cell: (one) =>
      html`${one.files_refused > 0 && html`<a class="bad-text" href=${`#/files${spelled({ status: "rejected", table: one.name })}`}>${counted(one.files_refused, "file")} refused</a> `}
      ${one.files_told > 0 && `${counted(one.files_told, "file")} not as the contract says`}
      ${!one.files_refused && !one.files_told && html`<span class="quiet">all as the contract says</span>`}`,
  },
];

export function DataSets() {
  const { version } = useOverview();
  const { found, problem } = useAnswer("/datasets", version);
  const page = /** @type {Schemas["DataSetsDocument"] | null} */ (found);
  if (!page) return html`<${Absent} problem=${problem} what="data sets" />`;
  return html`<${Table} caption="Finance data sets" rows=${page.datasets} columns=${DATA_SETS} empty="No finance file landed yet." />`;
}
