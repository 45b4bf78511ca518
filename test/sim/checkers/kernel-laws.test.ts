/**
 * Goal: the laws that hazards of the kernel break are silent where all is as it should be, at the edges too: a timer that is
 * cancelled at the tick at which it is due, a right that is given up after it was used, a message in the registers of one
 * that ends, a bucket that is filled to the last thousandth. That they catch violations is seen in test/sim/hazards.
 */

import { expect, test } from "vitest";
import { tinyKernelLimits } from "../../../kernel/limits.ts";
import { Delivery, Right } from "../../../kernel/service.ts";
import { authority } from "../../../sim/checkers/authority.ts";
import type { Failure } from "../../../sim/checkers/checker.ts";
import { firstCome } from "../../../sim/checkers/first-come.ts";
import { givenOnce } from "../../../sim/checkers/given-once.ts";
import { messages } from "../../../sim/checkers/messages.ts";
import { sendRates } from "../../../sim/checkers/send-rates.ts";
import { timersFire } from "../../../sim/checkers/timers-fire.ts";
import type { Actor, ActorLine } from "../../../sim/hazards/actors.ts";
import { acting, actorWorld, listener, to, tokenIn } from "../../../sim/hazards/actors.ts";
import { hazardNamed } from "../../../sim/hazards/catalogue.ts";
import type { HazardRun } from "../../../sim/hazards/run-hazard.ts";
import { playScenario } from "../../../sim/hazards/run-hazard.ts";

/** A handler may run over a tick. */
const KERNEL = Object.freeze({ ...tinyKernelLimits, handlerCycles: 2_000_000 });
const LAWS = Object.freeze([authority, firstCome, givenOnce, messages, sendRates, timersFire]);

function play(actors: Readonly<Record<string, ActorLine>>, ticks: number): HazardRun {
  const scenario = { text: "", checkers: LAWS, stage: (_part: unknown, boot: Parameters<typeof actorWorld>[1]) => actorWorld(actors, boot, { kernel: KERNEL }), play: (scene: { pass(ticks: number): void }) => scene.pass(ticks) };
  return playScenario({ ...hazardNamed("H1")!, scenario }, "ours");
}

function failures(actors: Readonly<Record<string, ActorLine>>, ticks: number): readonly Failure[] {
  return play(actors, ticks).failures;
}

test("a timer that is cancelled by a handler that runs over its tick did not have to fire", () => {
  const late = (context: Actor): void => {
    const id = context.timerStart(context.needs["clock"], 1, 0, 64);
    // The next tick comes while this handler runs.
    for (const tick = context.uptimeTicks(); context.uptimeTicks() === tick; ) continue;
    context.timerCancel(context.needs["clock"], id);
  };
  const { failures: found, lines } = play({ alice: acting([[2, (context) => context.timerStart(context.needs["clock"], 1, 0, 32)], [5, late]]) }, 9);
  expect(found).toEqual([]);
  expect(lines.join("\n")).toContain("(bits 32)");
  expect(lines.join("\n")).not.toContain("(bits 64)");
});

test("timers of one that ends go with it; periodic ones come again", () => {
  const bob: ActorLine = {
    ...acting([[3, (context) => context.exit()]]),
    handle: ({ delivery, bits }, context) => {
      if (delivery === Delivery.start) for (const tick of [3, 4, 4]) context.timerStart(context.needs["clock"], tick, 0, tick);
      else if ((bits & 3) === 3) context.exit();
    },
  };
  const carol: ActorLine = { needs: { clock: ["timer", "ticks"] }, handle: ({ delivery }, context) => delivery === Delivery.start && context.timerStart(context.needs["clock"], 1, 1, 1) };
  expect(failures({ bob, carol }, 9)).toEqual([]);
});

test("a right that is given up after it was used was a right", () => {
  const alice = acting([[2, (context) => {
    context.capabilityDerive(context.needs["bob"], Right.write | Right.delete, tokenIn(context, "token"));
    context.call(tokenIn(context, "token"), 5);
    context.capabilityDelete(tokenIn(context, "token"));
  }]], { needs: { bob: to("bob.inbox") }, rights: { bob: ["create", "delete"] } });
  const { failures: found, lines } = play({ alice, bob: { receives: ["inbox"], handle: ({ delivery }, context) => delivery === Delivery.message && context.reply(0, 1) } }, 4);
  expect(found).toEqual([]);
  expect(lines.join("\n")).toContain("bob runs for message (5)");
});

test("who waited for room sends in his own name", () => {
  const eager = (context: Actor): void => {
    for (let sent = 0; sent < 8; sent++) context.send(context.needs["bob"], sent);
    context.sendWait(context.needs["bob"], 99);
  };
  const bob: ActorLine = { receives: ["inbox"], handle: ({ delivery }, context) => delivery === Delivery.start && context.sleep(6) };
  const { failures: found, lines } = play({ bob, alice: acting([[2, eager]], { needs: { bob: to("bob.inbox") }, rate: { messagesPerSecond: 9, bytesPerSecond: 9 * 48 } }) }, 9);
  expect(found).toEqual([]);
  expect(lines.join("\n")).toContain("bob runs for message (99)");
});

test("a message that lies in the registers of one that ends was received, and is taken back", () => {
  const bob: ActorLine = { ...acting([[2, (context) => context.exit()]], { receives: ["inbox"] }), priority: "userLow" };
  const alice = acting([[2, (context) => context.send(context.needs["bob"], 4)]], { needs: { bob: to("bob.inbox") }, priority: "userHigh" });
  expect(failures({ alice, bob }, 4)).toEqual([]);
});

test("three at a desk are served in turn, whatever else they are given", () => {
  const clerk = (shares?: Readonly<Record<string, string>>): ActorLine => listener(["desk", "own"], shares === undefined ? {} : { shares });
  const boss = acting([2, 3, 4, 5, 6, 7].map((tick) => [tick, (context) => {
    context.send(context.needs["anna"], tick);
    context.send(context.needs["desk"], tick);
    context.send(context.needs["desk"], tick);
  }]), { needs: { desk: to("anna.desk"), anna: to("anna.own") } });
  expect(failures({ anna: clerk(), ben: clerk({ desk: "anna.desk" }), carl: clerk({ desk: "anna.desk" }), boss }, 9)).toEqual([]);
});

test.each([
  ["messages", 334, "is refused"],
  ["messages", 335, "runs for message (9)"],
  ["bytes", 334, "is refused"],
  ["bytes", 335, "runs for message (9)"],
])("a rate of 3 messages a second, counted in %s, allows the fourth at tick %i: %s", (counted, tick, told) => {
  const rate = counted === "messages" ? { messagesPerSecond: 3, bytesPerSecond: 48_000 } : { messagesPerSecond: 1000, bytesPerSecond: 3 * 48 };
  const alice = acting([[1, (context) => {
    for (let sent = 0; sent < 3; sent++) context.send(context.needs["bob"], sent);
  }], [tick, (context) => context.send(context.needs["bob"], 9)]], { needs: { bob: to("bob.inbox") }, rate });
  const { failures: found, lines } = play({ alice, bob: listener() }, tick + 1);
  expect(found).toEqual([]);
  expect(lines.at(-1)).toContain(told);
});

test("what leaves no right is refused, and that is right", () => {
  const alice = acting([[2, (context) => context.capabilityDelete(context.needs["bob"])], [3, (context) => context.send(context.needs["bob"], 1)]], { needs: { bob: to("bob.inbox") }, rights: { bob: ["delete"] } });
  const { failures: found, lines } = play({ alice, bob: listener() }, 4);
  expect(found).toEqual([]);
  expect(lines.at(-1)).toContain("is refused invalidCapability");
});
