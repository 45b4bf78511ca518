/**
 * Goal: each error that a row names has a way to get it, and the call answers no error that its row does not name. Method:
 * for each error the machine in which the call of a probe meets it. Whoever adds an error to a row adds its way.
 */

import { describe, expect, test } from "vitest";
import type { Address } from "../../hal/field.ts";
import { Errno, errnoName } from "../../kernel/errno.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import { MessageFlag, SmallMessage } from "../../kernel/message.ts";
import type { AnyService } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import type { CallName, SystemCall } from "../../kernel/system-calls.ts";
import { SYSTEM_CALLS } from "../../kernel/system-calls.ts";
import type { Probe, Prober } from "./system-call-probes.ts";
import { blank, derived, Nothing, place, played, PROBES } from "./system-call-probes.ts";

type ErrorName = Exclude<keyof typeof Errno, "ok">;

const quitter = service({ name: "quitter", state: Nothing, receives: ["requests"], handle: (_, context) => context.exit() }) as unknown as AnyService;
const sleeper = service({
  name: "sleeper",
  state: Nothing,
  receives: ["requests"],
  handle: (message, context) => void (message.delivery === Delivery.start && context.sleep(1000)),
}) as unknown as AnyService;
const allocator = service({
  name: "allocator",
  state: Nothing,
  needs: { pool: "buffers:write" },
  handle: (_, context) => void context.bufferAllocate(context.needs.pool),
}) as unknown as AnyService;
const mapper = (kind: "region:read" | "region:write"): AnyService => service({ name: "mapper", state: Nothing, needs: { region: kind }, handle: () => {} }) as unknown as AnyService;

/** Has more needs than one table of sixteen holds, and ends. */
const MANY = Array.from({ length: 17 }, (_, index) => `need${index}`);
const needy = service({ name: "needy", state: Nothing, needs: Object.fromEntries(MANY.map((name) => [name, "timer" as const])), handle: (_, context) => context.exit() }) as unknown as AnyService;

type Change = (manifest: Manifest) => Manifest;

function withLine(name: string, change: Partial<ProcessLine>): Change {
  return (manifest) => ({ ...manifest, processes: { ...manifest.processes, [name]: { ...manifest.processes[name], ...change } as ProcessLine } });
}

/** The peer does not wait: it comes after the prober. */
const LATE: Change = withLine("peer", { priority: "idle", queues: { requests: 4 } });
const FULL: Change = withLine("peer", { priority: "idle", queues: { requests: 1 } });
const GONE: Change = withLine("peer", { service: quitter });
const ASLEEP: Change = withLine("peer", { service: sleeper, queues: { requests: 1 } });
const RATED: Change = withLine("prober", { rate: { messagesPerSecond: 1, bytesPerSecond: 1_000_000 } });
const ONE_TRAVELS: Change = (manifest) => ({ ...LATE(manifest), kernel: { ...manifest.kernel, capabilitiesInFlight: 1 } });
const mapped = (kind: "region:read" | "region:write"): Change => withLine("mapper", { service: mapper(kind), priority: "systemHigh", arenaBytes: 1024, grants: { region: "shared" } });

/** The probe of a call in another machine, after something that the same handler does first. */
function after(name: CallName, machine: Change, first: (context: Prober) => unknown): Probe {
  const probe = PROBES[name];
  return { ...probe, machine, before: (context) => (first(context), probe.before?.(context) ?? 0) };
}

/** One second-level table for all: who ended had it, and the prober takes it. */
const ONE_TABLE: Change = (manifest) => {
  const lines = [withLine("ended", { service: needy, capabilities: 32, grants: Object.fromEntries(MANY.map((name) => [name, "ticks"])) }), withLine("prober", { capabilities: 32 })];
  const changed = lines.reduce((before, change) => change(before), manifest);
  return { ...changed, kernel: { ...changed.kernel, capabilities: 16, capabilityTable: 16, capabilityTables: 1 } };
};

const nothing = (): void => {};
const sendOne = (c: Prober): number => c.send(c.needs.peer, 9);

/** 48 bytes with flags that only the kernel sets, or with a capability on board. */
function filled(context: Prober, flags: number): number {
  const at = blank(context);
  const token = context.needs.self / 4;
  SmallMessage.flags.set(context.memory, at, flags);
  if (flags === MessageFlag.hasCapability) SmallMessage.capability.setWords(context.memory, at, context.memory.i32[token]!, context.memory.i32[token + 1]!);
  return at;
}

const FILLED: readonly CallName[] = ["sendMessage", "callMessage", "sendWaitMessage"];
const CALLS: readonly CallName[] = ["call", "callMessage", "callLarge", "callCapability"];
const WAITS: readonly CallName[] = ["sendWait", "sendWaitMessage"];
const SENDS: readonly CallName[] = ["send", "sendMessage", "sendLarge", "sendFast", "sendCapability", "regionShare", "regionMove", "regionCopyOnWrite"];
const QUEUED: readonly CallName[] = SENDS.filter((name) => name !== "sendFast");

type Ways = Readonly<Partial<Record<CallName, Probe>>>;
const each = (names: readonly CallName[], way: (name: CallName) => Probe): Ways => Object.fromEntries(names.map((name) => [name, way(name)]));
const run = (call: (context: Prober, prepared: number) => number | void, before?: (context: Prober) => number, machine?: Change): Probe => ({ run: call, ...(before && { before }), ...(machine && { machine }) });

const WAYS: Readonly<Partial<Record<ErrorName, Ways>>> = {
  invalidCapability: { bufferAcquire: run((c) => c.bufferAcquire(c.needs.pool, 12_345)), bufferRelease: run((c) => c.bufferRelease(c.needs.pool, 12_345)) },
  permissionDenied: { interruptAcknowledge: run((c) => c.interruptAcknowledge(c.needs.irq)) },
  endpointNotFound: each([...SENDS, ...CALLS, ...WAITS, "batchFlush"], (name) => after(name, GONE, nothing)),
  channelFull: {
    ...each([...QUEUED, ...CALLS], (name) => after(name, FULL, sendOne)),
    batchAdd: run((c) => c.batchAdd(1), (c) => Array.from({ length: 8 }, () => c.batchAdd(1)).length),
    batchAddMessage: run((c, at) => c.batchAddMessage(at as Address<"SmallMessage">), (c) => (Array.from({ length: 8 }, () => c.batchAdd(1)), blank(c))),
    channelSend: run((c) => c.channelSend(c.needs.into, 1), (c) => c.channelSend(c.needs.into, 1), (manifest) => ({ ...manifest, channels: { news: { capacity: 1 } } })),
  },
  rateLimitExceeded: {
    ...each([...QUEUED, ...CALLS, ...WAITS, "channelSend"], (name) => after(name, RATED, sendOne)),
    sendFast: after("sendFast", RATED, (c) => c.channelSend(c.needs.into, 1)),
  },
  invalidMessage: {
    ...each([...FILLED, "batchAddMessage"], (name) => ({ run: (c, at) => (c[name] as (...values: unknown[]) => number).call(c, ...(name === "batchAddMessage" ? [at] : [c.needs.peer, at])), before: (c) => filled(c, MessageFlag.isReply) })),
    sendLarge: run((c) => c.sendLarge(c.needs.peer, 1, c.needs.region, 0, 64, 12_345)),
    callLarge: run((c) => c.callLarge(c.needs.peer, 1, c.needs.region, 0, 64, 12_345)),
    reply: run((c) => c.reply(0)),
    replyCapability: run((c) => c.replyCapability(0, c.needs.self)),
    payloadCheck: run((c) => c.payloadCheck(c.needs.region)),
    capabilityTake: run((c) => c.capabilityTake(place(c, "first"))),
  },
  resourceExhausted: {
    ...each([...FILLED, "sendCapability", "callCapability", "regionShare", "regionMove", "regionCopyOnWrite"], (name) => {
      const probe = after(name, ONE_TRAVELS, (c) => c.sendCapability(c.needs.peer, 1, c.needs.self));
      return FILLED.includes(name) ? { ...probe, before: (c) => (c.sendCapability(c.needs.peer, 1, c.needs.self), filled(c, MessageFlag.hasCapability)) } : probe;
    }),
    capabilityDerive: after("capabilityDerive", withLine("prober", { capabilities: 10 }), nothing),
    bufferAllocate: run((c) => c.bufferAllocate(c.needs.pool), (c) => Array.from({ length: 4 }, () => c.bufferAllocate(c.needs.pool)).length),
    bufferAcquire: run((c, handle) => c.bufferAcquire(c.needs.pool, handle), (c) => {
      const handle = c.bufferAllocate(c.needs.pool);
      for (let references = 1; references < 65_535; references++) c.bufferAcquire(c.needs.pool, handle);
      return handle;
    }),
    processRestart: after("processRestart", ONE_TABLE, (c) => Array.from({ length: 7 }, () => derived(c))),
    timerStart: run((c) => c.timerStart(c.needs.ticks, 9, 0, 1), (c) => Array.from({ length: 1024 }, () => c.timerStart(c.needs.ticks, 9, 0, 1)).length),
  },
  resourceBusy: {
    ...each([...CALLS, ...WAITS, "sleep"], (name) => after(name, (manifest) => manifest, (c) => c.call(c.needs.peer, 1))),
    regionMove: after("regionMove", mapped("region:read"), nothing),
    regionCopyOnWrite: after("regionCopyOnWrite", mapped("region:write"), nothing),
    processRestart: after("processRestart", (manifest) => withLine("prober", { grants: { ...manifest.processes["prober"]!.grants, other: "peer" } })(manifest), nothing),
  },
  timeout: {
    ...each(CALLS, (name) => after(name, ASLEEP, (c) => c.waitAtMost(1))),
    ...each(WAITS, (name) => after(name, ASLEEP, (c) => (sendOne(c), c.waitAtMost(1)))),
  },
  messageTooLarge: {
    sendLarge: run((c) => c.sendLarge(c.needs.peer, 1, c.needs.region, 0, 4096)),
    callLarge: run((c) => c.callLarge(c.needs.peer, 1, c.needs.region, 0, 4096)),
  },
  invalidMemoryRegion: {
    sendLarge: run((c) => c.sendLarge(c.needs.peer, 1, c.needs.region, 4096, 64)),
    callLarge: run((c) => c.callLarge(c.needs.peer, 1, c.needs.region, 4096, 64)),
    regionCopyOnWrite: after("regionCopyOnWrite", (manifest) => ({ ...manifest, regions: { shared: { bytes: 4096, owner: "prober", devices: ["mailbox0"] } } }), nothing),
  },
  endpointBusy: { sendFast: after("sendFast", LATE, sendOne) },
  wouldBlock: { sendFast: after("sendFast", LATE, nothing) },
  invalidArgument: {
    waitAtMost: run((c) => c.waitAtMost(0)),
    capabilityDerive: run((c) => c.capabilityDerive(c.needs.peer, 256, place(c, "first"))),
    capabilityRestrict: run((c) => c.capabilityRestrict(c.needs.peer, 256)),
    allocate: run((c) => c.allocate(8, 12)),
    resize: run((c, at) => c.resize(at, -1), (c) => c.allocate(8)),
    regionShare: run((c) => c.regionShare(c.needs.peer, 1, c.needs.region, 4)),
    timerStart: run((c) => c.timerStart(c.needs.ticks, 0, 0, 1)),
    sleep: run((c) => c.sleep(0)),
  },
  notInitialized: each(["batchAdd", "batchAddMessage", "batchFlush", "batchDiscard"], (name) => ({ ...PROBES[name], before: blank, machine: withLine("prober", { batch: false }) })),
  channelEmpty: { channelReceive: run((c) => c.channelReceive(c.needs.from, c.outgoing)) },
  outOfMemory: { allocate: run((c) => c.allocate(1_000_000)), resize: run((c, at) => c.resize(at, 1_000_000), (c) => c.allocate(8)) },
  doubleFree: {
    free: run((c, at) => c.free(at), (c) => freed(c)),
    resize: run((c, at) => c.resize(at, 8), (c) => freed(c)),
    // The allocator's buffer lies before the prober's: alive, and none of its references is the prober's.
    bufferRelease: run((c, handle) => c.bufferRelease(c.needs.pool, handle - 1), (c) => c.bufferAllocate(c.needs.pool), withLine("allocator", { service: allocator, priority: "systemHigh", arenaBytes: 1024, grants: { pool: "frames" } })),
  },
  foreignPointer: { free: run((c, at) => c.free(at + 8), (c) => c.allocate(64)), resize: run((c, at) => c.resize(at + 8, 64), (c) => c.allocate(64)) },
  notFound: { timerCancel: run((c) => c.timerCancel(c.needs.ticks, 12_345)) },
};

function freed(context: Prober): number {
  const at = context.allocate(64);
  context.free(at);
  return at;
}

/** Where a machine must be prepared over several handler runs: tested in the files named. */
const ELSEWHERE: Readonly<Partial<Record<ErrorName, readonly CallName[]>>> = {
  // No spare for a copy: memory/transfer.test.ts.
  resourceExhausted: ["spanForWriting", "sendLarge", "callLarge"],
};

/** Refusals of a token that is not held, or lacks a right: system-call-rights.test.ts tries each grant of each call. */
const TOLD: readonly ErrorName[] = ["invalidCapability", "permissionDenied", "processNotFound"];
const TELLING = ["endpoint", "channel:send", "channel:receive", "process", "any"];

function isTriedByRights(call: SystemCall, error: ErrorName): boolean {
  return TOLD.includes(error) && call.arguments.some(({ kind }) => TELLING.includes(kind));
}

const ROWS = SYSTEM_CALLS.flatMap((call) => call.errors.map((error) => ({ call, error: error as ErrorName })));
const TRIED = ROWS.filter(({ call, error }) => WAYS[error]?.[call.name] !== undefined);

test("each error of each row has its way", () => {
  const without = ROWS.filter(({ call, error }) => WAYS[error]?.[call.name] === undefined && !isTriedByRights(call, error) && !(ELSEWHERE[error] ?? []).includes(call.name));
  expect(without.map(({ call, error }) => `${call.name}: ${error}`)).toEqual([]);
  expect(TRIED.length).toBeGreaterThan(90);
});

test("each way is one of a row", () => {
  const stray = Object.entries({ ...WAYS }).flatMap(([error, ways]) => Object.keys(ways ?? {}).filter((name) => !TRIED.some((row) => row.error === error && row.call.name === name)).map((name) => `${name}: ${error}`));
  expect(stray).toEqual([]);
});

describe("the way leads there", () => {
  test.each(TRIED.map(({ call, error }) => [call.name, error, call] as const))("%s: %s", (name, error, call) => {
    const { result, outcome, fault, runs } = played(WAYS[error]![name]!);
    expect([fault, runs]).toEqual([null, 1]);
    const met = result < 0 ? result : (outcome ?? 0);
    expect(errnoName(met)).toBe(error);
    expect(call.errors as readonly string[]).toContain(errnoName(met));
  });
});
