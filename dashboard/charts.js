// Small charts of the last thirty days, drawn by uPlot, each with its numbers as a table for whoever cannot see them.
import { brief, length, shortLength } from "./format.js";
import { html } from "./html.js";
import { useEffect, useRef, useState } from "./vendor/hooks.js";
import uPlot from "./vendor/uplot.js";

/** @typedef {{label: string, color: string, values: (number | null)[], line?: boolean}} Series */

const DAY = 86400;
const SHOWN_DAYS = 30;
const HEIGHT = 150;

/** Resolve a colour of style.css as the scheme has it: a canvas knows no `light-dark()`.
 * @param {HTMLElement} place
 * @param {string} name */
function color(place, name) {
  place.style.color = `var(--${name})`;
  const found = getComputedStyle(place).color;
  place.style.color = "";
  return found;
}

/** Bars of one day on top of each other: each series is drawn from zero to the sum of those up to it, the last one first.
 * @param {Series[]} series */
function stacked(series) {
  /** @type {number[]} */
  const sums = [];
  return series.map((one) => ({
    ...one,
    values: one.line ? one.values : one.values.map((value, day) => (sums[day] = (sums[day] ?? 0) + (value ?? 0))),
  }));
}

const COUNTS = [1, 2, 5].flatMap((step) => Array.from({ length: 12 }, (_, power) => step * 10 ** power)).sort((one, other) => one - other);
const SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000];

/** @param {{title: string, days: string[], series: Series[], of: "counts" | "seconds", summary: string, empty?: string}} props */
export function Chart({ title, days, series, of, summary, empty = "Nothing happened in the last thirty days." }) {
  const spell = of === "seconds" ? length : brief;
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [pointed, setPointed] = useState(/** @type {number | null} */ (null));
  const drawn = JSON.stringify([days, series]);
  useEffect(() => {
    const home = place.current;
    if (!home) return undefined;
    const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
    const found = stacked(series).reverse();
    const times = days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
    const make = () => {
      const axis = { stroke: color(home, "quiet"), grid: { stroke: color(home, "line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
      return new uPlot(
        {
          width: home.clientWidth,
          height: HEIGHT,
          tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
          cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
          legend: { show: false },
          hooks: { setCursor: [(plot) => setPointed(plot.cursor.idx ?? null)] },
          padding: [8, 4, 0, 0],
          scales: {
            x: { range: [today - (SHOWN_DAYS - 1) * DAY - DAY / 2, today + DAY / 2] },
            y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
          },
          axes: [
            { ...axis, grid: { show: false }, values: "{MMM} {D}", space: 70, size: 24 },
            {
              ...axis,
              size: 52,
              space: 34,
              incrs: of === "seconds" ? SECONDS : COUNTS,
              values: (_, ticks) => ticks.map((tick) => (of === "seconds" ? shortLength(tick) : brief(tick))),
            },
          ],
          series: [
            {},
            ...found.map((one) => ({
              label: one.label,
              stroke: color(home, one.color),
              fill: one.line ? undefined : color(home, one.color),
              width: one.line ? 2 : 0,
              points: { show: Boolean(one.line), size: 5, fill: color(home, one.color) },
              spanGaps: true,
              ...(one.line ? {} : { paths: uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.15 }) }),
            })),
          ],
        },
        [times, ...found.map((one) => one.values)],
        home,
      );
    };
    let plot = make();
    const again = () => {
      plot.destroy();
      plot = make();
    };
    const watch = new ResizeObserver(() => plot.setSize({ width: home.clientWidth, height: HEIGHT }));
    watch.observe(home);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", again);
    addEventListener("themechange", again);
    return () => {
      watch.disconnect();
      scheme.removeEventListener("change", again);
      removeEventListener("themechange", again);
      plot.destroy();
    };
  }, [drawn]);
  return html`<figure class="chart">
    <figcaption>
      <strong>${title}</strong>
      <ul class="legend">
        ${pointed !== null && html`<li>${days[pointed]}</li>`}
        ${series.map((one) => {
          const value = pointed === null ? null : one.values[pointed];
          return html`<li><i class=${`key ${one.color} ${one.line ? "line" : ""}`}></i>${one.label}${value == null ? "" : html` <b>${spell(value)}</b>`}</li>`;
        })}
      </ul>
    </figcaption>
    ${days.length
      ? html`<div ref=${place} role="img" aria-label=${`${title}: ${summary}`}></div>
          <details>
            <summary>as a table</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=${`${title}, as a table`}>
              <table>
                <thead>
                  <tr><th scope="col">day (UTC)</th>${series.map((one) => html`<th scope="col" class="number">${one.label}</th>`)}</tr>
                </thead>
                <tbody>
                  ${days
                    .map(
                      (day, place) => html`<tr>
                        <td>${day}</td>
                        ${series.map((one) => html`<td class="number">${one.values[place] == null ? "–" : spell(one.values[place])}</td>`)}
                      </tr>`,
                    )
                    .reverse()}
                </tbody>
              </table>
            </div>
          </details>`
      : html`<p class="empty">${empty}</p>`}
  </figure>`;
}
