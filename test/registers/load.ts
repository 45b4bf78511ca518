/** The recorded register scripts, packed: one script a line, as the files have it but for descriptions and notes. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Problem } from "../../sim/problem.ts";
import { readKnownDifferences } from "../../sim/registers/known-differences.ts";
import { readRegisterScript } from "../../sim/registers/read-script.ts";
import type { RegisterScript } from "../../sim/registers/script.ts";

const FILE = new URL("scripts.jsonl.gz", import.meta.url);

/** The text of each script, as a file of its own would hold it. */
export function scriptTexts(): string[] {
  return gunzipSync(readFileSync(FILE)).toString("utf8").trimEnd().split("\n");
}

export function loadRegisterScripts(): RegisterScript[] {
  return scriptTexts().map((text) => {
    const problems: Problem[] = [];
    const script = readRegisterScript(text, problems);
    if (script === null) throw new Error(JSON.stringify(problems));
    return script;
  });
}

/** Where our devices answer otherwise than the recorded ones, at steps that are not marked as departing. */
export const KNOWN_FILE = new URL("known-differences.json", import.meta.url);

export const KNOWN_DIFFERENCES = readKnownDifferences(readFileSync(KNOWN_FILE, "utf8"), []) ?? [];
