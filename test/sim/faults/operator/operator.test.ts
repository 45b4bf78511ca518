/**
 * Goal: each thing that an operator does in the middle of everything is done, answered and put right again, and leaves no trace
 * where it does not strike; whoever has requests under way meanwhile gets answers. Method: a small world is played with one
 * scripted fault at a time, and looked at in the middle and at the end; then with all of them by many seeds.
 */

import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { ControlOperation, LbErrno } from "../../../../services/lb/control.ts";
import { OperatorTarget } from "../../../../services/operator-api.ts";
import { DOINGS_MAX } from "../../../../sim/faults/operator/desk.ts";
import { OPERATOR_FAULTS } from "../../../../sim/faults/operator/faults.ts";
import { Operation, mayAnswer, membersOf } from "../../../../sim/faults/operator/operations.ts";
import { OperandWriter } from "../../../../sim/operands.ts";
import { mailboxRecord, readAnswer, request, takeRequestId } from "../../../../sim/operator.ts";
import type { MemberReport } from "../../../../sim/strict-balancer.ts";
import { report } from "../../../../sim/strict-balancer.ts";
import { smallClient, smallRequest, smallWorld, steady } from "../../../../sim/scenario/small-world.ts";
import { ALWAYS, SmallStage } from "../small-stage.ts";

const stage = new SmallStage(smallWorld({ ticks: 120, clients: [{ ...smallClient, count: 4, requests: [smallRequest], requestsPerSession: steady(3) }] }));
const once = (fault: string, ticks: number, fromTick = 10) => ({ fault, parts: ALWAYS, fromTick, toTick: fromTick + 1, entities: [0], parameters: fault === "operator.ask" ? {} : { leastTicks: ticks, mostTicks: ticks } });

/** Members of the group so many ticks after trouble began, as the balancer tells of them. */
function membersAt(fault: string, tick: number, lasts: number, seed = 1): readonly MemberReport[] {
  const { theatre } = stage;
  theatre.open({ seed, rules: [once(fault, lasts)] });
  const { world } = theatre;
  const began = world.machine.tick();
  world.runUntil(() => world.machine.tick() >= began + tick, began + tick);
  return report((operands) => request(world, OperatorTarget.loadBalancer, operands), "app", world.machine.tick())!.members;
}

describe("the operator", () => {
  test("knows the members of a configuration in their order", () => {
    expect(membersOf(stage.theatre.world)).toEqual([1, 2, 3].map((number) => ({ group: "app", address: `10.30.0.${number}`, port: 8080, weight: 1 })));
  });

  test("removes a backend, and adds it again", () => {
    expect(membersAt("operator.remove", 20, 40).map(({ address }) => address)).toEqual(["10.30.0.2", "10.30.0.3"]);
    expect(membersAt("operator.remove", 60, 40).map(({ address }) => address).sort()).toEqual(["10.30.0.1", "10.30.0.2", "10.30.0.3"]);
  });

  test("adds a backend that nobody is, and removes it", () => {
    expect(membersAt("operator.add", 20, 40).map(({ port }) => port)).toEqual([8080, 8080, 8080, 8081]);
    expect(membersAt("operator.add", 60, 40).map(({ port }) => port)).toEqual([8080, 8080, 8080]);
  });

  test("drains a backend, gone or not, and takes it back", () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const [member] = membersAt("operator.drain", 24, 40, seed);
      seen.add(member!.address === "10.30.0.1" ? `draining ${member!.draining}` : "gone");
      const after = membersAt("operator.drain", 80, 40, seed);
      expect([after.length, after.some(({ draining }) => draining)]).toEqual([3, false]);
    }
    expect([...seen]).toContain("gone");
  });

  test("calls a backend unhealthy, and healthy again", () => {
    const isWell = (tick: number) => membersAt("operator.health", tick, 40).map(({ healthy }) => healthy);
    expect([isWell(20), isWell(60)]).toEqual([[false, true, true], [true, true, true]]);
  });

  test("reloads: the same, what is refused, and less for a time", () => {
    const seen = new Set<number>();
    for (let seed = 1; seed <= 12; seed++) {
      seen.add(membersAt("operator.reload", 20, 40, seed).length);
      expect(membersAt("operator.reload", 60, 40, seed).length).toBe(3);
    }
    expect([...seen].sort()).toEqual([2, 3]);
  });

  test.each(OPERATOR_FAULTS.map(({ name }) => [name]))("(%s) is answered, and puts right at the end of trouble what is not right by then", (fault) => {
    const short = new SmallStage(smallWorld({ ticks: 200, clients: [{ ...smallClient, requests: [smallRequest] }] }), 60);
    const { broken, outcome } = short.play([once(fault, 1000)]);
    const { asked, answered, unexpected, unanswered, crowded } = short.theatre.turmoil.desk.state;
    expect([broken, outcome.deviations.length, unexpected, unanswered, crowded]).toEqual([[], 1, 0, 0, 0]);
    expect([asked, answered]).toEqual(fault === "operator.ask" ? [1, 1] : fault === "operator.drain" ? [3, 3] : [2, 2]);
  });
});

describe("the desk", () => {
  const { theatre } = stage;

  test("keeps half of its room for putting things right, and forgets what is over", () => {
    theatre.open({ seed: 1, rules: [] });
    const { desk } = theatre.turmoil;
    for (let i = 0; i <= DOINGS_MAX / 2; i++) desk.begin(Operation.list, 0);
    expect([desk.state.waiting, desk.state.crowded]).toEqual([DOINGS_MAX / 2, 1]);
    for (let i = 0; i <= DOINGS_MAX / 2; i++) desk.mend(Operation.well, 0);
    expect([desk.state.waiting, desk.state.crowded]).toEqual([DOINGS_MAX, 2]);
    const { world } = theatre;
    world.runUntil(() => desk.nextTick() < 0, world.machine.tick() + 200);
    expect([desk.state.answered, desk.state.unexpected]).toEqual([DOINGS_MAX, 0]);
    desk.begin(Operation.list, 0);
    world.runUntil(() => desk.nextTick() < 0, world.machine.tick() + 200);
    expect([desk.state.answered, desk.state.count]).toEqual([DOINGS_MAX + 1, DOINGS_MAX]);
  });

  test("hears of answers that somebody else has taken out of the mailbox, and leaves others theirs", () => {
    theatre.open({ seed: 1, rules: [] });
    const { world, turmoil } = theatre;
    for (let i = 0; i < 5; i++) turmoil.desk.begin(Operation.report, 0);
    expect(report((operands) => request(world, OperatorTarget.loadBalancer, operands), "app", 1)?.name).toBe("app");
    expect([turmoil.desk.state.answered, turmoil.desk.state.waiting, turmoil.desk.state.unexpected]).toEqual([5, 0, 0]);
  });

  test("leaves an answer that is not its own where it is, and goes on when that is gone", () => {
    theatre.open({ seed: 1, rules: [] });
    const { world, turmoil } = theatre;
    const { machine, mailbox } = world;
    const requestId = takeRequestId(world);
    expect(machine.mailboxSend(mailbox, mailboxRecord(requestId, OperatorTarget.loadBalancer, new OperandWriter().u8(ControlOperation.listGroups).bytes()))).toBe(true);
    turmoil.desk.begin(Operation.list, 0);
    world.runUntil(() => false, machine.tick() + 20);
    expect([readAnswer(machine.mailboxPeek(mailbox)!)?.requestId, turmoil.desk.state.waiting]).toEqual([requestId, 1]);
    machine.mailboxReceive(mailbox);
    world.runUntil(() => turmoil.desk.nextTick() < 0, machine.tick() + 20);
    expect([turmoil.desk.state.answered, machine.mailboxPeek(mailbox)]).toEqual([1, null]);
  });

  test("does not wait for ever for an operator that died over a request", () => {
    const { outcome } = stage.play([once("operator.remove", 20), { fault: "process.crash", parts: ALWAYS, entities: [3], fromTick: 10, most: 1 }]);
    const { asked, answered, unanswered } = theatre.turmoil.desk.state;
    expect([outcome.failures, asked, answered + unanswered]).toEqual([[], 2, 2]);
  });

  test("knows what an operation is never answered", () => {
    expect([mayAnswer(Operation.remove, LbErrno.backendNotFound), mayAnswer(Operation.reload, LbErrno.badConfiguration), mayAnswer(Operation.list, Errno.ok)]).toEqual([true, true, true]);
    expect([mayAnswer(Operation.remove, LbErrno.badOperation), mayAnswer(Operation.list, LbErrno.backendNotFound), mayAnswer(Operation.reload, Errno.messageTooLarge)]).toEqual([false, false, false]);
  });
});

describe("all of them", () => {
  test.each(OPERATOR_FAULTS.map(({ name }) => [name]))("%s leaves no trace where it does not strike, and comes again as it was", (name) => {
    expect(stage.leavesNoTrace(name)).toBe(true);
    expect(stage.repeats([{ fault: name, parts: 30_000 }], 7)).toBe(true);
  });

  test("have words for what they do, and parameters in their bounds", () => {
    for (const { words, parameters, layer, summary } of OPERATOR_FAULTS) {
      expect([layer, words(1).length > 10, summary.length > 20]).toEqual(["operator", true, true]);
      for (const { value, least, most } of Object.values(parameters)) expect(value >= least && value <= most).toBe(true);
    }
  });

  test("at once, by many seeds: every answer is right or an honest refusal, and nothing is left", () => {
    const rules = OPERATOR_FAULTS.map(({ name }) => ({ fault: name, parts: 16_000 }));
    const struck = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const { broken, outcome } = stage.play(rules, seed);
      const { unexpected, unanswered } = stage.theatre.turmoil.desk.state;
      expect([seed, broken, unexpected, unanswered]).toEqual([seed, [], 0, 0]);
      for (const { rule } of outcome.deviations) struck.add(rules[rule]!.fault);
    }
    expect([...struck].sort()).toEqual(OPERATOR_FAULTS.map(({ name }) => name).sort());
  }, 120_000);
});
