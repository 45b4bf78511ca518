/**
 * The outside's hand at the mailbox: sends a request, lets the world run until the answer is there, and reads it. This
 * is the only way by which anything outside talks to a service.
 */

import type { Address } from "../hal/field.ts";
import { Memory } from "../hal/memory.ts";
import { Errno } from "../kernel/errno.ts";
import { MailboxAnswer, MailboxRequest } from "../services/operator-api.ts";
import type { World } from "./world.ts";

export interface Answer {
  /** 0 or an errno: the service's, the operator's, `timeout` if no answer came, `channelFull` if the mailbox has no room. */
  readonly status: number;
  readonly payload: Uint8Array;
}

/** An answer takes as long as its operation; a large configuration takes a few ticks. */
const ANSWER_TICKS_MAX = 1000;

/** Whether an operator sits at the machine's mailbox: one that may be told a configuration, and to shut down. */
export function isOperated({ machine }: Pick<World, "machine">): boolean {
  return Object.values(machine.manifest.processes).some(({ service }) => service.name === "operator");
}

const NOTHING = new Uint8Array(0);
const START = 0;

/** Sends one request to a target of OperatorTarget and runs the world until its answer came. Answers to others go to whoever disturbs the world. */
export function request(world: World, target: number, payload: Uint8Array = NOTHING, ticksMax: number = ANSWER_TICKS_MAX): Answer {
  const requestId = takeRequestId(world);
  const record = mailboxRecord(requestId, target, payload);
  const tickMax = world.machine.tick() + ticksMax;
  if (!world.runUntil(() => world.machine.mailboxSend(world.mailbox, record), tickMax)) return { status: Errno.channelFull, payload: NOTHING };
  let answer: Answer | null = null;
  world.runUntil(() => {
    answer = takeAnswer(world, requestId);
    return answer !== null;
  }, tickMax);
  return answer ?? { status: Errno.timeout, payload: NOTHING };
}

/** A number that no other request has had. */
export function takeRequestId(world: World): number {
  const id = world.state.nextRequestId;
  world.state.nextRequestId = id === 0x7fff_ffff ? 1 : id + 1;
  return id;
}

/** A request as it lies in the mailbox. */
export function mailboxRecord(requestId: number, target: number, payload: Uint8Array): Uint8Array {
  const memory = new Memory(new ArrayBuffer(MailboxRequest.size));
  const at = START as Address<"MailboxRequest">;
  MailboxRequest.requestId.set(memory, at, requestId);
  MailboxRequest.target.set(memory, at, target);
  MailboxRequest.payloadBytes.set(memory, at, payload.length);
  const record = new Uint8Array(MailboxRequest.size + payload.length);
  record.set(memory.u8);
  record.set(payload, MailboxRequest.size);
  return record;
}

/** The answer if it came out; null if nothing did, or something else. */
function takeAnswer(world: World, requestId: number): Answer | null {
  const record = world.machine.mailboxReceive(world.mailbox);
  const answer = record === null ? null : readAnswer(record);
  if (answer === null) return null;
  if (answer.requestId === requestId) return answer;
  world.disturbance?.desk.answered(answer.requestId, answer.status);
  return null;
}

/** What a record says that came out; null if it is no answer. */
export function readAnswer(record: Uint8Array): (Answer & { readonly requestId: number }) | null {
  if (record.length < MailboxAnswer.size) return null;
  const memory = new Memory(new ArrayBuffer(MailboxAnswer.size));
  memory.u8.set(record.subarray(0, MailboxAnswer.size));
  const at = START as Address<"MailboxAnswer">;
  return { requestId: MailboxAnswer.requestId.get(memory, at), status: MailboxAnswer.status.get(memory, at), payload: record.slice(MailboxAnswer.size) };
}
