import { describe, expect, test } from "vitest";
import { queryGroups } from "../../../../sim/balancer.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import type { BackendEvent, BackendPlan } from "../../../../sim/scenario/plan.ts";
import { Town } from "./machine.ts";
import { planned } from "./stage.ts";

const ALL = 1_000_000;

function backend(number: number, events: readonly BackendEvent[] = [], more: Partial<BackendPlan> = {}): BackendPlan {
  return { ...planned, address: `10.3.0.${number}`, port: 8000 + number, serviceTicks: constantly(2), events, ...more };
}

function configuration(count: number, health: string): string {
  const members = Array.from({ length: count }, (_, i) => `member=g:10.3.0.${i + 1}:${8001 + i}\n`).join("");
  return `semantics=strict\nrate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:roundrobin\n${members}default=g\n${health === "" ? "" : `health=g:${health}\n`}`;
}

function healthy(town: Town): boolean[] {
  return queryGroups(town.world).groups[0].backends.map((one) => one.healthy);
}

/** Tick at which what is said of the backends is this. */
function tickOf(town: Town, wanted: readonly boolean[], ticks = 3000): number {
  const end = town.tick + ticks;
  while (town.tick < end) {
    if (healthy(town).every((one, i) => one === wanted[i])) return town.tick;
    town.run(1);
  }
  throw new Error(`not within ${ticks} ticks: ${healthy(town)}`);
}

test("every backend is asked as often as its group says, and answers keep it in service", () => {
  const town = new Town([backend(1), backend(2)], configuration(2, "100:50:0"));
  town.run(1050);
  expect(healthy(town)).toEqual([true, true]);
  for (const account of town.accounts()) {
    expect(account.probes).toBe(11);
    expect(account).toMatchObject({ requests: 11, answers: { ok: 11 }, connections: { opened: 11, closed: 11, open: 0, brokenOff: 0, resetByPeer: 0 } });
  }
});

test("nobody is asked where no group says so", () => {
  const town = new Town([backend(1)], configuration(1, ""));
  town.run(1000);
  expect(town.accounts()[0].connections.opened).toBe(0);
});

describe("a backend is noticed", () => {
  const kinds: readonly (readonly [string, BackendEvent["kind"], number])[] = [["that is down", "down", 0], ["that is silent", "silent", 0], ["that answers errors", "errors", ALL], ["that is too slow", "slow", 5000]];

  test.each(kinds)("%s, and taken back when it is well again", (_name, kind, value) => {
    const events: BackendEvent[] = [{ tick: 1020, kind, value }, { tick: 3020, kind: "up", value: 0 }];
    const town = new Town([backend(1), backend(2, events)], configuration(2, "100:50:0:2:3"));
    const down = tickOf(town, [true, false]);
    // Three in a row, 100 ticks apart, the last of which may take 50 to fail.
    expect(down - 1020).toBeGreaterThan(200);
    expect(down - 1020).toBeLessThanOrEqual(100 + 200 + 50 + 2);
    const before = town.accounts()[1].requests - town.accounts()[1].probes;
    for (let i = 0; i < 10; i++) expect(town.ask()).toBe(200);
    expect(town.accounts()[1].requests - town.accounts()[1].probes).toBe(before);
    const up = tickOf(town, [true, true]);
    expect(up - 3020).toBeGreaterThan(100);
    expect(up - 3020).toBeLessThanOrEqual(100 + 100 + 50 + 2);
    for (let i = 0; i < 10; i++) expect(town.ask()).toBe(200);
    expect(town.accounts()[1].requests - town.accounts()[1].probes).toBe(before + 5);
  });
});
