/** What capabilities do, case by case, through system calls: minting, copying, deriving, delegating, revoking, ending, identity. */

import { describe, expect, test } from "vitest";
import { CapabilitySlot, CapabilitySpace, CapabilityState, TIMER_OBJECT, findHeld } from "../../../kernel/capability.ts";
import { ALL_RIGHTS, GOVERNING_RIGHTS } from "../../../kernel/capability/right.ts";
import type { SlotOfCapability } from "../../../kernel/capability/slot.ts";
import { EndpointRecord } from "../../../kernel/endpoint.ts";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { InterruptBinding } from "../../../kernel/kernel.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { ProcessRecord } from "../../../kernel/process.ts";
import { RegionRecord } from "../../../kernel/region.ts";
import { Delivery, ObjectKind, ObjectType, Right, identityKind, identityRights, identityType } from "../../../kernel/service.ts";
import type { Bench, HolderContext } from "./bench.ts";
import { cell, copyCell, makeBench } from "./bench.ts";
import { checkCapabilityTree } from "./tree-check.ts";

const ALL = { a: GOVERNING_RIGHTS, b: GOVERNING_RIGHTS, c: GOVERNING_RIGHTS, region: GOVERNING_RIGHTS, irq: GOVERNING_RIGHTS, pool: GOVERNING_RIGHTS };
const REGION_RIGHTS = ALL_RIGHTS & ~Right.execute;

function bench(limits: Parameters<typeof makeBench>[1] = {}): Bench {
  const made = makeBench(ALL, limits);
  made.onMessage((_process, context, message) => void (message.flags === MessageFlag.hasCapability && context.capabilityTake(cell(context, message.data0))));
  return made;
}

/** What process `process` knows of the token in one of its cells: its rights, or the refusal. */
function rightsOf(from: Bench, process: number, index: number): number {
  let answer = 0;
  from.run(process, (context) => {
    const identity = context.capabilityIdentify(cell(context, index));
    answer = identity < 0 ? identity : identityRights(identity);
  });
  expect(checkCapabilityTree(from.kernel)).toEqual([]);
  return answer;
}

function counters({ kernel }: Bench): Record<string, number> {
  const { ram, spaces: { state } } = kernel;
  return { inFlight: CapabilityState.inFlight.get(ram, state), delegated: CapabilityState.delegated.get(ram, state), revoked: CapabilityState.revoked.get(ram, state), deleted: CapabilityState.deleted.get(ram, state) };
}

function lostBy({ kernel }: Bench, process: number): number {
  return CapabilitySpace.lost.get(kernel.ram, kernel.spaces.spaces.at(process));
}

function usedBy({ kernel }: Bench, process: number): number {
  return CapabilitySpace.used.get(kernel.ram, kernel.spaces.spaces.at(process));
}

describe("mint", () => {
  test("boot gives each need's token the rights of its kind, and those that the manifest adds", () => {
    const made = makeBench({ region: ["grant", "revoke"] });
    made.run(0, (context) => {
      const rights = (need: keyof HolderContext["needs"]): number => identityRights(context.capabilityIdentify(context.needs[need]));
      expect([rights("a"), rights("region"), rights("looked"), rights("irq")]).toEqual([Right.write, Right.read | Right.write | Right.grant | Right.revoke, Right.read, Right.execute]);
    });
  });

  test("a manifest adds only rights over the capability itself, and only to needs that there are", () => {
    expect(() => makeBench({ region: ["execute" as never] })).toThrow(/rights.region: execute; expected one of grant, revoke, delete, modify, create/);
    expect(() => makeBench({ regions: ["grant"] })).toThrow(/rights.regions: holder-0 has no such need/);
  });
});

describe("copy", () => {
  test("a copied number is the same capability: deleted once, gone twice", () => {
    const made = bench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 0));
      copyCell(context, cell(context, 0), cell(context, 1));
      const used = usedBy(made, 0);
      expect(context.capabilityDelete(cell(context, 1))).toBe(0);
      expect(usedBy(made, 0)).toBe(used - 1);
      expect(context.capabilityDelete(cell(context, 0))).toBe(Errno.invalidCapability);
    });
  });
});

describe("derive", () => {
  test("the child has those of the asked rights that its source has", () => {
    const made = bench();
    made.run(0, (context) => expect(context.capabilityDerive(context.needs.region, Right.read | Right.execute, cell(context, 0))).toBe(0));
    expect(rightsOf(made, 0, 0)).toBe(Right.read);
  });

  test("without a right left nothing is made, and rights are a byte", () => {
    const made = bench();
    made.run(0, (context) => {
      expect(context.capabilityDerive(context.needs.region, Right.execute, cell(context, 0))).toBe(Errno.permissionDenied);
      expect(context.capabilityDerive(context.needs.region, 0, cell(context, 0))).toBe(Errno.permissionDenied);
      for (const rights of [256, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
        expect(context.capabilityDerive(context.needs.region, rights, cell(context, 0))).toBe(Errno.invalidArgument);
        expect(context.capabilityRestrict(context.needs.region, rights)).toBe(Errno.invalidArgument);
      }
      expect(context.memory.i32[cell(context, 0) >> 2]).toBe(0);
    });
  });

  test("a derived token does what its source does, as far as its rights go", () => {
    const made = bench();
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, Right.read, cell(context, 0));
      expect(context.span(cell(context, 0), 0, 256)).toBe(context.span(context.needs.region, 0, 256));
      context.capabilityDerive(context.needs.b, Right.write, cell(context, 1));
      expect(context.send(cell(context, 1), 1)).toBe(0);
      context.spanForWriting(cell(context, 0), 0, 1);
    });
    expect(made.machine.inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.readOnly });
  });
});

describe("delegate", () => {
  test("arrives with the sender's rights but GRANT, usable, and cannot be handed on", () => {
    const made = bench();
    made.run(0, (context) => expect(context.sendCapability(context.needs.b, 1, context.needs.region, 3)).toBe(0));
    expect(rightsOf(made, 1, 3)).toBe(REGION_RIGHTS & ~Right.grant);
    made.run(1, (context) => {
      context.spanForWriting(cell(context, 3), 0, 256);
      expect(context.sendCapability(context.needs.c, 1, cell(context, 3))).toBe(Errno.permissionDenied);
    });
  });

  test("by a call and by its answer too; an answer that may not carry it leaves the call open", () => {
    const made = makeBench(ALL);
    made.onMessage((process, context, message) => {
      if (message.delivery === Delivery.reply) expect([message.status, message.data0, message.flags, context.capabilityTake(cell(context, 5))]).toEqual([7, 8, MessageFlag.isReply | MessageFlag.hasCapability, 0]);
      else {
        expect([process, context.capabilityTake(cell(context, 4))]).toEqual([1, 0]);
        expect(context.replyCapability(7, cell(context, 4), 9)).toBe(Errno.permissionDenied);
        expect(context.replyCapability(7, context.needs.c, 8)).toBe(0);
        expect(context.replyCapability(7, context.needs.c, 8)).toBe(Errno.invalidMessage);
      }
    });
    made.run(0, (context) => expect(context.callCapability(context.needs.b, 1, context.needs.region)).toBe(0));
    expect(rightsOf(made, 1, 4)).toBe(REGION_RIGHTS & ~Right.grant);
    expect(rightsOf(made, 0, 5)).toBe(Right.write | Right.revoke | Right.delete | Right.modify | Right.create);
  });

  test("HAS_CAPABILITY and the capability word go together: a stray word is refused", () => {
    const made = bench();
    made.run(0, (context) => {
      const { memory, outgoing } = context;
      SmallMessage.flags.set(memory, outgoing, 0);
      for (const [low, high] of [[1, 0], [0, 1]] as const) {
        SmallMessage.capability.setWords(memory, outgoing, low, high);
        expect(context.sendMessage(context.needs.b, outgoing)).toBe(Errno.invalidMessage);
      }
      SmallMessage.capability.setWords(memory, outgoing, 0, 0);
      expect(context.sendMessage(context.needs.b, outgoing)).toBe(0);
    });
  });

  test("what the handler does not take is deleted when it returns, also by a reply; what waits behind a notification is not", () => {
    const made = makeBench(ALL);
    made.onMessage((_process, context, message) => void (message.delivery === Delivery.message && context.replyCapability(0, context.needs.region)));
    made.run(0, (context) => expect(context.callCapability(context.needs.c, 1, context.needs.region)).toBe(0));
    expect([usedBy(made, 0), usedBy(made, 2), counters(made).delegated, counters(made).deleted]).toEqual([9, 9, 2, 2]);
    made.onMessage((_process, context) => expect(context.capabilityTake(cell(context, 0))).toBe(0));
    // The receiver waits and gets the message in its registers; a notification that comes then is handled before it.
    made.run(2, (context) => {
      expect(context.sendCapability(context.needs.a, 1, context.needs.region)).toBe(0);
      InterruptBinding.process.set(made.kernel.ram, made.kernel.bindings.at(1), 0);
      InterruptBinding.bits.set(made.kernel.ram, made.kernel.bindings.at(1), 1);
      made.kernel.board.interrupts.unmask(1);
      made.machine.mailboxSend("box", new Uint8Array(4));
    });
    expect(rightsOf(made, 0, 0)).toBe(REGION_RIGHTS & ~Right.grant);
  });

  test("taken twice, or without one, or by the handler of something else: refused", () => {
    const made = makeBench(ALL);
    made.onMessage((_process, context) => {
      expect(context.capabilityTake(cell(context, 0))).toBe(0);
      expect(context.capabilityTake(cell(context, 1))).toBe(Errno.invalidMessage);
    });
    made.run(0, (context) => {
      expect(context.capabilityTake(cell(context, 0))).toBe(Errno.invalidMessage);
      context.sendCapability(context.needs.b, 1, context.needs.region);
    });
    made.onMessage((_process, context) => expect(context.capabilityTake(cell(context, 1))).toBe(Errno.invalidMessage));
    made.run(0, (context) => context.send(context.needs.b, 1));
  });

  test("a receiver without room gets the message, flag set, without the capability, and the loss is counted", () => {
    const made = makeBench(ALL, { capabilities: 9 });
    let answer: number[] = [];
    made.onMessage((_process, context, message) => {
      answer = [message.flags, message.data1, SmallMessage.capability.low(context.shared, message.at), SmallMessage.capability.high(context.shared, message.at), context.capabilityTake(cell(context, 0))];
    });
    for (const [sender, receiver] of [[0, 1], [1, 0]] as const) {
      answer = [];
      made.run(sender, (context) => expect(context.sendCapability(context.needs[receiver === 1 ? "b" : "a"], 1, context.needs.region, 0, 77)).toBe(0));
      expect(answer).toEqual([MessageFlag.hasCapability, 77, 0, 0, Errno.invalidMessage]);
      expect([lostBy(made, receiver), usedBy(made, receiver), counters(made).inFlight]).toEqual([1, 9, 0]);
    }
  });

  test("when too many are under way the next is refused before anything is sent", () => {
    const made = makeBench(ALL, { capabilitiesInFlight: 2 });
    made.run(0, (context) => {
      const send = (to: "a" | "b" | "c"): number => context.sendCapability(context.needs[to], 1, context.needs.region);
      expect([send("b"), send("a"), send("c")]).toEqual([0, 0, Errno.resourceExhausted]);
      expect(EndpointRecord.sent.get(made.kernel.ram, made.kernel.endpoints.at(2))).toBe(0);
      expect(counters(made)).toMatchObject({ inFlight: 2 });
      expect(context.send(context.needs.c, 1)).toBe(0);
    });
    expect(counters(made)).toMatchObject({ inFlight: 0, delegated: 2 });
  });

  test("a full queue refuses before the pool is asked", () => {
    const made = makeBench(ALL, { capabilitiesInFlight: 1, endpointQueue: 1 });
    made.run(0, (context) => {
      expect(context.sendCapability(context.needs.b, 1, context.needs.region)).toBe(0);
      expect(context.sendCapability(context.needs.b, 1, context.needs.region)).toBe(Errno.channelFull);
    });
  });
});

describe("revoke", () => {
  test("takes everything derived, everywhere, and leaves the capability itself and its relatives", () => {
    const made = bench();
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
    const made = bench();
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
    expect([word, counters(made).inFlight, lostBy(made, receiver), usedBy(made, receiver)]).toEqual([0, 0, 0, 9]);
  });

  test("mappings are counted down, and the next use of the region is a fault", () => {
    const made = bench();
    const mappings = (): number => RegionRecord.mappings.get(made.kernel.ram, made.kernel.regions.at(0));
    const before = mappings();
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.region, 0));
    expect(mappings()).toBe(before + 1);
    made.run(0, (context) => context.capabilityRevoke(context.needs.region));
    expect(mappings()).toBe(before);
    made.run(1, (context) => context.span(cell(context, 0), 0, 1));
    expect(made.machine.inspect("processes", 1)).toMatchObject({ faultCode: FaultCode.forgedToken });
    expect(mappings()).toBe(before - 1);
  });

  test("an interrupt that was bound by it is bound no more, and its line is masked", () => {
    const made = bench();
    const bound = (): number => InterruptBinding.process.get(made.kernel.ram, made.kernel.bindings.at(1));
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.irq, 0));
    made.run(1, (context) => context.interruptBind(cell(context, 0), 1));
    expect(bound()).toBe(1);
    made.machine.mailboxSend("box", new Uint8Array(4));
    made.run(0, (context) => context.capabilityRevoke(context.needs.irq));
    expect(bound()).toBe(-1);
    made.run(0, (context) => context.interruptBind(context.needs.irq, 1));
    made.run(0, (context) => context.sendCapability(context.needs.b, 1, context.needs.irq, 0));
    made.run(0, (context) => context.capabilityRevoke(context.needs.irq));
    expect(bound()).toBe(0);
  });
});

describe("restrict", () => {
  test("takes rights from the whole tree below at once; tokens stay", () => {
    const made = bench();
    made.run(0, (context) => {
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      context.capabilityDerive(context.needs.region, Right.read, cell(context, 0));
    });
    made.run(0, (context) => expect(context.capabilityRestrict(context.needs.region, ALL_RIGHTS & ~Right.write)).toBe(2));
    expect([rightsOf(made, 0, 0), rightsOf(made, 1, 0)]).toEqual([Right.read, REGION_RIGHTS & ~Right.grant & ~Right.write]);
    made.run(1, (context) => {
      context.span(cell(context, 0), 0, 1);
      context.spanForWriting(cell(context, 0), 0, 1);
    });
    expect(made.machine.inspect("processes", 1)).toMatchObject({ faultCode: FaultCode.readOnly });
  });

  test("reaches what is under way", () => {
    const made = bench();
    made.run(0, (context) => {
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      expect(context.capabilityRestrict(context.needs.region, Right.read)).toBe(2);
    });
    expect(rightsOf(made, 1, 0)).toBe(Right.read);
  });
});

describe("delete", () => {
  test("children live on under the parent of the deleted one, and are revoked with it", () => {
    const made = bench();
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
    const made = bench();
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
    const made = bench();
    made.run(2, (context) => context.sendCapability(context.needs.a, 1, context.needs.region, 0));
    made.run(0, (context) => {
      context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 1));
      context.sendCapability(context.needs.b, 1, context.needs.region, 0);
      if (how === "exit") context.exit();
      else context.span(-8 as never, 0, 1);
    });
    expect([usedBy(made, 0), counters(made).inFlight]).toEqual([0, 0]);
    expect(rightsOf(made, 1, 0)).toBe(REGION_RIGHTS & ~Right.grant);
    const { kernel } = made;
    const base = ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(1)) + ProcessRecord.stateOffset.get(kernel.ram, kernel.processes.at(1));
    expect(CapabilitySlot.parent.get(kernel.ram, findHeld(kernel.ram, kernel.spaces, 1, base) as SlotOfCapability)).toBe(0);
    made.run(2, (context) => expect(context.capabilityRevoke(context.needs.region)).toBe(0));
  });

  test("returns the capabilities in the messages that it can no longer take", () => {
    const made = bench();
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

describe("identity", () => {
  test("says type, kind and rights of what is held", () => {
    const made = makeBench({});
    made.run(0, (context) => {
      const of = (need: keyof HolderContext["needs"]): number[] => {
        const identity = context.capabilityIdentify(context.needs[need]);
        return [identityType(identity), identityKind(identity), identityRights(identity)];
      };
      expect(of("a")).toEqual([ObjectType.endpoint, 0, Right.write]);
      expect(of("region")).toEqual([ObjectType.memory, ObjectKind.plain, Right.read | Right.write]);
      expect(of("pool")).toEqual([ObjectType.memory, ObjectKind.buffers, Right.read | Right.write]);
      expect(of("box")).toEqual([ObjectType.device, ObjectKind.plain, Right.read | Right.write]);
      expect(of("ticks")).toEqual([ObjectType.device, ObjectKind.timer, Right.read | Right.write]);
      expect(of("irq")).toEqual([ObjectType.interrupt, 0, Right.execute]);
    });
    expect(TIMER_OBJECT).toBe(0xff);
  });

  test("says of two regions the same: which object it is, is not told", () => {
    const made = makeBench({});
    made.run(0, (context) => expect(context.capabilityIdentify(context.needs.a)).toBe(context.capabilityIdentify(context.needs.b)));
  });

  test("a region that was given up since is nobody's", () => {
    const made = makeBench({});
    RegionRecord.epoch.add(made.kernel.ram, made.kernel.regions.at(0), 1);
    made.run(0, (context) => expect(context.capabilityIdentify(context.needs.region)).toBe(Errno.invalidCapability));
  });
});
