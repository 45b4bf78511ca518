/** A small experiment of the tests' own: the tiny machine, few checkers, few frames. */

import { KernelState } from "../../../kernel/process.ts";
import { panic } from "../../../hal/assert.ts";
import type { AnyService, Message } from "../../../kernel/service.ts";
import { smallSurroundings } from "../../../sim/experiments/small.ts";
import type { Experiment } from "../../../sim/explore/experiment.ts";
import type { World } from "../../../sim/world.ts";

/** Frames are lost on the small traffic; what is given replaces it. */
export function ownExperiment(own: Partial<Experiment> = {}): Experiment {
  return {
    schema: 1,
    name: "own",
    summary: "a small experiment",
    surroundings: () => smallSurroundings(),
    faults: [{ fault: "wire.drop", parts: 50_000 }],
    troubleTicks: 60,
    recoveryTicks: 300,
    checks: ["invariants"],
    marks: ["wire.drop"],
    ...own,
  };
}

/** The world of a machine whose `process` says before each of its handlers whether this one ends the run by a panic. */
export function spoiled(process: string, breaks: (message: Message) => boolean): Experiment["surroundings"] {
  return () => {
    const made = smallSurroundings();
    const line = made.manifest.processes[process]!;
    const handle = line.service.handle as unknown as (message: Message, context: unknown) => void;
    const service = { ...line.service, handle: (message: Message, context: unknown) => {
      if (breaks(message)) panic("the planted fault");
      handle(message, context);
    } };
    return { ...made, manifest: { ...made.manifest, processes: { ...made.manifest.processes, [process]: { ...line, service: service as unknown as AnyService } } } };
  };
}

/** Whether that process is ready to run. */
export function isReady({ machine }: World, name: string): boolean {
  return ((KernelState.readyProcesses.get(machine.ram, machine.kernelState) >> machine.processNames.indexOf(name)) & 1) === 1;
}
