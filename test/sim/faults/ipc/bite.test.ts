import { describe, expect, test } from "vitest";
import { u32 } from "../../../../hal/field.ts";
import { layout } from "../../../../hal/layout.ts";
import { HalTrace } from "../../../../hal/trace.ts";
import { boot } from "../../../../kernel/boot.ts";
import { KernelChoice } from "../../../../kernel/crossing.ts";
import { checkInvariants } from "../../../../kernel/invariants/invariants.ts";
import { Delivery, service } from "../../../../kernel/service.ts";
import { KernelTrace } from "../../../../kernel/trace-kinds.ts";
import { processesOnly } from "../../../kernel/bench-services.ts";
import { ALWAYS, Bites } from "../bites.ts";

const bites = new Bites();
const { machine } = bites.theatre.world;
const lb = bites.process("lb");

describe("a queue is full", () => {
  test.each(["net.decisions", "lb.requests", "net.frames"])("%s: two messages are refused, and each request has its outcome", (queue) => {
    const endpoint = bites.endpoint(queue);
    const { outcome } = bites.play([{ fault: "ipc.queue-full", parts: ALWAYS, entities: [endpoint], most: 2 }]);
    expect([outcome.deviations.length, outcome.failures]).toEqual([2, []]);
    expect(machine.inspect("endpoints", endpoint)).toMatchObject({ refused: 2 });
  });
});

test("a slow receiver does not run for so many ticks, though a message waits", () => {
  const ran: number[] = [];
  let ticks = 0;
  const rule = { fault: "ipc.slow-receiver", parts: ALWAYS, entities: [bites.endpoint("lb.requests")], most: 1, fromTick: 4, parameters: { ticksMost: 20 } };
  const { outcome } = bites.play([rule], (kind, process) => {
    if (kind === HalTrace.tick) ticks += 1;
    if (kind === KernelTrace.dispatch && process === lb) ran.push(ticks);
  });
  const [{ answer, tick }] = outcome.deviations;
  expect(answer).toBeGreaterThan(1);
  expect(ran.filter((at) => at > tick && at < tick + answer)).toEqual([]);
  expect(ran.some((at) => at >= tick + answer)).toBe(true);
  expect(outcome.failures).toEqual([]);
});

test("an endpoint closes with its owner, who is begun anew", () => {
  const closed: number[] = [];
  const endpoint = bites.endpoint("net.control");
  const { outcome, report } = bites.play([{ fault: "ipc.endpoint-closed", parts: ALWAYS, entities: [endpoint], fromTick: 9, most: 1 }], (kind, _process, argument) => void (kind === KernelTrace.closed && closed.push(argument)));
  expect([outcome.failures, outcome.deviations.length, report.processes[bites.process("net")].restarts]).toEqual([[], 1, 1]);
  expect(closed).toContain(endpoint);
  expect(machine.inspect("endpoints", endpoint)).toMatchObject({ open: 1, epoch: 1 });
});

const sender = service({
  name: "sender",
  state: layout("SenderState", { sent: u32 }),
  needs: { to: "endpoint", own: "timer" },
  handle(message, context) {
    if (message.delivery !== Delivery.start) return;
    // The receiver has not started: both wait in its queue.
    for (let i = 0; i < 2; i++) if (context.sendCapability(context.needs.to, 1, context.needs.own) === 0) context.state.sent += 1;
  },
});

const receiver = service({
  name: "receiver",
  state: layout("ReceiverState", { came: u32, carried: u32, cell0: u32, cell1: u32 }),
  receives: ["in"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    context.state.came += 1;
    const at = context.allocate(8);
    if (context.capabilityTake(at as never) === 0) context.state.carried += 1;
  },
});

test.each([
  [[], 2],
  [[0], 1],
  [[0, 1], 0],
])("capabilities revoked in flight (%j of two): the messages come, without them", (struck, carried) => {
  let asked = 0;
  const lines = {
    sender: { service: sender, priority: "systemHigh", arenaBytes: 1024, grants: { to: "receiver.in", own: "ticks" }, rights: { own: ["grant"] } },
    receiver: { service: receiver, priority: "userNormal", arenaBytes: 1024 },
  } as const;
  const staged = boot(processesOnly(lines), { crashes: true, choose: (site) => (site === KernelChoice.capabilityRevoked && struck.includes(asked++) ? 1 : 0) });
  staged.runUntilTick(2);
  expect(staged.inspect("state.sender")).toMatchObject({ sent: 2 });
  expect(staged.inspect("state.receiver")).toMatchObject({ came: 2, carried });
  expect(checkInvariants(staged)).toEqual([]);
});
