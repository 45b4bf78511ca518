/**
 * Goal: whatever bytes come in on the wire, the machine goes on, and its account adds up. Method: real captures with
 * bytes changed here and there, most of them with their checksums mended, so that the change gets past net's first
 * checks; on the standard machine and on the tiny one. Each run is made from its seed alone.
 */

import { describe, expect, test } from "vitest";
import { brokenLaws } from "../sim/account.ts";
import { DecisionRecorder } from "../sim/decisions.ts";
import { standard, tiny } from "../sim/machines/index.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { draws, mutated } from "./captures/damage.ts";
import { CAPTURES, loadCapture } from "./captures/index.ts";
import { setupFor } from "./captures/playing.ts";

const RUNS_A_CAPTURE = 6;

const seen = { requests: 0, refused: new Set<string>(), ignored: new Set<string>(), badRequestLines: 0 };

describe("a damaged capture is played to its end, and every frame, request and buffer is accounted for", () => {
  test.each(CAPTURES)("%s", (name) => {
    const base = setupFor(name);
    for (let seed = 0; seed < RUNS_A_CAPTURE; seed++) {
      const model = seed % 3 === 2 ? tiny : standard;
      const setup = { ...setupFor(name, model), capture: mutated(loadCapture(name), draws(seed)), mac: base.mac };
      const recorder = new DecisionRecorder();
      const { world } = startRun(setup, [recorder]);
      const { account } = finishRun(world, setup);
      expect(brokenLaws(account), `${name}, seed ${seed}`).toEqual([]);
      expect(recorder.count).toBe(account.requests.total);
      seen.requests += account.requests.total;
      seen.badRequestLines += account.net.badRequestLine;
      for (const outcome of Object.keys(account.requests.refused)) seen.refused.add(outcome);
      for (const reason of Object.keys(account.net.ignored)) seen.ignored.add(reason);
    }
  });

  test("and the damage got past the first checks", () => {
    expect(seen.requests).toBeGreaterThan(5000);
    expect(seen.badRequestLines).toBeGreaterThan(50);
    expect([...seen.refused]).toEqual(expect.arrayContaining(["Malformed", "UriTooLong", "UnsupportedCoding"]));
    expect([...seen.ignored]).toEqual(expect.arrayContaining(["badIpHeader", "badIpChecksum", "badTcpHeader", "badTcpChecksum", "otherPort", "otherEtherType"]));
  });
});
