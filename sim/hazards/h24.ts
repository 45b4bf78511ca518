/**
 * H24: blocked is blocked. Upstream's fast send asks only whether the target is blocked, not what it waits for, and puts the
 * message into its registers. A process that waits for the answer to a call is given something else, and the answer finds
 * nobody. Here the part that picks the receiver is replaced.
 */

import { EndpointRecord } from "../../kernel/endpoint.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { NONE, ProcessRecord, ProcessState } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { acting, actorWorld, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function anyBlocked({ ram, endpoints, processes }: Kernel, endpoint: number): number {
  const receivers = EndpointRecord.receivers.get(ram, endpoints.at(endpoint));
  for (let process = 0; process < processes.count; process++) {
    if (((receivers >> process) & 1) === 1 && ProcessRecord.state.get(ram, processes.at(process)) === ProcessState.blocked) return process;
  }
  return NONE;
}

export const h24: Hazard = Object.freeze<Hazard>({
  id: "H24",
  place: "ipc/fast_path send",
  reach: "live",
  ran: true,
  does: "tests only that the target is blocked, not what it waits for",
  seen: "a message lands in the registers of a process that waits for something else (a lock, another endpoint)",
  invariant: "isolation between waits",
  chosenBy: "kernel seam receiver: which process takes the next message to an endpoint",
  note: "",
  breaks: "waits-isolated",
  variant: kernelVariant("H24", { receiver: anyBlocked }),
  scenario: Object.freeze<HazardScenario>({
    text: "At tick 2 Carol calls Dave, who sleeps until tick 8: she waits for his answer. At tick 4 Alice writes to Carol.",
    checkers: Object.freeze([]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting([[4, (context) => context.send(context.needs["carol"], 5)]], { needs: { carol: to("carol.inbox") } }),
          carol: acting([[2, (context) => context.call(context.needs["dave"], 1)]], { receives: ["inbox"], needs: { dave: to("dave.inbox") } }),
          dave: {
            receives: ["inbox"],
            handle: ({ delivery }, context) => {
              if (delivery === Delivery.start) context.sleep(8);
              else if (delivery === Delivery.message) context.reply(0, 1);
            },
          },
        },
        boot,
      ),
    play: (scene) => scene.pass(10),
  }),
});
