import { describe, expect, test } from "vitest";
import { Listed } from "../../../../sim/chance/decider.ts";
import { FAULTS } from "../../../../sim/faults/catalogue.ts";
import type { FaultRule } from "../../../../sim/faults/fault.ts";
import { CABLE_FRAMES_MAX, CABLE_ORDINALS } from "../../../../sim/faults/wire/cable-state.ts";
import type { Came } from "./cable-stage.ts";
import { CableStage, Direction, numbered } from "./cable-stage.ts";

const ASKED = FAULTS.filter(({ layer, act }) => layer === "wire" && act === undefined);
const CLIENTS = Object.freeze(["10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.3"]);
const LATE: FaultRule = Object.freeze({ fault: "wire.delay", parts: 1_000_000, parameters: { lateCycles: 50_000_000 } });

/** 240 frames of four clients both ways; then the trouble ends. */
function traffic(stage: CableStage): CableStage {
  for (let number = 0; number < 240; number++) {
    stage.give(number & 1, number, CLIENTS[number % 7 % 4]);
    if (number % 5 === 0) stage.wait(1);
  }
  stage.turmoil.end();
  stage.wait(1);
  return stage;
}

const cameOf = (stage: CableStage): readonly Came[] => traffic(stage).came;

describe.each(ASKED)("$name", (fault) => {
  const some: FaultRule = { fault: fault.name, parts: 100_000 };

  test("changes something, says it in words, and is over with the trouble", () => {
    const stage = traffic(new CableStage([some]));
    expect(stage.came).not.toEqual(cameOf(new CableStage()));
    expect(stage.deviations.length).toBeGreaterThan(0);
    expect(stage.deviations.every(({ answer }) => fault.words(answer).length > 10)).toBe(true);
    expect(stage.turmoil.quiet()).toBe(true);
  });

  test("comes again from its deviations alone", () => {
    const first = traffic(new CableStage([some]));
    const again = traffic(new CableStage([], new Listed(first.deviations, [fault.site])));
    expect(again.came).toEqual(first.came);
    expect(Buffer.compare(again.memory.u8, first.memory.u8)).toBe(0);
  });

  test("leaves no trace where it is not asked for", () => {
    const never = traffic(new CableStage([{ ...some, parts: 0 }]));
    const later = traffic(new CableStage([{ ...some, parts: 1_000_000, fromTick: 1000 }]));
    const plain = traffic(new CableStage());
    expect(Buffer.compare(never.memory.u8, plain.memory.u8)).toBe(0);
    expect([never.came, later.came]).toEqual([plain.came, plain.came]);
  });
});

test("all faults of the wire together lose no frame that they do not say", () => {
  const stage = traffic(new CableStage(ASKED.map(({ name }) => ({ fault: name, parts: 30_000 }))));
  const { lost, cutOff, doubled, overflowed, passed } = stage.state;
  expect([passed, stage.came.length]).toEqual([240, 240 - lost - cutOff - overflowed + doubled]);
  expect(lost + cutOff).toBeGreaterThan(0);
});

describe("the cable's room", () => {
  test(`is ${CABLE_FRAMES_MAX - 1} frames that wait: what comes then must wait outside, or is dropped on its way out`, () => {
    const stage = new CableStage([LATE]);
    for (let i = 0; i < CABLE_FRAMES_MAX - 1; i++) expect(stage.offer(numbered(i))).toBe(0);
    expect(stage.offer(numbered(1))).toBe(-1);
    stage.send(numbered(1, Direction.fromMachine));
    expect([stage.state.waiting, stage.state.overflowed]).toEqual([CABLE_FRAMES_MAX - 1, 1]);
    stage.wait(51);
    expect(stage.numbers().length).toBe(CABLE_FRAMES_MAX - 1);
    expect(stage.offer(numbered(1))).toBe(0);
  });

  test("ends with its bytes: nothing is asked about a frame that does not fit", () => {
    const stage = new CableStage([LATE]);
    const long = new Uint8Array(9000);
    let count = 0;
    while (stage.offer(long) === 0) count += 1;
    expect(count).toBe(7);
    expect(stage.deviations.length).toBe(7);
    stage.wait(51);
    expect([stage.came.length, stage.offer(long)]).toEqual([7, 0]);
  });

  test("is waited for at the machine's wire, in order", () => {
    const stage = new CableStage([{ ...LATE, most: 3 }]);
    for (let number = 0; number < 3; number++) stage.offer(numbered(number));
    stage.room = 1;
    stage.wait(51);
    expect(stage.numbers()).toEqual([0]);
    expect(stage.offer(numbered(9))).toBe(-1);
    stage.room = 5;
    stage.offer(numbered(3));
    stage.wait(1);
    expect(stage.numbers()).toEqual([0, 1, 2, 3]);
  });
});

describe("the number of a frame in its capture", () => {
  test("is known of each frame on the wire, lost ones and late ones passed over", () => {
    const stage = new CableStage([{ fault: "wire.drop", parts: 1_000_000, most: 1 }, { fault: "wire.delay", parts: 1_000_000, most: 1 }]);
    for (let frame = 1; frame <= 4; frame++) stage.offer(numbered(frame), 0, 10 * frame);
    stage.wait(2);
    expect(stage.numbers()).toEqual([3, 4, 2]);
    expect([1, 2, 3, 4].map((ordinal) => stage.turmoil.captureFrame(ordinal))).toEqual([30, 40, 20, 0]);
  });

  test(`is known of the last ${CABLE_ORDINALS} frames, in trouble or not`, () => {
    const stage = new CableStage();
    for (let frame = 1; frame <= CABLE_ORDINALS + 1; frame++) stage.offer(numbered(0), 0, frame);
    expect([1, 2, CABLE_ORDINALS + 1].map((ordinal) => stage.turmoil.captureFrame(ordinal))).toEqual([0, 2, CABLE_ORDINALS + 1]);
  });
});
