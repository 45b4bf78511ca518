/** The example of the key-value store: one of three entries, so that its bound is met. */

import { StoreOpcode } from "../../services/examples/key-value-store-api.ts";
import { keyValueStore } from "../../services/examples/key-value-store.ts";
import type { Example, ExampleStep } from "./example.ts";
import { scenario, textWords } from "./example.ts";

const endpoint = "store.requests";
const ENTRIES_MAX = 3;

function put(key: string, value: number, expected: string, note = ""): ExampleStep {
  return { text: `put("${key}", ${value})`, note, endpoint, opcode: StoreOpcode.put, words: [...textWords(key), value], expected };
}

function get(key: string, expected: string, note = ""): ExampleStep {
  return { text: `get("${key}")`, note, endpoint, opcode: StoreOpcode.get, words: textWords(key), expected };
}

function remove(key: string, expected: string): ExampleStep {
  return { text: `delete("${key}")`, endpoint, opcode: StoreOpcode.delete, words: textWords(key), expected };
}

const count = (expected: string): ExampleStep => ({ text: "count()", note: "entries, and the most there may be", endpoint, opcode: StoreOpcode.count, words: [], expected });

const STEPS: readonly ExampleStep[] = [
  get("red", "notFound"),
  put("red", 7, "ok"),
  put("green", 8, "ok"),
  put("blue", 9, "ok"),
  get("green", "ok 8"),
  put("red", 70, "ok", "a key that is there gets another value"),
  put("yellow", 1, "resourceExhausted", `its manifest line says ${ENTRIES_MAX} entries`),
  get("yellow", "notFound", "and nothing has changed"),
  remove("green", "ok"),
  remove("green", "notFound"),
  put("yellow", 1, "ok"),
  get("red", "ok 70"),
  count(`ok 3, ${ENTRIES_MAX}`),
];

export const keyValueStoreExample: Example = Object.freeze({
  name: "key-value-store",
  summary: "a bounded map in the service's own memory",
  files: Object.freeze(["services/examples/key-value-store.ts", "services/examples/key-value-store-api.ts", "sim/examples/key-value-store.ts"]),
  processes: Object.freeze({ store: Object.freeze({ service: keyValueStore, arenaBytes: 1024, parameters: Object.freeze({ entriesMax: ENTRIES_MAX }) }) }),
  steps: scenario(STEPS),
});
