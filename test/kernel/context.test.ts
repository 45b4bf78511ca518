import { describe, expect, test } from "vitest";
import { i32, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { standardHalLimits } from "../../hal/limits.ts";
import { MailboxRegister } from "../../hal/mailbox-registers.ts";
import { boot } from "../../kernel/boot.ts";
import { Errno } from "../../kernel/errno.ts";
import { FAULT_WORDS, FaultCode } from "../../kernel/fault.ts";
import { standardKernelLimits } from "../../kernel/limits.ts";
import type { Machine } from "../../kernel/machine.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import { LargeMessage, LargeMessageHeader } from "../../kernel/message.ts";
import type { AnyService, Context, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { processesOnly } from "./bench-services.ts";

const needs = { nic: "device", irq: "interrupt", plain: "region:write", looked: "region:read", buffers: "buffers:write", ticks: "timer" } as const;
const results = { a: i32, b: i32, c: i32, d: i32, e: u64 };
const Results = layout("Results", results);
type ProbeContext = Context<typeof results, typeof needs, readonly []>;

/** A machine with one process that runs `act` as its start handler, a mailbox as device, two regions and four buffers. */
function run(act: (context: ProbeContext, message: Message) => void, ticks = 2): Machine {
  const probe = service({ name: "probe", state: Results, needs, handle: (message, context) => act(context, message) });
  const manifest: Manifest = {
    name: "probe",
    ramBytes: 1024 * 1024,
    hal: { ...standardHalLimits, mailboxInboundBytes: 1024, mailboxOutboundBytes: 1024 },
    kernel: { ...standardKernelLimits, capabilities: 16 },
    devices: [{ name: "box", kind: "mailbox" }],
    regions: { one: { bytes: 4096, devices: ["box"] }, two: { bytes: 5000 } },
    pool: { name: "frames", count: 4, devices: [] },
    processes: {
      probe: {
        service: probe as unknown as AnyService,
        priority: "userNormal",
        arenaBytes: 4096,
        grants: { nic: "box", irq: "box", plain: "one", looked: "two", buffers: "frames", ticks: "ticks" },
      },
    },
  };
  const machine = boot(manifest);
  machine.runUntilTick(ticks);
  return machine;
}

/** The same, for acts that must be stopped with this fault. */
function expectFault(code: number, act: (context: ProbeContext) => void): void {
  const machine = run((context, message) => {
    if (message.delivery === Delivery.start) act(context);
  });
  expect(machine.inspect("processes", 0)).toMatchObject({ faultCode: code });
  expect(machine.report().processes[0]).toMatchObject({ state: "zombie" });
  expect(machine.report().processes[0].fault).toContain(FAULT_WORDS[code]);
}

describe("faults", () => {
  const cases: [string, number, (context: ProbeContext) => void][] = [
    ["a span past a region's end", FaultCode.outside, (c) => c.span(c.needs.plain, 4090, 7)],
    ["a negative offset", FaultCode.outside, (c) => c.span(c.needs.plain, -1, 1)],
    ["a fraction for an offset", FaultCode.outside, (c) => c.span(c.needs.plain, 0.5, 1)],
    ["no number for an offset", FaultCode.outside, (c) => c.span(c.needs.plain, Number.NaN, 1)],
    ["an offset that wraps", FaultCode.outside, (c) => c.span(c.needs.plain, 0xffff_fff0, 0x20)],
    ["writing to what may only be read", FaultCode.readOnly, (c) => c.spanForWriting(c.needs.looked as never, 0, 1)],
    ["a buffer past its end", FaultCode.outside, (c) => c.buffer(c.needs.buffers, c.bufferAllocate(c.needs.buffers), 2047, 2)],
    ["a made-up buffer handle", FaultCode.staleBuffer, (c) => c.buffer(c.needs.buffers, 0x10000, 0, 1)],
    ["a handle of a buffer that went home", FaultCode.staleBuffer, (c) => {
      const handle = c.bufferAllocate(c.needs.buffers);
      c.bufferRelease(c.needs.buffers, handle);
      c.buffer(c.needs.buffers, handle, 0, 1);
    }],
    ["a region's token where a pool's is asked", FaultCode.forgedToken, (c) => c.bufferAllocate(c.needs.plain as never)],
    ["a pool's token where a region's is asked", FaultCode.forgedToken, (c) => c.span(c.needs.buffers as never, 0, 1)],
    ["a token outside the process's memory", FaultCode.outside, (c) => c.span(4096 as never, 0, 1)],
    ["a token at an odd address", FaultCode.outside, (c) => c.span(4 as never, 0, 1)],
    ["a changed token", FaultCode.forgedToken, (c) => {
      c.memory.i32[c.needs.plain >> 2] ^= 1 << 20;
      c.span(c.needs.plain, 0, 1);
    }],
    ["a register that the device does not have", FaultCode.noRegister, (c) => c.registerRead(c.needs.nic, 0x20)],
    ["a register at an odd offset", FaultCode.noRegister, (c) => c.registerRead(c.needs.nic, 2)],
    ["another token for a device's", FaultCode.forgedToken, (c) => c.registerRead(c.needs.ticks as never, 0)],
    ["another token for the timer's", FaultCode.forgedToken, (c) => c.timerStart(c.needs.nic as never, 1, 0, 1)],
    ["a message outside the process's memory", FaultCode.outside, (c) => c.sendMessage(c.needs.plain as never, 4080 as never)],
    ["a negative data word", FaultCode.wideWord, (c) => c.send(c.needs.plain as never, 1, -1)],
    ["a data word of 2^53", FaultCode.wideWord, (c) => c.call(c.needs.plain as never, 1, 0, 2 ** 53)],
    ["no number for a data word", FaultCode.wideWord, (c) => c.send(c.needs.plain as never, 1, 0, 0, 0, Number.NaN)],
    ["a handler without end", FaultCode.cycleBudget, (c) => {
      for (;;) c.uptimeTicks();
    }],
  ];
  for (const [name, code, act] of cases) test(name, () => expectFault(code, act));
});

test("regions: what one span proves can be read and written up to its last byte; sizes are page-rounded", () => {
  const machine = run((context, message) => {
    if (message.delivery !== Delivery.start) return;
    const { state, needs: held, shared } = context;
    shared.u8[context.spanForWriting(held.plain, 4095, 1)] = 77;
    state.a = shared.u8[context.span(held.plain, 4095, 1)];
    state.b = context.regionBytes(held.plain);
    state.c = context.regionBytes(held.looked);
  });
  expect(machine.inspect("state.probe")).toMatchObject({ a: 77, b: 4096, c: 8192 });
  expect(machine.inspect("processes", 0)).toMatchObject({ faultCode: 0 });
});

test("DMA buffers: counted references, home at none, handles stale after that, the pool's edge is resourceExhausted", () => {
  const machine = run((context, message) => {
    if (message.delivery !== Delivery.start) return;
    const { state, needs: { buffers } } = context;
    const first = context.bufferAllocate(buffers);
    for (let n = 1; n < 4; n++) context.bufferAllocate(buffers);
    state.a = context.bufferAllocate(buffers);
    state.b = context.bufferAcquire(buffers, first);
    context.bufferRelease(buffers, first);
    context.buffer(buffers, first, 0, 2048);
    context.bufferRelease(buffers, first);
    state.c = context.bufferRelease(buffers, first);
    state.d = context.bufferAllocate(buffers);
    state.e = first;
  });
  const { a, b, c, d, e } = machine.inspect("state.probe");
  expect([a, b, c]).toEqual([Errno.resourceExhausted, 0, Errno.invalidCapability]);
  expect(Number(d)).toBe(Number(e) + 0x10000);
  expect(machine.report().buffers).toEqual({ inUse: 4, peak: 4, count: 4, failures: 1, takenHome: 0 });
  expect(machine.report().processes[0]).toMatchObject({ buffersHeld: 4, buffersPeak: 4 });
});

test("an interrupt is a notification; it stays masked until it is acknowledged", () => {
  let machine: Machine | null = null;
  machine = run((context, message) => {
    const { state, needs: { nic, irq } } = context;
    if (message.delivery === Delivery.start) context.interruptBind(irq, 5);
    else if (message.delivery === Delivery.notification) {
      state.a += 1;
      state.b = message.bits;
      // The record stays in the mailbox, so the line stays high; acknowledged once, it comes back once.
      if (state.a === 1) context.interruptAcknowledge(irq);
      if (state.a === 2) context.registerWrite(nic, MailboxRegister.take, 0);
    }
  });
  expect(machine.mailboxSend("box", new Uint8Array([1, 2, 3, 4]))).toBe(true);
  machine.runUntilQuiet(4);
  expect(machine.inspect("state.probe")).toMatchObject({ a: 2, b: 5 });
});

test("timers: one-shot and periodic ones raise their bits on their tick, cancelled ones never", () => {
  const machine = run((context, message) => {
    const { state, needs: { ticks } } = context;
    if (message.delivery === Delivery.start) {
      context.timerStart(ticks, 3, 0, 1);
      context.timerStart(ticks, 2, 4, 2);
      state.d = context.timerCancel(ticks, context.timerStart(ticks, 1, 0, 4));
      state.c = context.timerStart(ticks, 0, 0, 8);
    } else if (message.delivery === Delivery.notification) {
      if ((message.bits & 1) !== 0) state.a = state.a * 100 + context.uptimeTicks();
      if ((message.bits & 2) !== 0) state.b = state.b * 100 + context.uptimeTicks();
      if ((message.bits & 12) !== 0) state.e = 1;
    }
  }, 11);
  expect(machine.inspect("state.probe")).toMatchObject({ a: 3, b: 20610, c: Errno.invalidArgument, d: 0, e: 0 });
});

test("a process that notifies itself runs again, after whoever is more urgent", () => {
  const machine = run((context, message) => {
    if (message.delivery === Delivery.start) context.notifySelf(6);
    else {
      context.state.a += 1;
      context.state.b = message.bits;
    }
  });
  expect(machine.inspect("state.probe")).toMatchObject({ a: 1, b: 6 });
});

const OrderState = layout("OrderState", { firstRun: u64 });
const recordStart = service({
  name: "record-start",
  state: OrderState,
  needs: { ticks: "timer" },
  handle(message, context) {
    // Two timer starts cost more than the resolution that is compared.
    if (message.delivery === Delivery.start) context.state.firstRun = context.timerStart(context.needs.ticks, 1, 0, 1);
  },
});

test("of the ready processes the most urgent runs first; equals in the order in which they became ready", () => {
  const line = (priority: ProcessLine["priority"]): ProcessLine => ({ service: recordStart, priority, arenaBytes: 512, grants: { ticks: "ticks" } });
  const machine = boot(processesOnly({ low: line("userLow"), first: line("userNormal"), second: line("userNormal"), urgent: line("realTimeHigh") }));
  machine.runUntilTick(2);
  // Serial numbers of timers count the order of arming.
  const order = ["urgent", "first", "second", "low"].map((name) => Math.floor(Number(machine.inspect(`state.${name}`).firstRun) / 1024));
  expect(order).toEqual([1, 2, 3, 4]);
});

const sender = service({
  name: "sender",
  state: layout("SenderState", { good: i32, past: i32, odd: i32 }),
  needs: { to: "endpoint", window: "region:write" },
  handle(message, context) {
    if (message.delivery !== Delivery.start) return;
    const { needs: held, state, shared } = context;
    shared.u8[context.spanForWriting(held.window, 64 + LargeMessage.size, 3)] = 9;
    state.good = context.sendLarge(held.to, 3, held.window, 64, 3);
    state.past = context.sendLarge(held.to, 3, held.window, 4096 - 128, 9);
    state.odd = context.sendLarge(held.to, 3, held.window, 4, 3);
  },
});
const reader = service({
  name: "reader",
  state: layout("ReaderState", { count: u32, offset: u32, bytes: u32, firstByte: u32, totalBytes: u32 }),
  needs: { window: "region:read" },
  receives: ["in"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    const { state, shared, needs: held } = context;
    state.count += 1;
    state.offset = message.payloadOffset;
    state.bytes = message.payloadBytes;
    state.firstByte = shared.u8[context.span(held.window, message.payloadOffset, message.payloadBytes)];
    const header = context.span(held.window, message.payloadOffset - LargeMessage.size, LargeMessage.size);
    state.totalBytes = LargeMessageHeader.totalBytes.get(shared, header as never);
  },
});

test("a large message lies in a shared region; one that does not fit there is refused with invalidMemoryRegion", () => {
  const line = { priority: "userNormal", arenaBytes: 512 } as const;
  const machine = boot({
    ...processesOnly({
      reader: { ...line, service: reader, grants: { window: "window" } },
      sender: { ...line, service: sender, grants: { to: "reader.in", window: "window" } },
    }),
    regions: { window: { bytes: 4096 } },
  });
  machine.runUntilQuiet(2);
  expect(machine.inspect("state.sender")).toEqual({ good: 0, past: Errno.invalidMemoryRegion, odd: Errno.invalidMemoryRegion });
  expect(machine.inspect("state.reader")).toMatchObject({ count: 1, offset: 64 + 120, bytes: 3, firstByte: 9, totalBytes: 123 });
});
