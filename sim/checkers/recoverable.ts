/**
 * Whether a world can be expected to serve: why not, in words; nothing if it can. Whoever says that something is not served
 * asks this first. A machine whose supervisor died, or gave a process up as its rule says, was not promised to come back.
 */

import type { Address } from "../../hal/field.ts";
import { Supervised, SupervisedPhase } from "../../services/supervisor/api.ts";
import type { SupervisorParameters } from "../../services/supervisor/api.ts";
import { SupervisorState } from "../../services/supervisor/supervisor.ts";
import type { World } from "../world.ts";
import { isAlive, ownMemory, processNumber } from "./places.ts";

export function whyUnrecoverable({ machine }: World): readonly string[] {
  const supervisor = processNumber(machine, "supervisor");
  const dead = machine.processNames.filter((_, process) => !isAlive(machine, process));
  if (supervisor < 0 || !isAlive(machine, supervisor)) return dead.map((name) => `${name} has ended, and nobody restarts it`);
  const names = Object.keys((machine.manifest.processes["supervisor"].parameters as SupervisorParameters).rules);
  const own = ownMemory(machine, "supervisor");
  if (own === null) return [];
  const first = SupervisorState.supervisedAt.get(own.memory, own.state as Address<"SupervisorState">);
  return names.flatMap((name, index) => {
    const phase = Supervised.phase.get(own.memory, (first + index * Supervised.size) as Address<"Supervised">);
    if (phase === SupervisedPhase.givenUp) return [`${name} has ended too often, and is given up`];
    return phase === SupervisedPhase.down && dead.includes(name) ? [`${name} has ended, and stays down as its rule says`] : [];
  });
}
