import { expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor } from "./stage.ts";
import { Stage } from "./stage.ts";

const sender = { needs: { target: "endpoint" }, grants: { target: "server.requests" } } as const;
/** A server that runs only when everybody else rests, so that its queue of one message is soon full. */
const slow = { receives: ["requests"], queues: { requests: 1 }, priority: "idle" } as const;

const sendWait = (word: number) => (context: Actor) => context.sendWait(context.needs.target!, 1, word);

/** Makes the server busy with itself: it makes a call that nobody answers. */
function stageWithHeldServer(senders: readonly string[]): Stage {
  const stage = new Stage({
    sink: { receives: ["requests"], priority: "idle" },
    server: { ...slow, needs: { sink: "endpoint" }, grants: { sink: "sink.requests" } },
    ...Object.fromEntries(senders.map((name) => [name, sender])),
  });
  return stage;
}

/** Runs `play` while the server sleeps, then lets it wake. */
function whileAsleep(stage: Stage, play: () => void): void {
  stage.play("server", (context) => context.sleep(5));
  play();
  stage.pass(6);
}

test("those who wait for room send in the order in which they began to, and are told so one by one", () => {
  const stage = stageWithHeldServer(["a", "b", "c", "d"]);
  whileAsleep(stage, () => {
    for (const [name, word] of [["a", 1], ["c", 2], ["b", 3], ["d", 4]] as const) expect(stage.play(name, sendWait(word))).toBe(0);
    // The first found room at once.
    expect(stage.look("a")).toMatchObject([{ delivery: Delivery.sent, opcode: 0 }]);
    for (const name of ["b", "c", "d"]) expect(stage.look(name)).toEqual([]);
    expect(stage.record("endpoints", 1)).toMatchObject({ count: 1, senders: 0b11_1000, sent: 1, refused: 0 });
  });
  expect(stage.look("server").filter((given) => given.delivery === Delivery.message).map((given) => given.data[0])).toEqual([1, 2, 3, 4]);
  for (const name of ["b", "c", "d"]) expect(stage.look(name)).toMatchObject([{ delivery: Delivery.sent, opcode: 0 }]);
  expect(stage.record("endpoints", 1)).toMatchObject({ count: 0, senders: 0, sent: 4, received: 4 });
});

test("a process has one call or sendWait a handler", () => {
  const stage = stageWithHeldServer(["a"]);
  const statuses = stage.play("a", (context) => [context.sendWait(context.needs.target!, 1), context.sendWait(context.needs.target!, 1), context.call(context.needs.target!, 1)]);
  expect(statuses).toEqual([0, Errno.resourceBusy, Errno.resourceBusy]);
});

test("sendWait ends at its limit: timeout, its place is free, and nothing of it is ever sent", () => {
  const stage = stageWithHeldServer(["a", "b", "c"]);
  whileAsleep(stage, () => {
    stage.play("a", sendWait(1));
    stage.play("b", (context) => [context.waitAtMost(2), context.sendWait(context.needs.target!, 1, 2)]);
    stage.play("c", sendWait(3));
    stage.look("a");
    stage.pass(1);
    expect(stage.look("b")).toEqual([]);
    stage.pass(1);
    expect(stage.look("b")).toMatchObject([{ delivery: Delivery.sent, opcode: Errno.timeout }]);
    expect(stage.record("endpoints", 1)).toMatchObject({ senders: 0b1_0000 });
  });
  expect(stage.look("server").filter((given) => given.delivery === Delivery.message).map((given) => given.data[0])).toEqual([1, 3]);
  expect(stage.record("kernel")).toMatchObject({ timeouts: 1 });
});

test("a call ends at its limit, the late answer finds nobody, and the next call is answered by its own", () => {
  let late = 0;
  const stage = new Stage({
    server: { receives: ["requests"], onMessage: (context, message) => (late = context.reply(0, message.data0 * 10)) },
    client: sender,
  });
  stage.play("server", (context) => context.sleep(4));
  stage.play("client", (context) => [context.waitAtMost(3), context.call(context.needs.target!, 1, 7)]);
  stage.pass(3);
  expect(stage.look("client")).toMatchObject([{ delivery: Delivery.reply, opcode: Errno.timeout, data: [0, 0, 0, 0] }]);
  stage.pass(2);
  expect(late).toBe(Errno.invalidMessage);
  expect(stage.look("client")).toEqual([]);
  stage.play("client", (context) => [context.waitAtMost(3), context.call(context.needs.target!, 1, 8)]);
  expect(stage.look("client")).toMatchObject([{ delivery: Delivery.reply, opcode: 0, data: [80, 0, 0, 0] }]);
  stage.pass(10);
  expect(stage.look("client")).toEqual([]);
});

test("a call that waits again at the very tick of the late answer does not take it for its own", () => {
  const answers: number[] = [];
  const stage = new Stage({
    server: { receives: ["requests"], onMessage: (context, message) => answers.push(context.reply(0, message.data0)) },
    client: sender,
  });
  stage.play("server", (context) => context.sleep(4));
  stage.play("client", (context) => [context.waitAtMost(2), context.call(context.needs.target!, 1, 1)]);
  stage.pass(2);
  stage.play("client", (context) => context.call(context.needs.target!, 1, 2));
  stage.pass(3);
  expect(answers).toEqual([Errno.invalidMessage, 0]);
  expect(stage.look("client").map((given) => [given.opcode, given.data[0]])).toEqual([[Errno.timeout, 0], [0, 2]]);
});

test("receiving ends at its limit unless something comes first, and the limit is for one wait only", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: sender });
  expect(stage.play("server", (context) => context.waitAtMost(3))).toBe(0);
  stage.pass(2);
  expect(stage.look("server")).toEqual([]);
  stage.pass(1);
  expect(stage.look("server")).toMatchObject([{ delivery: Delivery.timeout, opcode: Errno.timeout }]);
  stage.pass(20);
  expect(stage.look("server")).toEqual([]);
  stage.play("server", (context) => context.waitAtMost(3));
  stage.play("client", (context) => context.send(context.needs.target!, 9));
  stage.pass(20);
  expect(stage.look("server")).toMatchObject([{ delivery: Delivery.message, opcode: 9 }]);
});

test("a call whose message comes before it keeps its limit", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: { ...sender, receives: ["requests"], priority: "userLow" }, other: { needs: { target: "endpoint" }, grants: { target: "client.requests" }, priority: "systemHigh" } });
  stage.play("server", (context) => context.sleep(9));
  // The message goes into the waiting client's registers; then it is poked, and calls.
  stage.poke("other", (context) => context.send(context.needs.target!, 5));
  while (Number(stage.record("endpoints", 1).received) === 0) stage.machine.step();
  stage.play("client", (context) => [context.waitAtMost(3), context.call(context.needs.target!, 1)]);
  expect(stage.look("client")).toMatchObject([{ delivery: Delivery.message, opcode: 5 }]);
  stage.pass(4);
  expect(stage.look("client")).toMatchObject([{ delivery: Delivery.reply, opcode: Errno.timeout }]);
});

test("limits below a tick, of fractions, and of 2^31 ticks are refused, and nothing is limited", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: sender });
  for (const ticks of [0, -1, 0.5, Number.NaN, 2 ** 31]) expect(stage.play("server", (context) => context.waitAtMost(ticks))).toBe(Errno.invalidArgument);
  stage.pass(5);
  expect(stage.look("server")).toEqual([]);
});

test("limits take no timer from those that processes arm, and fire after those armed before for the same tick", () => {
  const stage = new Stage({ server: { receives: ["requests"], needs: { ticks: "timer" }, grants: { ticks: "ticks" } }, client: sender }, { tiny: true });
  const ids = stage.play("server", (context) => Array.from({ length: 9 }, (_, n) => context.timerStart(context.needs.ticks!, 3, 0, 1 << n)));
  expect(ids.at(-1)).toBe(Errno.resourceExhausted);
  stage.play("server", (context) => context.waitAtMost(3));
  expect(stage.record("timers.state")).toMatchObject({ armed: 8, oneShots: 9 });
  stage.pass(5);
  expect(stage.look("server")).toMatchObject([{ delivery: Delivery.notification, bits: 255 }]);
  expect(stage.record("timers.state")).toMatchObject({ armed: 0, oneShots: 0, fired: 8 });
});

test("closing wakes everybody who waits there: for room, for an answer, for a message", () => {
  const stage = new Stage({
    server: { receives: ["requests"], queues: { requests: 1 } },
    other: { receives: ["requests"], shares: { requests: "server.requests" } },
    caller: sender,
    waiter: sender,
  });
  for (const name of ["server", "other"]) stage.play(name, (context) => context.sleep(5));
  stage.play("caller", (context) => context.call(context.needs.target!, 1));
  stage.play("waiter", sendWait(2));
  stage.pass(4);
  expect([...stage.look("caller"), ...stage.look("waiter")]).toEqual([]);
  stage.poke("server", (context) => context.exit());
  stage.pass(4);
  expect(stage.look("caller").map((given) => [given.delivery, given.opcode])).toContainEqual([Delivery.reply, Errno.endpointNotFound]);
  expect(stage.look("waiter").map((given) => [given.delivery, given.opcode])).toContainEqual([Delivery.sent, Errno.endpointNotFound]);
  expect(stage.look("other").map((given) => given.delivery)).toEqual([Delivery.closed, Delivery.timeout]);
  expect(stage.record("endpoints", 0)).toMatchObject({ open: 0, count: 0, senders: 0 });
});

test("sendWait to one's own full queue is refused: nobody could ever make room", () => {
  const stage = new Stage({ self: { receives: ["requests"], queues: { requests: 1 }, needs: { target: "endpoint" }, grants: { target: "self.requests" } } });
  stage.play("self", (context) => [context.send(context.needs.target!, 1), context.sendWait(context.needs.target!, 2)]);
  expect(stage.look("self").map((given) => [given.delivery, given.opcode])).toEqual([[Delivery.sent, Errno.resourceBusy], [Delivery.message, 1]]);
});

test("sendWaitMessage and callMessage honour flags, and refuse those of the kernel", () => {
  const stage = new Stage({ server: { receives: ["requests"], onMessage: (context) => context.reply(0, 5) }, client: sender });
  const fill = (context: Actor, flags: number): void => {
    SmallMessage.opcode.set(context.memory, context.outgoing, 3);
    SmallMessage.flags.set(context.memory, context.outgoing, flags);
  };
  for (const name of ["sendWaitMessage", "callMessage"] as const) {
    const statuses = stage.play("client", (context) => [MessageFlag.isReply, MessageFlag.large, 1 << 20, MessageFlag.urgent].map((flags) => {
      fill(context, flags);
      return context[name](context.needs.target!, context.outgoing);
    }));
    expect(statuses).toEqual([Errno.invalidMessage, Errno.invalidMessage, Errno.invalidMessage, 0]);
    expect(stage.look("server")).toMatchObject([{ flags: MessageFlag.urgent, opcode: 3 }]);
    expect(stage.look("client")).toMatchObject([{ delivery: name === "callMessage" ? Delivery.reply : Delivery.sent, opcode: 0 }]);
  }
});
