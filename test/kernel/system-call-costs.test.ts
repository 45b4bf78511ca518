/**
 * Goal: a call that is not refused costs what its row says. Method: a process makes each call once and looks at the clock
 * before and after. Whoever adds a call adds a probe: the table of probes does not compile without it.
 */

import { describe, expect, test } from "vitest";
import { Cost } from "../../kernel/costs.ts";
import { errnoName } from "../../kernel/errno.ts";
import type { Grant } from "../../kernel/service.ts";
import type { CallName, SystemCall } from "../../kernel/system-calls.ts";
import { SYSTEM_CALLS } from "../../kernel/system-calls.ts";
import type { Probe } from "./system-call-probes.ts";
import { place, played, PROBES } from "./system-call-probes.ts";

/** What leaves when the handler has returned is charged then. */
const LATER: readonly CallName[] = ["call", "callMessage", "callLarge", "callCapability", "sendWait", "sendWaitMessage"];

function measured(probe: Probe): { readonly cycles: number; readonly result: number } {
  const { cycles, result, runs, fault } = played(probe);
  expect([runs, fault]).toEqual([1, null]);
  return { cycles, result };
}

/** What the row says for this probe: a receiver waits, so that messages go fast. */
function stated({ name, cost, more }: SystemCall, { times = 1 }: Probe): number {
  if (LATER.includes(name)) return 0;
  const base = Cost[cost[0]!];
  if (more?.cost === undefined || /checksum|copy-on-write/.test(more.when)) return base;
  return base + Cost[more.cost] * times;
}

describe("what a call costs", () => {
  test.each(SYSTEM_CALLS.map((call) => [call.name, call] as const))("%s", (name, call) => {
    const probe = PROBES[name];
    const { cycles, result } = measured(probe);
    expect(result, errnoName(result)).toBeGreaterThanOrEqual(0);
    expect(cycles).toBe(stated(call, probe));
  });

  test("a refused one costs the check as well", () => {
    expect(measured({ run: (c) => c.timerStart(c.needs.ticks, 0, 0, 1) })).toEqual({ cycles: Cost.timerStart + Cost.refused, result: -17 });
    expect(measured({ run: (c) => c.send(place(c, "nothing") as Grant<"endpoint">, 1) })).toEqual({ cycles: Cost.refused, result: -1 });
  });

  test("a message that finds nobody waiting is queued, for the other price", () => {
    for (const name of ["send", "sendMessage", "sendLarge", "sendCapability", "regionShare"] as const) {
      const { cost, more } = SYSTEM_CALLS.find((call) => call.name === name)!;
      const probe = PROBES[name];
      const second = measured({ before: (c) => (c.send(c.needs.peer, 1), probe.before?.(c) ?? 0), run: (c, prepared) => probe.run(c, prepared) });
      expect([name, second.cycles]).toEqual([name, Cost[cost[1]!] + (more?.cost !== undefined && more.when === "" ? Cost[more.cost] : 0)]);
    }
  });

  test("a checksum costs its base and a cycle for each 8 bytes", () => {
    const bytes = 512;
    const { cycles, result } = measured({ run: (c) => c.sendLarge(c.needs.peer, 1, c.needs.region, 0, bytes, 1) });
    expect([cycles, result]).toEqual([Cost.checksum + bytes / 8 + Cost.refused, -10]);
  });
});
