/**
 * Recorded conformance scripts, packed: the first line is the script's name, kind and description, each further line
 * one operation and the reference's result for it.
 */

import { readFileSync, readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Operation, Result, Script } from "../../sim/conform/script.ts";

const FOLDER = new URL(".", import.meta.url);
const SUFFIX = ".jsonl.gz";

/** Names of the scripts that there are, in order. */
export function scriptNames(): string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length)).sort();
}

export function loadScript(name: string): Script {
  const lines = gunzipSync(readFileSync(new URL(`${name}${SUFFIX}`, FOLDER))).toString("utf8").trimEnd().split("\n");
  const [head, ...pairs] = lines.map((line) => JSON.parse(line));
  return { ...head, ops: pairs.map((pair: [Operation, Result]) => pair[0]), results: pairs.map((pair: [Operation, Result]) => pair[1]) };
}
