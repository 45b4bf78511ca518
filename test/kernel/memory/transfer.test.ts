/** Each way in which a region changes hands, one case at a time. Sequences of them: regions.property.test.ts. */

import { beforeEach, describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import type { Grant } from "../../../kernel/service.ts";
import type { PuppetContext } from "./puppets.ts";
import { cell, endpointOf, puppets } from "./puppets.ts";

const PAGE = 4096;
const owned = puppets(
  [{ mine: ["region:write", "mine"], large: ["region:write", "large"], wired: ["region:write", "wired"], both: ["region:write", "both"] }, { both: ["region:write", "both"] }, {}, {}],
  {
    devices: [{ name: "box", kind: "mailbox" }],
    regions: { mine: { bytes: PAGE }, large: { bytes: PAGE + 1 }, wired: { bytes: 64, devices: ["box"] }, both: { bytes: 64 } },
    reserve: { count: 1, bytes: PAGE },
  },
  [{ mine: ["revoke"] }],
);
const results: number[] = [];

function held(context: PuppetContext, name: string): Grant<"region:write"> {
  return (context.needs as unknown as Record<string, Grant<"region:write">>)[name]!;
}

/** The token that a message brought. */
function brought(context: PuppetContext): Grant<"region:write"> {
  return cell(context, 0) as Grant<"region:write">;
}

/** Runs one act and answers what it pushed. */
function act(process: number, body: (context: PuppetContext) => number | void): number[] {
  results.length = 0;
  owned.run({
    [process]: (context) => {
      const answer = body(context);
      if (answer !== undefined) results.push(answer);
    },
  });
  return [...results];
}

function write(context: PuppetContext, grant: Grant<"region:write">, value: number): number {
  const at = context.spanForWriting(grant, 0, 8);
  if (at >= 0) context.shared.u8[at] = value;
  return Math.min(at, 0);
}

function read(context: PuppetContext, grant: Grant<"region:write">): number {
  return context.shared.u8[context.span(grant, 0, 8)]!;
}

function region(index: number): Record<string, unknown> {
  return owned.machine.inspect("regions", index);
}

function faultOf(process: number): unknown {
  return owned.machine.inspect("processes", process).faultCode;
}

beforeEach(() => {
  owned.restart();
  owned.onMessage = (_process, context) => void results.push(context.capabilityTake(brought(context) as never));
});

describe("sharing", () => {
  test("lets both see the same bytes, the receiver with the rights that were named", () => {
    act(0, (context) => write(context, held(context, "mine"), 7));
    expect(act(0, (context) => context.regionShare(endpointOf(context, 1), 5, held(context, "mine"), 1))).toEqual([0, 0]);
    act(0, (context) => write(context, held(context, "mine"), 8));
    expect(act(1, (context) => read(context, brought(context)))).toEqual([8]);
    act(1, (context) => write(context, brought(context), 9));
    expect(faultOf(1)).toBe(FaultCode.readOnly);
    expect(region(0)).toMatchObject({ owner: 0, mappings: 1, epoch: 1, copyOnWrite: 0 });
    expect(checkInvariants(owned.machine)).toEqual([]);
  });

  test("is the owner's: who was let in may not let in others", () => {
    act(0, (context) => context.regionShare(endpointOf(context, 1), 5, held(context, "mine"), 3));
    expect(act(1, (context) => context.regionShare(endpointOf(context, 2), 5, brought(context), 1))).toEqual([Errno.permissionDenied]);
  });

  test("asks for read, or read and write, of one's own rights", () => {
    for (const rights of [0, 2, 4, 9, -1]) expect(act(0, (context) => context.regionShare(endpointOf(context, 1), 5, held(context, "mine"), rights))).toEqual([Errno.invalidArgument]);
  });

  test("ends for the receiver when the owner revokes", () => {
    act(0, (context) => context.regionShare(endpointOf(context, 1), 5, held(context, "mine"), 1));
    expect(act(0, (context) => context.capabilityRevoke(held(context, "mine") as never))).toEqual([1]);
    expect(region(0)).toMatchObject({ mappings: 1 });
    act(1, (context) => read(context, brought(context)));
    expect(faultOf(1)).toBe(FaultCode.forgedToken);
  });
});

describe("moving", () => {
  test("makes all the mover's tokens stale, and the receiver the owner, who may move it on", () => {
    act(0, (context) => write(context, held(context, "mine"), 7));
    expect(act(0, (context) => context.regionMove(endpointOf(context, 1), 5, held(context, "mine")))).toEqual([0, 0]);
    expect(region(0)).toMatchObject({ owner: 1, mappings: 1, epoch: 2 });
    expect(act(1, (context) => write(context, brought(context), read(context, brought(context)) + 1))).toEqual([0]);
    expect(act(0, (context) => context.regionMove(endpointOf(context, 1), 5, held(context, "mine")))).toEqual([Errno.invalidCapability]);
    expect(act(1, (context) => context.regionMove(endpointOf(context, 2), 5, brought(context)))).toEqual([0, 0]);
    expect(act(2, (context) => read(context, brought(context)))).toEqual([8]);
    act(0, (context) => read(context, held(context, "mine")));
    expect(faultOf(0)).toBe(FaultCode.forgedToken);
    expect(checkInvariants(owned.machine)).toEqual([]);
  });

  test("is refused while somebody else maps the region, and changes nothing then", () => {
    expect(act(0, (context) => context.regionMove(endpointOf(context, 2), 5, held(context, "both")))).toEqual([Errno.resourceBusy]);
    expect(act(0, (context) => read(context, held(context, "both")))).toEqual([0]);
    expect(region(3)).toMatchObject({ owner: 0, mappings: 2, epoch: 1 });
  });

  test("to nobody changes nothing", () => {
    act(3, (context) => context.exit());
    expect(act(0, (context) => context.regionMove(endpointOf(context, 3), 5, held(context, "mine")))).toEqual([Errno.endpointNotFound]);
    expect(act(0, (context) => read(context, held(context, "mine")))).toEqual([0]);
    expect(region(0)).toMatchObject({ owner: 0, mappings: 1, epoch: 1 });
  });

  test("a region that is not taken is nobody's", () => {
    owned.onMessage = () => {};
    act(0, (context) => context.regionMove(endpointOf(context, 1), 5, held(context, "mine")));
    expect(region(0)).toMatchObject({ owner: -2, mappings: 0, epoch: 2 });
  });
});

describe("copy-on-write", () => {
  const lend = (): number[] => act(0, (context) => context.regionCopyOnWrite(endpointOf(context, 1), 5, held(context, "mine")));

  test("gives the first writer a copy, and leaves the other the bytes; who maps it alone writes in place", () => {
    act(0, (context) => write(context, held(context, "mine"), 7));
    expect(lend()).toEqual([0, 0]);
    expect(act(1, (context) => write(context, brought(context), 9))).toEqual([0]);
    expect(act(0, (context) => read(context, held(context, "mine")))).toEqual([7]);
    expect(act(1, (context) => read(context, brought(context)))).toEqual([9]);
    expect([region(0), region(4)]).toMatchObject([{ mappings: 1, copyOnWrite: 1 }, { copyOf: 0, owner: 1, mappings: 1, regionBytes: PAGE }]);
    expect(act(0, (context) => write(context, held(context, "mine"), 8))).toEqual([0]);
    expect(region(0)).toMatchObject({ copyOnWrite: 0 });
    expect(checkInvariants(owned.machine)).toEqual([]);
  });

  test("the lender may be the first to write: his tokens name the copy then, and the other owns the old one", () => {
    lend();
    expect(act(0, (context) => write(context, held(context, "mine"), 5))).toEqual([0]);
    expect(act(1, (context) => read(context, brought(context)))).toEqual([0]);
    expect(act(0, (context) => read(context, held(context, "mine")))).toEqual([5]);
    expect([region(0), region(4)]).toMatchObject([{ owner: 1 }, { owner: 0, copyOf: 0 }]);
  });

  test("without a spare the write is refused, nothing has changed, and a spare that comes home serves it", () => {
    lend();
    act(0, (context) => context.regionCopyOnWrite(endpointOf(context, 2), 5, held(context, "mine")));
    expect(act(1, (context) => write(context, brought(context), 1))).toEqual([0]);
    expect(act(2, (context) => write(context, brought(context), 2))).toEqual([Errno.resourceExhausted]);
    expect(act(2, (context) => read(context, brought(context)))).toEqual([0]);
    expect(act(2, (context) => context.sendLarge(endpointOf(context, 3), 1, brought(context), 0, 8))).toEqual([Errno.resourceExhausted]);
    act(1, (context) => context.exit());
    expect(region(4)).toMatchObject({ kind: 2, mappings: 0, copyOf: -1, owner: -1 });
    expect(act(2, (context) => write(context, brought(context), 2))).toEqual([0]);
    expect(act(0, (context) => read(context, held(context, "mine")))).toEqual([0]);
    expect(checkInvariants(owned.machine)).toEqual([]);
  });

  test("a copy that was lost on its way to somebody serves the next writer", () => {
    lend();
    act(0, (context) => context.regionCopyOnWrite(endpointOf(context, 2), 5, held(context, "mine")));
    act(1, (context) => write(context, brought(context), 1));
    // The third has not run in this tick yet: the message waits in its queue, and goes with it.
    owned.run({
      1: (context) => {
        expect(context.regionShare(endpointOf(context, 3), 5, brought(context), 1)).toBe(0);
        context.exit();
      },
      3: (context) => context.exit(),
    });
    expect(region(4)).toMatchObject({ kind: 0, mappings: 0, copyOf: 0 });
    expect(act(2, (context) => write(context, brought(context), 2))).toEqual([0]);
    expect(region(4)).toMatchObject({ kind: 0, mappings: 1, owner: 2 });
  });

  test("is refused for what could not be copied, and while another may write", () => {
    const lends = (name: string): number[] => act(0, (context) => context.regionCopyOnWrite(endpointOf(context, 2), 5, held(context, name)));
    expect([lends("large"), lends("wired"), lends("both")]).toEqual([[Errno.invalidMemoryRegion], [Errno.invalidMemoryRegion], [Errno.resourceBusy]]);
  });
});
