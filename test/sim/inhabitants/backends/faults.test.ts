import { describe, expect, test } from "vitest";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import type { BackendEvent, BackendPlan } from "../../../../sim/scenario/plan.ts";
import type { Seen } from "./stage.ts";
import { Stage, answersIn, get } from "./stage.ts";

const ALL = 1_000_000;

/** Asks once, on a connection of its own, and waits until something has come of it. */
function ask(stage: Stage, ticks = 400): Seen {
  const seen = stage.open();
  stage.step(2);
  if (seen.opened) stage.send(seen, get());
  for (let i = 0; i < ticks && !seen.ended && seen.fate === "" && !isWhole(seen); i++) stage.step();
  return seen;
}

function isWhole({ text }: Seen): boolean {
  return text !== "" && text.includes("\r\n\r\n") && text.startsWith("HTTP") && answersIn(text)[0].whole;
}

function planWith(events: readonly BackendEvent[], more: Partial<BackendPlan> = {}): Stage {
  return new Stage({ events, ...more });
}

describe("an answer may", () => {
  test("be 500", () => {
    const stage = new Stage({ failureParts: ALL });
    expect(answersIn(ask(stage).text)).toMatchObject([{ status: 500, bytes: 0, whole: true }]);
    expect(stage.account().answers).toMatchObject({ ok: 0, failed: 1, answered: 1 });
  });

  test("break off by a reset, somewhere", () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 8; seed++) {
      const stage = new Stage({ resetParts: ALL, bodyBytes: constantly(5000) }, {}, seed);
      const seen = ask(stage);
      expect(seen.fate).toBe("reset");
      expect(isWhole(seen)).toBe(false);
      lengths.add(seen.text.length);
      expect(stage.account()).toMatchObject({ answers: { ok: 1, answered: 0, reset: 1 }, connections: { resetByBackend: 1, brokenOff: 1, open: 0 } });
    }
    expect(lengths.size).toBeGreaterThan(4);
  });

  test("end in the middle as if it were whole", () => {
    const stage = new Stage({ halfParts: ALL, chunkedParts: ALL, bodyBytes: constantly(20_000) });
    const seen = ask(stage);
    expect(seen.ended).toBe(true);
    expect(isWhole(seen)).toBe(false);
    expect(stage.account().answers).toMatchObject({ ok: 1, answered: 0, half: 1 });
  });

  test("never come, while others are served", () => {
    const stage = new Stage({ silentParts: 500_000, concurrency: 1 });
    const all = Array.from({ length: 12 }, () => ask(stage, 30));
    const answered = all.filter(({ text }) => text !== "").length;
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(12);
    expect(stage.account()).toMatchObject({ working: 0, answers: { ok: answered, silent: 12 - answered } });
    for (const seen of all) stage.abort(seen);
    stage.step(2);
    expect(stage.account().connections).toMatchObject({ open: 0, brokenOff: 12 - answered, resetByPeer: 12 });
  });

  test("be no HTTP", () => {
    const stage = new Stage({ garbledParts: ALL });
    const seen = ask(stage);
    expect(seen.text).toBe("SSH-2.0-backend\r\n\r\n");
    expect(seen.ended).toBe(true);
    expect(stage.account().answers).toMatchObject({ ok: 0, garbled: 1, answered: 1 });
  });

  test("be any of these, each as often as planned", () => {
    const plan = { failureParts: 200_000, resetParts: 100_000, silentParts: 100_000, halfParts: 50_000, garbledParts: 100_000, closeParts: 300_000, serviceTicks: constantly(0) };
    const stage = new Stage(plan);
    for (let i = 0; i < 400; i++) stage.abort(ask(stage, 8));
    stage.step(4);
    const { answers, connections } = stage.account();
    expect(answers.ok + answers.failed + answers.silent + answers.garbled).toBe(400);
    expect(answers.answered + answers.reset + answers.half + answers.silent).toBe(400);
    const near = (value: number, wanted: number): void => expect(Math.abs(value - wanted)).toBeLessThan(3 * Math.sqrt(wanted));
    near(answers.silent, 40);
    near(answers.garbled, 36);
    near(answers.failed, 65);
    near(answers.reset, 32);
    expect(answers.half).toBeGreaterThan(4);
    expect(connections).toMatchObject({ opened: 400, closed: 400, open: 0 });
    stage.step(40);
    expect(stage.leaked).toBe(0);
  });
});

describe("a backend", () => {
  test("that goes down resets what is open and refuses what comes, until it is up", () => {
    const stage = planWith([{ tick: 100, kind: "down", value: 0 }, { tick: 200, kind: "up", value: 0 }], { serviceTicks: constantly(50), concurrency: 1 });
    const all = [stage.open(), stage.open(), stage.open()];
    stage.until(() => stage.tick === 80);
    stage.send(all[0], get());
    stage.send(all[1], get());
    stage.until(() => stage.tick === 99);
    expect(stage.account()).toMatchObject({ mode: "up", working: 1, waiting: 1, connections: { open: 3 } });
    stage.step(3);
    expect(all.map(({ fate }) => fate)).toEqual(["reset", "reset", "reset"]);
    expect(stage.account()).toMatchObject({ mode: "down", working: 0, waiting: 0, connections: { open: 0, resetByBackend: 3, brokenOff: 2 }, answers: { ok: 0 } });
    expect(ask(stage).fate).toBe("refused");
    expect(stage.account().connections).toMatchObject({ refused: 1, opened: 3 });
    stage.until(() => stage.tick === 200);
    expect(isWhole(ask(stage))).toBe(true);
  });

  test("that has gone down while a connection opened resets it", () => {
    const stage = planWith([{ tick: 3, kind: "down", value: 0 }]);
    const seen = stage.open();
    stage.until(() => seen.fate !== "");
    expect(seen.fate).toBe("reset");
    expect(stage.account().connections).toMatchObject({ refused: 1, opened: 0, open: 0 });
    stage.step(5);
    expect(stage.leaked).toBe(0);
  });

  test("that is silent answers nothing, and all of it when it is back", () => {
    const stage = planWith([{ tick: 100, kind: "silent", value: 0 }, { tick: 300, kind: "up", value: 0 }, { tick: 4000, kind: "down", value: 0 }]);
    const [worked, idle] = [stage.open(), stage.open()];
    stage.until(() => stage.tick === 95);
    stage.send(worked, get());
    stage.until(() => stage.tick === 110);
    stage.send(idle, get());
    const late = stage.open();
    stage.until(() => stage.tick === 299);
    expect([worked.text, idle.text, late.opened]).toEqual(["", "", false]);
    expect(stage.account()).toMatchObject({ mode: "silent", requests: 1, working: 1, answers: { ok: 0 } });
    expect(stage.account().connections.unanswered).toBeGreaterThan(0);
    expect(stage.backends.quiet()).toBe(false);
    stage.until(() => isWhole(worked) && isWhole(idle));
    // The one was done long ago, the other takes its ten ticks.
    expect([worked.tick, idle.tick]).toEqual([301, 311]);
    stage.until(() => late.opened);
    expect(stage.backends.quiet()).toBe(true);
    // What was worked on, though nobody heard of it, counts as work all the while.
    expect(stage.account()).toMatchObject({ working: 0, workTicks: 204 + 10, answers: { ok: 2 } });
  });

  test("that is silent for ever is quiet", () => {
    const stage = planWith([{ tick: 20, kind: "silent", value: 0 }]);
    const seen = stage.open();
    stage.until(() => stage.tick === 15);
    stage.send(seen, get());
    stage.step(40);
    expect(stage.account().working).toBe(1);
    expect(stage.backends.quiet()).toBe(true);
    stage.abort(seen);
    stage.step(2);
    expect(stage.account()).toMatchObject({ working: 0, connections: { open: 0 } });
  });

  test("is slow for a while, and answers errors for a while", () => {
    const events: BackendEvent[] = [
      { tick: 1000, kind: "up", value: 0 },
      { tick: 100, kind: "slow", value: 250 },
      { tick: 500, kind: "errors", value: ALL },
    ];
    const stage = planWith(events);
    const time = (tick: number): readonly [number, number] => {
      stage.until(() => stage.tick >= tick);
      const began = stage.tick;
      const seen = ask(stage);
      return [seen.tick - began, answersIn(seen.text)[0].status];
    };
    expect(time(50)).toEqual([14, 200]);
    expect(time(200)).toEqual([29, 200]);
    // What was said stays until it is up as planned.
    expect(time(600)).toEqual([29, 503]);
    expect(time(1000)).toEqual([14, 200]);
    expect(stage.account().answers).toMatchObject({ ok: 3, error: 1, answered: 4 });
  });

  test("may flap", () => {
    const events = Array.from({ length: 20 }, (_, i): BackendEvent => ({ tick: 50 + 25 * i, kind: i % 2 === 0 ? "down" : "up", value: 0 }));
    const stage = planWith(events, { serviceTicks: constantly(8) });
    const fates: string[] = [];
    while (stage.tick < 600) {
      const seen = ask(stage);
      fates.push(isWhole(seen) ? "answered" : seen.fate);
      if (seen.fate === "") stage.abort(seen);
    }
    expect(new Set(fates)).toEqual(new Set(["answered", "reset", "refused"]));
    stage.step(20);
    const { connections, answers } = stage.account();
    // One that is open for its peer, and not yet for the backend when it goes down, counts as refused.
    expect(connections.opened + connections.refused).toBe(fates.length);
    expect(connections).toMatchObject({ open: 0, closed: connections.opened });
    expect(answers.answered).toBe(fates.filter((fate) => fate === "answered").length);
  });
});
