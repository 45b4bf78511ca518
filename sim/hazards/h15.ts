/**
 * H15: last in, first out. Upstream's channel keeps those who wait to receive on a stack: whoever came last is woken first,
 * and may find that somebody else has taken the message meanwhile. Here the part that picks the receiver is replaced: of
 * those who wait, the one who began to wait last.
 */

import { EndpointRecord } from "../../kernel/endpoint.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { KernelState, NONE, ProcessRecord } from "../../kernel/process.ts";
import { firstCome } from "../checkers/first-come.ts";
import { acting, actorWorld, listener, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function lastToCome({ ram, state, endpoints, processes }: Kernel, endpoint: number): number {
  const waiting = EndpointRecord.receivers.get(ram, endpoints.at(endpoint)) & KernelState.receivingProcesses.get(ram, state);
  let last = NONE;
  for (let process = 0; process < processes.count; process++) {
    if (((waiting >> process) & 1) === 0) continue;
    const sequence = ProcessRecord.sequence.get(ram, processes.at(process));
    if (last === NONE || ((sequence - ProcessRecord.sequence.get(ram, processes.at(last))) | 0) > 0) last = process;
  }
  return last;
}

export const h15: Hazard = Object.freeze<Hazard>({
  id: "H15",
  place: "ipc/channel",
  reach: "latent",
  ran: false,
  does: "waiting receivers are served last-in first-out, and a woken one can find the message taken",
  seen: "an early receiver starves under load",
  invariant: "bounded waiting",
  chosenBy: "kernel seam receiver: which process takes the next message to an endpoint",
  note: "Our channels never let anybody wait: the stack is that of an endpoint which three processes share.",
  breaks: "first-come",
  variant: kernelVariant("H15", { receiver: lastToCome }),
  scenario: Object.freeze<HazardScenario>({
    text: "Three clerks wait at one desk, in the order of their names. The boss has a job for them at each tick.",
    checkers: Object.freeze([firstCome]),
    stage: (_part, boot) =>
      actorWorld(
        {
          anna: listener(["desk"]),
          ben: listener(["desk"], { shares: { desk: "anna.desk" } }),
          carl: listener(["desk"], { shares: { desk: "anna.desk" } }),
          boss: acting([2, 3, 4, 5, 6, 7].map((tick) => [tick, (context) => context.send(context.needs["desk"], tick)]), { needs: { desk: to("anna.desk") } }),
        },
        boot,
      ),
    play: (scene) => scene.pass(8),
  }),
});
