// Copies the libraries that the page uses from node_modules, as package-lock.json pins them: `node dashboard/vendor.mjs`.
// With --check it changes nothing, and fails where what is here is not what it would copy.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "dashboard", "vendor");

/** Which file of which package becomes which module here, and where its types are. */
const MODULES = [
  { file: "preact.js", package: "preact", from: "dist/preact.mjs", types: 'export * from "preact";\n' },
  { file: "hooks.js", package: "preact", from: "hooks/dist/hooks.mjs", types: 'export * from "preact/hooks";\n' },
  { file: "htm.js", package: "htm", from: "dist/htm.module.js", types: 'export { default } from "htm";\n' },
  { file: "uplot.js", package: "uplot", from: "dist/uPlot.esm.js", types: 'export { default } from "uplot";\n' },
  { file: "uplot.css", package: "uplot", from: "dist/uPlot.min.css" },
];

/** A browser finds modules by path: names of packages become neighbours. */
const withPaths = (/** @type {string} */ text) =>
  text.replace(/(from\s*|import\s*)"preact"/g, '$1"./preact.js"').replace(/\/\/# sourceMappingURL=.*\n?/g, "");

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const made = new Map();
const listed = [];
for (const name of [...new Set(MODULES.map((one) => one.package))]) {
  const pinned = lock.packages[`node_modules/${name}`];
  const home = join(root, "node_modules", name);
  const installed = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  if (installed.version !== pinned.version) throw new Error(`${name} ${installed.version} is installed, not ${pinned.version}: npm ci`);
  const files = MODULES.filter((one) => one.package === name);
  for (const one of files) {
    made.set(one.file, withPaths(readFileSync(join(home, one.from), "utf8")));
    if (one.types) made.set(one.file.replace(".js", ".d.ts"), one.types);
  }
  made.set(`${name}.licence.txt`, readFileSync(join(home, "LICENSE"), "utf8"));
  listed.push({
    name,
    version: pinned.version,
    licence: installed.license,
    integrity: pinned.integrity,
    files: Object.fromEntries(files.map(({ file }) => [file, createHash("sha256").update(made.get(file)).digest("hex")])),
  });
}
made.set("vendor.json", `${JSON.stringify(listed, null, 2)}\n`);

const check = process.argv.includes("--check");
mkdirSync(folder, { recursive: true });
for (const [name, text] of made) {
  const path = join(folder, name);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`dashboard/vendor/${name} is not what package-lock.json pins: node dashboard/vendor.mjs`);
    process.exitCode = 1;
  }
}
