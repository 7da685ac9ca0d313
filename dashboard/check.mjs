// What `make lint` asks of the page: `node dashboard/check.mjs`. With --write it brings up to date what is made from elsewhere.
//
// The libraries are those that package-lock.json pins; the API's types (schema.d.ts) are those of our OpenAPI document, so that
// page and API cannot drift; and every module fits its types.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const write = process.argv.includes("--write");

/** @param {string} command
 * @param {string[]} words */
function run(command, words) {
  const done = spawnSync(command, words, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
  if (done.status === 0) return done.stdout;
  console.error([done.error?.message, done.stdout, done.stderr].filter(Boolean).join("\n"));
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "customer360-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const document = join(folder, "openapi.json");
writeFileSync(document, run(join(root, ".venv", "bin", "python"), ["-m", "shared.api.openapi"]));

const tool = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);
run("node", ["dashboard/vendor.mjs", ...(write ? [] : ["--check"])]);
run(tool("openapi-typescript"), [document, "--output", "dashboard/schema.d.ts", ...(write ? [] : ["--check"])]);
run(tool("tsc"), ["--project", "dashboard"]);
console.log(write ? "The page's libraries and types are up to date." : "The page's libraries, types and modules are as they should be.");
