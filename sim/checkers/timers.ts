/** Every armed timer fires at its tick, once, or is cancelled; none is forgotten on the wheel. */

import type { Address } from "../../hal/field.ts";
import { TimerRecord } from "../../kernel/timer-wheel.ts";
import type { Checker } from "./checker.ts";
import { partOf } from "./places.ts";

/** Ticks that pass at once, inside a handler or by a jump, are taken one by one afterwards; at rest all are taken. */
const LATE_TICKS = 200;
const REST_TICKS = 2;

export const timers: Checker = Object.freeze<Checker>({
  name: "timers",
  law: "every armed timer fires at its tick or is cancelled: none that is due stays on the wheel",
  fits: ({ machine }) => partOf(machine, "timers") !== undefined,
  begin: ({ world: { machine }, fail }) => {
    const table = partOf(machine, "timers")!;
    const check = (lateTicks: number): void => {
      const now = machine.tick();
      for (let index = 0; index < table.count; index++) {
        const at = (table.base + index * TimerRecord.size) as Address<"TimerRecord">;
        if (TimerRecord.serial.get(machine.ram, at) === 0) continue;
        const deadline = TimerRecord.deadlineTick.get(machine.ram, at);
        if (deadline < now - lateTicks) fail(`timer ${index}`, `it was due at tick ${deadline}, and is on the wheel at tick ${now}`);
      }
    };
    return {
      tick: () => check(LATE_TICKS),
      healed: () => check(REST_TICKS),
      keep: () => null,
      recall: () => {},
    };
  },
});
