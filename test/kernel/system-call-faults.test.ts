/**
 * Goal: each fault that a row names ends the process that commits it, and none that the row does not name. Method: as for
 * errors. A token that is not held or lacks a right is tried in system-call-rights.test.ts, grant by grant.
 */

import { describe, expect, test } from "vitest";
import type { Address } from "../../hal/field.ts";
import { FAULT_WORDS, FaultCode } from "../../kernel/fault.ts";
import type { CallName } from "../../kernel/system-calls.ts";
import { SYSTEM_CALLS } from "../../kernel/system-calls.ts";
import type { Probe, Prober } from "./system-call-probes.ts";
import { played } from "./system-call-probes.ts";

type FaultName = Exclude<keyof typeof FaultCode, "none">;
type Call = (context: Prober) => unknown;

const FAR = 1_000_000;
const FAR_MESSAGE = FAR as Address<"SmallMessage">;
const STALE = 12_345;
/** Not a whole number from 0 to 2^53 - 1. */
const WIDE = -1;

const WAYS: Readonly<Partial<Record<FaultName, Readonly<Partial<Record<CallName, Call>>>>>> = {
  outside: {
    sendMessage: (c) => c.sendMessage(c.needs.peer, FAR_MESSAGE),
    callMessage: (c) => c.callMessage(c.needs.peer, FAR_MESSAGE),
    sendWaitMessage: (c) => c.sendWaitMessage(c.needs.peer, FAR_MESSAGE),
    batchAddMessage: (c) => c.batchAddMessage(FAR_MESSAGE),
    channelReceive: (c) => c.channelReceive(c.needs.from, FAR_MESSAGE),
    span: (c) => c.span(c.needs.region, 4090, 8),
    spanForWriting: (c) => c.spanForWriting(c.needs.region, 4090, 8),
    regionDeviceAddress: (c) => c.regionDeviceAddress(c.needs.region, 4097),
    buffer: (c) => c.buffer(c.needs.pool, c.bufferAllocate(c.needs.pool), 2040, 16),
    bufferForWriting: (c) => c.bufferForWriting(c.needs.pool, c.bufferAllocate(c.needs.pool), -8, 16),
  },
  wideWord: {
    send: (c) => c.send(c.needs.peer, 1, WIDE),
    sendFast: (c) => c.sendFast(c.needs.peer, 1, 0, WIDE),
    sendWait: (c) => c.sendWait(c.needs.peer, 1, 0, 0, WIDE),
    call: (c) => c.call(c.needs.peer, 1, 0, 0, 0, WIDE),
    batchAdd: (c) => c.batchAdd(1, 2 ** 53),
    channelSend: (c) => c.channelSend(c.needs.into, 1, 0.5),
    sendCapability: (c) => c.sendCapability(c.needs.peer, 1, c.needs.self, WIDE),
    callCapability: (c) => c.callCapability(c.needs.peer, 1, c.needs.self, WIDE),
    regionShare: (c) => c.regionShare(c.needs.peer, 1, c.needs.region, 1, WIDE),
    regionMove: (c) => c.regionMove(c.needs.peer, 1, c.needs.region, WIDE),
    regionCopyOnWrite: (c) => c.regionCopyOnWrite(c.needs.peer, 1, c.needs.region, WIDE),
    reply: (c) => c.reply(0, WIDE),
    replyCapability: (c) => c.replyCapability(0, c.needs.self, WIDE),
  },
  staleBuffer: {
    buffer: (c) => c.buffer(c.needs.pool, STALE, 0, 8),
    bufferForWriting: (c) => c.bufferForWriting(c.needs.pool, STALE, 0, 8),
    bufferDeviceAddress: (c) => c.bufferDeviceAddress(c.needs.pool, STALE),
  },
  noRegister: { registerRead: (c) => c.registerRead(c.needs.device, FAR), registerWrite: (c) => c.registerWrite(c.needs.device, 2, 0) },
  doubleReply: { reply: (c) => c.reply(0) + c.reply(0), replyCapability: (c) => c.replyCapability(0, c.needs.self) + c.replyCapability(0, c.needs.self) },
};

/** Tried with each grant. */
const BY_GRANT: readonly FaultName[] = ["forgedToken", "readOnly"];

const ROWS = SYSTEM_CALLS.flatMap((call) => call.faults.map((fault) => ({ call, fault: fault as FaultName })));

test("each fault of each row has its way, and each way its row", () => {
  const without = ROWS.filter(({ call, fault }) => WAYS[fault]?.[call.name] === undefined && !BY_GRANT.includes(fault));
  expect(without.map(({ call, fault }) => `${call.name}: ${fault}`)).toEqual([]);
  const stray = Object.entries({ ...WAYS }).flatMap(([fault, ways]) => Object.keys(ways ?? {}).filter((name) => !ROWS.some((row) => row.fault === fault && row.call.name === name)).map((name) => `${name}: ${fault}`));
  expect(stray).toEqual([]);
});

/** Answers are given where another process calls. */
function probeOf(name: CallName, call: Call): Probe {
  const answers = name === "reply" || name === "replyCapability";
  return { run: (context) => void call(context), ...(answers && { called: true }) };
}

describe("the way leads there", () => {
  const tried = ROWS.filter(({ call, fault }) => WAYS[fault]?.[call.name] !== undefined);
  test.each(tried.map(({ call, fault }) => [call.name, fault] as const))("%s: %s", (name, fault) => {
    const outcome = played(probeOf(name, WAYS[fault]![name]!));
    expect(outcome.runs).toBe(0);
    expect(outcome.fault).toContain(FAULT_WORDS[FaultCode[fault]]);
  });
});
