/** Goal: what kernel/README.md says in figures and links is so. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { CapabilitySlot } from "../../kernel/capability.ts";
import { SLOT_BITS } from "../../kernel/capability/token.ts";
import { Cost } from "../../kernel/costs.ts";
import { Errno } from "../../kernel/errno.ts";
import { LargeMessage, SMALL_MESSAGE_BYTES } from "../../kernel/message.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { SYSTEM_CALLS } from "../../kernel/system-calls.ts";
import { standardKernelLimits } from "../../kernel/limits.ts";
import { EchoOpcode } from "../../services/examples/echo-api.ts";
import { echo } from "../../services/examples/echo.ts";
import { cyclesText } from "../../sim/abi/calls-page.ts";
import { prototype } from "../../sim/prototype.ts";
import { ROOT } from "../house/source.ts";
import { linksOf } from "../readme.ts";

const PAGE = join(ROOT, "kernel/README.md");
const text = readFileSync(PAGE, "utf8");
const rowsUnder = (heading: string): string[][] => {
  const section = text.slice(text.indexOf(`## ${heading}\n`)).split("\n## ")[0]!;
  return [...section.matchAll(/^\| (.*) \|$/gm)].map((match) => match[1]!.split(" | ")).filter((cells) => !/^(call|delivery|right|question|---)/.test(cells[0]!));
};

test("its costs are those of the table", () => {
  const rows = rowsUnder("What a call costs");
  expect(rows.length).toBeGreaterThan(10);
  for (const [names, cycles] of rows as [string, string][]) {
    for (const name of names.split(", ")) {
      const call = SYSTEM_CALLS.find((one) => one.name === name);
      expect([name, call === undefined ? "no such call" : cyclesText(call)]).toEqual([name, cycles]);
    }
  }
  const send = Cost.sendFast;
  expect(text).toContain(`entering its handler costs ${Cost.dispatch}; a refusal costs ${Cost.refused}`);
  expect(text).toContain(`${send} + ${Cost.dispatch} + ${Cost.reply} + ${Cost.dispatch} = ${send + Cost.dispatch + Cost.reply + Cost.dispatch} cycles`);
  for (const [cycles, what] of [[Cost.sendFast, "its seven registers"], [Cost.sendQueued, "a slot of the queue"]] as const) expect([text.includes(`(${cycles} cycles)`), what]).toEqual([true, what]);
});

test("a call and its answer take the 400 cycles that it says", () => {
  const caller = service({
    name: "caller",
    state: layout("ReadmeCaller", { last: u64, tookCycles: u64, calls: u64 }),
    needs: { to: "endpoint" },
    handle(message, context) {
      const now = context.uptimeCycles();
      if (message.delivery === Delivery.reply) context.state.tookCycles = now - context.state.last - Cost.uptimeCycles;
      context.state.last = now;
      // The first ones fall among the others' first runs.
      context.state.calls += 1;
      if (context.state.calls <= 3) context.call(context.needs.to, EchoOpcode.echo, 1);
    },
  });
  const bench = prototype({ echo, caller: { service: caller, priority: "userLow", grants: { to: "echo.requests" } } });
  bench.machine.runUntilTick(2);
  expect(bench.machine.inspect("state.caller")["tookCycles"]).toBe(400);
});

test("its errors have the numbers that it says", () => {
  const said = [...text.matchAll(/(-\d+) ([a-z]+[A-Z]\w+|timeout)/g)].map((match) => [match[2], Number(match[1])]);
  expect(said.length).toBeGreaterThan(3);
  for (const [name, number] of said) expect([name, Errno[name as keyof typeof Errno]]).toEqual([name, number]);
  // Those of the drawing, by number only.
  expect([Errno.invalidCapability, Errno.permissionDenied, Errno.endpointNotFound, Errno.rateLimitExceeded, Errno.channelFull]).toEqual([-1, -9, -3, -7, -11]);
});

test("it names every kind of delivery, and calls that there are", () => {
  const named = rowsUnder("What a process sees").flatMap(([names]) => names!.split(", "));
  expect(named.sort()).toEqual(Object.keys(Delivery).sort());
  const calls = rowsUnder("Capabilities in a page").flatMap(([, , names]) => names!.split(", "));
  for (const name of calls) expect(SYSTEM_CALLS.map((call) => call.name as string)).toContain(name);
});

test("its sizes are those of the records", () => {
  expect(text).toContain(`A small message is ${SMALL_MESSAGE_BYTES} bytes`);
  expect(text).toContain(`behind a ${LargeMessage.size}-byte header`);
  expect(text).toContain(`${SLOT_BITS} 11          0`);
  expect([CapabilitySlot.token.width, standardKernelLimits.tokenCache]).toEqual([8, 16]);
});

test("what it links to is there", () => {
  expect(linksOf(text).filter((link) => !link.includes("://") && !existsSync(join(dirname(PAGE), link)))).toEqual([]);
});

test("it is read in ten minutes", () => {
  // Two hundred words a minute.
  expect(text.split(/\s+/).length).toBeLessThan(2000);
});
