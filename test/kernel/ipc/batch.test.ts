import { expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Errno } from "../../../kernel/errno.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import { BatchRecord } from "../../../kernel/ipc/batch.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor } from "./stage.ts";
import { Stage } from "./stage.ts";

const client = { needs: { target: "endpoint", timer: "timer" }, grants: { target: "server.requests", timer: "ticks" }, batch: true } as const;

const add = (...words: readonly number[]) => (context: Actor): number[] => words.map((word) => context.batchAdd(1, word));
const flush = (context: Actor): number => context.batchFlush(context.needs.target!);

function words(stage: Stage): number[] {
  return stage.look("server").filter((given) => given.delivery === Delivery.message).map((given) => given.data[0]!);
}

test("eight messages go out in their order, the first into the registers of a waiting receiver, the rest behind it", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client });
  expect(stage.play("client", add(1, 2, 3, 4, 5, 6, 7, 8, 9))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, Errno.channelFull]);
  expect(stage.play("client", flush)).toBe(0);
  expect(words(stage)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(stage.machine.report().ipc).toMatchObject({ fast: 1, queued: 7 });
  expect(stage.record("batches", 0)).toMatchObject({ count: 0, sent: 8, stopped: 0 });
  expect(stage.play("client", flush)).toBe(0);
});

test("what finds no room is kept, and goes out first at the next flush", () => {
  const stage = new Stage({ server: { receives: ["requests"], queues: { requests: 3 } }, client });
  stage.play("server", (context) => context.sleep(2));
  stage.play("client", add(1, 2, 3, 4, 5));
  expect(stage.play("client", flush)).toBe(2);
  expect(stage.play("client", flush)).toBe(2);
  stage.play("client", add(6));
  stage.pass(3);
  expect(stage.play("client", flush)).toBe(0);
  expect(words(stage)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("with a token that leads nowhere nothing is tried and everything is kept", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client });
  stage.play("client", add(1, 2));
  expect(stage.play("client", (context) => context.batchFlush(context.needs.timer!))).toBe(Errno.invalidCapability);
  stage.play("server", (context) => context.exit());
  expect(stage.play("client", flush)).toBe(Errno.endpointNotFound);
  expect(stage.record("batches", 0)).toMatchObject({ count: 2, sent: 0 });
  expect(stage.play("client", (context) => [context.batchDiscard(), context.batchDiscard()])).toEqual([2, 0]);
});

test("flags are honoured, and checked when a message is added", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client });
  const addFlagged = (context: Actor, flags: number, word: number): number => {
    SmallMessage.opcode.set(context.memory, context.outgoing, 1);
    SmallMessage.flags.set(context.memory, context.outgoing, flags);
    SmallMessage.data0.set(context.memory, context.outgoing, word);
    return context.batchAddMessage(context.outgoing);
  };
  stage.play("server", (context) => context.sleep(1));
  expect(stage.play("client", (context) => [addFlagged(context, MessageFlag.isReply, 1), addFlagged(context, 0, 2), addFlagged(context, MessageFlag.urgent, 3), context.batchFlush(context.needs.target!)])).toEqual([Errno.invalidMessage, 0, 0, 0]);
  stage.pass(2);
  expect(words(stage)).toEqual([3, 2]);
});

test("only who asks in the manifest has a batch", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: { ...client, batch: false } });
  expect(stage.play("client", add(1))).toEqual([Errno.notInitialized]);
  expect(stage.play("client", flush)).toBe(Errno.notInitialized);
  expect(stage.play("client", (context) => context.batchDiscard())).toBe(Errno.notInitialized);
});

test("what was put in was sent, is kept, or was dropped: after a full queue, a discard, and an end", () => {
  const stage = new Stage({ server: { receives: ["requests"], queues: { requests: 3 } }, client });
  const account = (): unknown => {
    expect(checkInvariants(stage.machine)).toEqual([]);
    return stage.record("batches", 0);
  };
  stage.play("server", (context) => context.sleep(2));
  stage.play("client", add(1, 2, 3, 4, 5));
  expect(account()).toMatchObject({ added: 5, sent: 0, count: 5, dropped: 0 });
  stage.play("client", flush);
  expect(account()).toMatchObject({ added: 5, sent: 3, count: 2, dropped: 0 });
  stage.play("client", (context) => context.batchDiscard());
  expect(account()).toMatchObject({ added: 5, sent: 3, count: 0, dropped: 2 });
  stage.play("client", (context) => [context.batchAdd(1, 6), context.exit()]);
  expect(account()).toMatchObject({ added: 6, sent: 3, count: 0, dropped: 3 });
});

test("the invariant names a batch that has lost one", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client });
  stage.play("client", add(1, 2));
  const part = stage.machine.parts.find(({ name }) => name === "batches")!;
  BatchRecord.count.set(stage.machine.ram, part.base as Address<"BatchRecord">, 1);
  expect(checkInvariants(stage.machine)).toMatchObject([{ checker: "messages-conserved", place: "batch 0: added", text: "2 messages were put in; 0 sent, 1 kept and 0 dropped leave 1" }]);
});
