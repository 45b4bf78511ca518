/** Capabilities in messages, calls and answers; through system calls. */

import { describe, expect, test } from "vitest";
import { CapabilitySpace } from "../../../kernel/capability.ts";
import { EndpointRecord } from "../../../kernel/endpoint.ts";
import { Errno } from "../../../kernel/errno.ts";
import { InterruptBinding } from "../../../kernel/kernel.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import { Delivery, Right } from "../../../kernel/service.ts";
import { cell, makeBench } from "./bench.ts";
import { ALL, BOOT_COUNT, REGION_RIGHTS, counters, lostBy, rightsOf, takingBench, usedBy } from "./fixture.ts";

describe("delegate", () => {
  test("arrives with the sender's rights but GRANT, usable, and cannot be handed on", () => {
    const made = takingBench();
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
      }
    });
    made.run(0, (context) => expect(context.callCapability(context.needs.b, 1, context.needs.region)).toBe(0));
    expect(rightsOf(made, 1, 4)).toBe(REGION_RIGHTS & ~Right.grant);
    expect(rightsOf(made, 0, 5)).toBe(Right.write | Right.revoke | Right.delete | Right.modify | Right.create);
  });

  test("HAS_CAPABILITY and the capability word go together: a stray word is refused", () => {
    const made = takingBench();
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
    expect([usedBy(made, 0), usedBy(made, 2), counters(made).delegated, counters(made).deleted]).toEqual([BOOT_COUNT, BOOT_COUNT, 2, 2]);
    expect([0, 1, 2].map((process) => CapabilitySpace.dropped.get(made.kernel.ram, made.kernel.spaces.spaces.at(process)))).toEqual([1, 0, 1]);
    const answers: number[] = [];
    made.onMessage((_process, context) => void answers.push(context.capabilityTake(cell(context, 0))));
    // The receiver waits and gets the message in its registers; a notification that comes then is handled before it.
    made.run(2, (context) => {
      expect(context.sendCapability(context.needs.a, 1, context.needs.region)).toBe(0);
      // The notification's handler cannot take what belongs to the message behind it.
      made.onNotification(0, (other) => void answers.push(other.capabilityTake(cell(other, 1))));
      InterruptBinding.process.set(made.kernel.ram, made.kernel.bindings.at(1), 0);
      InterruptBinding.bits.set(made.kernel.ram, made.kernel.bindings.at(1), 1);
      made.kernel.board.interrupts.unmask(1);
      made.machine.mailboxSend("box", new Uint8Array(4));
    });
    expect(answers).toEqual([Errno.invalidMessage, 0]);
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
    const made = makeBench(ALL, { capabilities: BOOT_COUNT });
    let answer: number[] = [];
    made.onMessage((_process, context, message) => {
      answer = [message.flags, message.data1, SmallMessage.capability.low(context.shared, message.at), SmallMessage.capability.high(context.shared, message.at), context.capabilityTake(cell(context, 0))];
    });
    for (const [sender, receiver] of [[0, 1], [1, 0]] as const) {
      answer = [];
      made.run(sender, (context) => expect(context.sendCapability(context.needs[receiver === 1 ? "b" : "a"], 1, context.needs.region, 0, 77)).toBe(0));
      expect(answer).toEqual([MessageFlag.hasCapability, 77, 0, 0, Errno.invalidMessage]);
      expect([lostBy(made, receiver), usedBy(made, receiver), counters(made).inFlight]).toEqual([1, BOOT_COUNT, 0]);
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
