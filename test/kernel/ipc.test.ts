import { expect, test } from "vitest";
import { i32, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { boot } from "../../kernel/boot.ts";
import { Errno } from "../../kernel/errno.ts";
import { FaultCode } from "../../kernel/fault.ts";
import { MessageFlag, SmallMessage } from "../../kernel/message.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { echo, processesOnly } from "./bench-services.ts";

const line = { priority: "userNormal", arenaBytes: 4096 } as const;

const CallerState = layout("CallerState", { answer: u64, status: i32, busy: i32, replies: u32 });
/** Calls `target` once at the start, tries a second call, and keeps the answer. */
const caller = service({
  name: "caller",
  state: CallerState,
  needs: { target: "endpoint" },
  handle(message, context) {
    if (message.delivery === Delivery.start) {
      context.state.status = context.call(context.needs.target, 7, 41);
      context.state.busy = context.call(context.needs.target, 7, 41);
    } else if (message.delivery === Delivery.reply) {
      context.state.status = message.status;
      context.state.answer = message.data0;
      context.state.replies += 1;
    }
  },
});

test("a call is answered, and a second one in the same handler is refused", () => {
  const machine = boot(processesOnly({
    server: { ...line, service: echo },
    client: { ...line, service: caller, grants: { target: "server.requests" } },
  }));
  expect(machine.runUntilQuiet(2)).toBe(true);
  expect(machine.inspect("state.client")).toMatchObject({ answer: 42, status: 0, busy: Errno.resourceBusy, replies: 1 });
  expect(machine.inspect("state.server")).toMatchObject({ served: 1 });
  expect(machine.inspect("processes", 1)).toMatchObject({ faultCode: 0 });
  expect(machine.report().processes.map((process) => process.state)).toEqual(["blocked", "blocked"]);
});

const silent = service({ name: "silent", state: layout("SilentState", { seen: u32 }), receives: ["requests"], handle() {} });
const dying = service({
  name: "dying",
  state: layout("DyingState", { seen: u32 }),
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery === Delivery.message) context.exit();
  },
});

test("a call that its handler does not answer is answered invalidMessage, and one to a process that ends endpointNotFound", () => {
  for (const [target, status] of [[silent, Errno.invalidMessage], [dying, Errno.endpointNotFound]] as const) {
    const machine = boot(processesOnly({
      server: { ...line, service: target },
      client: { ...line, service: caller, grants: { target: "server.requests" } },
    }));
    machine.runUntilQuiet(2);
    expect(machine.inspect("state.client")).toMatchObject({ status, replies: 1 });
  }
});

const FloodState = layout("FloodState", { accepted: u32, refused: u32, lastErrno: i32, closed: u32, closedNeed: i32 });
/** Sends 0, 1, 2, ... until it is refused; every third message is urgent. */
const flood = service({
  name: "flood",
  state: FloodState,
  needs: { target: "endpoint" },
  handle(message, context) {
    const { state, memory, outgoing } = context;
    if (message.delivery === Delivery.closed) {
      state.closed += 1;
      state.closedNeed = message.data0;
      return;
    }
    for (let n = 0; n < 2000 && state.refused === 0; n++) {
      SmallMessage.opcode.set(memory, outgoing, 1);
      SmallMessage.flags.set(memory, outgoing, n % 3 === 2 ? MessageFlag.urgent : 0);
      SmallMessage.data0.set(memory, outgoing, n);
      const status = context.sendMessage(context.needs.target, outgoing);
      if (status === 0) state.accepted += 1;
      else {
        state.refused += 1;
        state.lastErrno = status;
      }
    }
  },
});

const RecorderState = layout("RecorderState", { count: u32, lastNormal: i32, lastUrgent: i32, disorder: u32, firstUrgentAt: i32, overtaken: u32 });
const recorder = service({
  name: "recorder",
  state: RecorderState,
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    const { state } = context;
    const urgent = (message.flags & MessageFlag.urgent) !== 0;
    if (urgent) {
      if (message.data0 <= state.lastUrgent && state.lastUrgent !== 0) state.disorder += 1;
      state.lastUrgent = message.data0;
    } else {
      if (message.data0 < state.lastNormal) state.disorder += 1;
      if (message.data0 < state.lastUrgent) state.overtaken += 1;
      state.lastNormal = message.data0;
    }
    state.count += 1;
  },
});

for (const tiny of [false, true]) {
  const capacity = tiny ? 8 : 1024;
  test(`the queue takes ${capacity} messages, then refuses with channelFull; urgent ones overtake, the rest stay in order`, () => {
    const machine = boot(processesOnly({
      // The sender runs first and to its end, so the receiver, not yet waiting, takes nothing in registers.
      sender: { ...line, arenaBytes: 512, priority: "systemHigh", service: flood, grants: { target: "receiver.requests" } },
      receiver: { ...line, arenaBytes: 512, service: recorder },
    }, tiny));
    machine.runUntilQuiet(2);
    expect(machine.inspect("state.sender")).toMatchObject({ accepted: capacity, refused: 1, lastErrno: Errno.channelFull });
    expect(machine.inspect("state.receiver")).toMatchObject({ count: capacity, disorder: 0 });
    expect(Number(machine.inspect("state.receiver").overtaken)).toBeGreaterThan(0);
    expect(machine.inspect("endpoints", 0)).toMatchObject({ count: 0, sent: capacity, received: capacity, refused: 1, depthPeak: capacity });
    expect(machine.report().ipc).toMatchObject({ fast: 0, queued: capacity });
  });
}

test("a waiting receiver takes the message in its registers", () => {
  const machine = boot(processesOnly({
    receiver: { ...line, priority: "systemHigh", service: recorder },
    sender: { ...line, service: caller, grants: { target: "receiver.requests" } },
  }));
  machine.runUntilQuiet(2);
  expect(machine.report().ipc).toMatchObject({ fast: 1, queued: 0 });
});

const ProbeState = layout("ProbeState", { forged: i32, flags: i32, onto: i32 });
/** Tries what is not allowed: a made-up token, flags of the kernel's, a token of another type. */
const trespasser = service({
  name: "trespasser",
  state: ProbeState,
  needs: { target: "endpoint", ticks: "timer" },
  handle(message, context) {
    if (message.delivery !== Delivery.start) return;
    const { state, memory, outgoing, needs } = context;
    const low = memory.i32[needs.target >> 2];
    memory.i32[needs.target >> 2] = low ^ 0x100;
    state.forged = context.send(needs.target, 1);
    memory.i32[needs.target >> 2] = low;
    SmallMessage.flags.set(memory, outgoing, MessageFlag.isReply);
    state.flags = context.sendMessage(needs.target, outgoing);
    state.onto = context.send(needs.ticks as never, 1);
  },
});

test("what is not held, or not allowed, is refused with an errno and reaches nobody", () => {
  const machine = boot(processesOnly({
    server: { ...line, service: recorder },
    client: { ...line, service: trespasser, grants: { target: "server.requests", ticks: "ticks" } },
  }));
  machine.runUntilQuiet(2);
  expect(machine.inspect("state.client")).toMatchObject({ forged: Errno.invalidCapability, flags: Errno.invalidMessage, onto: Errno.invalidCapability });
  expect(machine.inspect("state.server")).toMatchObject({ count: 0 });
  expect(machine.report().ipc).toMatchObject({ fast: 0, queued: 0, refused: 3 });
});

const closer = service({
  name: "closer",
  state: layout("CloserState", { seen: u32 }),
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery === Delivery.start) context.exit();
  },
});

test("when a process ends, those who may send to it are told which of their grants leads nowhere", () => {
  const machine = boot(processesOnly({
    sender: { ...line, service: flood, grants: { target: "receiver.requests" }, priority: "systemHigh" },
    receiver: { ...line, service: closer },
  }, true));
  machine.runUntilQuiet(2);
  expect(machine.inspect("state.sender")).toMatchObject({ accepted: 8, closed: 1, closedNeed: 0 });
  expect(machine.inspect("endpoints", 0)).toMatchObject({ open: 0, count: 0, dropped: 8 });
});

const wide = service({
  name: "wide",
  state: layout("WideState", { sent: i32 }),
  needs: { target: "endpoint" },
  handle(message, context) {
    if (message.delivery !== Delivery.start) return;
    SmallMessage.data0.setWords(context.memory, context.outgoing, 0, 1 << 21);
    context.state.sent = context.sendMessage(context.needs.target, context.outgoing);
  },
});

test("a word of 2^53 is carried; reading it as a number stops the reader, not the machine", () => {
  const machine = boot(processesOnly({
    reader: { ...line, service: recorder, priority: "systemHigh" },
    careful: { ...line, service: echo },
    sender: { ...line, service: wide, grants: { target: "reader.requests" } },
    client: { ...line, service: caller, grants: { target: "careful.requests" } },
  }));
  expect(machine.runUntilQuiet(2)).toBe(true);
  expect(machine.inspect("state.sender")).toEqual({ sent: 0 });
  expect(machine.inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.wideWord });
  expect(machine.inspect("state.client")).toMatchObject({ answer: 42, status: 0 });
});

const badReply = service({
  name: "bad-reply",
  state: layout("BadReplyState", { seen: i32 }),
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery === Delivery.message) context.reply(0, -1);
  },
});

test("an answer with a word that is no whole number stops the callee; its caller is told endpointNotFound", () => {
  const machine = boot(processesOnly({
    server: { ...line, service: badReply },
    client: { ...line, service: caller, grants: { target: "server.requests" } },
  }));
  machine.runUntilQuiet(2);
  expect(machine.inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.wideWord });
  expect(machine.inspect("state.client")).toMatchObject({ status: Errno.endpointNotFound, replies: 1 });
});
