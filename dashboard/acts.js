// What a person may do: each asks once before, and shows how it goes.
import { Problem, look, post, useAnswer, useOverview } from "./api.js";
import { bytes, count, counted } from "./format.js";
import { html } from "./html.js";
import { Absent, Facts, Heading, State, Time } from "./parts.js";
import { go, links, to } from "./route.js";
import { useEffect, useRef, useState } from "./vendor/hooks.js";

/** @typedef {import("./api.js").Schemas} Schemas */
/** @typedef {import("./vendor/preact.js").ComponentChildren} Children */

/** A question in a dialog of the browser's own: Escape closes it, the focus goes back to where it was.
 * @param {{title: string, act: string, children?: Children, onAnswer: (yes: boolean) => void, grave?: boolean}} props */
export function Question({ title, act, children, onAnswer, grave = false }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  /** @param {SubmitEvent} event */
  const submitted = (event) => {
    event.preventDefault();
    onAnswer(true);
  };
  return html`<dialog ref=${dialog} aria-labelledby="question" onClose=${() => onAnswer(false)}>
    <form method="dialog" onSubmit=${submitted}>
      <h2 id="question">${title}</h2>
      ${children}
      <div class="answers">
        <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
        <button type="submit" class=${grave ? "grave" : "main"}>${act}</button>
      </div>
    </form>
  </dialog>`;
}

const ACTS = {
  unpark: {
    name: "Un-park",
    title: "Try this batch again?",
    text: "It goes back into the queue and gets its next attempt. Do this once its cause is mended.",
    path: (/** @type {string} */ id) => `/runs/${encodeURIComponent(id)}/unpark`,
  },
  discard: {
    name: "Discard",
    title: "Set its parts aside?",
    text: "Nothing waits behind them any more. Bronze keeps them, and un-parking takes them back.",
    path: (/** @type {string} */ id) => `/runs/${encodeURIComponent(id)}/discard`,
  },
  cancel: {
    name: "Cancel",
    title: "Stop this job where it is?",
    text: "What it caused so far goes on by itself.",
    path: (/** @type {string} */ id) => `/reprocess/${encodeURIComponent(id)}/cancel`,
  },
};

/** A button that asks, acts, and says what came of it.
 * @param {{kind: keyof typeof ACTS, batch: string}} props */
export function Act({ kind, batch }) {
  const [asked, setAsked] = useState(false);
  const [told, setTold] = useState("");
  const { name, title, text, path } = ACTS[kind];
  /** @param {boolean} yes */
  const answered = async (yes) => {
    setAsked(false);
    if (!yes) return;
    try {
      await post(path(batch));
      setTold("");
      await look();
    } catch (problem) {
      setTold(problem instanceof Problem ? problem.message : String(problem));
    }
  };
  return html`<button type="button" onClick=${() => setAsked(true)}>${name}</button>
    ${told && html`<span class="bad-text" role="alert">${told}</span>`}
    ${asked && html`<${Question} title=${title} act=${name} onAnswer=${answered} grave=${kind === "discard"}><p>${batch}</p><p>${text}</p><//>`}`;
}

// Reprocessing ---------------------------------------------------------------------------------------------------------------

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
        ${field("since", "Landed since", "2026-11-01T00:00:00Z")} ${field("until", "Landed before", "2026-12-01T00:00:00Z")}
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

const LOOK_SECONDS = 2;

/** @param {{id: string}} props */
export function JobView({ id }) {
  const { version } = useOverview();
  const [tick, setTick] = useState(0);
  const { found, problem } = useAnswer(`/reprocess/${encodeURIComponent(id)}`, version * 100000 + tick);
  const job = /** @type {Schemas["ReprocessJobDocument"] | null} */ (found);
  const goesOn = job?.state === "running";
  useEffect(() => {
    if (!goesOn) return undefined;
    const timer = setInterval(() => !document.hidden && setTick((before) => before + 1), LOOK_SECONDS * 1000);
    return () => clearInterval(timer);
  }, [goesOn]);
  if (!job) return html`<${Heading} title=${`Reprocess ${id}`} name=${id} /><${Absent} problem=${problem} what="the job" />`;
  return html`<${Heading} title=${`Reprocess ${id}`} name=${id}>
      <${State} state=${job.state} />
      ${goesOn && html`<${Act} kind="cancel" batch=${id} />`}
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
