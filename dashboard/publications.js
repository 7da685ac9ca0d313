// Publications of gold: which there were, what changed with each, and which of them Customer Insights read.
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { html } from "./html.js";
import { Absent, Facts, Heading, Number_, Pages, Table, Time } from "./parts.js";
import { links } from "./route.js";
import { COUNTS, GOLD } from "./runs.js";

/** @typedef {import("./api.js").Schemas} Schemas */

/** @type {import("./parts.js").Column[]} */
const PUBLICATIONS = [
  { name: "publication", cell: (batch) => html`<a href=${links.publication(batch.batch_id)}>${batch.publication}</a>` },
  { name: "published", cell: (batch) => html`<${Time} at=${batch.recorded_at} />` },
  { name: "data until", cell: (batch) => html`<${Time} at=${batch.landed_until} />` },
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

/** What one publication changed.
 * @param {{batch: string}} props */
export function PublicationView({ batch: id }) {
  const { overview, version } = useOverview();
  const { found, problem } = useAnswer(`/runs/${encodeURIComponent(id)}${spelled({ limit: 1 })}`, version);
  const batch = /** @type {Schemas["BatchDetailDocument"] | null} */ (found);
  const name = batch?.publication ?? id;
  if (!batch?.publication) {
    return html`<${Heading} title=${name} name=${name} />
      ${batch ? html`<p class="empty">This batch published nothing.</p>` : html`<${Absent} problem=${problem} what="the publication" />`}`;
  }
  const counts = Object.entries(batch.counts).map(([entity, one]) => ({ entity, .../** @type {Record<string, any>} */ (one) }));
  const gold = Object.entries(batch.gold).map(([table, one]) => ({ table, .../** @type {Record<string, any>} */ (one) }));
  const { publication, insights } = overview ?? {};
  return html`<${Heading} title=${name} name=${name}>
      ${publication?.id === name && html`<span class="state good">what gold shows</span>`}
      ${insights?.publication === name && html`<span class="state good">read by Customer Insights</span>`}
    <//>
    <${Facts}
      facts=${[
        ["published", html`<${Time} at=${batch.recorded_at} />`],
        ["data until", html`<${Time} at=${batch.landed_until} />`],
        ["made by", html`<a href=${links.run(id)}>${id}</a>`],
      ]}
    />
    <section><h2>What changed in gold</h2>
      <p class="quiet">Files that were not rewritten are those of the publication before.</p>
      <${Table} caption="Gold tables" rows=${gold} columns=${GOLD} empty="No table." /></section>
    <section><h2>What changed in silver</h2><${Table} caption="Rows of each entity" rows=${counts} columns=${COUNTS} empty="Nothing: gold was published again from what was there." /></section>`;
}
