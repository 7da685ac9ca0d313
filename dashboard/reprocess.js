// Doing things again: how much it would be, then the job, and how it goes.
import { Act, Question } from "./acts.js";
import { look, post, useAnswer, useOverview } from "./api.js";
import { bytes, count, counted } from "./format.js";
import { html } from "./html.js";
import { Absent, Facts, Heading, State, Time, useTicks } from "./parts.js";
import { go, links, to } from "./route.js";
import { useEffect, useState } from "./vendor/hooks.js";

/** @typedef {import("./api.js").Schemas} Schemas */

const STAGES = [
  ["bronze", "Read landed files again, from their start"],
  ["silver", "Build silver again from bronze"],
  ["gold", "Publish again from silver"],
];
const FIELDS = /** @type {const} */ (["source", "table", "container", "prefix", "since", "until", "status"]);

/** The request that a form's URL stands for.
 * @param {Record<string, string>} query */
function request(query) {
  const stage = query.stage || "bronze";
  const given = stage === "gold" ? [] : FIELDS.filter((name) => query[name]).map((name) => [name, query[name]]);
  return { stage, ...Object.fromEntries(given) };
}

/** Spell a time as a field of the browser takes it: in the reader's zone, to the minute.
 * @param {string | undefined} time */
function local(time) {
  if (!time) return "";
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

/** @param {{query: Record<string, string>}} props */
export function ReprocessView({ query }) {
  const [extent, setExtent] = useState(/** @type {Schemas["ExtentDocument"] | null} */ (null));
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState(false);
  const { overview } = useOverview();
  const stage = query.stage || "bronze";
  const key = JSON.stringify(request(query));
  useEffect(() => {
    setExtent(null);
    setProblem("");
  }, [key]);
  /** @param {string} name
   * @param {Event} event */
  const changed = (name, event) => go(to(["reprocess"], { ...query, [name]: /** @type {HTMLInputElement} */ (event.currentTarget).value }), { replace: true });
  /** @param {Event} event */
  const dry = async (event) => {
    event.preventDefault();
    try {
      setExtent(await post("/reprocess", { ...request(query), dry_run: true }));
      setProblem("");
    } catch (error) {
      setExtent(null);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  /** @param {boolean} yes */
  const answered = async (yes) => {
    setAsked(false);
    if (!yes) return;
    try {
      const job = await post("/reprocess", request(query));
      await look();
      go(links.job(job.reprocess_id));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  /** @param {string} name
   * @param {string} label
   * @param {string} placeholder */
  const field = (name, label, placeholder = "any") => html`<label>
    <span>${label}</span>
    <input name=${name} value=${query[name] ?? ""} placeholder=${placeholder} autocomplete="off" spellcheck=${false} onChange=${(/** @type {Event} */ event) => changed(name, event)} />
  </label>`;
  /** A time is asked for in the reader's zone, and kept in UTC.
   * @param {string} name
   * @param {string} label */
  const time = (name, label) => html`<label>
    <span>${label}</span>
    <input type="datetime-local" name=${name} value=${local(query[name])} onChange=${(/** @type {Event} */ event) => {
      const { value } = /** @type {HTMLInputElement} */ (event.currentTarget);
      go(to(["reprocess"], { ...query, [name]: value && new Date(value).toISOString() }), { replace: true });
    }} />
  </label>`;
  return html`<${Heading} title="Reprocess" name="Reprocess" />
    <p class="quiet">What was there stays, and newly landed files keep flowing beside it; silver applies a row once, however often it comes.</p>
    ${overview && overview.reprocess.length > 0 &&
    html`<p class="notice">Under way: ${overview.reprocess.map((id) => html`<a href=${links.job(id)}>${id}</a> `)}</p>`}
    <form class="request" onSubmit=${dry}>
      <fieldset>
        <legend>What</legend>
        ${STAGES.map(
          ([value, text]) => html`<label class="choice">
            <input type="radio" name="stage" value=${value} checked=${stage === value} onChange=${(/** @type {Event} */ event) => changed("stage", event)} />
            ${text}
          </label>`,
        )}
      </fieldset>
      ${stage !== "gold" &&
      html`<fieldset class="filters">
        <legend>Of which files</legend>
        ${field("table", "Table")} ${field("container", "Container")} ${field("prefix", "Path begins with")}
        ${time("since", "Landed since")} ${time("until", "Landed before")}
        <label><span>Only</span>
          <select name="status" value=${query.status ?? ""} onChange=${(/** @type {Event} */ event) => changed("status", event)}>
            <option value="">any</option>
            ${(stage === "bronze" ? ["rejected", "poison"] : ["parked"]).map((one) => html`<option value=${one}>${one}</option>`)}
          </select>
        </label>
      </fieldset>`}
      <button type="submit" class=${extent ? "" : "main"}>How much is that?</button>
    </form>
    ${problem && html`<p class="notice bad" role="alert">${problem}</p>`}
    ${extent &&
    html`<div class="extent" role="status">
      <p>
        That is <strong>${counted(extent.files, "file")}</strong>, <strong>${bytes(extent.bytes)}</strong>,${" "}
        <strong>${counted(extent.records, stage === "bronze" ? "record" : "row")}</strong>${extent.is_complete ? "" : ", or more: there was no time to look at all"}.
        Nothing was done yet.
      </p>
      <button type="button" class="main" disabled=${!extent.files && stage !== "gold"} onClick=${() => setAsked(true)}>Start …</button>
    </div>`}
    ${asked && extent &&
    html`<${Question} title="Start it?" act="Start" onAnswer=${answered}><p>${counted(extent.files, "file")}, ${bytes(extent.bytes)}, ${counted(extent.records, "record")}.</p><//>`}`;
}

/** @param {{id: string}} props */
export function JobView({ id }) {
  const { version } = useOverview();
  const [goesOn, setGoesOn] = useState(true);
  const { found, problem } = useAnswer(`/reprocess/${encodeURIComponent(id)}`, `${version} ${useTicks(goesOn)}`);
  const job = /** @type {Schemas["ReprocessJobDocument"] | null} */ (found);
  useEffect(() => setGoesOn(!job || job.state === "running"), [job?.state]);
  if (!job) return html`<${Heading} title=${`Reprocess ${id}`} name=${id} /><${Absent} problem=${problem} what="the job" />`;
  return html`<${Heading} title=${`Reprocess ${id}`} name=${id}>
      <${State} state=${job.state} />
      ${job.state === "running" && html`<${Act} kind="cancel" batch=${id} />`}
    <//>
    ${job.detail && html`<p class="notice">${job.detail}</p>`}
    <${Facts}
      facts=${[
        ...Object.entries(job.asked),
        ["found", `${counted(job.files, "file")}, ${bytes(job.bytes)}, ${count(job.records)} records${job.listed ? "" : " so far"}`],
        ["entities", job.entities.join(", ") || "–"],
        ["asked", html`<${Time} at=${job.created_at} />`],
        ["ended", html`<${Time} at=${job.ended_at} />`],
        ["batches", job.batches.length ? job.batches.map((batch) => html`<a href=${links.run(batch)}>${batch}</a> `) : "–"],
      ]}
    />`;
}
