// At a glance: what needs somebody, where the data is, what the last thirty days were like.
import { Act } from "./acts.js";
import { useOverview } from "./api.js";
import { Chart } from "./charts.js";
import { brief, count, counted, length } from "./format.js";
import { html } from "./html.js";
import { Absent, Heading, State, Table, Time, spoken } from "./parts.js";
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
              <div class="what"><a href=${place(one, overview)}>${one.what}</a><p>${one.why}</p></div>
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
    default:
      return to(["runs"]);
  }
}

/** The button that helps.
 * @param {{one: Attention, overview: Overview}} props */
function Help({ one, overview }) {
  const [container = "", ...rest] = one.what.split("/");
  switch (one.kind) {
    case "parked":
      return html`<${Act} kind="unpark" batch=${one.what} /><${Act} kind="discard" batch=${one.what} />`;
    case "held": {
      const batch = /behind the parked batch (\S+)/.exec(one.why)?.[1];
      return batch ? html`<a class="button" href=${links.run(batch)}>See the batch</a>` : null;
    }
    case "poison":
    case "rejected":
    case "held_back":
      return html`<a class="button" href=${to(["reprocess"], { stage: "bronze", container, prefix: rest.join("/") })}>Read again …</a>`;
    case "unusual": {
      const file = overview.tables.find((table) => table.layer === "silver" && table.name === one.what)?.newest_file;
      return file ? html`<a class="button" href=${links.file(file)}>See the file</a>` : null;
    }
    case "refresh_failed":
      return html`<a class="button" href=${to(["reprocess"], { stage: "gold" })}>Publish again …</a>`;
    case "stale":
      return html`<a class="button" href=${to(["files"], { status: "seen" })}>What waits?</a>`;
    default:
      return null;
  }
}

const STAGES = {
  landing: { name: "Landing", noun: "file", where: to(["files"]) },
  bronze: { name: "Bronze", noun: "row", where: to(["rejects"]) },
  silver: { name: "Silver", noun: "current row", where: to(["tables"]) },
  gold: { name: "Gold", noun: "row", where: to(["publications"]) },
  insights: { name: "Customer Insights", noun: "refresh", where: to(["publications"]) },
};
const WAITS = {
  landing: "to be read",
  bronze: "for a run",
  silver: "in the run",
  gold: "",
  insights: "to be read",
};

/** @param {{overview: Overview}} props */
function Flow({ overview }) {
  return html`<section aria-labelledby="flow">
    <h2 id="flow" class="unseen">Flow</h2>
    <ol class="flow">
      ${overview.stages.map(({ stage, holds, waits, newest_at }) => {
        const { name, noun, where } = STAGES[stage];
        const state =
          stage === "insights" && overview.insights.state === "disabled" ? "not asked" : waits ? `${counted(waits, stage === "landing" ? "file" : stage === "insights" ? "publication" : "part")} ${WAITS[stage]}` : "";
        return html`<li key=${stage} class=${waits ? "moves" : ""}>
          <a href=${where}>${name}</a>
          <strong title=${`${count(holds)} ${noun}s`}>${brief(holds)}</strong>
          <span class="unit">${holds === 1 ? noun : noun === "refresh" ? "refreshes" : `${noun}s`}</span>
          <span class="newest">${newest_at ? html`as of <${Time} at=${newest_at} relative />` : "empty"}</span>
          <span class="waits">${state || html`<span class="quiet">${"\u00a0"}</span>`}</span>
        </li>`;
      })}
    </ol>
    <p class="quiet small">
      “As of” is when the newest file landed that is in it.${" "}
      ${overview.publication && html`Publication <a href=${links.run(overview.publication.batch_id)}>${overview.publication.id}</a>, <${Time} at=${overview.publication.published_at} relative />.`}
      ${!overview.is_complete && " So much waits that its counts are lower bounds."}
    </p>
  </section>`;
}

const COLORS = ["c1", "c2", "c3", "c4", "c5"];

/** @param {{days: Day[]}} props */
function Charts({ days }) {
  const names = days.map((day) => day.day);
  const last = days[days.length - 1];
  /** @param {(day: Day) => number | null} of */
  const each = (of) => days.map(of);
  const all = /** @type {Record<string, number>} */ ({});
  for (const day of days) {
    for (const [reason, rejects] of Object.entries({ ...day.reasons, "in silver": day.rejected })) {
      if (rejects) all[reason] = (all[reason] ?? 0) + rejects;
    }
  }
  const ranked = Object.keys(all).sort((one, other) => (all[other] ?? 0) - (all[one] ?? 0));
  const shown = ranked.length > COLORS.length ? ranked.slice(0, COLORS.length - 1) : ranked;
  const rest = ranked.slice(shown.length);
  /** @param {Day} day
   * @param {string} reason */
  const rejects = (day, reason) => (reason === "in silver" ? day.rejected : (day.reasons[reason] ?? 0));
  const series = shown.map((reason, place) => ({ label: spoken(reason), color: COLORS[place] ?? "c5", values: each((day) => rejects(day, reason)) }));
  if (rest.length) {
    series.push({ label: "others", color: "c5", values: each((day) => rest.reduce((sum, reason) => sum + rejects(day, reason), 0)) });
  }
  return html`<section aria-labelledby="history">
    <h2 id="history">Last thirty days</h2>
    <div class="charts">
      <${Chart}
        title="From landing to gold" days=${names} of="seconds"
        summary=${last?.way_p50_seconds ? `half of the last day's batches took ${length(last.way_p50_seconds)} or less` : "no batch on the last day"}
        series=${[
          { label: "p50", color: "c1", line: true, values: each((day) => day.way_p50_seconds) },
          { label: "p95", color: "c3", line: true, values: each((day) => day.way_p95_seconds) },
        ]}
      />
      <${Chart}
        title="Runs" days=${names} of="counts"
        summary=${last ? `${last.runs_well} well and ${last.runs_badly} badly on the last day` : "none"}
        series=${[
          { label: "well", color: "c1", values: each((day) => day.runs_well) },
          { label: "badly", color: "bad", values: each((day) => day.runs_badly) },
        ]}
      />
      <${Chart}
        title="Run time" days=${names} of="seconds"
        summary=${last?.run_p50_seconds ? `half of the last day's runs took ${length(last.run_p50_seconds)} or less` : "no run on the last day"}
        series=${[
          { label: "p50", color: "c1", line: true, values: each((day) => day.run_p50_seconds) },
          { label: "p95", color: "c3", line: true, values: each((day) => day.run_p95_seconds) },
        ]}
      />
      <${Chart}
        title="Records taken" days=${names} of="counts"
        summary=${last ? `${counted(last.records, "record")} on the last day` : "none"}
        series=${[{ label: "records", color: "c1", values: each((day) => day.records) }]}
      />
      <${Chart}
        title="Rows in silver" days=${names} of="counts"
        summary=${last ? `${counted(last.applied, "row")} applied on the last day` : "none"}
        series=${[
          { label: "applied", color: "c1", values: each((day) => day.applied) },
          { label: "superseded", color: "c2", values: each((day) => day.superseded) },
          { label: "duplicates", color: "c4", values: each((day) => day.duplicates) },
        ]}
      />
      <${Chart}
        title="Rejected records, by reason" days=${ranked.length ? names : []} of="counts"
        summary=${`${counted(Object.values(all).reduce((sum, one) => sum + one, 0), "record")} in all`} series=${series}
      />
    </div>
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
