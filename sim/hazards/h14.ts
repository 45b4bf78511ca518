/**
 * H14: one number for everything. Upstream's synchronous call uses process ids, endpoint ids and raw token numbers as if
 * they were one id space: a caller that is woken fetches "its" message from the endpoint whose number is its own process id,
 * whoever that endpoint belongs to. Here the part that answers a waiting caller is replaced: if anything plain lies in the
 * endpoint of that number, the caller gets that.
 */

import type { Address } from "../../hal/field.ts";
import { EndpointRecord, QueueSlot, copySmall, dequeue, front } from "../../kernel/endpoint.ts";
import { Errno } from "../../kernel/errno.ts";
import { answer } from "../../kernel/ipc/outcome.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { MessageFlag, SmallMessage } from "../../kernel/message.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { givenOnce } from "../checkers/given-once.ts";
import { acting, actorWorld, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

const LADEN = MessageFlag.hasCapability | MessageFlag.movesBuffer;

/** True if the next message of the endpoint with this number is nothing but its 48 bytes. */
function hasPlain({ ram, endpoints }: Kernel, endpoint: number): boolean {
  if (endpoint >= endpoints.count || EndpointRecord.count.get(ram, endpoints.at(endpoint)) === 0) return false;
  return (SmallMessage.flags.get(ram, QueueSlot.message.at(front(ram, endpoints.at(endpoint)))) & LADEN) === 0;
}

/** The caller's process number is taken for that of an endpoint. */
function answerFromOwnNumber(kernel: Kernel, caller: number, status: number, data0: number, data1: number, data2: number, data3: number): void {
  const { ram } = kernel;
  const endpoint = caller;
  if (!hasPlain(kernel, endpoint)) return answer(kernel, caller, status, data0, data1, data2, data3);
  const record = kernel.endpoints.at(endpoint);
  const slot = dequeue(ram, kernel.state, record, 1 << endpoint);
  EndpointRecord.received.add(ram, record, 1);
  answer(kernel, caller, Errno.ok, 0, 0, 0, 0);
  const registers: Address<"SmallMessage"> = ProcessRecord.registers.at(kernel.processes.at(caller));
  copySmall(ram, registers, QueueSlot.message.at(slot));
  SmallMessage.opcode.set(ram, registers, Errno.ok);
  SmallMessage.flags.set(ram, registers, MessageFlag.isReply);
}

export const h14: Hazard = Object.freeze<Hazard>({
  id: "H14",
  place: "ipc/sync call",
  reach: "live",
  ran: true,
  does: "process ids, endpoint ids and raw token numbers are used as one id space",
  seen: "a caller receives another process's message",
  invariant: "isolation between endpoints",
  chosenBy: "kernel seam answerCall: how a caller that waits gets its answer",
  note: "Messages that carry a capability or a buffer are left where they are.",
  breaks: "given-once",
  variant: kernelVariant("H14", { answerCall: answerFromOwnNumber }),
  scenario: Object.freeze<HazardScenario>({
    text: "Alice is process 0. Endpoint 0 is Dora's, who sleeps. At tick 2 Eve writes to Dora; at tick 3 Alice calls Bob.",
    checkers: Object.freeze([givenOnce]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting([[3, (context) => context.call(context.needs["bob"], 1, 20)]], { needs: { bob: to("bob.inbox") } }),
          dora: { receives: ["inbox"], handle: ({ delivery }, context) => delivery === Delivery.start && context.sleep(10) },
          bob: { receives: ["inbox"], handle: ({ delivery, data0 }, context) => delivery === Delivery.message && context.reply(0, data0 + 1) },
          eve: acting([[2, (context) => context.send(context.needs["dora"], 9, 4711)]], { needs: { dora: to("dora.inbox") } }),
        },
        boot,
      ),
    play: (scene) => scene.pass(12),
  }),
});
