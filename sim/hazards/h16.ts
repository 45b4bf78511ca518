/**
 * H16: nothing received, successfully. Upstream's fast receive returns whatever lies in the registers: after a spurious
 * wake-up or a time-out that is an all-zero message, reported as success; a time-out as such is never reported; and a large
 * message comes out as a small one whose data are zero. Here two parts are replaced: what becomes of a receiver whose time
 * is up, and how a message is given to one that waits.
 */

import { NO_NEED } from "../../kernel/endpoint.ts";
import { Errno } from "../../kernel/errno.ts";
import { concludeReceive } from "../../kernel/ipc/outcome.ts";
import { give, load } from "../../kernel/ipc.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { MessageFlag, SMALL_MESSAGE_BYTES, SmallMessage } from "../../kernel/message.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import { makeReady } from "../../kernel/scheduler.ts";
import { Delivery } from "../../kernel/service.ts";
import { messages } from "../checkers/messages.ts";
import { actorWorld } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

/** A message of zeros, through the first endpoint that the process receives from; who has none is told that its time is up. */
function receiveNothing(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  const receives = ProcessRecord.receives.get(ram, record);
  if (receives === 0) return concludeReceive(kernel, process, Errno.timeout);
  ram.fill(ProcessRecord.registers.at(record), SMALL_MESSAGE_BYTES, 0);
  load(kernel, process, 31 - Math.clz32(receives & -receives), process, 0, NO_NEED);
  makeReady(kernel, process);
}

function giveSmall(kernel: Kernel, receiver: number, endpoint: number, sender: number, message: number, callSequence: number, need: number): void {
  const { ram } = kernel;
  give(kernel, receiver, endpoint, sender, message, callSequence, need);
  const registers = ProcessRecord.registers.at(kernel.processes.at(receiver));
  const flags = SmallMessage.flags.get(ram, registers);
  if ((flags & MessageFlag.large) === 0) return;
  SmallMessage.flags.set(ram, registers, flags & ~MessageFlag.large);
  ram.fill(registers + SmallMessage.data0.offset, SMALL_MESSAGE_BYTES - SmallMessage.data0.offset, 0);
}

export const h16: Hazard = Object.freeze<Hazard>({
  id: "H16",
  place: "ipc/fast_path receive",
  reach: "live",
  ran: true,
  does: "a spurious wake-up or time-out returns an all-zero message as success, time-outs are ignored, a large message arrives as a small one with its data zeroed",
  seen: "the service acts on a message nobody sent",
  invariant: "every received message was sent, as it was sent",
  chosenBy: "kernel seams receiveExpired and give: what a receiver finds when its time is up, and how a message is given to one that waits",
  note: "The limit of a call is the kernel's own.",
  breaks: "messages",
  variant: kernelVariant("H16", { receiveExpired: receiveNothing, give: giveSmall }),
  scenario: Object.freeze<HazardScenario>({
    text: "Bob waits for a message for at most 3 ticks. Nobody sends one.",
    checkers: Object.freeze([messages]),
    stage: (_part, boot) => actorWorld({ bob: { receives: ["inbox"], handle: ({ delivery }, context) => delivery === Delivery.start && context.waitAtMost(3) } }, boot),
    play: (scene) => scene.pass(5),
  }),
});
