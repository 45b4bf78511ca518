/**
 * Lending: one process gives rights away in messages, another takes them when it wakes up, and gives them up again. Rights
 * that are under way may be revoked, and queues be full: a message comes without what it carried, and nothing is left over.
 */

import { u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { tinyHalLimits } from "../../hal/limits.ts";
import { tinyKernelLimits } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { AnyService, Grant } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import type { Experiment, Surroundings } from "../explore/experiment.ts";
import { rule } from "./rule.ts";

const KIB = 1024;
const LEND_TICKS = 2;
const REST_TICKS = 5;
const TOKEN_BYTES = 8;
const LENT = 1;
const TIMES = 40;

/** Lends its right to timers every few ticks, so many times. */
const lender = service({
  name: "lender",
  state: layout("LenderState", { lent: u32, refused: u32, timer: u32, reserved: u32 }),
  needs: { to: "endpoint", own: "timer" },
  handle(message, context) {
    if (message.delivery === Delivery.start) context.state.timer = context.timerStart(context.needs.own, LEND_TICKS, LEND_TICKS, 1);
    else if (message.delivery === Delivery.notification) {
      if (context.sendCapability(context.needs.to, LENT, context.needs.own) === 0) context.state.lent += 1;
      else context.state.refused += 1;
      if (context.state.lent + context.state.refused === TIMES) context.timerCancel(context.needs.own, context.state.timer);
    }
  },
});

/** Takes what comes, gives it up, and rests: what comes meanwhile waits. */
const borrower = service({
  name: "borrower",
  state: layout("BorrowerState", { came: u32, carried: u32 }),
  receives: ["in"],
  handle(message, context) {
    if (message.delivery !== Delivery.message) return;
    context.state.came += 1;
    const at = context.allocate(TOKEN_BYTES);
    if (at < 0) return;
    if (context.capabilityTake(at as Grant) === 0) {
      context.state.carried += 1;
      context.capabilityDelete(at as Grant);
    }
    context.free(at);
    context.sleep(REST_TICKS);
  },
});

function manifest(): Manifest {
  return {
    name: "lending",
    ramBytes: 64 * KIB,
    hal: tinyHalLimits,
    kernel: tinyKernelLimits,
    devices: [],
    processes: {
      lender: { service: lender as unknown as AnyService, priority: "userNormal", arenaBytes: KIB, grants: { to: "borrower.in", own: "ticks" }, rights: { own: ["grant"] } },
      borrower: { service: borrower as unknown as AnyService, priority: "userNormal", arenaBytes: KIB },
    },
  };
}

function surroundings(): Surroundings {
  return Object.freeze({ manifest: manifest(), capture: null, captureName: "nothing", mac: -1, configuration: "", configurationName: "lending" });
}

export const lending: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "lending",
  summary: "rights that are lent in messages are revoked on their way, and queues are full",
  surroundings,
  faults: Object.freeze([rule("ipc.revoked-in-flight", 300_000), rule("ipc.queue-full", 50_000), rule("ipc.slow-receiver", 50_000), rule("process.order", 100_000), rule("process.starved", 10_000)]),
  troubleTicks: 120,
  recoveryTicks: 60,
  restless: true,
  end: Object.freeze([Object.freeze({ field: "state.borrower.came", least: 10 })]),
  marks: Object.freeze(["ipc.revoked-in-flight", "ipc.queue-full", "ipc.slow-receiver", "process.order", "process.starved"]),
});
