/**
 * What endpoints and waiting must do, as plain lists: no masks, no links, no RAM. The model is told what a test does to
 * the machine, runs one handler when the machine does, and says what that handler is given and what its calls answer.
 */

import { MessageFlag } from "../../../kernel/message.ts";
import { CLOSED_RECEIVES, Delivery } from "../../../kernel/service.ts";

export interface Shape {
  readonly capacity: number;
  /** Processes that receive, the owner first. */
  readonly receivers: readonly number[];
}

export interface Sent {
  readonly id: number;
  readonly flags: number;
  readonly sender: number;
  readonly need: number;
  /** Number of the call, 0 for none; and whether its handler is to answer. */
  readonly call: number;
  readonly answers: boolean;
}

export type Action =
  | { readonly kind: "send"; readonly need: number; readonly flags: number; readonly first: boolean }
  | { readonly kind: "call" | "sendWait"; readonly need: number; readonly flags: number; readonly limit: number; readonly answers: boolean }
  | { readonly kind: "limit"; readonly limit: number }
  | { readonly kind: "sleep"; readonly limit: number }
  | { readonly kind: "exit" };

/** What a handler was given: Delivery, and the words that matter. */
export type Got = readonly number[];

export class Endpoint {
  open = true;
  urgent: Sent[] = [];
  normal: Sent[] = [];
  sent = 0;
  received = 0;
  returned = 0;
  readonly shape: Shape;
  constructor(shape: Shape) {
    this.shape = shape;
  }
  get queued(): Sent[] {
    return [...this.urgent, ...this.normal];
  }
}

export class Actor {
  state: "ready" | "receive" | "reply" | "room" | "sleep" | "dead" = "receive";
  /** Place in line. */
  place = 0;
  poked = false;
  scripts: Action[] = [];
  closed = new Set<number>();
  closedReceives = new Set<number>();
  loaded: { readonly got: Got; readonly message?: Sent; readonly endpoint?: number } | null = null;
  acknowledged = new Map<number, [number, number]>();
  prepared: { readonly kind: "call" | "sendWait"; readonly message: Sent; readonly endpoint: number } | null = null;
  /** The message of a call or sendWait under way, and its endpoint. */
  waiting: { readonly message: Sent; readonly endpoint: number } | null = null;
  asked = 0;
  /** Ticks that it wants to sleep, and the tick until which it does. */
  sleepTicks = 0;
  sleepsUntil = 0;
  limit: { readonly tick: number; readonly order: number } | null = null;
}

/** Of all that is given: the message's own words. */
export function gotMessage(message: Sent, position: number): Got {
  return [Delivery.message, message.id, message.flags, position];
}

export function isUrgent(message: Sent): boolean {
  return (message.flags & MessageFlag.urgent) !== 0;
}

/** True if nobody who receives at `endpoint` could ever come to it, once `caller` waits there. */
export function stuck(actors: readonly Actor[], endpoints: readonly Endpoint[], caller: number, endpoint: number): boolean {
  const free = new Set(actors.keys());
  free.delete(caller);
  actors.forEach((actor, index) => {
    if (actor.state === "dead" || actor.state === "reply" || actor.state === "room") free.delete(index);
  });
  for (let before = -1; before !== free.size; ) {
    before = free.size;
    actors.forEach((actor, index) => {
      const waits = index !== caller && (actor.state === "reply" || actor.state === "room");
      if (waits && endpoints[actor.waiting!.endpoint]!.shape.receivers.some((receiver) => free.has(receiver))) free.add(index);
    });
  }
  return !endpoints[endpoint]!.shape.receivers.some((receiver) => free.has(receiver));
}

/** Needs of a process are the endpoints by number; where it shares another's, this is the notice's number. */
export function noticeOf(shape: Shape, process: number, positions: readonly number[], endpoint: number): number {
  return shape.receivers[0] !== process && shape.receivers.includes(process) ? CLOSED_RECEIVES + positions.indexOf(endpoint) : -1;
}
