/** The model's machine: actors whose handlers run one after the other, over the queues of queues-model.ts. */

import { Errno } from "../../../kernel/errno.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Action, Endpoint, Actor, Got, Sent } from "./endpoint-model.ts";
import { noticeOf, stuck } from "./endpoint-model.ts";
import { Queues } from "./queues-model.ts";

export class World extends Queues {
  // --- from outside ------------------------------------------------------------------------------------------------

  poke(process: number, action: Action): void {
    const actor = this.actors[process]!;
    actor.scripts.push(action);
    actor.poked = true;
    this.wake(process);
  }

  /** The process that runs next, -1 if nobody is ready. */
  next(): number {
    return this.longest(this.actors.flatMap((actor, index) => (actor.state === "ready" ? [index] : [])));
  }

  pass(): void {
    this.tick += 1;
    const due = this.actors.flatMap((actor, index) => (actor.limit?.tick === this.tick ? [{ order: actor.limit.order, index }] : []));
    for (const { index } of due.sort((a, b) => a.order - b.order)) this.expire(index);
    this.actors.forEach((actor, index) => (actor.state === "sleep" && actor.sleepsUntil <= this.tick ? this.conclude(index, [Delivery.timeout]) : undefined));
  }

  /** Runs the handler of `process`: what it is given, and what each of its calls answers. */
  run(process: number): { got: Got | null; answers: number[] } {
    const actor = this.actors[process]!;
    if (actor.prepared === null) actor.asked = 0;
    const given = this.give(process);
    const answers: number[] = [];
    let exits = false;
    for (let script = given.scripts.shift(); script !== undefined; script = given.scripts.shift()) {
      if (script.kind === "exit") exits = true;
      answers.push(this.act(process, script));
    }
    if (exits) this.end(process, given.message);
    else this.settle(process, given.message);
    return { got: given.got, answers };
  }

  // --- a handler ---------------------------------------------------------------------------------------------------

  protected give(process: number): { got: Got | null; message: Sent | null; scripts: Action[] } {
    const actor = this.actors[process]!;
    const notice = (set: Set<number>): { got: Got; message: null; scripts: Action[] } => {
      const lowest = Math.min(...set);
      set.delete(lowest);
      return { got: [Delivery.closed, lowest], message: null, scripts: [] };
    };
    if (actor.closedReceives.size > 0) return notice(actor.closedReceives);
    if (actor.closed.size > 0) return notice(actor.closed);
    if (actor.poked) {
      actor.poked = false;
      return { got: null, message: null, scripts: actor.scripts.splice(0) };
    }
    if (actor.loaded === null && actor.acknowledged.size > 0) {
      const need = Math.min(...actor.acknowledged.keys());
      const [taken, returned] = actor.acknowledged.get(need)!;
      actor.acknowledged.delete(need);
      return { got: [Delivery.acknowledged, need, taken, returned], message: null, scripts: [] };
    }
    if (actor.loaded === null) this.take(process);
    const { got, message = null } = actor.loaded!;
    actor.loaded = null;
    if (message !== null) this.acknowledge(message, true);
    return { got, message, scripts: [] };
  }

  protected act(process: number, action: Action): number {
    const actor = this.actors[process]!;
    if (action.kind === "exit") return 0;
    if (action.kind === "sleep") {
      if (actor.prepared !== null) return Errno.resourceBusy;
      actor.sleepTicks = action.limit;
      return 0;
    }
    if (action.kind === "limit" || (action.kind !== "send" && action.limit > 0)) actor.asked = this.tick + action.limit;
    if (action.kind === "limit") return 0;
    const message: Sent = { id: ++this.ids, flags: action.flags, sender: process, need: action.need, call: 0, answers: action.kind === "call" && action.answers };
    if (action.kind !== "send" && (actor.prepared !== null || actor.sleepTicks > 0)) return Errno.resourceBusy;
    if (!this.endpoints[action.need]!.open) return Errno.endpointNotFound;
    if (action.kind === "send") return this.deliver(action.need, message, action.first);
    actor.prepared = { kind: action.kind, message, endpoint: action.need };
    return 0;
  }

  protected settle(process: number, message: Sent | null): void {
    const actor = this.actors[process]!;
    if (message !== null && message.call !== 0) this.answer(message, message.answers ? [Delivery.reply, 0, message.id] : [Delivery.reply, Errno.invalidMessage, 0]);
    if (actor.loaded === null && actor.prepared !== null) return this.leave(process);
    if (actor.loaded === null && actor.sleepTicks > 0) {
      actor.state = "sleep";
      actor.sleepsUntil = this.tick + actor.sleepTicks;
      actor.sleepTicks = 0;
      return;
    }
    if (this.hasAnything(process)) return this.ready(process);
    actor.state = "receive";
    actor.place = ++this.place;
    this.startLimit(actor);
  }

  protected leave(process: number): void {
    const actor = this.actors[process]!;
    const { kind, endpoint, message } = actor.prepared!;
    actor.prepared = null;
    const queue = this.endpoints[endpoint]!;
    const sent = kind === "call" ? { ...message, call: ++this.calls } : message;
    actor.state = kind === "call" ? "reply" : "room";
    actor.waiting = { message: sent, endpoint };
    const outcome = kind === "call" ? Delivery.reply : Delivery.sent;
    const mayWait = kind === "sendWait" && queue.open && this.isFull(endpoint);
    if ((kind === "call" || mayWait) && stuck(this.actors, this.endpoints, process, endpoint)) this.conclude(process, [outcome, Errno.resourceBusy, 0]);
    else if (mayWait) actor.place = ++this.place;
    else {
      const status = queue.open ? this.deliver(endpoint, sent, false) : Errno.endpointNotFound;
      if (kind === "sendWait" || status !== 0) this.conclude(process, [outcome, status, 0]);
    }
    this.startLimit(actor);
  }

  // --- ends --------------------------------------------------------------------------------------------------------

  protected end(process: number, running: Sent | null): void {
    const actor = this.actors[process]!;
    actor.state = "dead";
    actor.prepared = null;
    const left = actor.loaded?.message ?? running;
    if (left !== null && left.call !== 0) this.answer(left, [Delivery.reply, Errno.endpointNotFound, 0]);
    if (actor.loaded?.message !== undefined) {
      const queue = this.endpoints[actor.loaded.endpoint!]!;
      queue.received -= 1;
      queue.returned += 1;
      this.acknowledge(actor.loaded.message, false);
    }
    this.endpoints.forEach((queue, endpoint) => (queue.shape.receivers[0] === process ? this.close(queue, endpoint) : undefined));
    this.release(process);
  }

  protected close(queue: Endpoint, endpoint: number): void {
    queue.open = false;
    for (const message of [...queue.urgent.splice(0), ...queue.normal.splice(0)]) {
      queue.returned += 1;
      if (message.call !== 0) this.answer(message, [Delivery.reply, Errno.endpointNotFound, 0]);
      this.acknowledge(message, false);
    }
    this.actors.forEach((actor, index) => (actor.state === "room" && actor.waiting!.endpoint === endpoint ? this.conclude(index, [Delivery.sent, Errno.endpointNotFound, 0]) : undefined));
    this.actors.forEach((actor, index) => {
      const notice = noticeOf(queue.shape, index, this.positions(index), endpoint);
      if (notice < 0 || actor.state === "dead") return;
      actor.closedReceives.add(notice);
      this.wake(index);
    });
    this.actors.forEach((actor, index) => {
      if (actor.state === "dead") return;
      actor.closed.add(endpoint);
      this.wake(index);
    });
  }

  protected release(ended: number): void {
    this.actors.forEach((actor, index) => {
      if ((actor.state !== "reply" && actor.state !== "room") || !this.endpoints[actor.waiting!.endpoint]!.shape.receivers.includes(ended)) return;
      if (!stuck(this.actors, this.endpoints, index, actor.waiting!.endpoint)) return;
      const outcome = actor.state === "reply" ? Delivery.reply : Delivery.sent;
      if (actor.state === "reply") this.withdraw(actor);
      this.conclude(index, [outcome, Errno.resourceBusy, 0]);
    });
  }

  protected withdraw(actor: Actor): void {
    const { message, endpoint } = actor.waiting!;
    const queue = this.endpoints[endpoint]!;
    for (const list of [queue.urgent, queue.normal]) {
      const at = list.findIndex((queued) => queued.call === message.call && queued.sender === message.sender);
      if (at < 0) continue;
      list.splice(at, 1);
      queue.returned += 1;
      this.admit(endpoint);
      this.sendBack(queue, -1);
      return;
    }
  }
}
