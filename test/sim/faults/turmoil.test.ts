/**
 * Trouble in a whole world: a plan of which nothing ever strikes is no plan, byte for byte, and what is decided names the
 * frame that asked for it, whatever became of the frames before.
 */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseMac } from "../../../sim/address-text.ts";
import type { Decision } from "../../../sim/decisions.ts";
import { DecisionRecorder } from "../../../sim/decisions.ts";
import { SMALL_CONFIGURATION } from "../../../sim/experiments/small.ts";
import { smallTraffic } from "../../../sim/experiments/traffic.ts";
import { FAULTS } from "../../../sim/faults/catalogue.ts";
import type { FaultRule } from "../../../sim/faults/fault.ts";
import { NIC_FAULTS } from "../../../sim/faults/nic/faults.ts";
import { turmoilMaker } from "../../../sim/faults/turmoil.ts";
import { WIRE_FAULTS } from "../../../sim/faults/wire/faults.ts";
import { BUILT_IN_NEIGHBOURS } from "../../../sim/machines/configuration.ts";
import { tiny, virtio } from "../../../sim/machines/index.ts";
import type { MachineModel } from "../../../sim/machines/model.ts";
import { DEFAULT_MAC } from "../../../sim/machines/model.ts";
import type { RunSetup } from "../../../sim/run.ts";
import { finishRun, startRun } from "../../../sim/run.ts";
import type { World } from "../../../sim/world.ts";

const CAPTURE = smallTraffic();
const REST_TICKS_MAX = 5000;

interface Played {
  readonly world: World;
  readonly decisions: readonly Decision[];
  readonly struck: number;
}

/** The small traffic, in the trouble that rules make; null: nobody disturbs it. */
function play(model: MachineModel, rules: readonly FaultRule[] | null, seed = 1): Played {
  const { chance, maker, made } = turmoilMaker();
  const trouble = rules === null ? {} : { disturbance: maker, choose: chance.choose };
  const setup: RunSetup = { manifest: model.manifest({ neighbours: BUILT_IN_NEIGHBOURS }), capture: CAPTURE, captureName: "", mac: parseMac(DEFAULT_MAC), seed: 1, configuration: SMALL_CONFIGURATION, configurationName: "", restTicksMax: REST_TICKS_MAX, ...trouble };
  const recorder = new DecisionRecorder();
  const { world, problems } = startRun(setup, [recorder]);
  expect(problems).toEqual([]);
  if (rules !== null) {
    made().use(rules, seed);
    made().begin();
    world.beginReplay();
    world.runUntil(() => world.quiet(), world.machine.tick() + 150);
    made().end();
  }
  const { groups } = finishRun(world, setup);
  const decisions = recorder.decisions((bytes) => createHash("sha1").update(bytes).digest("hex"), groups);
  return { world, decisions, struck: chance.deviations.length };
}

describe.each([tiny, virtio])("on the machine $name", (model) => {
  test("a plan with every probability 0 equals no plan, byte for byte: machine and world", () => {
    const none = play(model, []);
    const zero = play(model, FAULTS.map(({ name }) => ({ fault: name, parts: 0 })));
    expect(Buffer.compare(zero.world.machine.ram.u8, none.world.machine.ram.u8)).toBe(0);
    expect(Buffer.compare(zero.world.memory.u8, none.world.memory.u8)).toBe(0);
    expect(none.struck + zero.struck).toBe(0);
  });

  test("a machine in whose world nothing goes wrong is the one that nobody disturbs", () => {
    const [none, alone] = [play(model, []), play(model, null)];
    expect(none.world.machine.hash()).toBe(alone.world.machine.hash());
    expect(none.decisions).toEqual(alone.decisions);
  });

  test("faults of wire and NIC that are asked for and never strike leave the machine as it is", () => {
    const later = [...WIRE_FAULTS, ...NIC_FAULTS].map(({ name }) => ({ fault: name, parts: 1_000_000, fromTick: 100_000 }));
    const [none, asked] = [play(model, []), play(model, later)];
    expect(asked.decisions).toEqual(none.decisions);
    expect(asked.struck).toBe(0);
  });

  test("a decision names the frame that asked for it, whatever was lost, doubled, late or turned round before", () => {
    const sound = play(model, []).decisions;
    let [moved, judged] = [0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const rules = ["wire.drop", "wire.duplicate", "wire.jitter", "wire.reorder", "wire.clog"].map((fault) => ({ fault, parts: 60_000 }));
      for (const decision of play(model, rules, seed).decisions) {
        const same = sound.find(({ headSha1, src, sport }) => headSha1 === decision.headSha1 && src === decision.src && sport === decision.sport);
        expect(same, `seed ${seed}: ${decision.src} asked for what nobody sent`).toBeDefined();
        judged += 1;
        // One whose head was completed by another frame than on a good day has that one's number.
        if (decision.frame !== same?.frame) moved += 1;
        expect([decision.frame > 0, decision.tsUs]).toEqual([true, CAPTURE.timeMicros(decision.frame)]);
      }
    }
    expect(moved).toBeLessThan(20);
    expect(judged).toBeGreaterThan(6 * sound.length);
  });
});
