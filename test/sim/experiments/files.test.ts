/** The bundled experiments as files, and the schema for editors: with UPDATE_GOLDEN=1 they are written anew. */

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXPERIMENTS, experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { experimentSchema } from "../../../sim/explore/experiment-schema.ts";
import { experimentText } from "../../../sim/explore/experiment-text.ts";
import { EXPERIMENT_MEMBERS, readExperiment } from "../../../sim/explore/read-experiment.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";

const FOLDER = new URL("../../../sim/experiments/files/", import.meta.url);
const TINY: readonly string[] = ["wire", "nic", "memory", "timer", "ipc", "process"];
const SMALL: readonly string[] = ["backend", "client", "operator"];

function golden(file: string, text: string): void {
  const url = new URL(file, FOLDER);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(url, text);
  expect(existsSync(url) ? readFileSync(url, "utf8") : "").toBe(text);
}

test.each([...TINY, ...SMALL])("%s.json is the bundled experiment", (name) => {
  golden(`${name}.json`, experimentText(experimentNamed(name)!, TINY.includes(name) ? "tiny" : "small"));
});

test("each file is read without a problem", () => {
  for (const file of readdirSync(FOLDER).filter((name) => !name.includes("schema"))) {
    const problems: never[] = [];
    const { surroundings: _, text: __, ...read } = readExperiment(readFileSync(new URL(file, FOLDER), "utf8"), file, problems)!;
    const { surroundings: ___, ...bundled } = EXPERIMENTS.find(({ name }) => `${name}.json` === file)!;
    expect({ problems, read }).toEqual({ problems: [], read: bundled });
  }
});

test("a file plays as the bundled experiment does", () => {
  const read = readExperiment(readFileSync(new URL("ipc.json", FOLDER), "utf8"), "ipc", [])!;
  expect(new Theatre(read).play({ seed: 3 })).toEqual(new Theatre(experimentNamed("ipc")!).play({ seed: 3 }));
});

test("the schema for editors is that of the reader", () => {
  const schema = experimentSchema() as { readonly properties: object };
  expect(Object.keys(schema.properties).sort()).toEqual([...EXPERIMENT_MEMBERS].sort());
  golden("experiment.schema.json", `${JSON.stringify(schema, null, 2)}\n`);
});
