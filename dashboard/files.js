// Landed files: the list, and one file's whole story.
import { query as spelled, useAnswer, useOverview } from "./api.js";
import { between, bytes, count, counted, length } from "./format.js";
import { html } from "./html.js";
import { Absent, Facts, Filters, Heading, Number_, Pages, State, Table, Time, spoken } from "./parts.js";
import { links, to } from "./route.js";
import { Batches, Steps } from "./runs.js";

/** @typedef {import("./api.js").Schemas} Schemas */

const STATES = ["seen", "ingested", "held_back", "rejected", "ignored", "poison"];

/** What helps, by state. */
const ADVICE = /** @type {Record<string, string>} */ ({
  rejected: "Mend the file and land it again under the same name: it is read by itself. Where the configuration was at fault, mend that, then read the file again.",
  poison: "Reading it failed in a way that nobody foresaw: the log of the app tells more. Read it again once that is mended.",
  held_back: "Its last record is not complete: what comes before is taken. Land the rest, or read it again as it is now.",
  seen: "It waits to be read; nothing has to be done.",
});

/** @type {import("./parts.js").Column[]} */
const COLUMNS = [
  { name: "file", wide: true, cell: (file) => html`<a href=${links.file(file.file)}>${file.file}</a>` },
  { name: "state", cell: (file) => html`<${State} state=${file.state} />` },
  { name: "why", wide: true, cell: (file) => spoken(file.reason) },
  { name: "table", cell: (file) => file.entity || file.table || "" },
  { name: "size", number: true, cell: (file) => bytes(file.bytes) },
  { name: "records", number: true, cell: (file) => html`<${Number_} value=${file.records} />` },
  { name: "rejects", number: true, cell: (file) => html`<${Number_} value=${file.rejects} bad />` },
  { name: "landed", cell: (file) => html`<${Time} at=${file.landed_at} />` },
];

/** @param {{query: Record<string, string>}} props */
export function FilesView({ query }) {
  const { version } = useOverview();
  const { status, source, container, table, prefix, cursor } = query;
  const { found, problem } = useAnswer(`/files${spelled({ status, source, container, table, prefix, cursor, limit: 50 })}`, version);
  const page = /** @type {Schemas["FilesPage"] | null} */ (found);
  return html`<${Heading} title="Landed files" name="Files" />
    <${Filters}
      path=${["files"]}
      query=${query}
      fields=${[
        { name: "status", label: "State", options: STATES },
        { name: "source", label: "Source", options: ["dataverse", "finance"] },
        { name: "table", label: "Table" },
        { name: "prefix", label: "Path begins with" },
      ]}
    />
    ${page
      ? html`<${Table} caption="Landed files" rows=${page.files} columns=${COLUMNS} empty="No file is like that." id=${(/** @type {any} */ file) => file.file} />`
      : html`<${Absent} problem=${problem} what="landed files" />`}
    <${Pages} path=${["files"]} query=${query} next=${page?.next} />`;
}

/** @param {{file: string}} props */
export function FileView({ file: name }) {
  const { version } = useOverview();
  const { found, problem } = useAnswer(`/story${spelled({ file: name })}`, version);
  const story = /** @type {Schemas["StoryDocument"] | null} */ (found);
  if (!story) return html`<${Heading} title=${name} name=${name} /><${Absent} problem=${problem} what="the file" />`;
  const { file } = story;
  const [container = "", ...path] = name.split("/");
  return html`<${Heading} title=${name} name=${name}>
      <${State} state=${file.state} />
      <a class="button" href=${to(["reprocess"], { stage: "bronze", container, prefix: path.join("/") })}>Read again …</a>
    <//>
    ${(file.reason || file.detail) &&
    html`<p class=${`notice ${["rejected", "poison"].includes(file.state) ? "bad" : ""}`}><strong>${spoken(file.reason)}</strong> ${file.detail}</p>`}
    ${ADVICE[file.state] && html`<p class="quiet">${ADVICE[file.state]}</p>`}
    ${file.rejects > 0 && html`<p class="notice">${counted(file.rejects, "record")} of it could not be taken: where and why is with its slices below.${file.source === "finance" && " Landed again, mended, the file is read anew."}</p>`}
    <${Way} story=${story} />
    <${Facts}
      facts=${[
        ["table", file.entity ? html`<a href=${links.table("silver", file.entity)}>${file.entity}</a>` : "–"],
        ["source", file.source ?? "–"],
        ["size", bytes(file.bytes)],
        ["read up to", `${count(file.committed)} B`],
        ["records", `${count(file.records)} = ${count(file.records - file.rejects)} rows + ${count(file.rejects)} rejects`],
        ["generation", file.generation],
        ...(file.held_back ? [["held back", `${count(file.held_back)} B`]] : []),
      ]}
    />
    <section><h2>Steps</h2><${Steps} steps=${story.steps} /></section>
    <section>
      <h2>Slices</h2>
      <${Table} caption="Slices and their bronze parts" rows=${story.parts} columns=${slices(name, file.generation)} empty="Nothing of it is in bronze." />
    </section>
    ${story.batches.length > 0 && html`<section><h2>Batches</h2><${Batches} batches=${story.batches} caption="Batches that took it" /></section>`}
    ${story.refreshes.length > 0 &&
    html`<section><h2>Refreshes of Customer Insights</h2><${Table} caption="Refreshes" rows=${story.refreshes} columns=${REFRESHES} empty="" /></section>`}
    ${!story.is_complete && html`<p class="quiet small">There is more of it than is shown here.</p>`}`;
}

/** The places of the way, with the time between.
 * @param {{story: Schemas["StoryDocument"]}} props */
function Way({ story }) {
  const places = /** @type {const} */ ([
    ["landed", story.landed_at],
    ["in bronze", story.taken_at],
    ["in silver", story.merged_at],
    ["in gold", story.published_at],
    ["read by Customer Insights", story.refreshed_at],
  ]);
  const isEnd = story.merged_at && !story.published_at && story.batches.every((batch) => batch.state === "succeeded");
  return html`<ol class="way" aria-label="Its way">
    ${places.map(([name, at], place) => {
      const before = places[place - 1]?.[1] ?? null;
      const passed = between(before, at);
      return html`<li key=${name} class=${at ? "done" : ""}>
        <span class="passed">${passed === null ? "" : `+${length(passed)}`}</span><b>${name}</b>
        ${isEnd && name === "in gold" ? html`<span>no gold table changed by it</span>` : html`<${Time} at=${at} />`}
      </li>`;
    })}
  </ol>`;
}

/** @param {string} file
 * @param {number} generation
 * @returns {import("./parts.js").Column[]} */
const slices = (file, generation) => [
  { name: "bytes", number: true, cell: (part) => `${count(part.start)}–${count(part.end)}` },
  { name: "records", number: true, cell: (part) => count(part.records) },
  { name: "rows", number: true, cell: (part) => count(part.rows) },
  {
    name: "rejects",
    cell: (part) =>
      part.rejects
        ? html`<a href=${to(["rejects", "records"], { file, generation: String(generation), start: String(part.start) })}>
            ${Object.entries(part.reasons).map(([reason, number]) => `${count(/** @type {number} */ (number))} ${spoken(reason)}`).join(", ") || count(part.rejects)}
          </a>`
        : html`<span class="quiet">0</span>`,
  },
  { name: "in bronze", cell: (part) => html`<${Time} at=${part.written_at} />` },
  { name: "state", cell: (part) => html`<${State} state=${part.state} />` },
  { name: "batch", cell: (part) => (part.batch_id ? html`<a href=${links.run(part.batch_id)}>${part.batch_id}</a>` : "") },
];
/** @type {import("./parts.js").Column[]} */
const REFRESHES = [
  { name: "publication", cell: (one) => one.publication },
  { name: "state", cell: (one) => html`<${State} state=${one.state} />` },
  { name: "asked", cell: (one) => html`<${Time} at=${one.requested_at} />` },
  { name: "ended", cell: (one) => html`<${Time} at=${one.ended_at} />` },
  { name: "detail", wide: true, cell: (one) => one.detail },
];
