/**
 * The crowd: four processes that share everything which a kernel lends - endpoints, a desk, rights, timers, buffers, a
 * loopback device - and do what they are told. Nothing else happens in it: a run is the orders that were given, so that a
 * failure is a short list of orders.
 */

import { tinyHalLimits } from "../../hal/limits.ts";
import { tinyKernelLimits } from "../../kernel/limits.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import type { AnyService } from "../../kernel/service.ts";
import { loopback } from "../../services/examples/loopback.ts";
import { EXCHANGE_BYTES, targetNeed } from "../../services/gateway.ts";
import type { Experiment, Surroundings } from "../explore/experiment.ts";
import { Order } from "../faults/client/orders.ts";
import type { FaultRule } from "../faults/fault.ts";
import { CLERKS, MEMBERS, crowdMember, peerNeed } from "./crowd-member.ts";
import { foreman } from "./foreman.ts";

const KIB = 1024;
const MAILBOX = "mailbox0";
const MEMBER_BYTES = KIB;
const BUFFERS = 4;
/** Four timers of four members each, and as many again. */
const TIMERS = 32;
/** The last member may send so much in a second. */
const RATE = Object.freeze({ messagesPerSecond: 8, bytesPerSecond: 8 * 48 });

function memberLine(self: number): ProcessLine {
  const peers = Array.from({ length: MEMBERS }, (_, peer) => peer).filter((peer) => peer !== self);
  const last = self === MEMBERS - 1;
  return {
    service: crowdMember(self) as unknown as AnyService,
    priority: "userNormal",
    arenaBytes: MEMBER_BYTES,
    grants: { desk: "member0.desk", device: "loopback.frames", frames: "frames", clock: "ticks", ...Object.fromEntries(peers.map((peer) => [peerNeed(peer), `member${peer}.inbox`])) },
    rights: Object.fromEntries(peers.map((peer) => [peerNeed(peer), ["create", "delete"] as const])),
    ...(self > 0 && self < CLERKS ? { receives: { desk: "member0.desk" } } : {}),
    batch: true,
    ...(last ? { rate: RATE } : {}),
  };
}

export function crowdManifest(): Manifest {
  const names = Array.from({ length: MEMBERS }, (_, member) => `member${member}`);
  const targets = Object.fromEntries(names.map((name, index) => [targetNeed(index), `${name}.orders`]));
  return {
    name: "crowd",
    ramBytes: 64 * KIB,
    hal: tinyHalLimits,
    kernel: { ...tinyKernelLimits, timers: TIMERS },
    devices: [{ name: MAILBOX, kind: "mailbox" }],
    regions: { exchange: { bytes: EXCHANGE_BYTES, devices: [MAILBOX] } },
    pool: { name: "frames", count: BUFFERS, devices: [] },
    processes: {
      ...Object.fromEntries(names.map((name, member) => [name, memberLine(member)])),
      loopback: { service: loopback as unknown as AnyService, priority: "userNormal", arenaBytes: MEMBER_BYTES },
      foreman: { service: foreman(MEMBERS) as unknown as AnyService, priority: "userLow", arenaBytes: KIB, grants: { mailbox: MAILBOX, irq: MAILBOX, exchange: "exchange", ...targets } },
    },
  };
}

export function crowdSurroundings(): Surroundings {
  return Object.freeze({ manifest: crowdManifest(), capture: null, captureName: "orders", mac: -1, configuration: "", configurationName: "the crowd" });
}

/** Orders from the first to the last, as often as the parts say. */
function given(first: number, last: number, parts: number): FaultRule {
  return Object.freeze({ fault: "client.order", parameters: Object.freeze({ first, last }), parts });
}

export const crowd: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "crowd",
  summary: "four processes that use everything which the kernel lends, and do what they are told",
  surroundings: crowdSurroundings,
  faults: Object.freeze([
    given(Order.tell, Order.ask, 60_000),
    given(Order.rest, Order.wait, 40_000),
    given(Order.batch, Order.batch, 20_000),
    given(Order.desk, Order.desk, 40_000),
    given(Order.arm, Order.arm, 20_000),
    given(Order.derive, Order.useNote, 40_000),
    given(Order.guess, Order.guessCall, 20_000),
    given(Order.take, Order.free, 40_000),
    given(Order.put, Order.get, 40_000),
    given(Order.end, Order.end, 1_000),
    Object.freeze({ fault: "process.order", parts: 50_000 }),
  ]),
  troubleTicks: 300,
  recoveryTicks: 60,
  restless: true,
  marks: Object.freeze(["client.order", "process.order"]),
});
