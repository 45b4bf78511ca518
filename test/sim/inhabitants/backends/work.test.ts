import { describe, expect, test } from "vitest";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import type { Seen } from "./stage.ts";
import { Stage, answersIn, get } from "./stage.ts";

/** So many open connections. */
function clients(stage: Stage, count: number): Seen[] {
  const all = Array.from({ length: count }, () => stage.open());
  stage.until(() => stage.account().connections.open === count);
  return all;
}

function statuses(seen: readonly Seen[]): number[] {
  return seen.map(({ text }) => (text === "" ? 0 : answersIn(text)[0].status));
}

describe("a backend", () => {
  test("works on so many at once, lets so many wait in their order, and refuses the others", () => {
    const stage = new Stage({ concurrency: 2, queueMax: 3, serviceTicks: constantly(10) });
    const all = clients(stage, 7);
    for (const seen of all) stage.send(seen, get());
    stage.step();
    expect(stage.account()).toMatchObject({ working: 2, waiting: 3, answers: { overloaded: 2 } });
    stage.step();
    expect(statuses(all)).toEqual([0, 0, 0, 0, 0, 503, 503]);
    const began = stage.tick - 1;
    stage.until(() => statuses(all).every((status) => status !== 0));
    expect(statuses(all)).toEqual([200, 200, 200, 200, 200, 503, 503]);
    // Two by two, each ten ticks after the ones before, and one more on the way.
    expect(all.slice(0, 5).map(({ tick }) => tick - began)).toEqual([11, 11, 21, 21, 31]);
    expect(stage.account()).toMatchObject({
      working: 0, workingMost: 2, waiting: 0, waitingMost: 3, requests: 7, answers: { ok: 5, overloaded: 2, answered: 7 },
      busyTicks: 30, workTicks: 50, waitTicks: 10 + 10 + 20,
    });
  });

  test("goes on with the next one when somebody who is worked on goes away", () => {
    const stage = new Stage({ concurrency: 1, serviceTicks: constantly(100) });
    const [first, second, third, fourth] = clients(stage, 4);
    for (const seen of [first, second, third, fourth]) stage.send(seen, get());
    stage.step(10);
    stage.abort(third);
    stage.abort(first);
    stage.step();
    expect(stage.account()).toMatchObject({ working: 1, waiting: 1, connections: { resetByPeer: 2, brokenOff: 2, open: 2 } });
    const began = stage.tick;
    stage.until(() => fourth.text !== "");
    expect([second.tick - began, fourth.tick - began]).toEqual([101, 201]);
    expect(stage.account()).toMatchObject({ answers: { ok: 2 }, workTicks: 10 + 200 });
  });

  test("counts as waiting only from when the request is whole", () => {
    const stage = new Stage({ concurrency: 1, serviceTicks: constantly(100) });
    const [first, second] = clients(stage, 2);
    stage.send(second, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
    stage.send(first, get());
    stage.step(41);
    stage.send(second, "b");
    stage.until(() => second.text !== "");
    // The first one's hundred ticks, less those that had passed when the second one was whole.
    expect(stage.account()).toMatchObject({ waitTicks: 59, workTicks: 200 });
  });

  test("is quiet when nothing is under way, whatever may come", () => {
    const stage = new Stage({ events: [{ tick: 4000, kind: "down", value: 0 }] });
    const [seen] = clients(stage, 1);
    expect(stage.backends.quiet()).toBe(true);
    stage.send(seen, get());
    stage.step(3);
    expect(stage.backends.quiet()).toBe(false);
    stage.until(() => seen.text !== "");
    expect(stage.backends.quiet()).toBe(true);
  });

  test("takes drawn times, the same for the same seed", () => {
    const serviceTicks = { steps: [{ parts: 500_000, from: 1, to: 5 }, { parts: 500_000, from: 50, to: 60 }] };
    const ticks = (seed: number): number[] => {
      const stage = new Stage({ concurrency: 16, serviceTicks }, {}, seed);
      const all = clients(stage, 16);
      for (const seen of all) stage.send(seen, get());
      const began = stage.tick;
      stage.until(() => statuses(all).every((status) => status !== 0));
      return all.map(({ tick }) => tick - began - 2);
    };
    const one = ticks(1);
    expect(ticks(1)).toEqual(one);
    expect(ticks(2)).not.toEqual(one);
    for (const time of one) expect((time >= 1 && time <= 5) || (time >= 50 && time <= 60)).toBe(true);
    expect(one.some((time) => time <= 5) && one.some((time) => time >= 50)).toBe(true);
  });

  test("answers at once if its work takes no time", () => {
    const stage = new Stage({ serviceTicks: constantly(0) });
    const [seen] = clients(stage, 1);
    const began = stage.tick;
    stage.send(seen, get() + get() + get());
    stage.until(() => seen.text !== "" && answersIn(seen.text).length === 3);
    expect(stage.tick - began).toBeLessThanOrEqual(4);
    expect(stage.account()).toMatchObject({ busyTicks: 0, answers: { ok: 3 } });
  });
});

describe("connections", () => {
  test("beyond what the stack has records for find none, and all are given back", () => {
    const stage = new Stage({}, { connectionsMax: 3 });
    const all = Array.from({ length: 5 }, () => stage.open());
    stage.step(10);
    expect(stage.account().connections).toMatchObject({ open: 3, openMost: 3 });
    for (const seen of all) if (seen.opened) stage.close(seen);
    stage.until(() => stage.account().connections.open === 0);
    stage.step(100);
    expect(stage.account().connections).toMatchObject({ opened: 3, closed: 3, brokenOff: 0 });
    expect(stage.leaked).toBe(0);
    expect(stage.server.count("inUse")).toBe(0);
  });

  test("without a request are closed when they have been idle for so long, counted from the last answer", () => {
    const stage = new Stage({ idleTicks: 50 });
    const [idle, busy] = clients(stage, 2);
    stage.step(30);
    stage.send(busy, get());
    stage.until(() => busy.text !== "");
    expect(idle.ended).toBe(false);
    const answered = busy.tick;
    stage.until(() => idle.ended);
    expect(busy.ended).toBe(false);
    stage.until(() => busy.ended);
    expect(stage.tick - answered).toBe(50);
    expect(stage.account().connections.brokenOff).toBe(0);
  });

  test("of a silent backend are closed for idleness when it is back", () => {
    const stage = new Stage({ idleTicks: 50, events: [{ tick: 20, kind: "silent", value: 0 }, { tick: 300, kind: "up", value: 0 }] });
    const [seen] = clients(stage, 1);
    stage.until(() => stage.tick === 299);
    expect(seen.ended).toBe(false);
    stage.until(() => seen.ended);
    expect(stage.tick).toBeLessThanOrEqual(352);
  });

  test("whose peer never closes are reset after a while", () => {
    const stage = new Stage({ closeParts: 1_000_000 });
    const [seen] = clients(stage, 1);
    stage.send(seen, get());
    stage.until(() => seen.ended);
    stage.until(() => seen.fate !== "", 6000);
    expect(seen.fate).toBe("reset");
    expect(stage.account().connections).toMatchObject({ open: 0, resetByBackend: 1, brokenOff: 0 });
  });

  test("to another port or address are refused, and counted", () => {
    const stage = new Stage({ port: 8002 });
    const seen = stage.open();
    stage.step(5);
    expect(seen.fate).toBe("refused");
    expect(stage.account().connections).toMatchObject({ opened: 0, refused: 0 });
  });
});

test("plans that make no sense are refused", () => {
  expect(() => new Stage({ address: "backend.example" })).toThrow(/no address/);
  expect(() => new Stage({ concurrency: 0 })).toThrow(/at least/);
});
