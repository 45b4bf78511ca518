/** The supervisor of the balancer's machines: whom it looks after, and by which rules. Every number is a setting. */

import type { ProcessLine } from "../../kernel/manifest.ts";
import type { AnyService } from "../../kernel/service.ts";
import type { RestartPolicyName, SupervisionRule } from "../../services/supervisor/api.ts";
import { RestartPolicy } from "../../services/supervisor/api.ts";
import { supervisor } from "../../services/supervisor/supervisor.ts";
import type { Setting } from "./model.ts";

/** In the order of the supervisor's records. */
export const SUPERVISED = Object.freeze(["driver", "lb", "net", "operator"] as const);

const service = supervisor(SUPERVISED);
const POLICIES = Object.keys(RestartPolicy) as RestartPolicyName[];

/** Settings of all machines that have a supervisor; `arenaBytes` is its memory. */
export function supervisionSettings(arenaBytes: number): Readonly<Record<string, Setting>> {
  const policies = Object.fromEntries(
    SUPERVISED.map((name) => [`restart.${name}`, { value: RestartPolicy.onFault, unit: "count", least: 0, most: 2, help: `when ${name} is begun anew: 0 never, 1 after a fault, 2 always` } as Setting]),
  );
  return Object.freeze({
    "arena.supervisor": { value: arenaBytes, unit: "bytes", least: 0, most: 1024 * 1024 * 1024, help: "memory of the supervisor process" },
    ...policies,
    "restart.delay": { value: 1, unit: "ticks", least: 0, most: 1_000_000, help: "ticks from an end to the new beginning, doubled with each that follows" },
    "restart.delayMost": { value: 64, unit: "ticks", least: 0, most: 1_000_000, help: "where the doubling ends" },
    "restart.most": { value: 5, unit: "count", least: 0, most: 64, help: "new beginnings of one process within restart.window before it is given up" },
    "restart.window": { value: 1000, unit: "ticks", least: 1, most: 1_000_000_000, help: "ticks in which they are counted" },
  });
}

/** More urgent than whom it restarts, but for the driver, whose ring must never run dry. */
export function supervisorLine(value: (name: string) => number): ProcessLine {
  const rule = (name: string): SupervisionRule => ({
    restart: POLICIES[value(`restart.${name}`)],
    delayTicks: value("restart.delay"),
    delayTicksMax: Math.max(value("restart.delay"), value("restart.delayMost")),
    restartsMax: value("restart.most"),
    windowTicks: value("restart.window"),
  });
  return {
    service: service as unknown as AnyService,
    priority: "realTimeLow",
    arenaBytes: value("arena.supervisor"),
    grants: { ticks: "ticks", ...Object.fromEntries(SUPERVISED.map((name) => [name, name])) },
    parameters: { rules: Object.fromEntries(SUPERVISED.map((name) => [name, rule(name)])) },
  };
}
