/** The standard machine with memory for a whole site: ten thousand routes, a thousand backends, sixteen thousand sessions. */

import { largeHalLimits } from "../../hal/limits.ts";
import { largeKernelLimits } from "../../kernel/limits.ts";
import { lbLarge, netStandard } from "../../services/limits.ts";
import { balancerModel } from "./balancer.ts";
import type { Setting } from "./model.ts";
import { E1000 } from "./nic.ts";
import { standard } from "./standard.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Where it differs from the standard machine. */
const values: Readonly<Record<string, number>> = {
  "arena.lb": 8 * MIB,
  "region.control": 2 * MIB,
  "region.configuration": 1 * MIB,
  "lb.limiters": lbLarge.limitersMax,
  "lb.sessions": lbLarge.sessionsMax,
  "lb.routes": lbLarge.routesMax,
  "lb.groups": lbLarge.groupsMax,
  "lb.rules": lbLarge.rulesMax,
  "lb.directory": lbLarge.directoryMax,
  "lb.connections": lbLarge.connectionsMax,
  "lb.pending": lbLarge.pendingMax,
  "lb.problems": lbLarge.problemsMax,
  "lb.ringPoints": lbLarge.ringPointsMax,
};

const settings: Record<string, Setting> = {};
for (const [name, setting] of Object.entries(standard.settings)) settings[name] = Object.hasOwn(values, name) ? { ...setting, value: values[name] } : setting;

export const large = balancerModel({
  name: "large",
  summary: "24 MiB, the balancer's tables for ten thousand routes and a thousand backends",
  ramBytes: 24 * MIB,
  nic: E1000,
  hal: largeHalLimits,
  kernel: largeKernelLimits,
  net: netStandard,
  lb: lbLarge,
  settings: Object.freeze(settings),
});
