/**
 * The system call table: one row for each thing that a process may ask of the kernel while its handler runs. SYSCALLS.md
 * and the constants of `veridian abi --rust` are generated from it, and tests hold it against service.ts, the calls
 * themselves (context/), costs.ts and errno.ts. What a call does is said in service.ts; here stands what it takes.
 *
 * Numbers: where VeridianOS v0.25.2 (upstream `syscall/mod.rs`) has the call, its number; ours begin at 2048, which is
 * beyond its numbers. (Its later versions moved their own calls up by 1024; the order is the same.)
 *
 * Not repeated in the rows: every call may end the process that overran its budget (FaultCode.cycleBudget) or that chance
 * lets die there (crash); a grant whose address is not in the process's own memory is FaultCode.outside; a refused call
 * costs Cost.refused, and what is refused before anything is done costs nothing else.
 */

import type { Cost } from "./costs.ts";
import type { Errno } from "./errno.ts";
import type { FaultCode } from "./fault.ts";
import type { Context } from "./service.ts";

export type CallName = { [K in keyof Context]: Context[K] extends (...values: never[]) => unknown ? K : never }[keyof Context];
type ErrnoName = Exclude<keyof typeof Errno, "ok">;
type FaultName = Exclude<keyof typeof FaultCode, "none">;
type CostName = keyof typeof Cost;

/** What an argument is: a grant of this kind, or a number. "any" is a grant of whatever kind, "target" where a token is written to. */
export type ArgumentKind = "endpoint" | "region" | "region:write" | "pool" | "pool:write" | "device" | "interrupt" | "timer" | "process" | "channel:send" | "channel:receive" | "any" | "target" | "number";

export interface Argument {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** Of a number: what it counts, or what it is. Empty for grants. */
  readonly unit: string;
  /** It may be left out, and is 0 then. */
  readonly optional: boolean;
}

export interface SystemCall {
  readonly number: number;
  readonly name: CallName;
  /** VeridianOS's call that this is or is a form of; empty: it has none. */
  readonly upstream: string;
  readonly arguments: readonly Argument[];
  /** The right that each grant must carry, in the order of the arguments ("any" asks for none); empty: it takes no grant. */
  readonly right: string;
  /** Its own, and those that come as the status of what is delivered when it has waited. */
  readonly errors: readonly ErrnoName[];
  readonly faults: readonly FaultName[];
  /** Exactly one of these. */
  readonly cost: readonly CostName[];
  /** What comes on top (without a name: cycles, as the words say), and when: "" is always. */
  readonly more?: { readonly cost?: CostName; readonly when: string };
  /** What it answers when it is not refused. */
  readonly answer: string;
}

interface Subject {
  readonly title: string;
  readonly calls: readonly SystemCall[];
}

function grant(name: string, kind: ArgumentKind): Argument {
  return Object.freeze({ name, kind, unit: "", optional: false });
}

function value(name: string, unit: string, optional = false): Argument {
  return Object.freeze({ name, kind: "number", unit, optional });
}

const TO = grant("to", "endpoint");
const OPCODE = value("opcode", "number");
const WORDS: readonly Argument[] = Object.freeze([0, 1, 2, 3].map((index) => value(`data${index}`, "word", true)));
const OFFSET = value("offset", "bytes");
const BYTES = value("bytes", "bytes");
const HANDLE = value("handle", "handle");
const BITS = value("bits", "bits");
const READ_REGION = grant("region", "region");
const WRITE_REGION = grant("region", "region:write");
const READ_POOL = grant("pool", "pool");
const WRITE_POOL = grant("pool", "pool:write");
const DEVICE = grant("device", "device");
const LINE = grant("line", "interrupt");
const TIMER = grant("timer", "timer");
const LARGE: readonly Argument[] = Object.freeze([TO, OPCODE, WRITE_REGION, OFFSET, value("payloadBytes", "bytes"), value("checksum", "checksum", true)]);
const MESSAGE = value("at", "address");
const TARGET = grant("target", "target");
const CAPABILITY = grant("capability", "any");
const TOKEN = grant("token", "any");
const RIGHTS = value("rights", "bits");
const TICKS = value("ticks", "ticks");

const SENDING = Object.freeze(["invalidCapability", "permissionDenied", "endpointNotFound", "channelFull", "rateLimitExceeded"] as const);
/** What waits for room, or asks for nobody's queue, finds none full. */
const UNQUEUED = Object.freeze(["invalidCapability", "permissionDenied", "endpointNotFound", "rateLimitExceeded"] as const);
const CALLING = Object.freeze([...SENDING, "resourceBusy", "timeout"] as const);
const WAITING = Object.freeze([...UNQUEUED, "resourceBusy", "timeout"] as const);
const HANDING_ON = Object.freeze([...SENDING, "resourceExhausted"] as const);
/** What 48 bytes of the process's own making may be refused for, besides. */
const ODD = Object.freeze(["invalidMessage", "resourceExhausted"] as const);
const SENT = Object.freeze(["sendFast", "sendQueued"] as const);
/** Of a grant whose missing right no errno can tell. */
const NOT_HELD = Object.freeze(["forgedToken", "readOnly"] as const);
const REACHING = Object.freeze([...NOT_HELD, "outside"] as const);
const CHECKSUM = Object.freeze({ cost: "checksum", when: "with a checksum, and 1 for each 8 bytes" } as const);
const REPLY = "0; the callee's answer comes as Delivery.reply";
const SENT_LATER = "0; what came of it comes as Delivery.sent";

const TABLE = Object.freeze<readonly Subject[]>([
  {
    title: "Messages",
    calls: [
      { number: 0, name: "sendMessage", upstream: "ipc_send", arguments: [TO, MESSAGE], right: "send", errors: [...SENDING, ...ODD], faults: ["outside"], cost: SENT, answer: "0" },
      { number: 2, name: "callMessage", upstream: "ipc_call", arguments: [TO, MESSAGE], right: "send", errors: [...CALLING, ...ODD], faults: ["outside"], cost: SENT, answer: REPLY },
      { number: 3, name: "reply", upstream: "ipc_reply", arguments: [value("status", "errno"), ...WORDS], right: "", errors: ["invalidMessage"], faults: ["wideWord", "doubleReply"], cost: ["reply"], answer: "0" },
      { number: 2048, name: "send", upstream: "ipc_send", arguments: [TO, OPCODE, ...WORDS], right: "send", errors: SENDING, faults: ["wideWord"], cost: SENT, answer: "0" },
      { number: 2049, name: "sendLarge", upstream: "ipc_send", arguments: LARGE, right: "send, write", errors: [...SENDING, ...ODD, "messageTooLarge", "invalidMemoryRegion"], faults: NOT_HELD, cost: SENT, more: CHECKSUM, answer: "0" },
      { number: 2050, name: "sendFast", upstream: "ipc_send", arguments: [TO, OPCODE, ...WORDS], right: "send", errors: [...UNQUEUED, "endpointBusy", "wouldBlock"], faults: ["wideWord"], cost: ["sendFast"], answer: "0" },
      { number: 2051, name: "sendWait", upstream: "ipc_send", arguments: [TO, OPCODE, ...WORDS], right: "send", errors: WAITING, faults: ["wideWord"], cost: SENT, answer: SENT_LATER },
      { number: 2052, name: "sendWaitMessage", upstream: "ipc_send", arguments: [TO, MESSAGE], right: "send", errors: [...WAITING, ...ODD], faults: ["outside"], cost: SENT, answer: SENT_LATER },
      { number: 2053, name: "call", upstream: "ipc_call", arguments: [TO, OPCODE, ...WORDS], right: "send", errors: CALLING, faults: ["wideWord"], cost: SENT, answer: REPLY },
      { number: 2054, name: "callLarge", upstream: "ipc_call", arguments: LARGE, right: "send, write", errors: [...CALLING, ...ODD, "messageTooLarge", "invalidMemoryRegion"], faults: NOT_HELD, cost: SENT, more: CHECKSUM, answer: REPLY },
      { number: 2055, name: "payloadCheck", upstream: "", arguments: [READ_REGION], right: "read", errors: ["invalidMessage"], faults: NOT_HELD, cost: ["checksum"], more: { when: "1 for each 8 bytes with a checksum" }, answer: "0" },
      { number: 2056, name: "waitAtMost", upstream: "", arguments: [TICKS], right: "", errors: ["invalidArgument"], faults: [], cost: ["waitAtMost"], answer: "0" },
      { number: 2057, name: "batchAdd", upstream: "", arguments: [OPCODE, ...WORDS], right: "", errors: ["channelFull", "notInitialized"], faults: ["wideWord"], cost: ["batchAdd"], answer: "0" },
      { number: 2058, name: "batchAddMessage", upstream: "", arguments: [MESSAGE], right: "", errors: ["channelFull", "notInitialized", "invalidMessage"], faults: ["outside"], cost: ["batchAdd"], answer: "0" },
      { number: 2059, name: "batchFlush", upstream: "", arguments: [TO], right: "send", errors: ["invalidCapability", "permissionDenied", "endpointNotFound", "notInitialized"], faults: [], cost: SENT, answer: "messages that are left in it" },
      { number: 2060, name: "batchDiscard", upstream: "", arguments: [], right: "", errors: ["notInitialized"], faults: [], cost: ["batchAdd"], answer: "messages that it held" },
    ],
  },
  {
    title: "Channels",
    calls: [
      { number: 2080, name: "channelSend", upstream: "", arguments: [grant("to", "channel:send"), OPCODE, ...WORDS], right: "send", errors: ["invalidCapability", "permissionDenied", "channelFull", "rateLimitExceeded"], faults: ["wideWord"], cost: ["channelSend"], answer: "0" },
      { number: 2081, name: "channelReceive", upstream: "", arguments: [grant("from", "channel:receive"), MESSAGE], right: "receive", errors: ["invalidCapability", "permissionDenied", "channelEmpty"], faults: ["outside"], cost: ["channelReceive"], answer: "0" },
      { number: 2082, name: "channelSubscribe", upstream: "", arguments: [grant("to", "channel:receive"), BITS], right: "bind", errors: ["invalidCapability", "permissionDenied"], faults: [], cost: ["channelSubscribe"], answer: "0" },
    ],
  },
  {
    title: "Capabilities",
    calls: [
      { number: 30, name: "sendCapability", upstream: "capability_grant", arguments: [TO, OPCODE, CAPABILITY, ...WORDS], right: "send, grant", errors: HANDING_ON, faults: ["wideWord"], cost: SENT, answer: "0" },
      { number: 31, name: "capabilityRevoke", upstream: "capability_revoke", arguments: [TOKEN], right: "revoke", errors: ["invalidCapability", "permissionDenied"], faults: [], cost: ["capabilityRevoke"], more: { cost: "capabilityEach", when: "for each that it ends" }, answer: "how many ended" },
      { number: 2112, name: "callCapability", upstream: "capability_grant", arguments: [TO, OPCODE, CAPABILITY, ...WORDS], right: "send, grant", errors: [...CALLING, "resourceExhausted"], faults: ["wideWord"], cost: SENT, answer: REPLY },
      { number: 2113, name: "replyCapability", upstream: "capability_grant", arguments: [value("status", "errno"), CAPABILITY, ...WORDS], right: "grant", errors: ["invalidMessage", "invalidCapability", "permissionDenied"], faults: ["wideWord", "doubleReply"], cost: ["reply"], answer: "0" },
      { number: 2114, name: "capabilityTake", upstream: "", arguments: [TARGET], right: "", errors: ["invalidMessage"], faults: [], cost: ["capabilityTake"], answer: "0" },
      { number: 2115, name: "capabilityDerive", upstream: "", arguments: [grant("source", "any"), RIGHTS, TARGET], right: "create", errors: ["invalidCapability", "permissionDenied", "invalidArgument", "resourceExhausted"], faults: [], cost: ["capabilityDerive"], answer: "0" },
      { number: 2116, name: "capabilityRestrict", upstream: "", arguments: [TOKEN, RIGHTS], right: "modify", errors: ["invalidCapability", "permissionDenied", "invalidArgument"], faults: [], cost: ["capabilityRestrict"], more: { cost: "capabilityEach", when: "for each that loses a right" }, answer: "how many lost a right" },
      { number: 2117, name: "capabilityDelete", upstream: "", arguments: [TOKEN], right: "delete", errors: ["invalidCapability", "permissionDenied"], faults: [], cost: ["capabilityDelete"], answer: "0" },
      { number: 2118, name: "capabilityIdentify", upstream: "", arguments: [TOKEN], right: "any", errors: ["invalidCapability"], faults: [], cost: ["capabilityIdentify"], answer: "type, rights and kind, packed" },
    ],
  },
  {
    title: "The process's own arena",
    calls: [
      { number: 2144, name: "allocate", upstream: "", arguments: [BYTES, value("alignment", "bytes", true)], right: "", errors: ["outOfMemory", "invalidArgument"], faults: [], cost: ["allocate"], answer: "address in the process's memory, never 0" },
      { number: 2145, name: "free", upstream: "", arguments: [value("at", "address")], right: "", errors: ["doubleFree", "foreignPointer"], faults: [], cost: ["free"], answer: "0" },
      { number: 2146, name: "resize", upstream: "", arguments: [value("at", "address"), BYTES], right: "", errors: ["outOfMemory", "invalidArgument", "doubleFree", "foreignPointer"], faults: [], cost: ["resize"], answer: "address in the process's memory" },
    ],
  },
  {
    title: "Shared regions",
    calls: [
      { number: 2176, name: "span", upstream: "", arguments: [READ_REGION, OFFSET, BYTES], right: "read", errors: [], faults: REACHING, cost: ["span"], answer: "address in shared memory" },
      { number: 2177, name: "spanForWriting", upstream: "", arguments: [WRITE_REGION, OFFSET, BYTES], right: "write", errors: ["resourceExhausted"], faults: REACHING, cost: ["span"], more: { cost: "regionCopy", when: "at the first write under copy-on-write, and 1 for each 8 bytes" }, answer: "address in shared memory" },
      { number: 2178, name: "regionBytes", upstream: "", arguments: [READ_REGION], right: "read", errors: [], faults: NOT_HELD, cost: ["span"], answer: "bytes" },
      { number: 6, name: "regionShare", upstream: "ipc_share_memory", arguments: [TO, OPCODE, READ_REGION, RIGHTS, ...WORDS], right: "send, read", errors: [...HANDING_ON, "invalidArgument"], faults: ["wideWord"], cost: SENT, more: { cost: "regionShare", when: "" }, answer: "0" },
      { number: 2179, name: "regionMove", upstream: "ipc_share_memory", arguments: [TO, OPCODE, READ_REGION, ...WORDS], right: "send, read", errors: [...HANDING_ON, "resourceBusy"], faults: ["wideWord"], cost: SENT, more: { cost: "regionMove", when: "" }, answer: "0" },
      { number: 2180, name: "regionCopyOnWrite", upstream: "ipc_share_memory", arguments: [TO, OPCODE, READ_REGION, ...WORDS], right: "send, read", errors: [...HANDING_ON, "resourceBusy", "invalidMemoryRegion"], faults: ["wideWord"], cost: SENT, more: { cost: "regionCopyOnWrite", when: "" }, answer: "0" },
    ],
  },
  {
    title: "DMA buffers",
    calls: [
      { number: 2208, name: "bufferAllocate", upstream: "", arguments: [WRITE_POOL], right: "write", errors: ["resourceExhausted"], faults: NOT_HELD, cost: ["bufferAllocate"], answer: "handle" },
      { number: 2209, name: "bufferAcquire", upstream: "", arguments: [READ_POOL, HANDLE], right: "read", errors: ["invalidCapability", "resourceExhausted"], faults: NOT_HELD, cost: ["bufferAcquire"], answer: "0" },
      { number: 2210, name: "bufferRelease", upstream: "", arguments: [READ_POOL, HANDLE], right: "read", errors: ["invalidCapability", "doubleFree"], faults: NOT_HELD, cost: ["bufferRelease"], answer: "0" },
      { number: 2211, name: "buffer", upstream: "", arguments: [READ_POOL, HANDLE, OFFSET, BYTES], right: "read", errors: [], faults: [...REACHING, "staleBuffer"], cost: ["span"], answer: "address in shared memory" },
      { number: 2212, name: "bufferForWriting", upstream: "", arguments: [WRITE_POOL, HANDLE, OFFSET, BYTES], right: "write", errors: [], faults: [...REACHING, "staleBuffer"], cost: ["span"], answer: "address in shared memory" },
      { number: 2213, name: "bufferIsLive", upstream: "", arguments: [READ_POOL, HANDLE], right: "read", errors: [], faults: NOT_HELD, cost: ["bufferAcquire"], answer: "1 or 0" },
    ],
  },
  {
    title: "Devices",
    calls: [
      { number: 2240, name: "registerRead", upstream: "", arguments: [DEVICE, OFFSET], right: "read", errors: [], faults: [...NOT_HELD, "noRegister"], cost: ["registerRead"], answer: "32 bits" },
      { number: 2241, name: "registerWrite", upstream: "", arguments: [DEVICE, OFFSET, value("value", "32 bits")], right: "write", errors: [], faults: [...NOT_HELD, "noRegister"], cost: ["registerWrite"], answer: "nothing" },
      { number: 2242, name: "regionDeviceAddress", upstream: "", arguments: [WRITE_REGION, OFFSET], right: "write", errors: [], faults: REACHING, cost: ["span"], answer: "address for a device" },
      { number: 2243, name: "bufferDeviceAddress", upstream: "", arguments: [READ_POOL, HANDLE], right: "read", errors: [], faults: [...NOT_HELD, "staleBuffer"], cost: ["span"], answer: "address for a device" },
      { number: 2244, name: "interruptBind", upstream: "", arguments: [LINE, BITS], right: "bind", errors: [], faults: NOT_HELD, cost: ["interruptBind"], answer: "0" },
      { number: 2245, name: "interruptAcknowledge", upstream: "", arguments: [LINE], right: "bind", errors: ["permissionDenied"], faults: NOT_HELD, cost: ["interruptAcknowledge"], answer: "0" },
    ],
  },
  {
    title: "Time",
    calls: [
      { number: 100, name: "uptimeTicks", upstream: "time_get_uptime", arguments: [], right: "", errors: [], faults: [], cost: ["uptime"], answer: "ticks" },
      { number: 101, name: "timerStart", upstream: "time_create_timer", arguments: [TIMER, value("delayTicks", "ticks"), value("periodTicks", "ticks"), BITS], right: "write", errors: ["invalidArgument", "resourceExhausted"], faults: NOT_HELD, cost: ["timerStart"], answer: "id" },
      { number: 102, name: "timerCancel", upstream: "time_cancel_timer", arguments: [TIMER, value("id", "id")], right: "write", errors: ["notFound"], faults: NOT_HELD, cost: ["timerCancel"], answer: "0" },
      { number: 2272, name: "uptimeCycles", upstream: "", arguments: [], right: "", errors: [], faults: [], cost: ["uptimeCycles"], answer: "cycles" },
    ],
  },
  {
    title: "Processes",
    calls: [
      { number: 11, name: "exit", upstream: "process_exit", arguments: [], right: "", errors: [], faults: [], cost: ["exit"], answer: "nothing; it ends when the handler returns" },
      { number: 2304, name: "notifySelf", upstream: "", arguments: [BITS], right: "", errors: [], faults: [], cost: ["notifySelf"], answer: "nothing" },
      { number: 2305, name: "trace", upstream: "", arguments: [value("kind", "number"), value("argument0", "32 bits"), value("argument1", "32 bits")], right: "", errors: [], faults: [], cost: ["trace"], answer: "nothing" },
      { number: 2306, name: "sleep", upstream: "", arguments: [TICKS], right: "", errors: ["invalidArgument", "resourceBusy"], faults: [], cost: ["sleep"], answer: "0; it sleeps when the handler returns" },
      { number: 2307, name: "processRestart", upstream: "", arguments: [grant("process", "process")], right: "create", errors: ["processNotFound", "permissionDenied", "resourceBusy", "resourceExhausted"], faults: [], cost: ["processRestart"], answer: "0" },
    ],
  },
]);

/** All system calls, by subject. */
export const SUBJECTS: readonly Subject[] = Object.freeze(TABLE.map(({ title, calls }) => Object.freeze({ title, calls: Object.freeze(calls.map(freezeRow)) })));

export const SYSTEM_CALLS: readonly SystemCall[] = Object.freeze(SUBJECTS.flatMap(({ calls }) => calls));

function freezeRow(row: SystemCall): SystemCall {
  for (const part of [row.arguments, row.errors, row.faults, row.cost, row.more]) Object.freeze(part);
  return Object.freeze(row);
}

/** VeridianOS's calls on what this kernel does without being called: their numbers stay free. */
export const UPSTREAM_ELSEWHERE: readonly { readonly number: number; readonly upstream: string; readonly instead: string }[] = Object.freeze(
  [
    { number: 1, upstream: "ipc_receive", instead: "a process whose handler has returned receives; the handler runs with what came" },
    { number: 4, upstream: "ipc_create_endpoint", instead: "endpoints are made at boot, from `receives` of a service" },
    { number: 5, upstream: "ipc_bind_endpoint", instead: "the manifest says which endpoint a grant leads to" },
    { number: 7, upstream: "ipc_map_memory", instead: "a region is mapped by taking the capability that came with a message: `capabilityTake`" },
    { number: 10, upstream: "process_yield", instead: "a handler that returns gives way" },
    { number: 17, upstream: "process_set_priority", instead: "the manifest says a process's priority" },
    { number: 20, upstream: "memory_map", instead: "a process has one arena, `allocate` is its memory" },
    { number: 21, upstream: "memory_unmap", instead: "`free`" },
  ].map((row) => Object.freeze(row)),
);
