/**
 * The operator's desk: what is asked of the balancer in the middle of trouble goes into the machine's mailbox without
 * anybody waiting for it, and the answers are taken as they come out. A bounded ring in the world's memory; what finds no
 * room in the mailbox is sent as soon as there is some, in order.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Part } from "../../../hal/ram-plan.ts";
import { OperatorTarget } from "../../../services/operator-api.ts";
import { mailboxRecord, readAnswer, takeRequestId } from "../../operator.ts";
import type { World } from "../../world.ts";
import { mayAnswer, operandsOf } from "./operations.ts";

/** Doings that are remembered, answered ones included; half of them is kept free for putting right what was changed. */
export const DOINGS_MAX = 32;
const BEGUN_MAX = DOINGS_MAX / 2;

/** An operator that dies over a request never answers it: after so many ticks nobody waits any more. */
export const ANSWER_TICKS_MAX = 300;

export const DoingPhase = Object.freeze({ toSend: 1, sent: 2, answered: 3, unanswered: 4 });

export const DeskState = layout("DeskState", {
  /** The ring: place of the oldest, and how many there are. */
  first: i32,
  count: i32,
  /** Of them: those that are not answered yet. */
  waiting: i32,
  workedTick: i32("time"),
  asked: u32("statistic"),
  answered: u32("statistic"),
  unanswered: u32("statistic"),
  /** Answered by what such an operation is never answered. */
  unexpected: u32("statistic"),
  /** Not done since too much was under way. */
  crowded: u32("statistic"),
  reserved: i32,
});

export const DeskDoing = layout("DeskDoing", 32, {
  operation: i32,
  member: i32,
  detail: i32,
  /** One of DoingPhase. */
  phase: i32,
  requestId: i32("identity"),
  status: i32,
  /** When it was sent, and what it says itself: the tick at which it was asked for. */
  tick: i32("time"),
  answeredTick: i32("time"),
});

type DoingAddress = Address<"DeskDoing">;

export const DESK_BYTES = (DeskState.size + DOINGS_MAX * DeskDoing.size + 63) & ~63;

export class Desk {
  readonly parts: readonly Part[];
  readonly #world: World;
  readonly #state: Address<"DeskState">;

  constructor(world: World, at: number) {
    this.#world = world;
    this.#state = at as Address<"DeskState">;
    this.parts = Object.freeze([
      Object.freeze({ name: "desk", base: at, bytes: DeskState.size, layout: DeskState, count: 1 }),
      Object.freeze({ name: "desk.doings", base: at + DeskState.size, bytes: DOINGS_MAX * DeskDoing.size, layout: DeskDoing, count: DOINGS_MAX }),
    ]);
    Object.freeze(this);
  }

  /** What it has counted. */
  get state(): ReturnType<typeof DeskState.view> {
    return DeskState.view(this.#world.memory, this.#state);
  }

  /** Begins to change or ask something; not done if too much is under way. */
  begin(operation: number, member: number, detail = 0): void {
    this.#ask(operation, member, detail, BEGUN_MAX);
  }

  /** Puts right what was changed. */
  mend(operation: number, member: number, detail = 0): void {
    this.#ask(operation, member, detail, DOINGS_MAX);
  }

  /** Tick at which it wants to look after what is under way; -1 if nothing is. */
  nextTick(): number {
    const { memory } = this.#world;
    return DeskState.waiting.get(memory, this.#state) === 0 ? -1 : DeskState.workedTick.get(memory, this.#state) + 1;
  }

  /** Takes answers, and sends what could not be sent before. */
  work(tick: number): void {
    const { memory } = this.#world;
    if (DeskState.waiting.get(memory, this.#state) === 0) return;
    DeskState.workedTick.set(memory, this.#state, tick);
    this.#take();
    const count = DeskState.count.get(memory, this.#state);
    for (let i = 0; i < count; i++) {
      const doing = this.#doing(i);
      const phase = DeskDoing.phase.get(memory, doing);
      if (phase === DoingPhase.toSend && !this.#send(doing)) return;
      if (phase === DoingPhase.sent && tick - DeskDoing.tick.get(memory, doing) > ANSWER_TICKS_MAX) this.#settle(doing, DoingPhase.unanswered);
    }
  }

  /** An answer has come out, by whose hand ever. */
  answered(requestId: number, status: number): void {
    const { memory } = this.#world;
    const doing = this.#find(requestId);
    if (doing === 0) return;
    DeskDoing.status.set(memory, doing, status);
    DeskDoing.answeredTick.set(memory, doing, this.#world.machine.tick());
    if (!mayAnswer(DeskDoing.operation.get(memory, doing), status)) DeskState.unexpected.add(memory, this.#state, 1);
    this.#settle(doing, DoingPhase.answered);
  }

  #ask(operation: number, member: number, detail: number, waitingMax: number): void {
    const { memory } = this.#world;
    if (DeskState.waiting.get(memory, this.#state) >= waitingMax || !this.#makeRoom()) return DeskState.crowded.add(memory, this.#state, 1);
    const doing = this.#doing(DeskState.count.get(memory, this.#state));
    const tick = this.#world.machine.tick();
    if (DeskState.waiting.get(memory, this.#state) === 0) DeskState.workedTick.set(memory, this.#state, tick);
    DeskState.count.add(memory, this.#state, 1);
    DeskState.waiting.add(memory, this.#state, 1);
    DeskState.asked.add(memory, this.#state, 1);
    memory.fill(doing, DeskDoing.size, 0);
    DeskDoing.operation.set(memory, doing, operation);
    DeskDoing.member.set(memory, doing, member);
    DeskDoing.detail.set(memory, doing, detail);
    DeskDoing.tick.set(memory, doing, tick);
    DeskDoing.phase.set(memory, doing, DoingPhase.toSend);
    this.work(tick);
  }

  /** The oldest doing is forgotten if the ring is full; false if it is still under way. */
  #makeRoom(): boolean {
    const { memory } = this.#world;
    if (DeskState.count.get(memory, this.#state) < DOINGS_MAX) return true;
    if (DeskDoing.phase.get(memory, this.#doing(0)) < DoingPhase.answered) return false;
    DeskState.first.set(memory, this.#state, (DeskState.first.get(memory, this.#state) + 1) % DOINGS_MAX);
    DeskState.count.add(memory, this.#state, -1);
    return true;
  }

  /** False if the mailbox has no room. */
  #send(doing: DoingAddress): boolean {
    const { memory, machine, mailbox } = this.#world;
    const [operation, member, detail] = [DeskDoing.operation, DeskDoing.member, DeskDoing.detail].map((field) => field.get(memory, doing));
    const tick = machine.tick();
    const requestId = this.#world.state.nextRequestId;
    const record = mailboxRecord(requestId, OperatorTarget.loadBalancer, operandsOf(this.#world, { operation, member, detail, tick }));
    if (!machine.mailboxSend(mailbox, record)) return false;
    DeskDoing.requestId.set(memory, doing, takeRequestId(this.#world));
    DeskDoing.tick.set(memory, doing, tick);
    DeskDoing.phase.set(memory, doing, DoingPhase.sent);
    return true;
  }

  /** Takes what is its own out of the mailbox, up to an answer that is not. */
  #take(): void {
    const { machine, mailbox } = this.#world;
    for (let record = machine.mailboxPeek(mailbox); record !== null; record = machine.mailboxPeek(mailbox)) {
      const answer = readAnswer(record);
      if (answer === null || this.#find(answer.requestId) === 0) return;
      machine.mailboxReceive(mailbox);
      this.answered(answer.requestId, answer.status);
    }
  }

  #settle(doing: DoingAddress, phase: number): void {
    const { memory } = this.#world;
    DeskDoing.phase.set(memory, doing, phase);
    DeskState.waiting.add(memory, this.#state, -1);
    (phase === DoingPhase.answered ? DeskState.answered : DeskState.unanswered).add(memory, this.#state, 1);
  }

  /** The doing that was sent by this number and is not answered; 0 if there is none. */
  #find(requestId: number): DoingAddress {
    const { memory } = this.#world;
    const count = DeskState.count.get(memory, this.#state);
    for (let i = 0; i < count; i++) {
      const doing = this.#doing(i);
      if (DeskDoing.phase.get(memory, doing) === DoingPhase.sent && DeskDoing.requestId.get(memory, doing) === requestId) return doing;
    }
    return 0 as DoingAddress;
  }

  /** From the oldest on; the one behind the last is free. */
  #doing(number: number): DoingAddress {
    const place = (DeskState.first.get(this.#world.memory, this.#state) + number) % DOINGS_MAX;
    return (this.#state + DeskState.size + place * DeskDoing.size) as DoingAddress;
  }
}
