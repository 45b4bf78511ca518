import { expect, test } from "vitest";
import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import { u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { boot } from "../../kernel/boot.ts";
import { Cost } from "../../kernel/costs.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { processesOnly } from "./bench-services.ts";

const looker = service({
  name: "looker",
  state: layout("LookerState", { first: u64, second: u64, afterCancel: u64, rangCycle: u64, rangTick: u32, reserved: u32 }),
  needs: { ticks: "timer" },
  handle(message, context) {
    const { state, needs: { ticks } } = context;
    if (message.delivery === Delivery.start) {
      context.timerStart(ticks, 3, 0, 1);
      state.first = context.uptimeCycles();
      state.second = context.uptimeCycles();
      context.timerCancel(ticks, 0);
      state.afterCancel = context.uptimeCycles();
    } else if (message.delivery === Delivery.notification) {
      state.rangCycle = context.uptimeCycles();
      state.rangTick = context.uptimeTicks();
    }
  },
});

test("the clock in cycles: a look costs what the table says, and so does what lies between two looks", () => {
  const machine = boot(processesOnly({ looker: { service: looker, priority: "userNormal", arenaBytes: 512, grants: { ticks: "ticks" } } }));
  machine.runUntilTick(5);
  const { first, second, afterCancel, rangCycle, rangTick } = machine.inspect("state.looker") as Record<string, number>;
  expect(first).toBeGreaterThan(0);
  expect([second - first, afterCancel - second]).toEqual([Cost.uptimeCycles, Cost.timerCancel + Cost.uptimeCycles]);
  expect([rangTick, Math.floor(rangCycle / CYCLES_PER_TICK)]).toEqual([3, 3]);
});
