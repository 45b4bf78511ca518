/** A bundled experiment as the text of a file: what read-experiment.ts reads as the same experiment. */

import type { FaultRule } from "../faults/fault.ts";
import type { Experiment } from "./experiment.ts";

/** `world` is the name of its world in such files. */
export function experimentText({ name, summary, faults, troubleTicks, recoveryTicks, checks, marks }: Experiment, world: "tiny" | "small"): string {
  const members: (readonly [string, string])[] = [
    ["$schema", '"./experiment.schema.json"'],
    ["schema", "1"],
    ["name", JSON.stringify(name)],
    ["summary", JSON.stringify(summary)],
    ["world", JSON.stringify(world)],
    ["faults", `[\n${faults.map((rule) => `    ${ruleText(rule)}`).join(",\n")}\n  ]`],
    ["troubleTicks", String(troubleTicks)],
    ["recoveryTicks", String(recoveryTicks)],
    ...(checks === undefined ? [] : [["checks", JSON.stringify(checks)] as const]),
    ["marks", `[${marks.map((mark) => JSON.stringify(mark)).join(", ")}]`],
  ];
  return `{\n${members.map(([member, text]) => `  "${member}": ${text}`).join(",\n")}\n}\n`;
}

function ruleText(rule: FaultRule): string {
  return `{ ${Object.entries(rule).map(([member, value]) => `"${member}": ${JSON.stringify(value)}`).join(", ")} }`;
}
