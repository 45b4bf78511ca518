/** No limit is exceeded, not by one: connections of groups and backends, those that wait, clients and sessions that are remembered. */

import type { Address } from "../../hal/field.ts";
import { mapCount } from "../../kernel/collections/map.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import { Pending } from "../../services/lb/connection/records.ts";
import { Backend } from "../../services/lb/group/backend.ts";
import { GroupPolicy } from "../../services/lb/group/group-policy.ts";
import { Group } from "../../services/lb/group/group.ts";
import type { GroupAddress } from "../../services/lb/group/group.ts";
import { sessionStoreCount } from "../../services/lb/session/session-store.ts";
import type { LbLimits } from "../../services/limits.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker, Watched } from "./checker.ts";
import { configurationsTold } from "./kept-configuration.ts";
import type { Told } from "./kept-configuration.ts";
import { isAlive, processNumber } from "./places.ts";

export const limits: Checker = Object.freeze<Checker>({
  name: "limits",
  law: "no limit of connections, of waiting requests or of what is remembered is exceeded",
  fits: (world) => BalancerView.of(world) !== null,
  begin: ({ world, fail }) => {
    const view = BalancerView.of(world)!;
    const told = configurationsTold(world);
    const lb = processNumber(world.machine, "lb");
    const most = world.machine.manifest.processes["lb"].parameters as LbLimits;
    return {
      tick: () => {
        if (!isAlive(world.machine, lb)) return;
        for (const group of view.groups()) checkGroup(view, group, told, fail);
        checkTables(view, most, fail);
      },
      keep: () => null,
      recall: () => {},
    };
  },
});

/** Limits as the configuration says them; one that a reload lowered may be exceeded by what was open before. */
function checkGroup(view: BalancerView, group: GroupAddress, told: Told, fail: Watched["fail"]): void {
  const { memory } = view;
  const name = view.name(group);
  const policies = told.now().flatMap(({ strict, groups }) => (strict ? groups.filter((plain) => plain.name === name) : []));
  const most = (limit: (plain: (typeof policies)[number]) => number): number => Math.max(...policies.map((plain) => limit(plain) || Infinity));
  if (policies.length === 0) return;
  const open = Group.activeConnections.get(memory, group);
  if (open > most((plain) => plain.connectionsMax)) fail(`group ${name}`, `${open} connections are open at once`);
  for (const backend of view.backends(group)) {
    const connections = Backend.activeConnections.get(memory, backend);
    if (connections > most((plain) => plain.backendConnectionsMax)) fail(`group ${name}: ${view.backendName(backend)}`, `${connections} connections are open at once`);
  }
  const pendingMax = GroupPolicy.pendingMax.get(memory, Group.policy.at(group));
  const waiting = Group.pendingCount.get(memory, group);
  if (waiting > pendingMax) fail(`group ${name}`, `${waiting} requests wait, and ${pendingMax} may`);
}

function checkTables({ memory, at }: BalancerView, most: LbLimits, fail: Watched["fail"]): void {
  const limiters = Balancer.limiters.get(memory, at);
  const clients = limiters === 0 ? 0 : mapCount(memory, limiters as Address<"HashMap">);
  if (clients > most.limitersMax) fail("lb", `it remembers the rates of ${clients} clients, and may of ${most.limitersMax}`);
  const sessions = sessionStoreCount(memory, at);
  if (sessions > most.sessionsMax) fail("lb", `it remembers ${sessions} sessions, and may ${most.sessionsMax}`);
  const waiting = Pending.waiting.get(memory, Balancer.pending.at(at));
  if (waiting > most.pendingMax) fail("lb", `${waiting} requests wait, and ${most.pendingMax} may`);
}
