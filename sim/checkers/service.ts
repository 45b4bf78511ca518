/**
 * No request goes to a backend that is known to be out of service: not to one that the balancer itself has taken out, and not
 * to one that has been down for longer than its checks take to see it (health=): as many intervals as failed probes are needed,
 * and the time of the last one.
 */

import { Outcome } from "../../services/lb/api.ts";
import type { BackendAddress } from "../../services/lb/group/backend.ts";
import { GroupPolicy } from "../../services/lb/group/group-policy.ts";
import { isInService } from "../../services/lb/group/candidate.ts";
import { Group } from "../../services/lb/group/group.ts";
import type { GroupAddress } from "../../services/lb/group/group.ts";
import { NetTrace } from "../../services/net/api.ts";
import { addressPortText } from "../address-text.ts";
import { BackendMode, BackendRecord } from "../inhabitants/backends/records.ts";
import { memoryOf } from "../inhabitants/backends/site.ts";
import { backendAt } from "../inhabitants/backends/tables.ts";
import { backendsOf } from "../scenario/surroundings.ts";
import type { World } from "../world.ts";
import type { Asked } from "./asked.ts";
import { askedListener } from "./asked.ts";
import { BalancerView } from "./balancer-view.ts";
import type { Checker } from "./checker.ts";
import { decidedReader } from "./decided.ts";
import { isAlive, processNumber } from "./places.ts";
import { remembering } from "./remembering.ts";

interface State {
  readonly asked: Asked;
  /** By group and backend: since when the balancer has had it out of service. */
  readonly out: Map<string, number>;
  /** By backend's name: since when it has been down, or answered nobody. */
  readonly down: Map<string, number>;
  /** The balancer has served since. */
  began: number;
}

export const service: Checker = Object.freeze<Checker>({
  name: "service",
  law: "no request goes to a backend that is out of service, or has been down for longer than its checks need",
  fits: (world) => BalancerView.of(world) !== null && decidedReader(world) !== null,
  begin: ({ world, fail }) => {
    const view = BalancerView.of(world)!;
    const read = decidedReader(world)!;
    const state: State = { asked: new Map(), out: new Map(), down: new Map(), began: 0 };
    const listen = askedListener(world, state.asked);
    return remembering(state, {
      probe: (kind, process, argument0, argument1) => {
        if (listen(kind, process, argument0, argument1)) {
          state.out.clear();
          state.began = world.machine.tick();
        }
        if (kind !== NetTrace.requestDecided) return;
        const { requestId, outcome, group, backend, client, nthInFlow } = read(argument0, argument1);
        const asked = state.asked.get(requestId);
        const record = outcome === Outcome.routed && view.isStrict() ? view.groups()[group] : undefined;
        const chosen = record === undefined ? undefined : view.backends(record)[backend];
        if (asked === undefined || record === undefined || chosen === undefined) return;
        // It may have come back in this very tick.
        if (isInService(view.memory, record, chosen)) state.out.delete(`${view.name(record)} ${view.backendName(chosen)}`);
        const wrong = judge(view, state, record, chosen, asked.tick);
        if (wrong !== "") fail(`request ${nthInFlow} of ${client}`, wrong);
      },
      tick: () => note(world, view, state),
    });
  },
});

function judge(view: BalancerView, state: State, group: GroupAddress, backend: BackendAddress, tick: number): string {
  const name = view.backendName(backend);
  const out = state.out.get(`${view.name(group)} ${name}`);
  if (out !== undefined && out < tick) return `it goes to ${name}, which has been out of service since tick ${out}`;
  const down = state.down.get(name);
  const seen = seenWithinTicks(view, group);
  const panics = Group.panicking.get(view.memory, group) !== 0;
  if (down !== undefined && seen > 0 && !panics && tick > Math.max(down, state.began) + seen) return `it goes to ${name}, which has been down since tick ${down}; its checks see that within ${seen} ticks`;
  return "";
}

/** Ticks after which a backend that answers nobody is out of service; 0 where nobody checks. */
function seenWithinTicks({ memory }: BalancerView, group: GroupAddress): number {
  const policy = Group.policy.at(group);
  const interval = GroupPolicy.probeIntervalTicks.get(memory, policy);
  if (interval === 0) return 0;
  // A probe that is on its way when it goes down still passes; then `fall` fail.
  return (GroupPolicy.fall.get(memory, policy) + 1) * (interval + GroupPolicy.probeJitterTicks.get(memory, policy) + GroupPolicy.probeTimeoutTicks.get(memory, policy)) + CONNECT_TICKS;
}

/** Probes are asked for, and connect, in ticks of their own. */
const CONNECT_TICKS = 20;

function note(world: World, view: BalancerView, { out, down }: State): void {
  const { machine } = world;
  if (isAlive(machine, processNumber(machine, "lb")) && view.isStrict()) {
    for (const group of view.groups()) for (const backend of view.backends(group)) {
      const serves = isInService(view.memory, group, backend);
      // Names cost time, and all are in service nearly always.
      if (!serves || out.size > 0) set(out, `${view.name(group)} ${view.backendName(backend)}`, !serves, machine.tick());
    }
  }
  const backends = backendsOf(world);
  if (backends === null) return;
  backends.plans.forEach(({ address, port }, number) => {
    const mode = BackendRecord.mode.get(memoryOf(backends), backendAt(memoryOf(backends), backends.state, number));
    set(down, addressPortText(address, port), mode !== BackendMode.up, machine.tick());
  });
}

function set(since: Map<string, number>, name: string, is: boolean, tick: number): void {
  if (!is) since.delete(name);
  else if (!since.has(name)) since.set(name, tick);
}
