import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { DriverOpcode } from "../../../services/driver-api.ts";
import { controlRequestBytesMax } from "../../../services/lb/control.ts";
import { NetOpcode } from "../../../services/net/api.ts";
import { OperatorTarget } from "../../../services/operator-api.ts";
import type { Answer } from "./stand-ins.ts";
import { Act, answers, ask, bootOperator, CONTROL_BYTES, echoOf, EXITS, LB, receive, record } from "./stand-ins.ts";

describe("the operator", () => {
  test("passes an operation to the balancer and its answer out, byte for byte", () => {
    const machine = bootOperator();
    const payload = [Act.echo, ...Array.from({ length: 199 }, (_, i) => (i * 7) & 255)];
    expect(ask(machine, record(-77, LB, payload))).toEqual([echoOf(-77, payload)]);
    expect(machine.inspect("state.operator")).toMatchObject({ phase: 0, taken: 1, answered: 1, lost: 0 });
  });

  test("answers all of many records, in order", () => {
    const machine = bootOperator();
    const all: Answer[] = [];
    const sent: Answer[] = [];
    for (let id = 1; id <= 60; id++) {
      const payload = [Act.echo, id, ...new Array<number>(id % 37).fill(id)];
      sent.push(echoOf(id, payload));
      while (!machine.mailboxSend("mailbox0", record(id, LB, payload))) all.push(...answers(machine));
    }
    while (all.length < sent.length) {
      const more = answers(machine);
      expect(more.length).toBeGreaterThan(0);
      all.push(...more);
    }
    expect(all).toEqual(sent);
  });

  test("the longest operation passes whole; one byte more is too large, keeps its request id and leaves the next alone", () => {
    const machine = bootOperator();
    const longest = controlRequestBytesMax(CONTROL_BYTES);
    const fill = (count: number): number[] => [Act.refuse, ...new Array<number>(count - 1).fill(9)];
    expect(ask(machine, record(1, LB, fill(longest)))).toEqual([{ requestId: 1, status: -64, payload: [] }]);
    expect(machine.inspect("state.lb")).toMatchObject({ calls: 1, lastBytes: longest });
    machine.mailboxSend("mailbox0", record(2, LB, fill(longest + 1)));
    expect(ask(machine, record(3, LB, [Act.echo]))).toEqual([{ requestId: 2, status: Errno.messageTooLarge, payload: [] }, echoOf(3, [Act.echo])]);
    expect(machine.inspect("state.lb")).toMatchObject({ calls: 2 });
    expect(ask(machine, record(4, LB, fill(1500)))).toEqual([{ requestId: 4, status: Errno.messageTooLarge, payload: [] }]);
    expect(machine.inspect("iommu.accounts", 0).misses).toBe(0);
  });

  test.each([
    ["an unknown target", record(5, 99, [1]), Errno.notFound],
    ["target 0", record(5, 0), Errno.notFound],
    ["a length that is not the record's", record(5, LB, [Act.echo, 1, 2], 2), Errno.invalidMessage],
    ["a length far beyond the record", record(5, LB, [Act.echo], 0xffff_ffff), Errno.invalidMessage],
    ["a shutdown with a payload", record(5, OperatorTarget.shutdown, [1]), Errno.invalidMessage],
  ])("answers %s with an errno and goes on", (_what, bytes, status) => {
    const machine = bootOperator();
    expect(ask(machine, bytes)).toEqual([{ requestId: 5, status, payload: [] }]);
    expect(ask(machine, record(6, LB, [Act.echo]))).toEqual([echoOf(6, [Act.echo])]);
  });

  test("a record too short for a header is answered as request 0, whatever was in hand before", () => {
    const machine = bootOperator();
    expect(ask(machine, record(123, LB, [Act.echo]))).toEqual([echoOf(123, [Act.echo])]);
    expect(ask(machine, Uint8Array.of(1, 2, 3, 4))).toEqual([{ requestId: 0, status: Errno.invalidMessage, payload: [] }]);
  });

  test("an operation without a byte reaches the balancer, which forgets to answer: invalidMessage", () => {
    const machine = bootOperator();
    expect(ask(machine, record(4, LB))).toEqual([{ requestId: 4, status: Errno.invalidMessage, payload: [] }]);
  });

  test("a flood of wrong records is answered in several runs", () => {
    const machine = bootOperator();
    for (let id = 1; id <= 12; id++) machine.mailboxSend("mailbox0", record(id, 50));
    const before = Number(machine.inspect("processes", 3).handled);
    expect(answers(machine).map((answer) => answer.requestId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(Number(machine.inspect("processes", 3).handled) - before).toBeGreaterThan(2);
  });
});

describe("a balancer that misbehaves", () => {
  test.each([
    ["answers elsewhere", Act.wrongOffset, Errno.invalidMessage],
    ["says it wrote beyond the region", Act.tooMany, Errno.invalidMessage],
    ["answers more than the mailbox can hold", Act.answerLong, Errno.messageTooLarge],
    ["forgets to answer", Act.forget, Errno.invalidMessage],
  ])("and %s is reported, not passed on", (_what, act, status) => {
    const machine = bootOperator();
    expect(ask(machine, record(8, LB, [act, 1, 2, 3]))).toEqual([{ requestId: 8, status, payload: [] }]);
    expect(ask(machine, record(9, LB, [Act.echo]))).toEqual([echoOf(9, [Act.echo])]);
  });

  test.each([
    ["ends", Act.exit],
    ["is stopped by a fault", Act.fault],
  ])("and %s in the call is answered endpointNotFound, and so is every later call", (_what, act) => {
    const machine = bootOperator();
    expect(ask(machine, record(8, LB, [act]))).toEqual([{ requestId: 8, status: Errno.endpointNotFound, payload: [] }]);
    expect(ask(machine, record(9, LB, [Act.echo]))).toEqual([{ requestId: 9, status: Errno.endpointNotFound, payload: [] }]);
    expect(ask(machine, record(10, OperatorTarget.shutdown))).toEqual([{ requestId: 10, status: 0, payload: [] }]);
  });
});

describe("shutdown", () => {
  test("tells net, then the driver, then answers", () => {
    const stops: string[] = [];
    const machine = bootOperator({ stops });
    expect(ask(machine, record(1, OperatorTarget.shutdown))).toEqual([{ requestId: 1, status: 0, payload: [] }]);
    expect(stops).toEqual([`net:${NetOpcode.shutdown}`, `driver:${DriverOpcode.shutdown}`]);
    expect(ask(machine, record(2, LB, [Act.echo]))).toEqual([echoOf(2, [Act.echo])]);
  });

  test.each([
    ["net refuses", { netStatus: -16 }, -16, 1],
    ["the driver refuses", { driverStatus: -15 }, -15, 1],
    ["both refuse: the first counts", { netStatus: -16, driverStatus: -15 }, -16, 1],
    ["net is gone", { netStatus: EXITS }, Errno.endpointNotFound, 1],
    ["the driver is gone", { driverStatus: EXITS }, Errno.endpointNotFound, 0],
  ])("when %s the driver is told all the same, and the answer says what went wrong", (_what, setting, status, driverTold) => {
    const machine = bootOperator(setting);
    expect(ask(machine, record(1, OperatorTarget.shutdown))).toEqual([{ requestId: 1, status, payload: [] }]);
    expect(machine.inspect("state.driver").shutdowns).toBe(driverTold);
    // Once more: now those that are gone are known to be.
    expect(ask(machine, record(2, OperatorTarget.shutdown))).toEqual([{ requestId: 2, status, payload: [] }]);
    expect(machine.inspect("state.driver").shutdowns).toBe(2 * driverTold);
  });
});

describe("an outside that does not read", () => {
  test("holds the operator, not the machine; nothing is lost once it reads again", () => {
    const machine = bootOperator();
    const payload = [Act.echo, ...new Array<number>(80).fill(3)];
    for (let id = 1; id <= 8; id++) expect(machine.mailboxSend("mailbox0", record(id, LB, payload))).toBe(true);
    expect(machine.runUntilQuiet(10)).toBe(true);
    const held = machine.inspect("state.operator");
    expect(held).toMatchObject({ phase: 4, answered: 2, taken: 3 });
    // Held means at rest: time passes and it does not run.
    const handled = machine.inspect("processes", 3).handled;
    machine.runUntilTick(machine.tick() + 5);
    expect(machine.inspect("processes", 3).handled).toBe(handled);
    const all: Answer[] = [];
    while (all.length < 8) {
      const one = receive(machine);
      if (one === null) expect(machine.runUntilQuiet(machine.tick() + 10)).toBe(true);
      else all.push(one);
    }
    expect(all).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((id) => echoOf(id, payload)));
    expect(machine.inspect("state.operator")).toMatchObject({ phase: 0, answered: 8, taken: 8, lost: 0 });
  });
});

describe("a mailbox without a grant for the region", () => {
  test("loses records with a count, and never stops the operator", () => {
    const machine = bootOperator({ devices: [] });
    for (let id = 1; id <= 3; id++) machine.mailboxSend("mailbox0", record(id, LB, [Act.echo]));
    expect(answers(machine)).toEqual([]);
    expect(machine.inspect("state.operator")).toMatchObject({ phase: 0, taken: 3, answered: 0, lost: 6 });
    expect(machine.inspect("iommu.accounts", 0).misses).toBe(6);
    expect(machine.inspect("mailbox0.inbound.state").held).toBe(0);
  });
});
