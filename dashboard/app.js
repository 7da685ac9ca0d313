// The page: its frame, which view the URL names, and whether it is live.
import { Question } from "./acts.js";
import { forgetKey, look, onKeyWanted, useOverview } from "./api.js";
import { DataSetView } from "./contracts.js";
import { EraseView, ErasureView } from "./erasures.js";
import { FileView, FilesView } from "./files.js";
import { html } from "./html.js";
import { OverviewView } from "./overview.js";
import { Heading, Time } from "./parts.js";
import { PublicationView, PublicationsView } from "./publications.js";
import { RecordsView, RejectsView } from "./rejects.js";
import { JobView, ReprocessView } from "./reprocess.js";
import { to, useRoute } from "./route.js";
import { RunView, RunsView } from "./runs.js";
import { TableView, TablesView } from "./tables.js";
import { useEffect, useState } from "./vendor/hooks.js";
import { render } from "./vendor/preact.js";

const VIEWS = /** @type {const} */ ([
  ["", "Overview"],
  ["files", "Files"],
  ["runs", "Runs"],
  ["tables", "Tables"],
  ["rejects", "Rejects"],
  ["publications", "Publications"],
  ["reprocess", "Reprocess"],
  ["erase", "Erase"],
]);
const THEMES = ["auto", "light", "dark"];
const THEME = "customer360-theme";

/** @param {import("./route.js").Route} route */
function view({ path, query }) {
  const [place = "", one, other] = path;
  switch (place) {
    case "":
      return html`<${OverviewView} query=${query} />`;
    case "files":
      return one ? html`<${FileView} key=${one} file=${one} />` : html`<${FilesView} query=${query} />`;
    case "runs":
      return one ? html`<${RunView} key=${one} batch=${one} query=${query} />` : html`<${RunsView} query=${query} />`;
    case "tables":
      return one && other ? html`<${TableView} key=${one + other} layer=${one} name=${other} />` : html`<${TablesView} />`;
    case "datasets":
      return one ? html`<${DataSetView} key=${one} name=${one} />` : html`<${TablesView} />`;
    case "rejects":
      return one ? html`<${RecordsView} query=${query} />` : html`<${RejectsView} query=${query} />`;
    case "publications":
      return one ? html`<${PublicationView} key=${one} batch=${one} />` : html`<${PublicationsView} query=${query} />`;
    case "reprocess":
      return one ? html`<${JobView} key=${one} id=${one} />` : html`<${ReprocessView} query=${query} />`;
    case "erase":
      return one ? html`<${ErasureView} key=${one} id=${one} />` : html`<${EraseView} query=${query} />`;
    default:
      return html`<${Heading} title="There is no such page" name="Not found" /><p><a href=${to([])}>Overview</a></p>`;
  }
}

function App() {
  const route = useRoute();
  const place = route.path[0] ?? "";
  const where = route.path.join("/");
  useEffect(() => scrollTo(0, 0), [where]);
  return html`<a class="skip" href="#main" onClick=${skip}>To the content</a>
    <header>
      <a class="mark" href=${to([])}><img src="dashboard/icon.svg" alt="" width="22" height="22" /> Customer 360</a>
      <nav aria-label="Views">
        ${VIEWS.map(([name, text]) => html`<a href=${to(name ? [name] : [])} aria-current=${(place === "datasets" ? "tables" : place) === name ? "page" : undefined}>${text}</a>`)}
      </nav>
      <div class="tools"><${Live} /><${Theme} /></div>
    </header>
    <main id="main" tabindex="-1">${view(route)}</main>
    <${KeyQuestion} />`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const LINKS = { loading: "…", live: "Live", offline: "Offline", failed: "No answer" };

function Live() {
  const { link, at, problem } = useOverview();
  return html`<span class=${`live ${link}`} title=${problem || "Looked at every three seconds while this tab is seen"}>
    <span role="status">${LINKS[link]}</span>
    ${link !== "live" && at > 0 && html`<small>as of <${Time} at=${new Date(at).toISOString()} relative /></small>`}
  </span>`;
}

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem(THEME) ?? "auto");
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
    dispatchEvent(new Event("themechange"));
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  return html`<button type="button" class="plain" onClick=${() => setTheme(next)} aria-label=${`Theme: ${theme}. Change to ${next}.`}>
    ${theme === "dark" ? "◑ dark" : theme === "light" ? "◐ light" : "◐ auto"}
  </button>`;
}

/** The function key, asked for once: only where the app wants one, which on a laptop it does not. */
function KeyQuestion() {
  const [wanted, setWanted] = useState(/** @type {{give: (key: string | null) => void} | null} */ (null));
  useEffect(() => {
    onKeyWanted(() => {
      forgetKey();
      return new Promise((resolve) => setWanted({ give: resolve }));
    });
    void look();
  }, []);
  if (!wanted) return null;
  /** @param {boolean} yes */
  const answered = (yes) => {
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById("key"));
    wanted.give((yes && field?.value) || null);
    setWanted(null);
  };
  return html`<${Question} title="The function key" act="Use it" onAnswer=${answered}>
    <p>The app answers only who has a key: <code>az functionapp keys list</code> shows it. It is kept until this tab is closed.</p>
    <label><span>Key</span><input id="key" type="password" autocomplete="off" required /></label>
  <//>`;
}

const root = document.getElementById("app");
if (root) render(html`<${App} />`, root);
