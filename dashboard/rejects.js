// Records that could not be taken: by reason, by slice, and one by one, never what they hold.
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { count } from "./format.js";
import { RejectsChart } from "./history.js";
import { html } from "./html.js";
import { Absent, Filters, Heading, Pages, Table, Time, spoken } from "./parts.js";
import { links, to } from "./route.js";

/** @typedef {import("./api.js").Schemas} Schemas */

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
  const { overview, version } = useOverview();
  const { found, problem } = useAnswer(`/rejects${spelled({ table: query.table, cursor: query.cursor, limit: 50 })}`, version);
  const page = /** @type {Schemas["RejectsPage"] | null} */ (found);
  return html`<${Heading} title="Rejects" name="Rejects" />
    <p class="quiet">Records that could not be taken, by the slice that they came with. The records themselves are in bronze, below <code>_rejected/</code>.</p>
    ${overview && html`<${RejectsChart} days=${overview.days} />`}
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
