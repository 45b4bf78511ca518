import { expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import type { Grant } from "../../../kernel/service.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor } from "../ipc/stage.ts";
import { Stage } from "../ipc/stage.ts";

const needed = (context: Actor, name: string): Grant<any> => (context.needs as Record<string, Grant>)[name]!;

function makeStage(): Stage {
  return new Stage({
    client: { needs: { server: "endpoint" }, grants: { server: "server.in" } },
    server: { needs: { ticks: "timer", self: "endpoint" }, receives: ["in"], grants: { ticks: "ticks", self: "server.in" }, onMessage: (context) => void context.reply(0) },
  });
}

test("a process sleeps for so many ticks, and nothing is delivered until then; all of it comes afterwards, in order", () => {
  const stage = makeStage();
  expect(stage.play("server", (context) => context.sleep(3))).toBe(0);
  expect(stage.machine.report().processes[1]).toMatchObject({ state: "sleeping" });
  const tick = stage.machine.tick();
  for (const opcode of [4, 5]) expect(stage.play("client", (context) => context.send(needed(context, "server"), opcode))).toBe(0);
  stage.pass(2);
  expect(stage.look("server")).toEqual([]);
  expect(stage.machine.quiet()).toBe(false);
  stage.pass(1);
  expect(stage.machine.tick()).toBe(tick + 3);
  expect(stage.look("server").map(({ delivery, opcode }) => [delivery, delivery === Delivery.message ? opcode : 0])).toEqual([[Delivery.timeout, 0], [Delivery.message, 4], [Delivery.message, 5]]);
  expect(stage.machine.quiet()).toBe(true);
});

test("timers that are due on the same tick come first; notifications before the end of sleep", () => {
  const stage = makeStage();
  stage.play("server", (context) => [context.timerStart(needed(context, "ticks"), 2, 0, 8), context.sleep(2)]);
  stage.pass(2);
  expect(stage.look("server").map(({ delivery, bits }) => [delivery, bits])).toEqual([[Delivery.notification, 8], [Delivery.timeout, 0]]);
});

test.each([0, -1, 0.5, 2 ** 31, NaN])("%d ticks are no sleep", (ticks) => {
  const stage = makeStage();
  expect(stage.play("server", (context) => context.sleep(ticks))).toBe(Errno.invalidArgument);
  expect(stage.machine.report().processes[1]).toMatchObject({ state: "blocked" });
});

test("a handler either sleeps or calls", () => {
  const stage = makeStage();
  expect(stage.play("client", (context) => [context.call(needed(context, "server"), 1), context.sleep(1)])).toEqual([0, Errno.resourceBusy]);
  expect(stage.play("client", (context) => [context.sleep(1), context.call(needed(context, "server"), 1)])).toEqual([0, Errno.resourceBusy]);
  stage.pass(2);
  expect(stage.look("client").map(({ delivery }) => delivery)).toEqual([Delivery.reply, Delivery.timeout]);
});

test("a message that came into the registers before the handler went to sleep is handled first", () => {
  const stage = makeStage();
  stage.poke("client", (context) => context.send(needed(context, "server"), 9));
  stage.rest();
  stage.look("server");
  stage.poke("client", (context) => context.send(needed(context, "server"), 10));
  while (stage.record("processes", 1).loaded === 0) stage.machine.step();
  stage.poke("server", (context) => context.sleep(2));
  stage.rest();
  expect(stage.look("server").map(({ opcode }) => opcode)).toEqual([10]);
  expect(stage.machine.report().processes[1]).toMatchObject({ state: "sleeping" });
  stage.pass(2);
  expect(stage.look("server").map(({ delivery }) => delivery)).toEqual([Delivery.timeout]);
});

test("who is asked to end in its sleep wakes never again", () => {
  const stage = makeStage();
  stage.play("server", (context) => [context.sleep(2), context.exit()]);
  stage.pass(4);
  expect(stage.machine.report().processes[1]).toMatchObject({ state: "dead" });
  expect(stage.machine.quiet()).toBe(true);
});
