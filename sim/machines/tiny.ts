/** The smallest machine: 64 KiB and the tiny limits. Everything works, and every table's edge is a few steps away. */

import { tinyHalLimits } from "../../hal/limits.ts";
import { tinyKernelLimits } from "../../kernel/limits.ts";
import { lbTiny, netTiny } from "../../services/limits.ts";
import { balancerModel } from "./balancer.ts";
import type { Setting } from "./model.ts";
import { E1000 } from "./nic.ts";
import { standard } from "./standard.ts";

const KIB = 1024;

/** The standard machine's settings with these values; their meaning and bounds are the same. */
const values: Readonly<Record<string, number>> = {
  "arena.driver": 1 * KIB,
  "arena.net": 4 * KIB,
  "arena.lb": 8 * KIB,
  "arena.operator": 512,
  "rx.descriptors": 8,
  "rx.posted": 3,
  "tx.descriptors": 8,
  // Posted, held by net, and one on its way out or in net's hands: 3 + 1 + 2.
  buffers: 6,
  "region.requests": netTiny.requestsBytes,
  "region.streams": netTiny.streamsBytes,
  "region.fragments": netTiny.fragmentBytes,
  "region.control": 3 * KIB,
  "region.configuration": 512 - 16,
  "queue.frames": 8,
  "queue.decisions": 4,
  "queue.requests": 4,
  "queue.transmit": 4,
  "net.flows": netTiny.flowsMax,
  "net.requests": netTiny.requestsMax,
  "net.framesHeld": netTiny.framesHeldMax,
  "net.flowTimeout": netTiny.flowTimeoutTicks,
  "net.mtu": 1500,
  "lb.limiters": lbTiny.limitersMax,
  "lb.sessions": lbTiny.sessionsMax,
  "lb.routes": lbTiny.routesMax,
  "lb.groups": lbTiny.groupsMax,
  "lb.backends": lbTiny.backendsMax,
  "lb.rules": lbTiny.rulesMax,
  "lb.vips": lbTiny.vipsMax,
  "lb.directory": lbTiny.directoryMax,
  "lb.connections": lbTiny.connectionsMax,
  "lb.pending": lbTiny.pendingMax,
  "lb.rateRules": lbTiny.rateRulesMax,
  "lb.shares": lbTiny.sharesMax,
  "lb.seed": lbTiny.seed,
  "lb.problems": lbTiny.problemsMax,
  "lb.ringPoints": lbTiny.ringPointsMax,
  "arena.supervisor": 576,
  "restart.most": 3,
};

const settings: Record<string, Setting> = {};
for (const [name, setting] of Object.entries(standard.settings)) settings[name] = { ...setting, value: values[name] ?? setting.value };

export const tiny = balancerModel({
  name: "tiny",
  summary: "64 KiB, tables of a handful of entries",
  ramBytes: 64 * KIB,
  nic: E1000,
  hal: tinyHalLimits,
  kernel: tinyKernelLimits,
  net: netTiny,
  lb: lbTiny,
  settings: Object.freeze(settings),
});
