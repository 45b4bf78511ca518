/** The kernel beside model.ts: any order of making, deriving, sending, revoking, restricting, deleting and ending. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { ALL_RIGHTS } from "../../../kernel/capability/right.ts";
import { NAMES } from "./bench.ts";
import type { Command, Turn } from "./trial.ts";
import { NEEDS, NOT_TAKEN, TOKENS, Trial, trialBench } from "./trial.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);
const token = fc.integer({ min: 0, max: TOKENS - 1 });
const target = fc.integer({ min: NEEDS.length, max: TOKENS - 1 });
/** Most rights most of the time, so that trees grow. */
const rights = fc.oneof({ weight: 3, arbitrary: fc.constant(ALL_RIGHTS) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) });
const party = fc.integer({ min: 0, max: NAMES.length - 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("derive" as const), from: token, rights, to: target }) },
  { weight: 16, arbitrary: fc.record({ kind: fc.constant("send" as const), from: token, receiver: party, to: fc.oneof({ weight: 4, arbitrary: target }, { weight: 1, arbitrary: fc.constant(NOT_TAKEN) }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("revoke" as const), from: token }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), from: token }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("restrict" as const), from: token, rights }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("identify" as const), from: token }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("mint" as const), rights, to: target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("copy" as const), from: token, to: target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("steal" as const), victim: party, from: token, to: target }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: "exit" as const }, { kind: "fault" as const }) },
);
const turn: fc.Arbitrary<Turn> = fc.record({ process: party, commands: fc.array(command, { minLength: 1, maxLength: 12 }) });

/** What has happened at least once in all sequences together: a campaign that never comes there shows nothing. */
const EXPECTED = [
  "derive 0", "derive -1", "derive -9", "derive -18", "mint 0", "mint -18", "send fast", "send queued", "send -1", "send -3", "send -9", "send -11", "send -18",
  "revoke many", "revoke 0", "revoke -1", "revoke -9", "restrict many", "restrict -1", "restrict -9", "delete 0", "delete -1", "delete -9", "identify 0", "identify -1",
  "arrived", "lost", "revoked under way", "revoked in the registers", "not taken", "ended with capabilities under way to it", "four tables",
];

test(`capabilities behave as the model, after each of ${RUNS} sequences' commands`, () => {
  const seen = new Set<string>();
  const bench = trialBench();
  const fresh = bench.machine.snapshot();
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 25 }), (turns) => {
      bench.machine.restore(fresh);
      const trial = new Trial(bench, seen);
      for (const one of turns) trial.run(one);
    }),
    { numRuns: RUNS, seed: 4 },
  );
  expect(EXPECTED.filter((what) => !seen.has(what))).toEqual([]);
});
