/** Who may do what with a DMA buffer, and what becomes of it when somebody ends. Sequences: buffers.property.test.ts. */

import { beforeEach, describe, expect, test } from "vitest";
import { REFERENCES_MAX } from "../../../kernel/dma-pool.ts";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import type { Grant } from "../../../kernel/service.ts";
import type { PuppetContext } from "./puppets.ts";
import { endpointOf, puppets } from "./puppets.ts";

const pool = { pool: ["buffers:write", "frames"] } as const;
const bench = puppets([pool, pool, { pool: ["buffers:read", "frames"] }, {}], { pool: { name: "frames", count: 3, devices: [] } }, [{ pool: ["delete"] }]);
let handle = 0;

function poolOf(context: PuppetContext): Grant<"buffers:write"> {
  return (context.needs as unknown as { pool: Grant<"buffers:write"> }).pool;
}

function act(process: number, body: (context: PuppetContext, grant: Grant<"buffers:write">) => unknown): unknown {
  let answer: unknown;
  bench.run({
    [process]: (context) => {
      answer = body(context, poolOf(context));
    },
  });
  return answer;
}

function send(context: PuppetContext, to: number): number {
  context.memory.fill(context.outgoing, SmallMessage.size, 0);
  SmallMessage.flags.set(context.memory, context.outgoing, MessageFlag.movesBuffer);
  SmallMessage.data0.setWords(context.memory, context.outgoing, handle, 0);
  return context.sendMessage(endpointOf(context, to), context.outgoing);
}

function faultOf(process: number): unknown {
  return bench.machine.inspect("processes", process).faultCode;
}

beforeEach(() => {
  bench.restart();
  bench.onMessage = () => {};
  act(0, (context, grant) => {
    handle = context.bufferAllocate(grant);
  });
});

describe("references", () => {
  test("are let go of by who holds them, not by others", () => {
    expect(act(1, (context, grant) => [context.bufferIsLive(grant, handle), context.bufferRelease(grant, handle)])).toEqual([0, Errno.doubleFree]);
    expect(act(1, (context, grant) => [context.bufferAcquire(grant, handle), context.bufferIsLive(grant, handle), context.bufferRelease(grant, handle), context.bufferRelease(grant, handle)])).toEqual([0, 1, 0, Errno.doubleFree]);
    expect(act(0, (context, grant) => [context.bufferRelease(grant, handle), context.bufferRelease(grant, handle), context.bufferAcquire(grant, handle)])).toEqual([0, Errno.invalidCapability, Errno.invalidCapability]);
  });

  test("are counted up to 65,535 for each process; more are refused", () => {
    const answers = act(0, (context, grant) => {
      for (let more = 1; more < REFERENCES_MAX; more++) context.bufferAcquire(grant, handle);
      return [context.bufferAcquire(grant, handle), context.bufferIsLive(grant, handle)];
    });
    expect(answers).toEqual([Errno.resourceExhausted, 1]);
    expect(act(1, (context, grant) => context.bufferAcquire(grant, handle))).toBe(0);
    expect(act(1, (context) => send(context, 0))).toBe(0);
    // There is no room for it in the receiver's account: it went home instead.
    expect(bench.machine.inspect("pool.buffers", 0)).toMatchObject({ references: REFERENCES_MAX, travelling: 0 });
    expect(checkInvariants(bench.machine)).toEqual([]);
  });

  test("are asked for when a buffer's bytes are", () => {
    act(1, (context, grant) => context.buffer(grant, handle, 0, 1));
    expect(faultOf(1)).toBe(FaultCode.staleBuffer);
  });

  test("that travel are asked of the sender, and are the receiver's", () => {
    expect(act(1, (context) => send(context, 0))).toBe(Errno.invalidCapability);
    bench.onMessage = (_process, context, message) => void expect([message.flags, context.bufferIsLive(poolOf(context), handle)]).toEqual([MessageFlag.movesBuffer, 1]);
    expect(act(0, (context, grant) => [send(context, 1), context.bufferIsLive(grant, handle)])).toEqual([0, 0]);
    expect(act(1, (context, grant) => [context.buffer(grant, handle, 0, 8) > 0, context.bufferRelease(grant, handle)])).toEqual([true, 0]);
    expect(bench.machine.report().buffers).toMatchObject({ inUse: 0, takenHome: 0 });
  });

  test("do not arrive where the pool is not mapped: the buffer goes home, and the message says nothing of it", () => {
    const flags: number[] = [];
    bench.onMessage = (_process, _context, message) => void flags.push(message.flags);
    act(0, (context) => send(context, 3));
    expect(flags).toEqual([0]);
    expect(bench.machine.report().buffers).toMatchObject({ inUse: 0, takenHome: 1 });
  });
});

describe("a process that ends", () => {
  test("leaves to others what they hold, without a writer", () => {
    act(1, (context, grant) => context.bufferAcquire(grant, handle));
    act(0, (context, grant) => {
      context.bufferAllocate(grant);
      context.exit();
    });
    expect(bench.machine.report().buffers).toMatchObject({ inUse: 1, takenHome: 1 });
    expect(bench.machine.inspect("pool.buffers", handle & 0xffff)).toMatchObject({ owner: -1, references: 1 });
    expect(act(1, (context, grant) => context.buffer(grant, handle, 0, 1) > 0)).toBe(true);
    act(1, (context, grant) => context.bufferForWriting(grant, handle, 0, 1));
    expect([faultOf(1), bench.machine.report().buffers.inUse]).toEqual([FaultCode.readOnly, 0]);
  });

  test("takes home what lies in its messages; they are delivered in their order, without it", () => {
    const seen: unknown[] = [];
    bench.onMessage = (_process, context, message) => void seen.push([message.flags, context.bufferIsLive(poolOf(context), SmallMessage.data0.low(context.shared, message.at))]);
    act(0, (context, grant) => {
      // Puppet 1 has not run in this tick: both wait in its queue.
      context.bufferAcquire(grant, handle);
      send(context, 1);
      send(context, 1);
      context.exit();
    });
    expect(seen).toEqual([[0, 0], [0, 0]]);
    expect(bench.machine.report().buffers).toMatchObject({ inUse: 0, takenHome: 1 });
  });
});

test("who gives up his last capability of the pool gives up what he holds", () => {
  expect(act(0, (context, grant) => context.capabilityDelete(grant as never))).toBe(0);
  expect(bench.machine.report().buffers).toMatchObject({ inUse: 0, takenHome: 1 });
  expect(checkInvariants(bench.machine)).toEqual([]);
});

test("a reader of the pool may hold and let go, and not write or allocate", () => {
  expect(act(2, (context, grant) => [context.bufferAcquire(grant, handle), context.buffer(grant, handle, 0, 1) > 0, context.bufferRelease(grant, handle)])).toEqual([0, true, 0]);
  act(2, (context, grant) => context.bufferAllocate(grant));
  expect(faultOf(2)).toBe(FaultCode.readOnly);
});
