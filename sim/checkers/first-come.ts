/**
 * Bounded waiting: where several processes receive from one endpoint, nobody who waits there is passed over more often than
 * there are others. Whoever is served first in, first out, is passed over once by each at most.
 */

import { KernelState, ProcessRecord } from "../../kernel/process.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker } from "./checker.ts";
import { KernelView } from "./kernel-view.ts";
import { remembering } from "./remembering.ts";

export const firstCome: Checker = Object.freeze<Checker>({
  name: "first-come",
  law: "of those who wait at one endpoint nobody is passed over more often than there are others",
  fits: ({ machine }) => Object.values(machine.manifest.processes).some(({ receives }) => Object.keys(receives ?? {}).length > 0),
  begin: ({ world, fail }) => {
    const view = new KernelView(world.machine);
    /** By process: messages that others were given while it has been waiting. */
    const state: { passed: number[] } = { passed: view.processNames.map(() => 0) };
    return remembering(state, {
      probe: (kind, process, endpoint) => {
        if (kind === KernelTrace.dispatch) state.passed[process] = 0;
        if (kind !== KernelTrace.sendFast) return;
        const receivers = view.receivers(endpoint);
        const waiting = receivers & KernelState.receivingProcesses.get(view.ram, view.state);
        for (let rest = waiting; rest !== 0; rest &= rest - 1) {
          const one = 31 - Math.clz32(rest & -rest);
          const passed = (state.passed[one] = state.passed[one]! + 1);
          if (passed > others(receivers)) fail(`process ${view.processNames[one]}`, `it waits at ${view.endpointNames[endpoint]} and has been passed over ${passed} times; ${others(receivers)} others receive there (it is in state ${ProcessRecord.state.get(view.ram, view.process(one))})`);
        }
      },
    });
  },
});

function others(receivers: number): number {
  let count = -1;
  for (let rest = receivers; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
