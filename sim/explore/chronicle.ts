/**
 * What happens in a run, event by event, and what led to what: a handler to the message that it was run for, a message to
 * the handler that sent it. It is a watch that reads trace records and the kernel's tables; the last so many events are kept.
 */

import type { Address } from "../../hal/field.ts";
import { HalTrace, NO_PROCESS } from "../../hal/trace.ts";
import { EndpointRecord, QueueSlot } from "../../kernel/endpoint.ts";
import type { KernelTables } from "../../kernel/invariants/tables.ts";
import { tablesOf } from "../../kernel/invariants/tables.ts";
import { SMALL_MESSAGE_BYTES, SmallMessage } from "../../kernel/message.ts";
import { KernelState, Loaded, ProcessRecord } from "../../kernel/process.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Watch } from "../checkers/checker.ts";
import type { World } from "../world.ts";

/** What came with a message or a reply. */
export interface EventMessage {
  /** Endpoint that it came through; -1 for a reply. */
  readonly endpoint: number;
  readonly opcode: number;
  /** Four data words, as text. */
  readonly data: readonly string[];
}

export interface ChronicleEvent {
  /** Its place among all events since the watch began. */
  readonly index: number;
  /** The step in which it happened, counted from 1. */
  readonly step: number;
  readonly cycle: number;
  readonly tick: number;
  /** One of HalTrace, KernelTrace, or a service's own. */
  readonly kind: number;
  /** Number of the process that ran; -1 if none did. */
  readonly process: number;
  readonly argument0: number;
  readonly argument1: number;
  /** Index of the event that began the handler it happened in; its own for such an event; -1 outside of handlers. */
  readonly handler: number;
  /** For the beginning of a handler: index of the event that it was run for; -1 where that is not known. */
  readonly cause: number;
  /** For the beginning of a handler that takes a message or a reply. */
  readonly message: EventMessage | null;
}

export const CHRONICLE_EVENTS_MAX = 200_000;
/** More messages than all queues together hold: those before were dropped with their queues. */
const QUEUED_MAX = 10_000;
const NONE = -1;

export class Chronicle implements Watch {
  readonly #world: World;
  readonly #tables: KernelTables;
  readonly #eventsMax: number;
  readonly #told: ((event: ChronicleEvent) => void) | null;
  #events: ChronicleEvent[] = [];
  #dropped = 0;
  #step: number;
  #handler = NONE;
  /** By process: the event that its registers, a reply, or its notification bits came by; and by sequence of a queue's slot. */
  readonly #loaded = new Map<number, number>();
  readonly #replied = new Map<number, number>();
  readonly #notified = new Map<number, number>();
  readonly #queued = new Map<number, number>();
  #lastEnd = NONE;
  #lastRestart = NONE;

  /** `position`: how many steps are done when it begins to watch. `told` hears each event at once. */
  constructor(world: World, position: number, eventsMax = CHRONICLE_EVENTS_MAX, told: ((event: ChronicleEvent) => void) | null = null) {
    this.#world = world;
    this.#tables = tablesOf(world.machine.ram, world.machine.parts);
    this.#eventsMax = eventsMax;
    this.#told = told;
    this.#step = position;
  }

  /** The events that are kept, the oldest first. */
  get events(): readonly ChronicleEvent[] {
    return this.#events;
  }

  /** How many were forgotten. */
  get dropped(): number {
    return this.#dropped;
  }

  /** An event by its index; undefined if it is none, or forgotten. */
  at(index: number): ChronicleEvent | undefined {
    return this.#events[index - this.#dropped];
  }

  readonly between = (): void => {
    this.#step += 1;
  };

  readonly probe: NonNullable<Watch["probe"]> = (kind, process, argument0, argument1) => {
    const { machine } = this.#world;
    const index = this.#dropped + this.#events.length;
    const running = process === NO_PROCESS ? NONE : process;
    const begins = kind === KernelTrace.dispatch;
    if (begins) this.#handler = index;
    else if (running === NONE) this.#handler = NONE;
    const event = Object.freeze<ChronicleEvent>({
      index,
      step: this.#step,
      cycle: machine.now(),
      tick: machine.tick(),
      kind,
      process: running,
      argument0,
      argument1,
      handler: this.#handler,
      cause: begins ? this.#causeOf(running, argument0) : NONE,
      message: begins ? this.#messageOf(running, argument0) : null,
    });
    if (!begins) this.#remember(event);
    this.#keep(event);
    this.#told?.(event);
  };

  #keep(event: ChronicleEvent): void {
    this.#events.push(event);
    if (this.#events.length < 2 * this.#eventsMax) return;
    this.#events = this.#events.slice(this.#eventsMax);
    this.#dropped += this.#eventsMax;
  }

  /** What a later handler may have been run for. */
  #remember({ index, kind, argument0, argument1 }: ChronicleEvent): void {
    const { ram, state } = this.#tables;
    if (kind === KernelTrace.sendFast) {
      const receiver = this.#receiverOf(argument0);
      if (receiver !== NONE) this.#loaded.set(receiver, index);
    } else if (kind === KernelTrace.sendQueued) {
      // The slot that was filled just now has the sequence that was given out last.
      this.#queued.set((KernelState.nextSequence.get(ram, state) - 1) | 0, index);
      if (this.#queued.size > QUEUED_MAX) this.#queued.delete(this.#queued.keys().next().value!);
    } else if (kind === KernelTrace.reply || kind === KernelTrace.sent) this.#replied.set(argument0, index);
    else if (kind === KernelTrace.interrupt) this.#notified.set(argument1, index);
    else if (kind === KernelTrace.timer) this.#notified.set(argument0, index);
    else if (kind === KernelTrace.fault || kind === KernelTrace.exit) this.#lastEnd = index;
    else if (kind === KernelTrace.restarted) {
      this.#lastRestart = index;
      this.#loaded.delete(argument0);
      this.#replied.delete(argument0);
      this.#notified.delete(argument0);
    }
  }

  /** Who was given a message of that endpoint and has not run yet. */
  #receiverOf(endpoint: number): number {
    const { ram, processes } = this.#tables;
    for (let process = 0; process < processes.count; process++) {
      const record = processes.at(process);
      if (ProcessRecord.loaded.get(ram, record) === Loaded.message && ProcessRecord.loadedEndpoint.get(ram, record) === endpoint && !this.#loaded.has(process)) return process;
    }
    return NONE;
  }

  #causeOf(process: number, delivery: number): number {
    switch (delivery) {
      case Delivery.message:
        return taken(this.#loaded, process) ?? this.#takenFromQueue(process);
      case Delivery.reply:
      case Delivery.sent:
        return taken(this.#replied, process) ?? NONE;
      case Delivery.notification:
        return taken(this.#notified, process) ?? NONE;
      case Delivery.closed:
      case Delivery.ended:
        return this.#lastEnd;
      case Delivery.reopened:
      case Delivery.start:
        return this.#lastRestart;
      default:
        return NONE;
    }
  }

  /** The slot that the message was taken from is the first free one, its bytes still there, unless it was filled again at once. */
  #takenFromQueue(process: number): number {
    const { ram, processes, endpoints, queues } = this.#tables;
    const record = processes.at(process);
    const endpoint = ProcessRecord.loadedEndpoint.get(ram, record);
    const index = EndpointRecord.freeHead.get(ram, endpoints.at(endpoint));
    if (index < 0 || index >= queues[endpoint].count) return NONE;
    const slot = queues[endpoint].at(index);
    if (!sameMessage(ram.u8, QueueSlot.message.at(slot), ProcessRecord.registers.at(record))) return NONE;
    return taken(this.#queued, QueueSlot.sequence.get(ram, slot)) ?? NONE;
  }

  #messageOf(process: number, delivery: number): EventMessage | null {
    if (delivery !== Delivery.message && delivery !== Delivery.reply && delivery !== Delivery.sent) return null;
    const { ram, processes } = this.#tables;
    const record = processes.at(process);
    const registers = ProcessRecord.registers.at(record) as Address<"SmallMessage">;
    const words = [SmallMessage.data0, SmallMessage.data1, SmallMessage.data2, SmallMessage.data3].map((field) => field.show(ram, registers));
    const endpoint = delivery === Delivery.message ? ProcessRecord.loadedEndpoint.get(ram, record) : NONE;
    return Object.freeze({ endpoint, opcode: SmallMessage.opcode.get(ram, registers), data: Object.freeze(words) });
  }
}

/** Whether the event begins a handler. */
export function beginsHandler({ kind }: ChronicleEvent): boolean {
  return kind === KernelTrace.dispatch;
}

/** Whether nothing is said by it that others do not say: a tick's line goes high. */
export function isIdle({ kind, argument0 }: ChronicleEvent): boolean {
  return kind === HalTrace.interruptRaised && argument0 === 0;
}

function taken(map: Map<number, number>, key: number): number | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}

/** All but the capability, which is another one in each process. */
function sameMessage(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = SmallMessage.opcode.offset; i < SMALL_MESSAGE_BYTES; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
