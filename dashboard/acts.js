// What a person may do: each asks once before, and shows how it goes.
import { Problem, look, post } from "./api.js";
import { html } from "./html.js";
import { useEffect, useRef, useState } from "./vendor/hooks.js";

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
