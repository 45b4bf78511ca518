/** Checksums of large messages: verified when the message leaves, and when its receiver asks. */

import { beforeEach, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import { Cost } from "../../../kernel/costs.ts";
import { LargeMessage, LargeMessageHeader, payloadChecksum } from "../../../kernel/message.ts";
import type { Grant } from "../../../kernel/service.ts";
import type { PuppetContext } from "./puppets.ts";
import { endpointOf, puppets } from "./puppets.ts";

const window = { window: ["region:write", "window"], other: ["region:write", "other"] } as const;
const bench = puppets([window, window, {}, {}], { regions: { window: { bytes: 4096, cachePolicy: "uncached" }, other: { bytes: 4096 } } });
const OFFSET = 64;
const TEXT = [..."a payload"].map((letter) => letter.charCodeAt(0));

function held(context: PuppetContext, name = "window"): Grant<"region:write"> {
  return (context.needs as unknown as Record<string, Grant<"region:write">>)[name]!;
}

let answers: unknown[] = [];

beforeEach(() => {
  bench.restart();
  answers = [];
});

/** Puppet 0 sends TEXT to puppet 1 with what `sum` makes of its checksum. */
function send(sum: (right: number) => number, meanwhile: (context: PuppetContext) => void = () => {}): void {
  bench.run({
    0: (context) => {
      const { shared } = context;
      const at = context.spanForWriting(held(context), OFFSET, LargeMessage.size + TEXT.length) + LargeMessage.size;
      shared.u8.set(TEXT, at);
      answers.push(context.sendLarge(endpointOf(context, 1), 3, held(context), OFFSET, TEXT.length, sum(payloadChecksum(shared, at, TEXT.length))));
      meanwhile(context);
    },
  });
}

test("the sum is FNV-1a: the published values, and 1 where it would be 0", () => {
  const memory = new Memory(new ArrayBuffer(64));
  const sumOf = (text: string): number => {
    memory.u8.set([...text].map((letter) => letter.charCodeAt(0)));
    return payloadChecksum(memory, 0, text.length);
  };
  expect([sumOf(""), sumOf("a"), sumOf("foobar")]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  // Bytes whose sum is 0, found by search: 32-bit FNV-1a of these four.
  memory.u8.set([0xcc, 0x24, 0x31, 0xc4]);
  expect(payloadChecksum(memory, 0, 4)).toBe(1);
});

test("a right checksum travels in the header, and the receiver finds the payload as it was sent", () => {
  bench.onMessage = (_process, context, message) => {
    const header = context.span(held(context), message.payloadOffset - LargeMessage.size, LargeMessage.size) as Address as Address<"LargeMessageHeader">;
    answers.push(context.payloadCheck(held(context)), LargeMessageHeader.checksum.get(context.shared, header) !== 0, context.payloadCheck(held(context, "other")));
  };
  send((right) => right);
  expect(answers).toEqual([0, 0, true, Errno.invalidMessage]);
});

test("a wrong one is refused with invalidMessage, and nothing is sent", () => {
  bench.onMessage = () => void answers.push("a message");
  for (const wrong of [(right: number) => (right + 1) % 2 ** 32, (right: number) => -right, () => Number.NaN, () => 0.5]) send(wrong);
  expect(answers).toEqual([-10, -10, -10, -10]);
});

test("what is changed after it was announced is found; without a checksum nothing is", () => {
  bench.onMessage = (_process, context) => void answers.push(context.payloadCheck(held(context)));
  const spoil = (context: PuppetContext): void => {
    context.shared.u8[context.spanForWriting(held(context), OFFSET + LargeMessage.size, 1)]! ^= 1;
  };
  send((right) => right, spoil);
  send(() => 0, spoil);
  expect(answers).toEqual([0, Errno.invalidMessage, 0, 0]);
});

test("a small message has no payload to check", () => {
  bench.onMessage = (_process, context) => void answers.push(context.payloadCheck(held(context)));
  bench.run({ 0: (context) => void context.send(endpointOf(context, 1), 1) });
  expect(answers).toEqual([Errno.invalidMessage]);
});

test("summing up costs a cycle for each 8 bytes; the header says what the manifest says of the region", () => {
  const costs: number[] = [];
  bench.onMessage = (_process, context, message) => {
    const before = context.uptimeCycles();
    context.payloadCheck(held(context));
    costs.push(context.uptimeCycles() - before - Cost.uptimeCycles, context.shared.i32[(context.span(held(context), message.payloadOffset - LargeMessage.size, LargeMessage.size) >> 2) + 13]!);
  };
  send((right) => right);
  expect(costs).toEqual([Cost.checksum + (TEXT.length >> 3), 2]);
});
