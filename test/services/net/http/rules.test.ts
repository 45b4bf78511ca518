/** What RFC 9112 and RFC 9110 ask of who receives requests, rule by rule: what net does, and the streams that show it. */

import { describe, expect, test } from "vitest";
import { walk } from "./harness.ts";
import { CHUNKS } from "./rules/chunks.ts";
import { CONNECTIONS } from "./rules/connections.ts";
import { FIELDS } from "./rules/fields.ts";
import { FRAMING } from "./rules/framing.ts";
import { MESSAGES } from "./rules/messages.ts";
import { TARGETS } from "./rules/targets.ts";

const RULES = [...MESSAGES, ...TARGETS, ...FIELDS, ...FRAMING, ...CHUNKS, ...CONNECTIONS];

/** As `cases` have it. */
function reading(stream: string): string {
  const { requests, end } = walk(stream);
  const outcomes = requests.map(({ head }) => head.outcome);
  return [...outcomes, ...(end === "whole" || end === outcomes.at(-1) ? [] : [end])].join(" ");
}

describe("the rules", () => {
  test.each(RULES.map((rule, index) => [index + 1, rule.section, rule.stand, rule.rule, rule] as const))("%i. RFC %s, %s: %s", (_, __, ___, ____, { cases }) => {
    expect(cases.map(([stream]) => [stream, reading(stream)])).toEqual(cases);
  });
});
