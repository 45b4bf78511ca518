import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { HalLimits } from "../../../hal/limits.ts";
import { tinyHalLimits } from "../../../hal/limits.ts";
import { Memory } from "../../../hal/memory.ts";
import { boot } from "../../../kernel/boot.ts";
import { Errno } from "../../../kernel/errno.ts";
import { tinyKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Context } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DriverOpcode } from "../../../services/driver-api.ts";
import { LbOpcode } from "../../../services/lb/api.ts";
import { controlAnswerBytesMax, controlAnswerOffset, controlRequestBytesMax } from "../../../services/lb/control.ts";
import { NetOpcode } from "../../../services/net/api.ts";
import { operator } from "../../../services/operator/operator.ts";
import { MailboxAnswer, MailboxRequest, OperatorTarget } from "../../../services/operator-api.ts";

const CONTROL_BYTES = 1024;
const OUTBOUND_BYTES = 256;

/** First byte of an operation: what the stand-in for the balancer does with it. */
const Act = { echo: 1, refuse: 2, wrongOffset: 3, tooMany: 4, forget: 5, exit: 6, answerLong: 7, fault: 8 };

const balancerTypes = { calls: i32, lastBytes: i32 };
const BalancerState = layout("BalancerStandIn", balancerTypes);
const balancerNeeds = { control: "region:write" } as const;
type BalancerContext = Context<typeof balancerTypes, typeof balancerNeeds, readonly ["control"]>;

/** Answers an operation with its own bytes, and misbehaves when asked. */
const balancer = service({
  name: "balancer-stand-in",
  state: BalancerState,
  needs: balancerNeeds,
  receives: ["control"],
  handle(message, context: BalancerContext) {
    if (message.delivery !== Delivery.message || message.opcode !== LbOpcode.control) return;
    const { control } = context.needs;
    const regionBytes = context.regionBytes(control);
    const bytes = message.payloadBytes;
    const from = context.span(control, message.payloadOffset, bytes);
    context.state.calls += 1;
    context.state.lastBytes = bytes;
    const offset = controlAnswerOffset(regionBytes);
    switch (context.shared.u8[from]) {
      case Act.echo:
        context.shared.copy(context.spanForWriting(control, offset, bytes), from, bytes);
        context.reply(0, offset, bytes);
        return;
      case Act.refuse:
        context.reply(-64, offset, 0);
        return;
      case Act.wrongOffset:
        context.reply(0, offset - 8, 4);
        return;
      case Act.tooMany:
        context.reply(0, offset, controlAnswerBytesMax(regionBytes) + 1);
        return;
      case Act.answerLong:
        context.reply(0, offset, controlAnswerBytesMax(regionBytes));
        return;
      case Act.exit:
        context.exit();
        return;
      case Act.fault:
        context.span(control, regionBytes, 1);
        return;
    }
  },
});

const stopTypes = { shutdowns: i32 };
const StopState = layout("StopStandIn", stopTypes);

/** Stands in for net and for the driver: notes the order in which they are told to stop. */
function stoppable(name: string, opcode: number, status: number) {
  return service({
    name,
    state: StopState,
    receives: ["control"],
    handle(message, context: Context<typeof stopTypes, Record<never, never>, readonly ["control"]>) {
      if (message.delivery !== Delivery.message || message.opcode !== opcode) return;
      if (status === EXITS) {
        context.exit();
        return;
      }
      context.state.shutdowns += 1;
      context.trace(99, opcode, context.state.shutdowns);
      context.reply(status);
    },
  });
}

const EXITS = 1;

interface Setting {
  readonly hal?: Partial<HalLimits>;
  readonly devices?: readonly string[];
  readonly netStatus?: number;
  readonly driverStatus?: number;
  readonly stops?: string[];
}

function bootOperator(setting: Setting = {}): Machine {
  const net = stoppable("net-stand-in", NetOpcode.shutdown, setting.netStatus ?? 0);
  const driver = stoppable("driver-stand-in", DriverOpcode.shutdown, setting.driverStatus ?? 0);
  return boot(
    {
      name: "operator-alone",
      ramBytes: 64 * 1024,
      hal: { ...tinyHalLimits, mailboxOutboundBytes: OUTBOUND_BYTES, ...setting.hal },
      kernel: tinyKernelLimits,
      devices: [{ name: "mailbox0", kind: "mailbox" }],
      regions: { control: { bytes: CONTROL_BYTES, devices: setting.devices ?? ["mailbox0"] } },
      processes: {
        driver: { service: driver, priority: "realTimeNormal", arenaBytes: 2048 },
        lb: { service: balancer, priority: "systemHigh", arenaBytes: 2048, grants: { control: "control" } },
        net: { service: net, priority: "systemNormal", arenaBytes: 2048 },
        operator: {
          service: operator,
          priority: "userNormal",
          arenaBytes: 2048,
          grants: { mailbox: "mailbox0", interrupt: "mailbox0", control: "control", balancer: "lb.control", net: "net.control", driver: "driver.control" },
        },
      },
    },
    { probe: (kind, process, opcode) => void (kind === 99 && setting.stops?.push(`${["driver", "lb", "net"][process]}:${opcode}`)) },
  );
}

const scratch = new Memory(new ArrayBuffer(16));
const START = 0;

function record(requestId: number, target: number, payload: readonly number[] = [], payloadBytes: number = payload.length): Uint8Array {
  const at = START as Address<"MailboxRequest">;
  scratch.fill(0, 16, 0);
  MailboxRequest.requestId.set(scratch, at, requestId);
  MailboxRequest.target.set(scratch, at, target);
  MailboxRequest.payloadBytes.set(scratch, at, payloadBytes);
  return Uint8Array.from([...scratch.u8, ...payload]);
}

interface Answer {
  readonly requestId: number;
  readonly status: number;
  readonly payload: readonly number[];
}

function receive(machine: Machine): Answer | null {
  const bytes = machine.mailboxReceive("mailbox0");
  if (bytes === null) return null;
  const at = START as Address<"MailboxAnswer">;
  scratch.u8.set(bytes.subarray(0, 16));
  const payload = [...bytes.subarray(16)];
  expect(MailboxAnswer.payloadBytes.get(scratch, at)).toBe(payload.length);
  return { requestId: MailboxAnswer.requestId.get(scratch, at), status: MailboxAnswer.status.get(scratch, at), payload };
}

/** Lets the machine come to rest and reads all answers. */
function answers(machine: Machine): Answer[] {
  expect(machine.runUntilQuiet(machine.tick() + 20)).toBe(true);
  const all: Answer[] = [];
  for (let one = receive(machine); one !== null; one = receive(machine)) all.push(one);
  return all;
}

/** Sends one record and answers what came back. */
function ask(machine: Machine, bytes: Uint8Array): Answer[] {
  expect(machine.mailboxSend("mailbox0", bytes)).toBe(true);
  return answers(machine);
}

const LB = OperatorTarget.loadBalancer;
const echoOf = (requestId: number, payload: readonly number[]): Answer => ({ requestId, status: 0, payload });

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
    expect(machine.inspect("mailbox0.registers").inboundHeld).toBe(0);
  });
});
