/** The ends of capabilities: revoking, restricting, deleting, and the end of a process; through system calls. */

import { describe, expect, test } from "vitest";
import { CapabilitySlot, findHeld } from "../../../kernel/capability.ts";
import { ALL_RIGHTS } from "../../../kernel/capability/right.ts";
import type { SlotOfCapability } from "../../../kernel/capability/slot.ts";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { InterruptBinding } from "../../../kernel/kernel.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { ProcessRecord } from "../../../kernel/process.ts";
import { mappingAt } from "../../../kernel/memory/mapping-table.ts";
import { RegionMapping, RegionRecord } from "../../../kernel/region.ts";
import { Right, identityRights } from "../../../kernel/service.ts";
import { cell, makeBench } from "./bench.ts";
import { ALL, BOOT_COUNT, REGION_RIGHTS, counters, lostBy, rightsOf, takingBench, usedBy } from "./fixture.ts";
import { checkCapabilityTree } from "./tree-check.ts";

describe("revoke", () => {
  test("takes everything derived, everywhere, and leaves the capability itself and its relatives", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 0));
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 1));
      context.capabilityDerive(cell(context, 0), ALL_RIGHTS, cell(context, 2));
      context.sendCapability(context.needs.b, 1, cell(context, 2), 0);
      context.sendCapability(context.needs.b, 1, cell(context, 1), 1);
    });
    made.run(1, (context) => expect(context.capabilityDerive(cell(context, 0), Right.read, cell(context, 2))).toBe(0));
    made.run(0, (context) => expect(context.capabilityRevoke(cell(context, 0))).toBe(3));
    expect([0, 1, 2].map((index) => rightsOf(made, 0, index))).toEqual([REGION_RIGHTS, REGION_RIGHTS, Errno.invalidCapability]);
    expect([0, 1, 2].map((index) => rightsOf(made, 1, index))).toEqual([Errno.invalidCapability, REGION_RIGHTS & ~Right.grant, Errno.invalidCapability]);
    made.run(0, (context) => expect(context.capabilityRevoke(cell(context, 0))).toBe(0));
  });

  test("a receiver may revoke what it derived, not what it was given", () => {
    const made = takingBench();
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.region, 0));
    made.run(1, (context) => {
      context.capabilityDerive(cell(context, 0), ALL_RIGHTS, cell(context, 1));
      expect(context.capabilityRevoke(cell(context, 0))).toBe(1);
    });
    expect(rightsOf(made, 1, 0)).toBe(REGION_RIGHTS & ~Right.grant);
    made.run(0, (context) => expect(identityRights(context.capabilityIdentify(context.needs.region))).toBe(REGION_RIGHTS));
  });

  test.each(["in a queue", "in the receiver's registers"])("reaches a message %s: it arrives without", (where) => {
    const made = makeBench(ALL);
    const [sender, to, receiver] = where === "in a queue" ? ([0, "b", 1] as const) : ([2, "b", 1] as const);
    let word = -1;
    made.onMessage((process, context, message) => {
      expect(process).toBe(receiver);
      expect(message.flags).toBe(MessageFlag.hasCapability);
      word = SmallMessage.capability.low(context.shared, message.at) | SmallMessage.capability.high(context.shared, message.at);
      expect(context.capabilityTake(cell(context, 0))).toBe(Errno.invalidMessage);
    });
    made.run(sender, (context) => {
      context.sendCapability(context.needs[to], 1, context.needs.region);
      expect(counters(made).inFlight).toBe(where === "in a queue" ? 1 : 0);
      expect(context.capabilityRevoke(context.needs.region)).toBe(1);
      expect(counters(made).inFlight).toBe(where === "in a queue" ? 1 : 0);
    });
    expect([word, counters(made).inFlight, lostBy(made, receiver), usedBy(made, receiver)]).toEqual([0, 0, 0, BOOT_COUNT]);
  });

  test("mappings are counted down, and the next use of the region is a fault", () => {
    const made = takingBench();
    const mappings = (): number => RegionRecord.mappings.get(made.kernel.ram, made.kernel.regions.at(0));
    const before = mappings();
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.region, 0));
    expect(mappings()).toBe(before + 1);
    made.run(0, (context) => context.capabilityRevoke(context.needs.region));
    expect(mappings()).toBe(before);
    made.run(1, (context) => context.span(cell(context, 0), 0, 1), true);
    expect(made.machine.inspect("processes", 1)).toMatchObject({ faultCode: FaultCode.forgedToken });
    expect(mappings()).toBe(before - 1);
  });

  test("an interrupt that was bound by it is bound no more, and its line is masked", () => {
    const made = takingBench();
    const bound = (): number => InterruptBinding.process.get(made.kernel.ram, made.kernel.bindings.at(1));
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.irq, 0));
    made.run(1, (context) => context.interruptBind(cell(context, 0), 1));
    expect(bound()).toBe(1);
    made.run(0, (context) => context.capabilityRevoke(context.needs.irq));
    expect(bound()).toBe(-1);
    made.machine.mailboxSend("box", new Uint8Array(4));
    expect(made.kernel.board.interrupts.pendingUnmasked()).toBe(0);
    made.run(0, (context) => context.interruptBind(context.needs.irq, 1));
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.irq, 0));
    made.run(0, (context) => context.capabilityRevoke(context.needs.irq));
    expect(bound()).toBe(0);
  });
});

describe("restrict", () => {
  test("takes rights from the whole tree below at once; tokens stay", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      context.capabilityDerive(context.needs.region, Right.read, cell(context, 0));
    });
    const writing = (process: number): number => RegionMapping.writing.get(made.kernel.ram, mappingAt(made.kernel, 0, process));
    expect([writing(0), writing(1)]).toEqual([1, 2]);
    made.run(0, (context) => expect(context.capabilityRestrict(context.needs.region, ALL_RIGHTS & ~Right.write)).toBe(2));
    expect([writing(0), writing(1)]).toEqual([0, 1]);
    expect([rightsOf(made, 0, 0), rightsOf(made, 1, 0)]).toEqual([Right.read, REGION_RIGHTS & ~Right.grant & ~Right.write]);
    made.run(1, (context) => {
      context.span(cell(context, 0), 0, 1);
      context.spanForWriting(cell(context, 0), 0, 1);
    }, true);
    expect(made.machine.inspect("processes", 1)).toMatchObject({ faultCode: FaultCode.readOnly });
  });

  test("reaches what is under way", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      expect(context.capabilityRestrict(context.needs.region, Right.read)).toBe(2);
    });
    expect(rightsOf(made, 1, 0)).toBe(Right.read);
  });
});

describe("delete", () => {
  test("children live on under the parent of the deleted one, and are revoked with it", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 0));
      for (const index of [1, 2, 3]) context.capabilityDerive(cell(context, 0), ALL_RIGHTS, cell(context, index));
      context.capabilityDerive(cell(context, 2), ALL_RIGHTS, cell(context, 4));
      expect(context.capabilityDelete(cell(context, 0))).toBe(0);
    });
    expect([0, 1, 2, 3, 4].map((index) => rightsOf(made, 0, index))).toEqual([Errno.invalidCapability, REGION_RIGHTS, REGION_RIGHTS, REGION_RIGHTS, REGION_RIGHTS]);
    made.run(0, (context) => expect(context.capabilityRevoke(context.needs.region)).toBe(4));
  });

  test("what was sent from it still arrives, with its rights", () => {
    const made = takingBench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, Right.read | Right.grant | Right.delete, cell(context, 0));
      context.sendCapability(context.needs.b, 1, cell(context, 0), 0);
      context.capabilityDelete(cell(context, 0));
    });
    expect(rightsOf(made, 1, 0)).toBe(Right.read | Right.delete);
    made.run(0, (context) => expect(context.capabilityRevoke(context.needs.region)).toBe(1));
  });
});

describe("the end of a process", () => {
  test.each(["exit", "fault"])("by %s clears its space; what it handed on or had under way lives under the parent of what it held", (how) => {
    const made = takingBench();
    made.run(2, (context) => context.sendCapability(context.needs.a, 1, context.needs.region, 0));
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 1));
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      if (how === "exit") context.exit();
      else context.span(-8 as never, 0, 1);
    }, how === "fault");
    expect([usedBy(made, 0), counters(made).inFlight]).toEqual([0, 0]);
    expect(rightsOf(made, 1, 0)).toBe(REGION_RIGHTS & ~Right.grant);
    const { kernel } = made;
    const base = ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(1)) + ProcessRecord.stateOffset.get(kernel.ram, kernel.processes.at(1));
    expect(CapabilitySlot.parent.get(kernel.ram, findHeld(kernel.ram, kernel.spaces, 1, base) as SlotOfCapability)).toBe(0);
    made.run(2, (context) => expect(context.capabilityRevoke(context.needs.region)).toBe(0));
  });

  test("returns the capabilities in the messages that it can no longer take", () => {
    const made = takingBench();
    made.run(1, (context) => {
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      context.exit();
      expect(counters(made).inFlight).toBe(1);
    });
    expect(counters(made)).toMatchObject({ inFlight: 0, delegated: 0 });
    expect(checkCapabilityTree(made.kernel)).toEqual([]);
    made.run(0, (context) => expect(context.sendCapability(context.needs.b, 1, context.needs.region)).toBe(Errno.endpointNotFound));
  });
});
