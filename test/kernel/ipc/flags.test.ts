import { expect, test } from "vitest";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { Errno } from "../../../kernel/errno.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor } from "./stage.ts";
import { Stage } from "./stage.ts";

const { urgent, unordered, needsAck } = MessageFlag;
const sender = { needs: { spare: "endpoint", target: "endpoint" }, grants: { spare: "server.requests", target: "server.requests" } } as const;

function sendFlagged(context: Actor, flags: number, word: number, need = "target"): number {
  SmallMessage.opcode.set(context.memory, context.outgoing, 1);
  SmallMessage.flags.set(context.memory, context.outgoing, flags);
  SmallMessage.data0.set(context.memory, context.outgoing, word);
  return context.sendMessage(context.needs[need]!, context.outgoing);
}

/** What the server gets of messages that were queued with these flags, numbered from 1. */
function orderOf(flags: readonly number[], first: ReadonlySet<number> = new Set()): number[] {
  let asked = 0;
  const choose = (site: number): number => (site === KernelChoice.unorderedFirst && first.has(++asked) ? 1 : 0);
  const stage = new Stage({ server: { receives: ["requests"] }, client: sender }, { choose });
  stage.play("server", (context) => context.sleep(2));
  stage.play("client", (context) => flags.map((flag, index) => sendFlagged(context, flag, index + 1)));
  stage.pass(3);
  return stage.look("server").filter((given) => given.delivery === Delivery.message).map((given) => given.data[0]!);
}

test("urgent messages overtake all others, never each other", () => {
  expect(orderOf([0, urgent, 0, urgent, urgent])).toEqual([2, 4, 5, 1, 3]);
});

test("unordered messages stay in order unless chance lets them go first; then they overtake what is not urgent", () => {
  expect(orderOf([0, unordered, unordered, 0])).toEqual([1, 2, 3, 4]);
  expect(orderOf([0, unordered, unordered, 0], new Set([2]))).toEqual([3, 1, 2, 4]);
  expect(orderOf([unordered, unordered, unordered], new Set([1, 2, 3]))).toEqual([3, 2, 1]);
  expect(orderOf([urgent, 0, unordered], new Set([1]))).toEqual([1, 3, 2]);
  expect(orderOf([urgent, urgent | unordered], new Set([1]))).toEqual([1, 2]);
});

test("chance is asked for unordered messages only", () => {
  const sites: number[] = [];
  const stage = new Stage({ server: { receives: ["requests"] }, client: sender }, { choose: (site) => (sites.push(site), 0) });
  stage.play("server", (context) => context.sleep(2));
  stage.play("client", (context) => [0, urgent, needsAck].map((flags) => sendFlagged(context, flags, 1)));
  expect(sites).toEqual([]);
  stage.play("client", (context) => sendFlagged(context, unordered, 1));
  expect(sites).toEqual([KernelChoice.unorderedFirst]);
});

test("the kernel says how many messages were taken, need by need, when they are handled and not before", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: sender });
  stage.play("client", (context) => sendFlagged(context, needsAck, 1));
  expect(stage.look("client")).toMatchObject([{ delivery: Delivery.acknowledged, data: [1, 1, 0, 0] }]);
  stage.play("server", (context) => context.sleep(2));
  stage.play("client", (context) => [sendFlagged(context, needsAck, 1), sendFlagged(context, needsAck, 2, "spare"), sendFlagged(context, 0, 3)]);
  expect(stage.look("client")).toEqual([]);
  stage.pass(3);
  expect(stage.look("client").map((given) => given.data)).toEqual([[1, 1, 0, 0], [0, 1, 0, 0]]);
  expect(stage.record("kernel")).toMatchObject({ acknowledged: 3 });
});

test("taken and returned are counted together, also while the sender waits for something else", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, other: { receives: ["requests"], onMessage: (context) => context.reply(0) }, client: { needs: { target: "endpoint", other: "endpoint" }, grants: { target: "server.requests", other: "other.requests" } } });
  stage.play("other", (context) => context.sleep(9));
  stage.play("server", (context) => context.sleep(3));
  stage.play("client", (context) => [sendFlagged(context, needsAck, 1), sendFlagged(context, needsAck, 2), sendFlagged(context, needsAck | urgent, 3), context.call(context.needs.other!, 1)]);
  stage.poke("server", (context) => context.exit());
  stage.pass(4);
  expect(stage.look("client")).toEqual([]);
  stage.pass(9);
  const given = stage.look("client");
  expect(given.map((one) => one.delivery)).toEqual([Delivery.closed, Delivery.reply, Delivery.acknowledged]);
  // The server woke to its notification, and ended before it took any.
  expect(given[2]!.data).toEqual([0, 0, 3, 0]);
});

test("a message in the registers of a process that ends before its handler ran counts as returned", () => {
  const stage = new Stage({ server: { receives: ["requests"], priority: "userLow" }, client: { ...sender, priority: "systemHigh" } });
  stage.poke("client", (context) => sendFlagged(context, needsAck, 1));
  // The client runs first: its message goes into the waiting server's registers. Then the notification comes before it.
  while (stage.machine.busy() && Number(stage.record("endpoints", 0).received) === 0) stage.machine.step();
  expect(stage.record("endpoints", 0)).toMatchObject({ sent: 1, received: 1 });
  stage.play("server", (context) => context.exit());
  expect(stage.record("endpoints", 0)).toMatchObject({ sent: 1, received: 0, dropped: 1 });
  expect(stage.look("client").filter((given) => given.delivery === Delivery.acknowledged).map((given) => given.data)).toEqual([[1, 0, 1, 0]]);
  // What was told is not told again.
  expect(stage.record("acknowledgements", 1)).toEqual({ taken: 0, returned: 0 });
});

test("calls and sendWait are acknowledged as well", () => {
  const stage = new Stage({ server: { receives: ["requests"], onMessage: (context) => context.reply(0) }, client: sender });
  for (const name of ["callMessage", "sendWaitMessage"] as const) {
    stage.play("client", (context) => {
      SmallMessage.flags.set(context.memory, context.outgoing, needsAck);
      return context[name](context.needs.target!, context.outgoing);
    });
    expect(stage.look("client").map((given) => given.delivery).sort()).toEqual([Delivery.acknowledged, name === "callMessage" ? Delivery.reply : Delivery.sent].sort());
  }
});

test("isReply, large and flags without a meaning are the kernel's: refused, and nothing is sent", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: sender });
  const statuses = stage.play("client", (context) => [MessageFlag.isReply, MessageFlag.large, 1 << 7, -1].map((flags) => sendFlagged(context, flags, 1)));
  expect(statuses).toEqual([Errno.invalidMessage, Errno.invalidMessage, Errno.invalidMessage, Errno.invalidMessage]);
  expect(stage.look("server")).toEqual([]);
});
