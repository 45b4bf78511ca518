/** The model's messages and waits: who gets what, who waits for it, and in which order. Base of the whole model, world-model.ts. */

import { Errno } from "../../../kernel/errno.ts";
import { MessageFlag } from "../../../kernel/message.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Got, Sent, Shape } from "./endpoint-model.ts";
import { Actor, Endpoint, gotMessage, isUrgent } from "./endpoint-model.ts";

export class Queues {
  readonly actors: Actor[];
  readonly endpoints: Endpoint[];
  tick = 0;
  protected place = 0;
  protected ids = 0;
  protected calls = 0;
  protected armed = 0;

  constructor(actors: number, shapes: readonly Shape[]) {
    this.actors = Array.from({ length: actors }, () => new Actor());
    this.endpoints = shapes.map((shape) => new Endpoint(shape));
    for (const actor of this.actors) actor.place = ++this.place;
  }

  // --- messages ----------------------------------------------------------------------------------------------------

  protected deliver(endpoint: number, message: Sent, first: boolean): number {
    const queue = this.endpoints[endpoint]!;
    const receiver = this.longest(queue.shape.receivers.filter((index) => this.actors[index]!.state === "receive"));
    if (receiver >= 0) {
      queue.sent += 1;
      this.load(receiver, endpoint, message);
      this.ready(receiver);
      return 0;
    }
    if (queue.queued.length >= queue.shape.capacity) return Errno.channelFull;
    queue.sent += 1;
    if (isUrgent(message)) queue.urgent.push(message);
    else if (first && (message.flags & MessageFlag.unordered) !== 0) queue.normal.unshift(message);
    else queue.normal.push(message);
    this.stamp.set(message, ++this.place);
    return 0;
  }
  protected readonly stamp = new Map<Sent, number>();

  protected load(receiver: number, endpoint: number, message: Sent): void {
    this.endpoints[endpoint]!.received += 1;
    this.actors[receiver]!.loaded = { got: gotMessage(message, this.positions(receiver).indexOf(endpoint)), message, endpoint };
  }

  /** Endpoints that a process receives from: its own, then what it shares. */
  positions(process: number): number[] {
    return this.endpoints.flatMap((endpoint, index) => (endpoint.shape.receivers.includes(process) ? [index] : []));
  }

  protected take(process: number): void {
    const mine = this.positions(process).filter((endpoint) => this.endpoints[endpoint]!.queued.length > 0);
    const urgent = mine.filter((endpoint) => this.endpoints[endpoint]!.urgent.length > 0);
    const front = (endpoint: number): Sent => this.endpoints[endpoint]!.queued[0]!;
    const [endpoint] = (urgent.length > 0 ? urgent : mine).sort((a, b) => this.stamp.get(front(a))! - this.stamp.get(front(b))!);
    const queue = this.endpoints[endpoint!]!;
    this.load(process, endpoint!, (queue.urgent.length > 0 ? queue.urgent : queue.normal).shift()!);
    this.admit(endpoint!);
    this.sendBack(queue, process);
  }

  protected admit(endpoint: number): void {
    const waiting = (): number => this.longest(this.actors.flatMap((actor, index) => (actor.state === "room" && actor.waiting!.endpoint === endpoint ? [index] : [])));
    while (waiting() >= 0 && this.endpoints[endpoint]!.queued.length < this.endpoints[endpoint]!.shape.capacity) {
      const sender = waiting();
      this.conclude(sender, [Delivery.sent, this.deliver(endpoint, this.actors[sender]!.waiting!.message, false), 0]);
    }
  }

  /** Who was ready for what is gone waits on, in his place. */
  protected sendBack(queue: Endpoint, taker: number): void {
    for (const index of queue.shape.receivers) {
      const actor = this.actors[index]!;
      if (index === taker || actor.state !== "ready" || this.hasAnything(index)) continue;
      actor.state = "receive";
      this.startLimit(actor);
    }
  }

  protected acknowledge(message: Sent, taken: boolean): void {
    const sender = this.actors[message.sender]!;
    if ((message.flags & MessageFlag.needsAck) === 0 || sender.state === "dead") return;
    const counts = sender.acknowledged.get(message.need) ?? [0, 0];
    counts[taken ? 0 : 1] += 1;
    sender.acknowledged.set(message.need, counts);
    this.wake(message.sender);
  }

  protected answer(message: Sent, got: Got): void {
    const caller = this.actors[message.sender]!;
    if (caller.state === "reply" && caller.waiting!.message.call === message.call) this.conclude(message.sender, got);
  }

  // --- waiting -----------------------------------------------------------------------------------------------------

  protected conclude(process: number, got: Got): void {
    this.actors[process]!.loaded = { got };
    this.ready(process);
  }

  protected ready(process: number): void {
    const actor = this.actors[process]!;
    actor.state = "ready";
    actor.waiting = null;
    actor.limit = null;
    actor.place = ++this.place;
  }

  protected wake(process: number): void {
    if (this.actors[process]!.state === "receive") this.ready(process);
  }

  protected startLimit(actor: Actor): void {
    if (actor.asked === 0 || actor.state === "ready") return;
    actor.limit = { tick: Math.max(actor.asked, this.tick + 1), order: ++this.armed };
    actor.asked = 0;
  }

  protected expire(process: number): void {
    const { state } = this.actors[process]!;
    this.conclude(process, state === "receive" ? [Delivery.timeout] : [state === "reply" ? Delivery.reply : Delivery.sent, Errno.timeout, 0]);
  }

  protected longest(processes: readonly number[]): number {
    return processes.reduce((best, index) => (best < 0 || this.actors[index]!.place < this.actors[best]!.place ? index : best), -1);
  }

  protected isFull(endpoint: number): boolean {
    const { shape, queued } = this.endpoints[endpoint]!;
    return queued.length >= shape.capacity && !shape.receivers.some((index) => this.actors[index]!.state === "receive");
  }

  protected hasAnything(process: number): boolean {
    const actor = this.actors[process]!;
    const noticed = actor.poked || actor.closed.size + actor.closedReceives.size + actor.acknowledged.size > 0 || actor.loaded !== null;
    return noticed || this.positions(process).some((endpoint) => this.endpoints[endpoint]!.queued.length > 0);
  }
}
