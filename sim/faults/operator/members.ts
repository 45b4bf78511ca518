/** What the faults about members of the configuration have in common: whom they may strike, and for how long. */

import type { World } from "../../world.ts";
import type { Act, Draw, FaultParameter, Values } from "../fault.ts";
import { membersOf } from "./operations.ts";

/** Nothing lasts longer. */
export const LASTS_TICKS_MAX = 2000;

const lasts = (value: number, help: string): FaultParameter => Object.freeze({ value, unit: "ticks", least: 1, most: LASTS_TICKS_MAX, help });

export const lastingParameters = Object.freeze({
  leastTicks: lasts(20, "after so many ticks at least it is put right again"),
  mostTicks: lasts(120, "and so many at most"),
});

export function lastingTicks({ leastTicks, mostTicks }: Values, draw: Draw): number {
  return leastTicks + draw(0, Math.max(1, mostTicks - leastTicks + 1));
}

/** One thing is done to a member, and after as many ticks as are answered others that put it right again, in this order. */
export function memberAct(done: number, mended: readonly number[]): Act {
  return Object.freeze<Act>({
    entities: memberNumbers,
    answers: () => LASTS_TICKS_MAX + 1,
    perform: (world, member) => world.disturbance?.desk.begin(done, member),
    lastsTicks: (answer) => answer,
    mend: (world, member) => {
      for (const operation of mended) world.disturbance?.desk.mend(operation, member);
    },
  });
}

export function memberNumbers(world: World): readonly number[] {
  return world.mailbox === "" ? [] : membersOf(world).map((_, number) => number);
}
