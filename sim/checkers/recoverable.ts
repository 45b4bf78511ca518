/**
 * Whether a world can be expected to serve: why not, in words; nothing if it can. Whoever says that something is not served
 * asks this first. A machine whose supervisor died, or gave a process up as its rule says, was not promised to come back.
 */

import type { Address } from "../../hal/field.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";
import { Supervised, SupervisedPhase } from "../../services/supervisor/api.ts";
import type { SupervisorParameters } from "../../services/supervisor/api.ts";
import { SupervisorState } from "../../services/supervisor/supervisor.ts";
import type { World } from "../world.ts";
import { isAlive, ownMemory, partOf, processNumber } from "./places.ts";

export function whyUnrecoverable({ machine }: World): readonly string[] {
  const supervisor = processNumber(machine, "supervisor");
  const dead = machine.processNames.filter((_, process) => !isAlive(machine, process));
  if (supervisor < 0 || !isAlive(machine, supervisor)) return dead.map((name) => `${name} has ended, and nobody restarts it`);
  const { rules } = machine.manifest.processes["supervisor"].parameters as SupervisorParameters;
  const own = ownMemory(machine, "supervisor");
  if (own === null) return [];
  const first = SupervisorState.supervisedAt.get(own.memory, own.state as Address<"SupervisorState">);
  return Object.entries(rules).flatMap(([name, rule], index) => {
    const supervised = (first + index * Supervised.size) as Address<"Supervised">;
    const phase = Supervised.phase.get(own.memory, supervised);
    // A supervisor that gives up before its rule says so has no excuse.
    if (phase === SupervisedPhase.givenUp && restartsOf(machine, name) >= rule.restartsMax) return [`${name} has ended too often, and is given up`];
    const mayStay = rule.restart === "never" || (rule.restart === "onFault" && Supervised.endedCode.get(own.memory, supervised) === 0);
    return phase === SupervisedPhase.down && mayStay && dead.includes(name) ? [`${name} has ended, and stays down as its rule says`] : [];
  });
}

function restartsOf(machine: World["machine"], name: string): number {
  const processes = partOf(machine, "processes");
  if (processes === undefined) return 0;
  return ProcessRecord.generation.get(machine.ram, (processes.base + processNumber(machine, name) * ProcessRecord.size) as ProcessAddress);
}
