/**
 * Makes dist/: the four rooms as JavaScript with their types, and the data that they read when they run. Run by
 * `npm run build` and before `npm pack`; needs the development dependencies, nothing else.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** Folders with files that are read at run time; they keep their place below dist/. */
const DATA = ["sim/captures", "sim/scenarios", "sim/experiments/files"];

function compile() {
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  const tsc = join(dirname(compiler), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, ".ci", "tsconfig.build.json")], { stdio: "inherit" });
}

function markBin() {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const path of Object.values(bin)) chmodSync(join(root, path), 0o755);
}

rmSync(dist, { recursive: true, force: true });
try {
  compile();
} catch {
  process.exit(1);
}
for (const folder of DATA) {
  if (existsSync(join(root, folder))) cpSync(join(root, folder), join(dist, folder), { recursive: true });
}
markBin();
