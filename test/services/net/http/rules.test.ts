/** What RFC 9112 and RFC 9110 ask of who receives requests, rule by rule: what net does, and the streams that show it. */

import { describe, expect, test } from "vitest";
import { compareStream } from "./compare.ts";
import { POISONS, walk } from "./harness.ts";
import type { Walked } from "./pieces.ts";
import { readPieces } from "./pieces.ts";
import { RULES } from "./rules/index.ts";

/** As the cases of a rule have it. */
function reading({ requests, end }: Walked): string {
  const outcomes = requests.map(({ head }) => head.outcome);
  return [...outcomes, ...(end === "whole" || end === outcomes.at(-1) ? [] : [end])].join(" ");
}

const NUMBERED = RULES.map((rule, index) => [index + 1, rule.section, rule.stand, rule.rule, rule] as const);

describe("the rules", () => {
  test.each(NUMBERED)("%i. RFC %s, %s: %s", (_, __, ___, ____, { cases }) => {
    expect(cases.map(([stream]) => [stream, reading(walk(stream))])).toEqual(cases);
  });

  test.each(NUMBERED)("%i. RFC %s, %s: the reference reads the same", (_, __, ___, ____, { cases }) => {
    for (const [stream] of cases) compareStream(stream, walk(stream));
  });

  test("each departure has its reason, each rule a stream", () => {
    for (const { stand, why, cases, rule } of RULES) {
      expect(why !== undefined, rule).toBe(stand !== "kept");
      expect(cases.length, rule).toBeGreaterThan(0);
    }
  });

  test("every section that asks something of a recipient is there", () => {
    const sections = new Set(RULES.map(({ section }) => section));
    for (const section of ["2.1", "2.2", "2.3", "3", "3.1", "3.2", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.3", "4", "5", "5.1", "5.2", "6", "6.1", "6.3", "7", "7.1", "7.1.1", "7.1.2", "7.2", "8", "9.3", "9.3.2", "9.6", "11.2"]) {
      expect(sections, section).toContain(`9112 ${section}`);
    }
  });
});

const SHORT = RULES.flatMap(({ cases }, index) => cases.filter(([stream]) => stream.length < 1200).map(([stream]) => [index + 1, stream] as const));

describe("a stream that comes in pieces is read the same", () => {
  test("cut in two at every byte", () => {
    for (const [rule, stream] of SHORT) {
      const whole = walk(stream);
      for (let cut = 0; cut <= stream.length; cut++) {
        const read = readPieces(stream, [cut, stream.length], POISONS[cut % POISONS.length]);
        if (JSON.stringify(read) !== JSON.stringify(whole)) expect(read, `rule ${rule}, cut at ${cut}`).toEqual(whole);
      }
    }
  });

  test("byte by byte", () => {
    for (const [rule, stream] of SHORT) {
      const ends = Array.from(stream, (_, i) => i + 1);
      for (const poison of POISONS) expect(readPieces(stream, ends, poison), `rule ${rule}`).toEqual(walk(stream));
    }
  });

  test("long ones, cut around their bounds and at a few hundred other places", () => {
    for (const { cases } of RULES) {
      for (const [stream] of cases.filter((entry) => entry[0].length >= 1200)) {
        const whole = walk(stream);
        const ends = Array.from({ length: 300 }, (_, i) => Math.floor((i * stream.length) / 300)).concat([65_535, 65_536, 65_537].filter((end) => end < stream.length), stream.length);
        expect(readPieces(stream, ends.sort((a, b) => a - b))).toEqual(whole);
      }
    }
  });
});
