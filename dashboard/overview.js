// At a glance: what needs somebody, where the data is, what the last thirty days were like.
import { Act } from "./acts.js";
import { look, useOverview } from "./api.js";
import { brief, count, counted } from "./format.js";
import { Charts } from "./history.js";
import { html } from "./html.js";
import { Absent, Heading, State, Table, Time, cause } from "./parts.js";
import { links, to } from "./route.js";
import { RecentRuns } from "./runs.js";

/** @typedef {import("./api.js").Overview} Overview */
/** @typedef {Overview["attention"][number]} Attention */
/** @typedef {Overview["days"][number]} Day */

/** @param {{query: Record<string, string>}} props */
export function OverviewView({ query }) {
  const { overview, link, problem, version } = useOverview();
  if (!overview) {
    return html`<${Heading} title="Customer 360" name="Overview" />
      ${link === "loading" ? html`<${Absent} problem=${null} what="the overview" />` : html`<p class="notice bad" role="alert">${problem}</p>`}`;
  }
  return html`<${Heading} title=${headline(overview)} name="Overview" />
    <${Lead} overview=${overview} />
    <${AttentionList} overview=${overview} all=${query.all === "yes"} />
    <${Flow} overview=${overview} />
    <${Charts} days=${overview.days} />
    <section aria-labelledby="recent">
      <h2 id="recent">Recent runs</h2>
      <${RecentRuns} version=${version} />
    </section>
    <section aria-labelledby="tables">
      <h2 id="tables">Tables</h2>
      <${TablesOf} tables=${overview.tables} />
    </section>`;
}

/** @param {Overview} overview */
function headline(overview) {
  const number = overview.attention.length;
  const [landing] = overview.stages;
  if (number) return `${counted(number, "thing")} ${number === 1 ? "needs" : "need"} a look`;
  if (!landing?.holds) return "Nothing landed yet";
  if (overview.active_run || overview.stages.some((stage) => stage.waits)) return "All is well, and data is on its way";
  return "All is well";
}

/** Is data flowing, and how fresh is gold: in a sentence each.
 * @param {{overview: Overview}} props */
function Lead({ overview }) {
  const [landing, , , gold] = overview.stages;
  const run = overview.active_run;
  if (!landing?.newest_at) return html`<p class="lead">Whatever lands in one of the landing containers is taken by itself, and shows here within seconds.</p>`;
  return html`<p class="lead">
    Data last landed <${Time} at=${landing.newest_at} relative />.${" "}
    ${gold?.newest_at ? html`Gold is as of <${Time} at=${gold.newest_at} relative />.` : "Nothing is in gold yet."}${" "}
    ${run && html`Run <a href=${links.run(run.batch_id)}>${run.batch_id}</a> is ${run.state}${run.attempt > 1 ? `, attempt ${run.attempt}` : ""}, since <${Time} at=${run.submitted_at ?? run.created_at} relative />.`}
    ${overview.batches_queued > 0 && ` ${counted(overview.batches_queued, "batch")} ${overview.batches_queued === 1 ? "waits" : "wait"} for a turn.`}
  </p>`;
}

const SHOWN_OF_A_KIND = 3;
const MOST_TOLD = 20; // of a kind, by the API
const LISTS = /** @type {Record<string, string>} */ ({
  parked: to(["runs"], { state: "parked" }),
  poison: to(["files"], { status: "poison" }),
  rejected: to(["files"], { status: "rejected" }),
  held_back: to(["files"], { status: "held_back" }),
});

/** @param {{overview: Overview, all: boolean}} props */
function AttentionList({ overview, all }) {
  if (!overview.attention.length) return null;
  /** @type {{one: Attention, more: number}[]} */
  const listed = [];
  for (const kind of new Set(overview.attention.map((one) => one.kind))) {
    const alike = overview.attention.filter((one) => one.kind === kind);
    const shown = all ? alike : alike.slice(0, SHOWN_OF_A_KIND);
    listed.push(...shown.map((one) => ({ one, more: 0 })));
    const [last] = alike.slice(-1);
    if (last && shown.length < alike.length) listed.push({ one: last, more: alike.length - shown.length });
  }
  return html`<section aria-labelledby="attention">
    <h2 id="attention" class="unseen">What needs a look</h2>
    <ul class="attention">
      ${listed.map(({ one, more }) =>
        more
          ? html`<li key=${`more ${one.kind}`}>
              <${State} state=${one.kind} />
              <div class="what">
                <a href=${LISTS[one.kind] ?? to([], { all: "yes" })}>${more} more</a>${" "}
                <span class="quiet">like ${more === 1 ? "it" : "them"}${more === MOST_TOLD - SHOWN_OF_A_KIND ? ", at least" : ""}</span>
              </div>
            </li>`
          : html`<li key=${`${one.kind} ${one.what}`}>
              <${State} state=${one.kind} />
              <div class="what"><a href=${place(one, overview)}>${one.what}</a><p>${cause(one.why)}</p></div>
              <div class="acts"><${Help} one=${one} overview=${overview} /></div>
            </li>`,
      )}
    </ul>
  </section>`;
}

/** Where more of it is.
 * @param {Attention} one
 * @param {Overview} overview */
function place(one, overview) {
  switch (one.kind) {
    case "parked":
    case "refused":
      return links.run(one.what);
    case "poison":
    case "rejected":
    case "held_back":
    case "tried":
      return links.file(one.what);
    case "held":
    case "late":
    case "unusual":
      return links.table("silver", one.what);
    case "model_failed":
      return links.table("gold", one.what);
    case "refresh_failed":
      return overview.publication ? links.run(overview.publication.batch_id) : to(["publications"]);
    case "erasure":
      return links.erasure(one.what);
    case "stale":
      return to(["publications"]);
    case "misconfigured":
      return to(["tables"]);
  }
}

/** The button that helps.
 * @param {{one: Attention, overview: Overview}} props */
function Help({ one, overview }) {
  const [container = "", ...rest] = one.what.split("/");
  switch (one.kind) {
    case "parked":
      return html`<${Act} kind="unpark" batch=${one.what} /><${Act} kind="discard" batch=${one.what} />`;
    case "refused":
      return html`<${Link} to=${links.run(one.what)} text="See the batch" />`;
    case "held": {
      const batch = /behind the parked batch (\S+)/.exec(one.why)?.[1];
      return batch ? html`<${Link} to=${links.run(batch)} text="See the batch" />` : null;
    }
    case "poison":
    case "rejected":
    case "held_back":
    case "tried":
      return html`<${Link} to=${to(["reprocess"], { stage: "bronze", container, prefix: rest.join("/") })} text="Read again …" />`;
    case "late":
      return html`<${Link} to=${to(["files"], { table: one.what })} text="See its files" />`;
    case "unusual": {
      const file = overview.tables.find((table) => table.layer === "silver" && table.name === one.what)?.newest_file;
      return file ? html`<${Link} to=${links.file(file)} text="See the file" />` : null;
    }
    case "refresh_failed":
      return html`<${Link} to=${to(["reprocess"], { stage: "gold" })} text="Publish again …" />`;
    case "model_failed":
      return html`${overview.publication && html`<${Link} to=${links.run(overview.publication.batch_id)} text="See why" />`}
        <${Link} to=${to(["reprocess"], { stage: "gold" })} text="Publish again …" />`;
    case "erasure":
      return html`<${Link} to=${links.erasure(one.what)} text="See the files" />`;
    case "stale":
      return overview.active_run
        ? html`<${Link} to=${links.run(overview.active_run.batch_id)} text="See the run" />`
        : html`<${Link} to=${to(["files"], { status: "seen" })} text="What waits?" />`;
    case "misconfigured":
      return html`<button type="button" onClick=${look}>Look again</button>`;
  }
}

/** @param {{to: string, text: string}} props */
const Link = ({ to: where, text }) => html`<a class="button" href=${where}>${text}</a>`;

const STAGES = {
  landing: { name: "Landing", noun: "file", where: to(["files"]), came: (/** @type {Day} */ day) => day.files, unit: "" },
  bronze: { name: "Bronze", noun: "row", where: to(["rejects"]), came: (/** @type {Day} */ day) => day.records - day.rejects, unit: "" },
  silver: { name: "Silver", noun: "current row", where: to(["tables"]), came: (/** @type {Day} */ day) => day.applied, unit: "change" },
  gold: { name: "Gold", noun: "row", where: to(["publications"]), came: (/** @type {Day} */ day) => day.publications, unit: "publication" },
  insights: { name: "Customer Insights", noun: "refresh", where: to(["publications"]), came: (/** @type {Day} */ day) => day.refreshes_well, unit: "" },
};
const DAY = 86_400_000; // milliseconds
const USUAL_DAYS = 7;
const WAITS = {
  landing: "to be read",
  bronze: "for a run",
  silver: "in the run",
  gold: "",
  insights: "to be read",
};

/** What came today, and what comes on a day: as days are in UTC.
 * @param {{days: Day[], came: (day: Day) => number, unit: string}} props */
function Rate({ days, came, unit }) {
  const today = new Date().toISOString().slice(0, 10);
  const since = new Date(Date.now() - USUAL_DAYS * DAY).toISOString().slice(0, 10);
  /** @param {Day[]} some */
  const sum = (some) => some.reduce((all, day) => all + came(day), 0);
  const before = sum(days.filter((day) => day.day >= since && day.day < today)) / USUAL_DAYS;
  const now = sum(days.filter((day) => day.day === today));
  return html`<span class="newest" title=${`days in UTC; the mean of the last ${USUAL_DAYS} whole ones`}>
    +${brief(now)}${unit && ` ${unit}${now === 1 ? "" : "s"}`} today${before > 0 && `, ${before < 10 ? +before.toFixed(1) : brief(before)} a day`}
  </span>`;
}

/** @param {{overview: Overview}} props */
function Flow({ overview }) {
  const rejected = overview.files.rejects ?? 0;
  return html`<section aria-labelledby="flow">
    <h2 id="flow" class="unseen">Flow</h2>
    <ol class="flow">
      ${overview.stages.map(({ stage, holds, waits, newest_at }) => {
        const { name, noun, where, came, unit } = STAGES[stage];
        const state =
          stage === "insights" && overview.insights.state === "disabled" ? "not asked" : waits ? `${counted(waits, stage === "landing" ? "file" : stage === "insights" ? "publication" : "part")} ${WAITS[stage]}` : "";
        return html`<li key=${stage} class=${waits ? "moves" : ""}>
          <a href=${where}>${name}</a>
          <strong title=${`${count(holds)} ${noun}s`}>${brief(holds)}</strong>
          <span class="unit">${holds === 1 ? noun : noun === "refresh" ? "refreshes" : `${noun}s`}</span>
          <span class="newest">${newest_at ? html`as of <${Time} at=${newest_at} relative />` : "empty"}</span>
          <${Rate} days=${overview.days} came=${came} unit=${unit} />
          ${stage === "bronze" && rejected > 0 && html`<a class="rejected" href=${to(["rejects"])}>${counted(rejected, "record")} rejected in all</a>`}
          <span class="waits">${state || html`<span class="quiet">${"\u00a0"}</span>`}</span>
        </li>`;
      })}
    </ol>
    <p class="quiet small">
      “As of” is when the newest file landed that is in it.${" "}
      ${overview.publication && html`Publication <a href=${links.publication(overview.publication.batch_id)}>${overview.publication.id}</a>, <${Time} at=${overview.publication.published_at} relative />.`}
      ${!overview.is_complete && " So much waits that its counts are lower bounds."}
    </p>
  </section>`;
}

/** @param {{tables: Overview["tables"]}} props */
export function TablesOf({ tables }) {
  return html`<${Table}
    caption="Tables of silver and gold"
    rows=${tables}
    id=${(/** @type {Overview["tables"][number]} */ table) => `${table.layer} ${table.name}`}
    empty="No table yet: the first run makes them."
    columns=${TABLE_COLUMNS}
  />`;
}

/** @type {import("./parts.js").Column[]} */
const TABLE_COLUMNS = [
  { name: "table", cell: (table) => html`<a href=${links.table(table.layer, table.name)}>${table.name}</a>` },
  { name: "layer", cell: (table) => table.layer },
  { name: "rows", number: true, cell: (table) => count(table.rows) },
  { name: "history", number: true, cell: (table) => (table.layer === "silver" ? count(table.history) : "") },
  { name: "last batch", number: true, cell: (table) => (table.layer === "silver" ? `${count(table.applied)} of ${count(table.read)} applied` : "") },
  { name: "rejected", number: true, cell: (table) => (table.layer === "silver" ? html`<span class=${table.rejected ? "bad-text" : "quiet"}>${count(table.rejected)}</span>` : "") },
  { name: "as of", cell: (table) => html`<${Time} at=${table.landed_until ?? table.at} relative />` },
  { name: "changed by", cell: (table) => html`<a href=${links.run(table.batch_id)}>${table.batch_id}</a>` },
];
