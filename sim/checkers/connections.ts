/** Active connections are those opened and not closed: of each backend and group as many as the table names, at rest none. */

import { Backend } from "../../services/lb/group/backend.ts";
import { Connection, ConnectionTable } from "../../services/lb/connection/records.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import { Group } from "../../services/lb/group/group.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker, Watched } from "./checker.ts";
import { configurationsTold } from "./kept-configuration.ts";
import { isAlive, processNumber } from "./places.ts";

export const connections: Checker = Object.freeze<Checker>({
  name: "connections",
  law: "active connections are those opened and not closed, for each backend and group",
  fits: (world) => BalancerView.of(world) !== null,
  begin: ({ world, fail }) => {
    const view = BalancerView.of(world)!;
    const told = configurationsTold(world);
    const lb = processNumber(world.machine, "lb");
    const check = (): void => {
      if (isAlive(world.machine, lb) && view.isStrict()) count(view, fail);
    };
    return {
      tick: check,
      end: () => {
        check();
        if (!isAlive(world.machine, lb)) return;
        const open = view.isStrict() ? view.connections().length : told.now().some(({ strict }) => strict) ? active(view) : 0;
        if (open > 0) fail("lb", `${open} connections are open when all is shut down`);
      },
      keep: () => null,
      recall: () => {},
    };
  },
});

/** Connections that backends count as active. */
function active(view: BalancerView): number {
  return view.groups().flatMap((group) => view.backends(group)).reduce((sum, backend) => sum + Backend.activeConnections.get(view.memory, backend), 0);
}

function count(view: BalancerView, fail: Watched["fail"]): void {
  const { memory, at } = view;
  const open = view.connections();
  const said = ConnectionTable.count.get(memory, Balancer.connections.at(at));
  if (said !== open.length) fail("lb", `it counts ${said} connections, and ${open.length} are open`);
  const byBackend = new Map<number, number>();
  for (const connection of open) {
    const handle = Connection.backend.get(memory, connection);
    byBackend.set(handle, (byBackend.get(handle) ?? 0) + 1);
  }
  for (const group of view.groups()) {
    let sum = 0;
    for (const backend of view.backends(group)) {
      const active = Backend.activeConnections.get(memory, backend);
      const named = byBackend.get(Backend.handle.get(memory, backend)) ?? 0;
      sum += active;
      if (active !== named) fail(`group ${view.name(group)}: ${view.backendName(backend)}`, `it counts ${active} active connections, and ${named} are open`);
    }
    const active = Group.activeConnections.get(memory, group);
    if (active !== sum) fail(`group ${view.name(group)}`, `it counts ${active} active connections, its backends ${sum}`);
  }
}
