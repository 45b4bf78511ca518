/** Each checker catches what it is for: a violation that is planted into a clean run, in the machine's RAM or the world's memory. */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { ArenaHeader } from "../../../kernel/arena/header.ts";
import { EndpointRecord, QueueSlot, slotAt } from "../../../kernel/endpoint.ts";
import { SmallMessage } from "../../../kernel/message.ts";
import { ProcessRecord, ProcessState, Wait } from "../../../kernel/process.ts";
import { Delivery } from "../../../kernel/service.ts";
import { TimerRecord } from "../../../kernel/timer-wheel.ts";
import { KernelTrace } from "../../../kernel/trace-kinds.ts";
import { DriverOpcode, ReceivedFrameMessage } from "../../../services/driver-api.ts";
import { DecisionMessage, Outcome, RequestDescriptor } from "../../../services/lb/api.ts";
import { Backend } from "../../../services/lb/group/backend.ts";
import { NetTrace } from "../../../services/net/api.ts";
import { NetState } from "../../../services/net/state.ts";
import { BalancerView } from "../../../sim/checkers/balancer-view.ts";
import type { Watch } from "../../../sim/checkers/checker.ts";
import { ownMemory, partOf, processNumber } from "../../../sim/checkers/places.ts";
import { Population } from "../../../sim/inhabitants/clients/records.ts";
import { populationAt } from "../../../sim/inhabitants/clients/side.ts";
import { clientsOf } from "../../../sim/scenario/surroundings.ts";
import type { World } from "../../../sim/world.ts";
import { planted } from "./planting.ts";

type Plant = (world: World) => Watch;

/** Once, in the tick of that number or after it. */
const atTick = (tick: number, put: (world: World) => void): Plant => (world) => {
  let done = false;
  return {
    tick: () => {
      if (!done && world.machine.tick() >= tick) put(world);
      done ||= world.machine.tick() >= tick;
    },
  };
};

/** At each decision, the how-manieth it is, before anybody else sees it. */
const atDecision = (put: (world: World, request: Address<"RequestDescriptor">, decision: Address<"DecisionMessage">, number: number) => void): Plant => (world) => {
  let number = 0;
  const [requests, arena] = ["region.requests", "arena.net"].map((name) => partOf(world.machine, name)!.base);
  return {
    probe: (kind, _process, descriptor, decision) => {
      if (kind === NetTrace.requestDecided) put(world, (requests + descriptor) as Address<"RequestDescriptor">, (arena + decision) as Address<"DecisionMessage">, ++number);
    },
  };
};

const recordOf = ({ machine }: World, process: string): Address<"ProcessRecord"> => (partOf(machine, "processes")!.base + processNumber(machine, process) * ProcessRecord.size) as Address<"ProcessRecord">;

const backendOf = (world: World, group: number, position: number): { view: BalancerView; backend: Address<"Backend"> } => {
  const view = BalancerView.of(world)!;
  return { view, backend: view.backends(view.groups()[group])[position] };
};

/** The last byte of an IPv4 backend's address. */
const address = (world: World, decision: Address<"DecisionMessage">, last: number): void => {
  world.machine.ram.u8[DecisionMessage.address.at(decision) + 3] = last;
};

const alteredMessage: Plant = (world) => {
  let done = false;
  const { machine } = world;
  const endpoints = partOf(machine, "endpoints")!;
  return {
    between: () => {
      for (let number = 0; number < endpoints.count && !done; number++) {
        const endpoint = (endpoints.base + number * EndpointRecord.size) as Address<"EndpointRecord">;
        if (EndpointRecord.count.get(machine.ram, endpoint) === 0 || EndpointRecord.head.get(machine.ram, endpoint) < 0) continue;
        const slot = slotAt(machine.ram, endpoint, EndpointRecord.head.get(machine.ram, endpoint));
        machine.ram.i32[(QueueSlot.message.at(slot) + SmallMessage.data3.offset) >> 2] ^= 1;
        done = true;
      }
    },
  };
};

const earlierFrame: Plant = (world) => {
  const net = processNumber(world.machine, "net");
  let frames = 0;
  return {
    probe: (kind, process, delivery, opcode) => {
      if (kind !== KernelTrace.dispatch || process !== net || delivery !== Delivery.message || opcode !== DriverOpcode.received) return;
      frames += 1;
      const message = ProcessRecord.registers.at(recordOf(world, "net")) as Address as Address<"ReceivedFrameMessage">;
      if (frames === 5) ReceivedFrameMessage.ordinal.set(world.machine.ram, message, 2);
    },
  };
};

const alteredFrame: Plant = (world) => ({
  probe: (kind, _process, at) => {
    if (kind === HalTrace.frameTransmitted) world.machine.ram.u8[at + 40] ^= 1;
  },
});

const decidedTwice: Plant = (world) => {
  let first: Uint8Array | null = null;
  return atDecision(({ machine: { ram } }, request, _decision, number) => {
    if (number === 1) first = ram.u8.slice(request, request + RequestDescriptor.size);
    else if (number === 3 && first !== null) ram.u8.set(first, request);
  })(world);
};

const PLANTS: readonly (readonly [checker: string, what: string, plant: Plant, expected: RegExp, experiment?: string])[] = [
  ["invariants", "a message is counted as sent that was not", atTick(20, ({ machine }) => EndpointRecord.sent.add(machine.ram, partOf(machine, "endpoints")!.base as Address<"EndpointRecord">, 1)), /messages-conserved/],
  ["messages", "a word of a queued message changes", alteredMessage, /a message that nobody sent so/],
  ["order", "a frame comes again", earlierFrame, /net is given frame 2 behind frame 4/],
  ["frames-out", "a byte of a frame changes on its way out", alteredFrame, /a frame of \d+ bytes leaves that it was not given so/],
  ["outcomes", "a request is decided twice", decidedTwice, /it is routed, and was routed before/],
  ["accounts", "a request is counted that was not there", atTick(10, ({ machine }) => { const net = ownMemory(machine, "net")!; NetState.total.add(net.memory, net.state as Address<"NetState">, 1); }), /requests began, \d+ ended, and 0 wait/],
  ["routes", "a request goes to the other group", atDecision(({ machine: { ram } }, _request, decision, number) => { if (number === 1) DecisionMessage.group.set(ram, decision, 1); }), /GET \/a1: it goes to api; its first route leads to app/],
  ["sessions", "a session is sent elsewhere", atDecision((world, _request, decision, number) => { if (number > 1) address(world, decision, number % 2 === 0 ? 1 : 2); }), /session one of group app: it is sent to 10\.30\.0\.\d:8080 in tick \d+, and was bound to/],
  ["rates", "refused requests are let through", atDecision(({ machine: { ram } }, _request, decision) => { if (DecisionMessage.outcome.get(ram, decision) === Outcome.rateLimitExceeded) DecisionMessage.outcome.set(ram, decision, Outcome.noRouteMatch); }), /a request is let through \(NoRouteMatch\) beyond 5 and 20 a second/],
  ["limits", "a backend has one connection too many", atTick(10, (world) => { const { view, backend } = backendOf(world, 1, 0); Backend.activeConnections.set(view.memory, backend, 2); }), /group api: 10\.30\.1\.1:8080: 2 connections are open at once/],
  ["connections", "a connection is counted that is not open", atTick(10, (world) => { const { view, backend } = backendOf(world, 0, 0); Backend.activeConnections.add(view.memory, backend, 1); }), /it counts \d active connections, and \d are open/],
  ["shares", "one backend gets all", atDecision((world, _request, decision) => address(world, decision, 2)), /group app: 10\.30\.0\.\d:8080 has \d+ of \d+ requests; its weight is/],
  ["service", "a backend gets requests that is out of service", (world) => { const out = atTick(3, () => { const { view, backend } = backendOf(world, 0, 0); Backend.available.set(view.memory, backend, 0); })(world); return { ...out, ...atDecision(({ machine: { ram } }, _request, decision) => DecisionMessage.backend.set(ram, decision, 0))(world) }; }, /it goes to 10\.30\.0\.1:8080, which has been out of service since tick/],
  ["clients", "an answer is somebody else's", atTick(50, (world) => { const { side } = clientsOf(world)!; Population.foreign.add(side.memory, populationAt(side, 0), 1); }), /they got 1 answers to somebody else's request/, "client"],
  ["waiters", "a process waits for an answer that never comes", (world) => ({ healed: () => { ProcessRecord.state.set(world.machine.ram, recordOf(world, "net"), ProcessState.blocked); ProcessRecord.waitsFor.set(world.machine.ram, recordOf(world, "net"), Wait.reply); } }), /process net: it waits for an answer while all is at rest/],
  ["timers", "a timer is forgotten", ({ machine }) => ({ healed: () => forgetTimer(machine) }), /timer \d+: it was due at tick 1, and is on the wheel at tick/],
  ["memory", "net keeps a block", (world) => ({ end: () => { const { machine: { ram } } = world; const heap = ProcessRecord.arenaBase.get(ram, recordOf(world, "net")) + ProcessRecord.heapOffset.get(ram, recordOf(world, "net")); ArenaHeader.usedBytes.add(ram, heap as Address<"ArenaHeader">, 64); } }), /process net: it keeps \d+ bytes when all is over/],
  ["liveness", "the cable is pulled out for good", atTick(20, ({ machine, nic }) => machine.plug(nic, false)), /it asks when trouble is over, and once more when \d+ ticks have passed, and is not served/],
];

function forgetTimer({ ram, parts }: World["machine"]): void {
  const table = parts.find(({ name }) => name === "timers")!;
  for (let index = 0; index < table.count; index++) {
    const at = (table.base + index * TimerRecord.size) as Address<"TimerRecord">;
    if (TimerRecord.serial.get(ram, at) !== 0) TimerRecord.deadlineTick.set(ram, at, 1);
  }
}

describe("a planted violation is caught", () => {
  for (const [checker, what, plant, expected, experiment = "wire"] of PLANTS) {
    test(`${checker}: ${what}`, () => {
      const failures = planted(experiment, [checker], plant);
      expect(failures.map(({ checker: name, place, text }) => `${name}: ${place}: ${text}`).join("\n")).toMatch(expected);
      expect(failures[0].checker).toBe(checker);
    });
  }
});
