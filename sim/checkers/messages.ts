/**
 * Messages arrive as they were sent, each once, urgent ones first and otherwise in the order of sending. The watch keeps its
 * own queues: what lies in a receiver's registers or behind a queue's end when the trace says "sent" is what the receiver must
 * find when it runs. The capability word is left out: a right has another token with its new holder.
 */

import type { Address } from "../../hal/field.ts";
import { EndpointRecord, QueueSlot, slotAt } from "../../kernel/endpoint.ts";
import type { EndpointAddress } from "../../kernel/endpoint.ts";
import { MessageFlag, SmallMessage } from "../../kernel/message.ts";
import { KernelState, Loaded, NONE, ProcessRecord } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { World } from "../world.ts";
import type { Checker } from "./checker.ts";
import { partOf } from "./places.ts";
import { remembering } from "./remembering.ts";

/** A message's words behind its capability, and how it queues. */
interface Sent {
  readonly words: readonly number[];
  readonly urgent: boolean;
  /** It may have been put before the others. */
  readonly unordered: boolean;
}

interface Remembered {
  /** By endpoint. */
  readonly queues: Map<number, Sent[]>;
  /** By process: what was put into its registers. */
  readonly registers: Map<number, Sent>;
}

const WORDS_FIRST = 2;
const WORDS = SmallMessage.size >> 2;
/** Among those words. */
const FLAGS = (SmallMessage.flags.offset >> 2) - WORDS_FIRST;
const LOST_FLAGS = MessageFlag.movesBuffer | MessageFlag.hasCapability;

export const messages: Checker = Object.freeze<Checker>({
  name: "messages",
  law: "each message arrives once, as it was sent, urgent ones first and the others in order",
  fits: () => true,
  begin: ({ world, fail }) => {
    const state: Remembered = { queues: new Map(), registers: new Map() };
    const look = new Look(world);
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        if (kind === KernelTrace.sendFast) for (const receiver of look.loadedThrough(argument0)) state.registers.set(receiver, look.registers(receiver));
        else if (kind === KernelTrace.sendQueued) pushed(state, argument0, look.newest(argument0));
        else if (kind === KernelTrace.closed) state.queues.delete(argument0);
        else if (kind === KernelTrace.fault || kind === KernelTrace.exit) state.registers.delete(process);
        else if (kind === KernelTrace.dispatch && argument0 === Delivery.message) {
          const wrong = taken(state, process, look.endpoint(process), look.registers(process));
          if (wrong !== "") fail(`process ${world.machine.processNames[process]}`, `${wrong} (opcode ${argument1})`);
        }
      },
    });
  },
});

function pushed({ queues }: Remembered, endpoint: number, sent: Sent | null): void {
  const queue = queues.get(endpoint) ?? [];
  if (sent !== null) queue.push(sent);
  queues.set(endpoint, queue);
}

/** What is wrong with the message that the process is given now; "" if nothing is. */
function taken({ queues, registers }: Remembered, process: number, endpoint: number, found: Sent): string {
  const expected = registers.get(process);
  if (expected !== undefined) {
    registers.delete(process);
    return same(expected, found) ? "" : "it is given another message than the one that was put into its registers";
  }
  const queue = queues.get(endpoint) ?? [];
  const first = queue.findIndex(({ urgent }) => urgent);
  const candidates = first >= 0 ? [first] : [0, ...queue.flatMap(({ unordered }, at) => (unordered && at > 0 ? [at] : []))];
  const at = candidates.find((candidate) => candidate < queue.length && same(queue[candidate], found));
  if (at !== undefined) {
    queue.splice(at, 1);
    return "";
  }
  if (queue.some((sent) => same(sent, found))) return "it is given a message before its turn";
  return "it is given a message that nobody sent so, or that it had before";
}

/** What is laden with something loses it, and says so no more, when its sender ends on the way. */
function same(one: Sent, other: Sent): boolean {
  return one.words.every((word, index) => word === other.words[index] || (index === FLAGS && ((word ^ other.words[index]) & ~LOST_FLAGS) === 0));
}

/** Reads processes and endpoints of a machine. */
class Look {
  readonly #world: World;
  readonly #processes: number;
  readonly #endpoints: number;

  constructor(world: World) {
    this.#world = world;
    this.#processes = partOf(world.machine, "processes")?.base ?? 0;
    this.#endpoints = partOf(world.machine, "endpoints")?.base ?? 0;
  }

  registers(process: number): Sent {
    return this.#sent(ProcessRecord.registers.at(this.#process(process)));
  }

  endpoint(process: number): number {
    return ProcessRecord.loadedEndpoint.get(this.#world.machine.ram, this.#process(process));
  }

  /** Receivers of the endpoint that have just been given something by it. */
  loadedThrough(endpoint: number): number[] {
    const { ram, processNames, kernelState } = this.#world.machine;
    const receivers = EndpointRecord.receivers.get(ram, this.#endpoint(endpoint));
    const ready = KernelState.readyProcesses.get(ram, kernelState);
    return processNames.flatMap((_, process) => ((receivers & ready) >> process) & 1 ? [process] : []).filter((process) => this.endpoint(process) === endpoint && ProcessRecord.loaded.get(ram, this.#process(process)) === Loaded.message);
  }

  /** The message that was queued last; null if it is gone again. */
  newest(endpoint: number): Sent | null {
    const { ram, kernelState } = this.#world.machine;
    const record = this.#endpoint(endpoint);
    const sequence = (KernelState.nextSequence.get(ram, kernelState) - 1) | 0;
    for (const end of [EndpointRecord.urgentTail, EndpointRecord.tail, EndpointRecord.head]) {
      const index = end.get(ram, record);
      if (index === NONE) continue;
      const slot = slotAt(ram, record, index);
      if (QueueSlot.sequence.get(ram, slot) === sequence) return this.#sent(QueueSlot.message.at(slot));
    }
    return null;
  }

  #process(process: number): ProcessAddress {
    return (this.#processes + process * ProcessRecord.size) as ProcessAddress;
  }

  #endpoint(endpoint: number): EndpointAddress {
    return (this.#endpoints + endpoint * EndpointRecord.size) as EndpointAddress;
  }

  #sent(at: number): Sent {
    const { ram } = this.#world.machine;
    const flags = SmallMessage.flags.get(ram, at as Address<"SmallMessage">);
    return { words: [...ram.i32.subarray((at >> 2) + WORDS_FIRST, (at >> 2) + WORDS)], urgent: (flags & MessageFlag.urgent) !== 0, unordered: (flags & MessageFlag.unordered) !== 0 };
  }
}
