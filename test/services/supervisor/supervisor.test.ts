import { describe, expect, test } from "vitest";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { boot } from "../../../kernel/boot.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { ProcessLine } from "../../../kernel/manifest.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import type { SupervisionRule } from "../../../services/supervisor/api.ts";
import { Supervised, SupervisedPhase } from "../../../services/supervisor/api.ts";
import { delayAfter, supervisor } from "../../../services/supervisor/supervisor.ts";
import { processesOnly } from "../../kernel/bench-services.ts";

const RULE: SupervisionRule = { restart: "always", delayTicks: 1, delayTicksMax: 8, restartsMax: 3, windowTicks: 100 };

/** Ends `lifeTicks` after each start: by itself, or by an exception. */
function mortal(lifeTicks: number, how: "exit" | "fault", lives = Infinity): ProcessLine {
  const made = service({
    name: "mortal",
    state: layout("MortalState", { unused: u32 }),
    needs: { ticks: "timer" },
    handle: (message, context) => {
      if (message.delivery === Delivery.start && context.generation < lives) context.timerStart(context.needs.ticks, lifeTicks, 0, 1);
      else if (message.delivery === Delivery.notification && how === "fault") throw new Error("at its time");
      else if (message.delivery === Delivery.notification) context.exit();
    },
  });
  return { service: made as never, priority: "userNormal", arenaBytes: 512, grants: { ticks: "ticks" } };
}

function machineWith(rules: Readonly<Record<string, SupervisionRule>>, mortals: Readonly<Record<string, ProcessLine>>, arenaBytes = 2048): Machine {
  const names = Object.keys(mortals);
  const line: ProcessLine = {
    service: supervisor(names) as never,
    priority: "systemHigh",
    arenaBytes,
    grants: { ticks: "ticks", ...Object.fromEntries(names.map((name) => [name, name])) },
    parameters: { rules },
  };
  return boot(processesOnly({ ...mortals, supervisor: line }));
}

function seen(machine: Machine, index = 0): Record<string, number> {
  const { supervisedAt } = machine.inspect("state.supervisor") as Record<string, number>;
  const at = (machine.parts.find(({ name }) => name === "arena.supervisor")!.base + supervisedAt! + index * Supervised.size) as never;
  return Object.fromEntries((["phase", "endedCode", "restarts", "ends", "recent", "delayTicks"] as const).map((name) => [name, Supervised[name].get(machine.ram, at)]));
}

const restartsOf = (machine: Machine, index = 0): number => machine.report().processes[index]!.restarts;

describe("the rule decides", () => {
  test.each([
    ["always", "exit", 1],
    ["always", "fault", 1],
    ["onFault", "exit", 0],
    ["onFault", "fault", 1],
    ["never", "exit", 0],
    ["never", "fault", 0],
  ] as const)("%s, after an end by %s: %i restart", (restart, how, times) => {
    const machine = machineWith({ one: { ...RULE, restart } }, { one: mortal(3, how, 1) });
    machine.runUntilTick(50);
    expect(restartsOf(machine)).toBe(times);
    expect(seen(machine)).toMatchObject({ ends: 1, restarts: times, endedCode: how === "exit" ? 0 : FaultCode.exception, phase: times === 1 ? SupervisedPhase.up : SupervisedPhase.down });
    expect(machine.inspect("state.supervisor")).toMatchObject({ restarts: times, givenUp: 0, leftDown: 1 - times });
    expect(machine.report().processes[0]).toMatchObject({ state: times === 1 ? "blocked" : "dead" });
    expect(checkInvariants(machine)).toEqual([]);
  });

  test("each process has its own", () => {
    const machine = machineWith({ one: RULE, two: { ...RULE, restart: "never" } }, { one: mortal(3, "exit", 1), two: mortal(3, "exit", 1) });
    machine.runUntilTick(50);
    expect([0, 1].map((index) => restartsOf(machine, index))).toEqual([1, 0]);
    expect([0, 1].map((index) => seen(machine, index).phase)).toEqual([SupervisedPhase.up, SupervisedPhase.down]);
  });
});

test.each([
  [[0, 1, 2, 3, 4, 9], { ...RULE, delayTicks: 1, delayTicksMax: 8 }, [1, 2, 4, 8, 8, 8]],
  [[0, 1, 2, 3], { ...RULE, delayTicks: 0, delayTicksMax: 4 }, [0, 1, 2, 4]],
  [[0, 1], { ...RULE, delayTicks: 0, delayTicksMax: 0 }, [0, 0]],
  [[0, 1, 2], { ...RULE, delayTicks: 3, delayTicksMax: 7 }, [3, 6, 7]],
])("after %j restarts the delay doubles, up to its most", (recent, rule, delays) => {
  expect(recent.map((times) => delayAfter(rule, times))).toEqual(delays);
});

test("restarts come at their ticks: after 1, 2 and 4; the fourth end within the window is the last", () => {
  const machine = machineWith({ one: RULE }, { one: mortal(10, "fault") });
  const restarts: number[] = [];
  while (machine.tick() < 200) {
    const before = restartsOf(machine);
    machine.step();
    if (restartsOf(machine) > before) restarts.push(machine.tick());
  }
  expect(restarts).toEqual([11, 23, 37]);
  expect(seen(machine)).toMatchObject({ ends: 4, restarts: 3, phase: SupervisedPhase.givenUp, recent: 3 });
  expect(machine.inspect("state.supervisor")).toMatchObject({ givenUp: 1 });
  expect(machine.report().processes[0]).toMatchObject({ state: "dead" });
  expect(machine.runUntilQuiet(machine.tick() + 2)).toBe(true);
});

test("restarts that lie behind the window count no more: who dies rarely is never given up, and waits the shortest time", () => {
  const machine = machineWith({ one: { ...RULE, windowTicks: 50 } }, { one: mortal(60, "fault") });
  machine.runUntilTick(2000);
  expect(restartsOf(machine)).toBeGreaterThan(30);
  expect(seen(machine)).toMatchObject({ delayTicks: 1 });
  expect(machine.inspect("state.supervisor")).toMatchObject({ givenUp: 0 });
});

test("no restart is allowed at all: given up at the first end", () => {
  const machine = machineWith({ one: { ...RULE, restartsMax: 0 } }, { one: mortal(3, "fault") });
  machine.runUntilTick(20);
  expect(seen(machine)).toMatchObject({ phase: SupervisedPhase.givenUp, restarts: 0 });
});

test.each([
  ["a rule is missing", {}],
  ["it has an unknown policy", { one: { ...RULE, restart: "sometimes" as never } }],
  ["its most is less than its delay", { one: { ...RULE, delayTicks: 9 } }],
  ["its window is empty", { one: { ...RULE, windowTicks: 0 } }],
])("a supervisor ends at its start when %s", (_what, rules) => {
  const machine = machineWith(rules, { one: mortal(3, "fault") });
  machine.runUntilTick(5);
  expect(machine.inspect("state.supervisor")).toMatchObject({ startStatus: -17 });
  expect(machine.report().processes[1]).toMatchObject({ state: "dead" });
});

test("and when its memory does not hold its records", () => {
  const machine = machineWith({ one: { ...RULE, restartsMax: 60 } }, { one: mortal(3, "fault") }, 512);
  machine.runUntilTick(5);
  expect(machine.inspect("state.supervisor")).toMatchObject({ startStatus: -5 });
});

test("a supervisor that dies is restarted by nobody, and what ends then stays down", () => {
  const machine = machineWith({}, { one: mortal(8, "fault") });
  machine.runUntilTick(50);
  expect(restartsOf(machine)).toBe(0);
  expect(machine.report().processes.map(({ state }) => state)).toEqual(["zombie", "dead"]);
});
