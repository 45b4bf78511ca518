/**
 * Goal: the same bytes in a browser's tab as in Node. Method: the rooms are compiled, a page imports them as they are, plays
 * the bundled experiments by a few seeds, and writes the hashes of machine and world into its document; Node does the same.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { EXPERIMENTS } from "../sim/experiments/catalogue.ts";
import { Theatre } from "../sim/explore/theatre.ts";
import { documentOf, hasChromium } from "./browser/chromium.ts";

const SEEDS = [1, 2, 3];

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>veridian-sim</title>
<pre id="hashes">nothing was played</pre>
<script type="module">
import { EXPERIMENTS } from "/sim/experiments/catalogue.js";
import { Theatre } from "/sim/explore/theatre.js";
const lines = EXPERIMENTS.flatMap((experiment) => {
  const theatre = new Theatre(experiment);
  return ${JSON.stringify(SEEDS)}.map((seed) => experiment.name + " " + seed + " " + theatre.play({ seed }).hash);
});
document.getElementById("hashes").textContent = lines.join("\\n");
</script>
`;

function hashesHere(): string[] {
  return EXPERIMENTS.flatMap((experiment) => {
    const theatre = new Theatre(experiment);
    return SEEDS.map((seed) => `${experiment.name} ${seed} ${theatre.play({ seed }).hash}`);
  });
}

/** The rooms as JavaScript, in a folder of their own. */
function compiled(): string {
  const folder = mkdtempSync(join(tmpdir(), "veridian-rooms-"));
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", new URL("../.ci/tsconfig.build.json", import.meta.url).pathname, "--outDir", folder, "--declaration", "false"]);
  return folder;
}

test.skipIf(!hasChromium())("the same seeds have the same hashes in Chromium and in Node (skipped where no Chromium is installed)", async () => {
  const folder = compiled();
  try {
    const document = await documentOf(PAGE, folder);
    const shown = /<pre id="hashes">([^<]*)<\/pre>/.exec(document)?.[1] ?? document;
    expect(shown.split("\n")).toEqual(hashesHere());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
