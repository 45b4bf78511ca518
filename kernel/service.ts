/**
 * What a service sees of the kernel: the one interface between services/ and kernel/.
 *
 * A service is a frozen object. The kernel calls `handle` for a message or a notification and runs it to its end; there
 * is no state in the service itself: what it must remember lies in its arena. Every call on the context is a crossing:
 * it costs cycles (costs.ts), device events that are due happen inside it, and it may be the process's last.
 *
 * Two memories, never mixed:
 * - `context.memory` is the process's own arena, addresses from 0. It never moves and nobody else writes it.
 * - `context.shared` is where shared regions and DMA buffers lie. Only addresses that `span()` or `buffer()` gave out
 *   in this handler may be used on it, within the span they proved. Asking for anything outside is a fault.
 */

import type { Address } from "../hal/field.ts";
import type { FieldType } from "../hal/field.ts";
import type { Layout, LayoutInfo, View } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import type { CapabilityContext } from "./capability/service-calls.ts";
import type { Heap } from "./heap.ts";
import type { CollectionContext } from "./ipc/service-calls.ts";
import type { MemoryContext } from "./memory/service-calls.ts";

export { ObjectKind, identityKind, identityRights, identityType } from "./capability/identity.ts";
export { EndpointRight, ObjectType, Right } from "./capability/right.ts";

/** What a process may hold. Each need becomes a token in its arena, granted by the manifest line of the same name. */
export type NeedKind =
  /** Right to send to another process's endpoint. */
  | "endpoint"
  /** A shared region, mapped for reading, or for reading and writing. */
  | "region:read"
  | "region:write"
  /** The pool of DMA buffers. */
  | "buffers:read"
  | "buffers:write"
  | "device"
  | "interrupt"
  | "timer"
  /** An async channel: to put messages in; to take them out and be notified. */
  | "channel:send"
  | "channel:receive"
  /** Another process: the right to hear of its end and to restart it. */
  | "process";

/** Address, in the process's arena, of the 64-bit token that stands for the grant. */
export type Grant<K extends NeedKind = NeedKind> = Address<"Token"> & { readonly kind?: K };
/** Either mapping will do where only reading is asked. */
export type RegionGrant = Grant<"region:read"> | Grant<"region:write">;
export type BufferGrant = Grant<"buffers:read"> | Grant<"buffers:write">;

export type Needs = Readonly<Record<string, NeedKind>>;
export type StateTypes = Readonly<Record<string, FieldType<unknown>>>;

/** What the kernel needs of a service's state record: its size, its names, and a way to see it. */
export type StateLayout<S> = LayoutInfo & { view(memory: Memory, at: Address<never>): View<S> };

/** Why the handler runs. */
export const Delivery = Object.freeze({
  /** First run after boot or restart: the arena is zeroed but for its header. */
  start: 0,
  /** A peer died or an endpoint this process may send to was closed: `message.data0` is the grant's number in `needs`. */
  closed: 1,
  /** `message.bits` says which: an interrupt, a timer, a peer's signal. */
  notification: 2,
  /** The answer to this process's call: `message.status` and the data words. */
  reply: 3,
  /** A small message on `message.endpoint`. */
  message: 4,
  /** A peer that was closed is back, restarted: `message.data0` is the grant's number. The grant's token is a new one. */
  reopened: 5,
  /** The process that a grant names has ended: data0 is the grant's number, data1 0 after an exit, else its FaultCode. */
  ended: 6,
  /** The ticks of `sleep` have passed, or nothing came within those of `waitAtMost`. */
  timeout: 7,
  /** What came of this process's `sendWait`: `message.status` is 0, timeout, endpointNotFound, or as `sendWait` says. */
  sent: 8,
  /** Messages sent with NEEDS_ACK: data0 is the grant's number, data1 how many a receiver took, data2 how many were returned. */
  acknowledged: 9,
});

/** `message.data0` of Delivery.closed from here on: an endpoint that the process shares was closed; this plus its position in `receives`. */
export const CLOSED_RECEIVES = 32;

/** What arrived, read from the process's IPC registers. Valid until the handler returns. */
export interface Message {
  /** One of Delivery. */
  readonly delivery: number;
  /** For messages: position of the endpoint in the service's `receives`. */
  readonly endpoint: number;
  readonly opcode: number;
  readonly flags: number;
  /** For notifications: the bits that were raised. */
  readonly bits: number;
  /** For replies and Delivery.sent: 0 or an errno (the callee's, or endpointNotFound when it died, timeout). */
  readonly status: number;
  /** Data words as numbers; a word of 2^53 or more is a fault of the reader: use the words below for such. */
  readonly data0: number;
  readonly data1: number;
  readonly data2: number;
  readonly data3: number;
  /** Address of the 48 bytes in `context.shared`, for layouts that overlay SmallMessage. */
  readonly at: Address<"SmallMessage">;
  /** For a large message: where its payload lies in the named region (0 and 0 for a small one). */
  readonly payloadOffset: number;
  readonly payloadBytes: number;
}

export interface Context<
  S extends StateTypes = StateTypes,
  N extends Needs = Needs,
  R extends readonly string[] = readonly string[],
  P = unknown,
> extends Heap, CapabilityContext, MemoryContext, CollectionContext {
  /** The process's own arena. */
  readonly memory: Memory;
  readonly shared: Memory;
  /** The service's state record as properties, and its address in `memory` for the fields of its layout. */
  readonly state: View<S>;
  readonly stateAt: Address<never>;
  readonly needs: { readonly [K in keyof N]: Grant<N[K]> };
  /** Endpoint numbers by name, to compare `message.endpoint` with. */
  readonly receives: { readonly [K in R[number]]: number };
  /** Constants of this process's manifest line: frozen data. */
  readonly parameters: P;

  /** A message record in `memory` to fill in place and hand to `sendMessage`. */
  readonly outgoing: Address<"SmallMessage">;

  // --- messages ----------------------------------------------------------------------------------------------------
  /** Sends four words (each below 2^53). 0, or errno: -11 channelFull, -3 endpoint closed, -7 beyond the process's rate, -1, -9. Never waits. */
  send(to: Grant<"endpoint">, opcode: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /** Sends the 48 bytes at `at` in `memory`. Flags are honoured. Errors as `send`. */
  sendMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number;
  /**
   * Announces `payloadBytes` bytes of payload that the caller wrote in `region` from `offset` + 120 on; the kernel
   * writes the LargeMessage header at `offset`. The receiver needs a mapping of the same region. `checksum` is 0 or the
   * payloadChecksum() of the payload, which the kernel verifies (-10). Errors as `send`, -4 for more than the region
   * holds, -10, -14, and -18 as `spanForWriting`.
   */
  sendLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number, checksum?: number): number;
  /**
   * Sends and waits: takes effect when the handler returns, at most one a handler (-15 resourceBusy), and until the
   * answer comes the process gets nothing else. 0 if it will be sent, or the errno of `send`.
   */
  call(to: Grant<"endpoint">, opcode: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  callLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number, checksum?: number): number;
  /** 0 if the large message at hand, in this region, carries no checksum or still the right one; else -10. */
  payloadCheck(region: RegionGrant): number;
  /** `call` with the 48 bytes at `at` in `memory`, flags honoured. */
  callMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number;
  /** `send` to a receiver that waits on this very endpoint, or not at all: -13 endpointBusy if others' messages are queued there, -6 wouldBlock if nobody waits. */
  sendFast(to: Grant<"endpoint">, opcode: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /**
   * Sends, and waits while the queue is full: takes effect when the handler returns, at most one a handler, calls
   * included (-15). What came of it is delivered next, as Delivery.sent: 0 once the message is in the queue or taken, -8
   * if that took longer than `waitAtMost`, -3 if the endpoint closed, -15 if only those who wait for the caller could
   * make room. Who waits longest sends first.
   */
  sendWait(to: Grant<"endpoint">, opcode: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  sendWaitMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number;
  /**
   * Limits what the handler leaves the process waiting for, once: a call or a `sendWait` ends with status -8 at the tick
   * that is `ticks` from now; without either, Delivery.timeout comes then if nothing else has. 0, or -17 for less than 1.
   */
  waitAtMost(ticks: number): number;
  /** Answers the call that this handler was run for, once: a second answer is a fault. 0, or -10 if it was no call or its caller waits no more. */
  reply(status: number, data0?: number, data1?: number, data2?: number, data3?: number): number;

  // --- time --------------------------------------------------------------------------------------------------------
  /** Ticks since boot: monotonic. */
  uptimeTicks(): number;
  /** Cycles since boot, below 2^53: never earlier than what an earlier call said. */
  uptimeCycles(): number;
  /** Raises `bits` after `delayTicks` (> 0), then every `periodTicks` if that is not 0. The timer's id (> 0), or -17, -18. */
  timerStart(timer: Grant<"timer">, delayTicks: number, periodTicks: number, bits: number): number;
  /** 0, or -19. */
  timerCancel(timer: Grant<"timer">, id: number): number;

  // --- other -------------------------------------------------------------------------------------------------------
  /** Raises `bits` as a notification of this process itself: it runs again, after whoever is more urgent. */
  notifySelf(bits: number): void;
  /** Writes a record to the trace ring: `kind` one of the service's own (>= 64), two words. */
  trace(kind: number, argument0: number, argument1: number): void;
  /** Ends this process in order when the handler returns; its endpoints are closed. */
  exit(): void;

  // --- processes ---------------------------------------------------------------------------------------------------
  /** How often this process was restarted: 0 in the one that boot made. */
  readonly generation: number;
  /**
   * When the handler returns the process sleeps for `ticks` (> 0) ticks. Until then nothing is delivered, whatever comes:
   * it is kept, and Delivery.timeout comes in its place of the order. 0, -17, or -15 with a call made in this handler.
   */
  sleep(ticks: number): number;
  /** Starts an ended process again, from nothing. 0, -2 no such process, -9, -15 it has not ended, -18 no room for its rights. */
  processRestart(process: Grant<"process">): number;
}

export interface Service<S extends StateTypes = StateTypes, N extends Needs = Needs, R extends readonly string[] = readonly string[], P = unknown> {
  readonly name: string;
  readonly state: StateLayout<S>;
  readonly needs: N;
  readonly receives: R;
  readonly handle: (message: Message, context: Context<S, N, R, P>) => void;
}

/** Any service: what manifests and the kernel hold. Only the kernel makes the context that a handler takes. */
export interface AnyService {
  readonly name: string;
  readonly state: LayoutInfo & { view(memory: Memory, at: Address<never>): object };
  readonly needs: Needs;
  readonly receives: readonly string[];
  readonly handle: (message: Message, context: never) => void;
}

/** Declares a service. The answer is frozen: what it does is fixed, what it knows is in its arena. */
export function service<
  Name extends string,
  S extends StateTypes,
  const N extends Needs = Readonly<Record<never, never>>,
  const R extends readonly string[] = readonly [],
  P = unknown,
>(definition: {
  name: string;
  state: Layout<Name, S>;
  needs?: N;
  receives?: R;
  /** Only carries the type of the manifest's parameters for this service. */
  parameters?: P;
  handle: (message: Message, context: Context<S, N, R, P>) => void;
}): Service<S, N, R, P> {
  return Object.freeze({
    name: definition.name,
    state: definition.state,
    needs: Object.freeze({ ...definition.needs }) as N,
    receives: Object.freeze([...(definition.receives ?? [])]) as unknown as R,
    handle: definition.handle,
  });
}
