// Preact and htm, joined once: every view is written with `html`.
import htm from "./vendor/htm.js";
import { h } from "./vendor/preact.js";

export const html = htm.bind(h);
