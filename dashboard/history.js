// The last thirty days, as the overview has counted them.
import { Chart } from "./charts.js";
import { counted, length } from "./format.js";
import { html } from "./html.js";
import { spoken } from "./parts.js";

/** @typedef {import("./api.js").Overview["days"][number]} Day */

const COLORS = ["c1", "c2", "c3", "c4", "c5"];

/** @param {{days: Day[]}} props */
export function Charts({ days }) {
  const names = days.map((day) => day.day);
  const last = days[days.length - 1];
  /** @param {(day: Day) => number | null} of */
  const each = (of) => days.map(of);
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
      <${RejectsChart} days=${days} />
    </div>
  </section>`;
}

/** Rejected records of each day: those of bronze by reason, and those of silver; the commonest reasons have a colour.
 * @param {{days: Day[]}} props */
export function RejectsChart({ days }) {
  const names = days.map((day) => day.day);
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
  return html`<${Chart}
    title="Rejected records, by reason" days=${ranked.length ? names : []} of="counts" empty="No record was rejected in the last thirty days."
    summary=${`${counted(Object.values(all).reduce((sum, one) => sum + one, 0), "record")} in all`} series=${series}
  />`;
}
