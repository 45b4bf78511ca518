import { expect, test } from "vitest";
import { u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { Errno } from "../../kernel/errno.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { prototype } from "../../sim/prototype.ts";
import { echo } from "../kernel/bench-services.ts";

const counter = service({
  name: "counter",
  state: layout("Counter", { total: u32 }),
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    context.state.total += message.data0;
    context.reply(message.opcode === 1 ? 0 : Errno.invalidMessage, context.state.total);
  },
});

test("the outside calls services through the gateway, one after the other", () => {
  const bench = prototype({ counter, echo });
  for (let n = 1; n <= 50; n++) expect(bench.call("counter.requests", 1, 2).data0).toBe(2 * n);
  expect(bench.call("echo.requests", 1, 2 ** 53 - 2).data0).toBe(2 ** 53 - 1);
  expect(bench.call("counter.requests", 9).status).toBe(Errno.invalidMessage);
  expect(() => bench.call("counter.nowhere", 1)).toThrow(/there are counter.requests, echo.requests/);
});

test("a restored machine answers as if nothing had happened since", () => {
  const bench = prototype({ counter });
  bench.call("counter.requests", 1, 40);
  const before = bench.machine.snapshot();
  expect(bench.call("counter.requests", 1, 2).data0).toBe(42);
  const after = bench.machine.hash();
  bench.machine.restore(before);
  expect(bench.machine.inspect("state.counter")).toEqual({ total: 40 });
  expect(bench.machine.firstDifference(before)).toBeNull();
  expect(bench.call("counter.requests", 1, 2).data0).toBe(42);
  expect(bench.machine.hash()).toBe(after);
});

test("records that come in at once are answered in order; malformed ones with an errno", () => {
  const bench = prototype({ counter });
  const { machine } = bench;
  for (const bytes of [2, 4, 47, 49, 64]) expect(machine.mailboxSend("mailbox0", new Uint8Array(bytes).fill(7))).toBe(true);
  machine.runUntilQuiet(10);
  expect(bench.machine.inspect("state.gateway")).toMatchObject({ calls: 0, refused: 5, calling: 0 });
  let answers = 0;
  while (machine.mailboxReceive("mailbox0") !== null) answers++;
  expect(answers).toBe(4);
  expect(bench.call("counter.requests", 1, 5).data0).toBe(5);
});
