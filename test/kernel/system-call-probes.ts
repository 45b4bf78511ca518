/** For each system call one that is not refused, and a machine in which it is made once: its result, its cycles, its fault. */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { standardHalLimits } from "../../hal/limits.ts";
import { boot } from "../../kernel/boot.ts";
import { Cost } from "../../kernel/costs.ts";
import { standardKernelLimits } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import { SmallMessage } from "../../kernel/message.ts";
import type { AnyService, Context, Grant, StateTypes } from "../../kernel/service.ts";
import { Delivery, Right, service } from "../../kernel/service.ts";
import type { CallName } from "../../kernel/system-calls.ts";

export const NEEDS = {
  peer: "endpoint", self: "endpoint", region: "region:write", pool: "buffers:write", device: "device", irq: "interrupt",
  ticks: "timer", other: "process", into: "channel:send", from: "channel:receive",
} as const;
const GRANTS = {
  peer: "peer.requests", self: "prober.requests", region: "shared", pool: "frames", device: "mailbox0", irq: "mailbox0",
  ticks: "ticks", other: "ended", into: "news", from: "news",
};
const GOVERNING = ["grant", "revoke", "delete", "modify", "create"] as const;

const fields = { before: u64, after: u64, result: i32, runs: i32, delivered: i32, status: i32, first: u64("identity"), second: u64("identity"), nothing: u64("identity") };
const ProberState = layout("ProberState", fields);
export type Prober = Context<typeof fields & StateTypes, typeof NEEDS, readonly ["requests"]>;

export interface Probe {
  /** The call itself; `prepared` is what `before` answered. */
  run(context: Prober, prepared: number): number | void;
  /** In the same handler, ahead of it. */
  before?(context: Prober): number;
  /** It is made not at the start but for what the prober sent to itself in `send`, or for a call of another process. */
  send?(context: Prober): void;
  called?: true;
  /** Things that the answer counts. */
  times?: number;
  /** Another machine to make it in. */
  machine?(manifest: Manifest): Manifest;
}

/** Where the prober may keep a token; nothing is ever put into `nothing`. */
export const place = (context: Prober, field: "first" | "second" | "nothing"): Grant => (context.stateAt + ProberState[field].offset) as Address<"Token"> as Grant;

export function blank(context: Prober): Address<"SmallMessage"> {
  for (let word = 0; word < SmallMessage.size / 4; word++) context.memory.i32[context.outgoing / 4 + word] = 0;
  return context.outgoing;
}

export const derived = (context: Prober): number => context.capabilityDerive(context.needs.peer, 0xff, place(context, "first"));

export const PROBES: Readonly<Record<CallName, Probe>> = {
  send: { run: (c) => c.send(c.needs.peer, 1) },
  sendMessage: { before: blank, run: (c, at) => c.sendMessage(c.needs.peer, at as Address<"SmallMessage">) },
  sendLarge: { run: (c) => c.sendLarge(c.needs.peer, 1, c.needs.region, 0, 64) },
  sendFast: { run: (c) => c.sendFast(c.needs.peer, 1) },
  sendWait: { run: (c) => c.sendWait(c.needs.peer, 1) },
  sendWaitMessage: { before: blank, run: (c, at) => c.sendWaitMessage(c.needs.peer, at as Address<"SmallMessage">) },
  call: { run: (c) => c.call(c.needs.peer, 1) },
  callMessage: { before: blank, run: (c, at) => c.callMessage(c.needs.peer, at as Address<"SmallMessage">) },
  callLarge: { run: (c) => c.callLarge(c.needs.peer, 1, c.needs.region, 0, 64) },
  callCapability: { run: (c) => c.callCapability(c.needs.peer, 1, c.needs.self) },
  payloadCheck: { send: (c) => void c.sendLarge(c.needs.self, 1, c.needs.region, 0, 64), run: (c) => c.payloadCheck(c.needs.region) },
  waitAtMost: { run: (c) => c.waitAtMost(5) },
  batchAdd: { run: (c) => c.batchAdd(1) },
  batchAddMessage: { before: blank, run: (c, at) => c.batchAddMessage(at as Address<"SmallMessage">) },
  batchFlush: { before: (c) => c.batchAdd(1), run: (c) => c.batchFlush(c.needs.peer) },
  batchDiscard: { run: (c) => c.batchDiscard() },
  reply: { called: true, run: (c) => c.reply(0) },
  replyCapability: { called: true, run: (c) => c.replyCapability(0, c.needs.self) },

  channelSend: { run: (c) => c.channelSend(c.needs.into, 1) },
  channelReceive: { before: (c) => c.channelSend(c.needs.into, 1), run: (c) => c.channelReceive(c.needs.from, c.outgoing) },
  channelSubscribe: { run: (c) => c.channelSubscribe(c.needs.from, 1) },

  sendCapability: { run: (c) => c.sendCapability(c.needs.peer, 1, c.needs.self) },
  capabilityTake: { send: (c) => void c.sendCapability(c.needs.self, 1, c.needs.peer), run: (c) => c.capabilityTake(place(c, "first")) },
  capabilityDerive: { run: derived },
  capabilityRevoke: { before: (c) => derived(c) + derived(c), times: 2, run: (c) => c.capabilityRevoke(c.needs.peer) },
  capabilityRestrict: { before: derived, times: 2, run: (c) => c.capabilityRestrict(c.needs.peer, 0xff & ~Right.create) },
  capabilityDelete: { run: (c) => c.capabilityDelete(c.needs.peer) },
  capabilityIdentify: { run: (c) => c.capabilityIdentify(c.needs.peer) },

  allocate: { run: (c) => c.allocate(64) },
  free: { before: (c) => c.allocate(64), run: (c, at) => c.free(at) },
  resize: { before: (c) => c.allocate(64), run: (c, at) => c.resize(at, 128) },

  span: { run: (c) => c.span(c.needs.region, 0, 64) },
  spanForWriting: { run: (c) => c.spanForWriting(c.needs.region, 0, 64) },
  regionBytes: { run: (c) => c.regionBytes(c.needs.region) },
  regionShare: { run: (c) => c.regionShare(c.needs.peer, 1, c.needs.region, 1) },
  regionMove: { run: (c) => c.regionMove(c.needs.peer, 1, c.needs.region) },
  regionCopyOnWrite: { run: (c) => c.regionCopyOnWrite(c.needs.peer, 1, c.needs.region) },

  bufferAllocate: { run: (c) => c.bufferAllocate(c.needs.pool) },
  bufferAcquire: { before: (c) => c.bufferAllocate(c.needs.pool), run: (c, handle) => c.bufferAcquire(c.needs.pool, handle) },
  bufferRelease: { before: (c) => c.bufferAllocate(c.needs.pool), run: (c, handle) => c.bufferRelease(c.needs.pool, handle) },
  bufferIsLive: { run: (c) => c.bufferIsLive(c.needs.pool, 1) },
  buffer: { before: (c) => c.bufferAllocate(c.needs.pool), run: (c, handle) => c.buffer(c.needs.pool, handle, 0, 64) },
  bufferForWriting: { before: (c) => c.bufferAllocate(c.needs.pool), run: (c, handle) => c.bufferForWriting(c.needs.pool, handle, 0, 64) },
  bufferDeviceAddress: { before: (c) => c.bufferAllocate(c.needs.pool), run: (c, handle) => c.bufferDeviceAddress(c.needs.pool, handle) },

  registerRead: { run: (c) => c.registerRead(c.needs.device, 0) },
  registerWrite: { run: (c) => c.registerWrite(c.needs.device, 8, 0) },
  regionDeviceAddress: { run: (c) => c.regionDeviceAddress(c.needs.region, 0) },
  interruptBind: { run: (c) => c.interruptBind(c.needs.irq, 1) },
  interruptAcknowledge: { before: (c) => c.interruptBind(c.needs.irq, 1), run: (c) => c.interruptAcknowledge(c.needs.irq) },

  uptimeTicks: { run: (c) => c.uptimeTicks() },
  uptimeCycles: { run: (c) => void c.uptimeCycles() },
  timerStart: { run: (c) => c.timerStart(c.needs.ticks, 5, 0, 1) },
  timerCancel: { before: (c) => c.timerStart(c.needs.ticks, 5, 0, 1), run: (c, id) => c.timerCancel(c.needs.ticks, id) },

  notifySelf: { run: (c) => c.notifySelf(1) },
  trace: { run: (c) => c.trace(64, 1, 2) },
  exit: { run: (c) => c.exit() },
  sleep: { run: (c) => c.sleep(5) },
  processRestart: { run: (c) => c.processRestart(c.needs.other) },
};

function measure(context: Prober, probe: Probe): void {
  const prepared = probe.before?.(context) ?? 0;
  const before = context.uptimeCycles();
  const result = probe.run(context, prepared) ?? 0;
  const after = context.uptimeCycles();
  Object.assign(context.state, { before, after, result, runs: context.state.runs + 1 });
}

function prober(probe: Probe): AnyService {
  return service({
    name: "prober",
    state: ProberState,
    needs: NEEDS,
    receives: ["requests"],
    handle(message, context) {
      if (message.delivery === Delivery.reply || message.delivery === Delivery.sent) Object.assign(context.state, { delivered: context.state.delivered + 1, status: message.status });
      else if (message.delivery === Delivery.message) measure(context, probe);
      else if (message.delivery === Delivery.start && probe.send !== undefined) probe.send(context);
      else if (message.delivery === Delivery.start && probe.called !== true) measure(context, probe);
    },
  }) as unknown as AnyService;
}

export const Nothing = layout("NothingState", { nothing: i32 });
export const sink = service({ name: "sink", state: Nothing, receives: ["requests"], handle: () => {} }) as unknown as AnyService;
const ended = service({ name: "ended", state: Nothing, handle: (_, context) => context.exit() }) as unknown as AnyService;
const caller = service({
  name: "caller",
  state: Nothing,
  needs: { to: "endpoint" },
  handle: (message, context) => void (message.delivery === Delivery.start && context.call(context.needs.to, 1)),
}) as unknown as AnyService;

/** `ended` and `sink` run before the prober: the one has ended, the other waits. The caller runs after it. */
function machineFor(probe: Probe): Manifest {
  return {
    name: "probe",
    ramBytes: 4 * 1024 * 1024,
    hal: standardHalLimits,
    kernel: standardKernelLimits,
    devices: [{ name: "mailbox0", kind: "mailbox" }],
    regions: { shared: { bytes: 4096, owner: "prober" } },
    reserve: { count: 1, bytes: 4096 },
    pool: { name: "frames", count: 4, devices: [] },
    channels: { news: {} },
    processes: {
      ended: { service: ended, priority: "systemHigh", arenaBytes: 1024 },
      peer: { service: sink, priority: "systemHigh", arenaBytes: 1024 },
      prober: { service: prober(probe), priority: "userNormal", arenaBytes: 4096, grants: GRANTS, rights: Object.fromEntries(Object.keys(NEEDS).map((need) => [need, GOVERNING])), batch: true },
      ...(probe.called ? { caller: { service: caller, priority: "userLow", arenaBytes: 1024, grants: { to: "prober.requests" } } as const } : {}),
    },
  };
}

export interface Played {
  readonly cycles: number;
  /** What the call answered at once. */
  readonly result: number;
  readonly runs: number;
  /** Status of what was delivered after it waited; null if nothing was. */
  readonly outcome: number | null;
  readonly fault: string | null;
}

/** What came of a probe; `fault` is in words, null if there was none. */
export function played(probe: Probe): Played {
  const manifest = machineFor(probe);
  const machine = boot(probe.machine?.(manifest) ?? manifest);
  machine.runUntilTick(5);
  const { before, after, result, runs, delivered, status } = machine.inspect("state.prober") as Record<string, number>;
  const fault = machine.report().processes.find(({ name }) => name === "prober")!.fault;
  return { cycles: after! - before! - Cost.uptimeCycles, result: result!, runs: runs!, outcome: delivered === 0 ? null : status!, fault };
}
