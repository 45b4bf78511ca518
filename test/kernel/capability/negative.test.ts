/** Every call that takes a token, with every kind of token that must not do: a table, all of it tried. */

import { describe, expect, test } from "vitest";
import { findHeld } from "../../../kernel/capability.ts";
import { ALL_RIGHTS } from "../../../kernel/capability/right.ts";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { ProcessRecord } from "../../../kernel/process.ts";
import type { Grant } from "../../../kernel/service.ts";
import { Right } from "../../../kernel/service.ts";
import type { Bench, HolderContext } from "./bench.ts";
import { cell, copyCell, makeBench } from "./bench.ts";
import { ALL } from "./fixture.ts";
import { checkCapabilityTree } from "./tree-check.ts";

type Need = "b" | "region" | "pool" | "box" | "irq" | "ticks";

interface Operation {
  readonly name: string;
  /** A need whose capability the call can be made with. */
  readonly need: Need;
  /** The right that it asks; 0 if none. */
  readonly right: number;
  /** True where an answer says what is wrong; else it is a fault. */
  readonly answers: boolean;
  readonly act: (context: HolderContext, token: Grant<never>) => number;
}

const faulting = (act: (context: HolderContext, token: Grant<never>) => unknown) => (context: HolderContext, token: Grant<never>): number => {
  act(context, token);
  return 0;
};
const spare = (context: HolderContext): Grant<never> => cell(context, 11);

const OPERATIONS: readonly Operation[] = [
  { name: "derive", need: "region", right: Right.create, answers: true, act: (c, t) => c.capabilityDerive(t, ALL_RIGHTS, spare(c)) },
  { name: "revoke", need: "region", right: Right.revoke, answers: true, act: (c, t) => c.capabilityRevoke(t) },
  { name: "restrict", need: "region", right: Right.modify, answers: true, act: (c, t) => c.capabilityRestrict(t, ALL_RIGHTS) },
  { name: "delete", need: "region", right: Right.delete, answers: true, act: (c, t) => c.capabilityDelete(t) },
  { name: "identify", need: "region", right: 0, answers: true, act: (c, t) => Math.min(c.capabilityIdentify(t), 0) },
  { name: "send it", need: "region", right: Right.grant, answers: true, act: (c, t) => c.sendCapability(c.needs.c, 1, t) },
  { name: "call with it", need: "region", right: Right.grant, answers: true, act: (c, t) => c.callCapability(c.needs.c, 1, t) },
  { name: "send it in a message of one's own", need: "region", right: Right.grant, answers: true, act: sendFilled },
  { name: "send to it", need: "b", right: Right.write, answers: true, act: (c, t) => c.send(t, 1) },
  { name: "call it", need: "b", right: Right.write, answers: true, act: (c, t) => c.call(t, 1) },
  { name: "send a capability to it", need: "b", right: Right.write, answers: true, act: (c, t) => c.sendCapability(t, 1, c.needs.region) },
  { name: "read a region", need: "region", right: Right.read, answers: false, act: faulting((c, t) => c.span(t, 0, 8)) },
  { name: "write a region", need: "region", right: Right.write, answers: false, act: faulting((c, t) => c.spanForWriting(t, 0, 8)) },
  { name: "ask a region's size", need: "region", right: Right.read, answers: false, act: faulting((c, t) => c.regionBytes(t)) },
  { name: "announce a large message", need: "region", right: Right.write, answers: false, act: faulting((c, t) => c.sendLarge(c.needs.c, 1, t, 0, 8)) },
  { name: "allocate a buffer", need: "pool", right: Right.write, answers: false, act: faulting((c, t) => c.bufferAllocate(t)) },
  { name: "read a register", need: "box", right: Right.read, answers: false, act: faulting((c, t) => c.registerRead(t, 0)) },
  { name: "write a register", need: "box", right: Right.write, answers: false, act: faulting((c, t) => c.registerWrite(t, 0, 0)) },
  { name: "bind an interrupt", need: "irq", right: Right.execute, answers: false, act: faulting((c, t) => c.interruptBind(t, 1)) },
  { name: "acknowledge an interrupt", need: "irq", right: Right.execute, answers: false, act: faulting((c, t) => c.interruptAcknowledge(t)) },
  { name: "start a timer", need: "ticks", right: Right.write, answers: false, act: faulting((c, t) => c.timerStart(t, 1, 0, 1)) },
];

function sendFilled(context: HolderContext, token: Grant<never>): number {
  const { memory, outgoing } = context;
  SmallMessage.opcode.set(memory, outgoing, 1);
  SmallMessage.flags.set(memory, outgoing, MessageFlag.hasCapability);
  SmallMessage.capability.setWords(memory, outgoing, memory.i32[token >> 2], memory.i32[(token >> 2) + 1]);
  return context.sendMessage(context.needs.c, outgoing);
}

/** What the call answers, or the fault that stopped the process, in a handler of process a; and nothing else is changed. */
function judge(bench: Bench, operation: Operation, token: (context: HolderContext) => Grant<never>): { answer: number | null; fault: number } {
  let answer: number | null = null;
  bench.run(0, (context) => {
    const at = token(context);
    const before = countHeld(bench);
    answer = operation.act(context, at);
    if (answer < 0) expect(countHeld(bench)).toEqual(before);
  }, true);
  const { ram, processes } = bench.kernel;
  expect(checkCapabilityTree(bench.kernel)).toEqual([]);
  return { answer, fault: ProcessRecord.faultCode.get(ram, processes.at(0)) };
}

function countHeld({ kernel }: Bench): number[] {
  return [0, 1, 2].map((process) => kernel.spaces.spaces.at(process)).map((space) => kernel.ram.i32[(space + 4) >> 2]);
}

/** How a token of process a that was good becomes one that is not; the answer is where it stands then. */
const SPOILED: readonly { readonly name: string; readonly spoil: (bench: Bench, need: Need) => (context: HolderContext) => Grant<never> }[] = [
  { name: "the null token", spoil: () => (context) => cell(context, 0) },
  {
    name: "a token whose capability was deleted",
    spoil: (_bench, need) => (context) => {
      const token = cell(context, 0);
      expect(context.capabilityDerive(context.needs[need], ALL_RIGHTS, token)).toBe(0);
      expect(context.capabilityDelete(token)).toBe(0);
      return token;
    },
  },
  {
    name: "a token whose capability was revoked",
    spoil: (_bench, need) => (context) => {
      expect(context.capabilityDerive(context.needs[need], ALL_RIGHTS, cell(context, 0))).toBe(0);
      expect(context.capabilityDerive(cell(context, 0), ALL_RIGHTS, cell(context, 1))).toBe(0);
      expect(context.capabilityRevoke(context.needs[need])).toBe(2);
      return cell(context, 1);
    },
  },
  {
    name: "a token whose slot holds another capability now",
    spoil: (_bench, need) => (context) => {
      const token = cell(context, 0);
      expect(context.capabilityDerive(context.needs[need], ALL_RIGHTS, token)).toBe(0);
      expect(context.capabilityDelete(token)).toBe(0);
      expect(context.capabilityDerive(context.needs[need], ALL_RIGHTS, cell(context, 1))).toBe(0);
      expect(context.memory.i32[token >> 2] & 0xfff).toBe(context.memory.i32[cell(context, 1) >> 2] & 0xfff);
      return token;
    },
  },
  {
    name: "a token that another process holds",
    spoil: (bench, need) => {
      const place = bench.kernel.processes.at(1);
      let theirs = 0;
      bench.run(1, (context) => {
        copyCell(context, context.needs[need], cell(context, 0));
        theirs = ProcessRecord.arenaBase.get(bench.kernel.ram, place) + cell(context, 0);
        expect(findHeld(bench.kernel.ram, bench.kernel.spaces, 1, theirs)).toBeGreaterThan(0);
      });
      return (context) => {
        context.memory.i32.set(bench.kernel.ram.i32.subarray(theirs >> 2, (theirs >> 2) + 2), cell(context, 0) >> 2);
        return cell(context, 0);
      };
    },
  },
  {
    name: "a token of the right slot and number with other flags",
    spoil: (_bench, need) => (context) => {
      copyCell(context, context.needs[need], cell(context, 0));
      context.memory.i32[(cell(context, 0) >> 2) + 1] ^= 1 << 28;
      return cell(context, 0);
    },
  },
];

for (const operation of OPERATIONS) {
  describe(operation.name, () => {
    test("works with a capability that carries all its rights", () => {
      const { answer, fault } = judge(makeBench(ALL, { capabilities: 16 }), operation, (context) => context.needs[operation.need] as Grant<never>);
      expect([answer, fault]).toEqual([0, 0]);
    });

    for (const { name, spoil } of SPOILED) {
      test(`is refused with ${name}`, () => {
        const bench = makeBench(ALL, { capabilities: 16 });
        const { answer, fault } = judge(bench, operation, spoil(bench, operation.need));
        expect([answer, fault]).toEqual(operation.answers ? [Errno.invalidCapability, 0] : [null, FaultCode.forgedToken]);
      });
    }

    for (const [name, right] of Object.entries(Right)) {
      test(`without the right to ${name} it ${right === operation.right ? "is refused" : "works if it did before"}`, () => {
        const bench = makeBench(ALL, { capabilities: 16 });
        const { answer, fault } = judge(bench, operation, (context) => {
          expect(context.capabilityDerive(context.needs[operation.need], ALL_RIGHTS & ~right, cell(context, 0))).toBe(0);
          return cell(context, 0);
        });
        const works = right !== operation.right;
        if (operation.answers) expect([answer, fault]).toEqual([works ? 0 : Errno.permissionDenied, 0]);
        else expect(fault).toBe(works ? 0 : FaultCode.readOnly);
      });
    }

    test("a token outside the process's memory is a fault", () => {
      for (const at of [1024, -8, 4, 1020]) {
        const { fault } = judge(makeBench(ALL, { capabilities: 16 }), operation, () => at as Grant<never>);
        if (operation.act !== sendFilled) expect(fault, `at ${at}`).toBe(FaultCode.outside);
      }
    });
  });
}

test("a capability of another type is not what is asked", () => {
  const types: readonly Need[] = ["b", "region", "pool", "box", "irq", "ticks"];
  for (const operation of OPERATIONS.filter((one) => !one.answers || one.need === "b")) {
    for (const need of types.filter((one) => one !== operation.need)) {
      const { answer, fault } = judge(makeBench(ALL, { capabilities: 16 }), operation, (context) => context.needs[need] as Grant<never>);
      expect([answer, fault], `${operation.name} with ${need}`).toEqual(operation.answers ? [Errno.invalidCapability, 0] : [null, FaultCode.forgedToken]);
    }
  }
});
