import fc from "fast-check";
import { expect, test } from "vitest";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { Errno } from "../../../kernel/errno.ts";
import { SmallMessage } from "../../../kernel/message.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { EchoOpcode } from "../../../services/examples/echo-api.ts";
import { echo } from "../../../services/examples/echo.ts";
import { prototype } from "../../../sim/prototype.ts";

const word = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test("whatever four words come, they come back, and are counted", () => {
  const bench = prototype({ echo });
  let echoed = 0;
  fc.assert(
    fc.property(word, word, word, word, (data0, data1, data2, data3) => {
      expect(bench.call("echo.requests", EchoOpcode.echo, data0, data1, data2, data3)).toEqual({ status: Errno.ok, data0, data1, data2, data3 });
      echoed += 1;
      expect(bench.call("echo.requests", EchoOpcode.count).data0).toBe(echoed);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("other opcodes are refused and count nothing", () => {
  const bench = prototype({ echo });
  for (const opcode of [0, 3, 99]) expect(bench.call("echo.requests", opcode, 1).status).toBe(Errno.invalidMessage);
  expect(bench.call("echo.requests", EchoOpcode.count)).toMatchObject({ status: Errno.ok, data0: 0 });
});

/** Sends a plain message with words that are no numbers. */
const rude = service({
  name: "rude",
  state: layout("RudeState", { sent: u32 }),
  needs: { to: "endpoint" },
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    const { memory, outgoing } = context;
    SmallMessage.opcode.set(memory, outgoing, message.opcode);
    SmallMessage.flags.set(memory, outgoing, 0);
    for (const field of [SmallMessage.data0, SmallMessage.data1, SmallMessage.data2, SmallMessage.data3]) field.setWords(memory, outgoing, -1, -1);
    context.reply(context.sendMessage(context.needs.to, outgoing), (context.state.sent += 1));
  },
});

test("a message with words that are no numbers, and one that is no call, do it no harm", () => {
  const bench = prototype({ echo, rude: { service: rude, grants: { to: "echo.requests" } } });
  expect(bench.call("rude.requests", EchoOpcode.echo)).toMatchObject({ status: Errno.ok, data0: 1 });
  expect(bench.call("echo.requests", EchoOpcode.echo, 7)).toMatchObject({ status: Errno.ok, data0: 7 });
  expect(bench.machine.report().processes.map(({ fault }) => fault)).toEqual([null, null, null]);
});
