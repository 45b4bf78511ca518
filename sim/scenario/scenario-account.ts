/**
 * The account of a scenario's run: what `veridian run --scenario FILE --json` prints under "scenario", beside the machine's own
 * account. Numbers of clients and backends are theirs (inhabitants), those of TCP, proxy and link are counters by name.
 */

import type { Account } from "../account.ts";
import type { BackendsAccount, LoadStretch } from "../inhabitants/backends/account.ts";
import { backendsAccount } from "../inhabitants/backends/account.ts";
import type { ClientsAccount } from "../inhabitants/clients/account.ts";
import { clientsAccount } from "../inhabitants/clients/account.ts";
import type { RunEnd, RunSetup } from "../run.ts";
import { finishRun } from "../run.ts";
import type { GroupReport } from "../strict-balancer.ts";
import { report } from "../strict-balancer.ts";
import { queryGroups } from "../balancer.ts";
import { request } from "../operator.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import type { World } from "../world.ts";
import type { ScenarioPlan } from "./plan.ts";
import type { ProgressWatcher } from "./progress.ts";
import { brokenScenarioLaws } from "./scenario-laws.ts";
import { backendsOf, clientsOf } from "./surroundings.ts";
import type { Numbers } from "./tcp-numbers.ts";
import { proxyNumbers, worldNumbers } from "./tcp-numbers.ts";

export interface ScenarioAccount {
  readonly name: string;
  readonly summary: string;
  /** As planned: no session began later. And from the first session to the end of the last one. */
  readonly ticks: number;
  readonly servedTicks: number;
  /** Answers that clients got, for each second of machine time. */
  readonly answersPerSecond: number;
  readonly clients: ClientsAccount;
  readonly backends: BackendsAccount;
  /** Of each backend, from the machine's first tick to the end of the last session: stretches of so many ticks, the last one shorter. */
  readonly load: readonly { readonly name: string; readonly sampleTicks: number; readonly stretches: readonly LoadStretch[] }[];
  /** What the balancer knew of its groups when all was at rest; none under the seed's semantics. */
  readonly groups: readonly GroupReport[];
  readonly proxy: Numbers;
  /** Of the machine as a host on its link: neighbours, frames that waited for them, echoes. */
  readonly host: Numbers;
  readonly link: Numbers;
  readonly tcp: { readonly machine: Numbers; readonly clients: Numbers; readonly backends: Numbers };
  readonly world: { readonly usedBytes: number; readonly sizeBytes: number };
  /** What should hold of every run and does not; in words. */
  readonly broken: readonly string[];
}

export interface ScenarioEnd {
  readonly end: RunEnd;
  readonly account: Account & { readonly scenario: ScenarioAccount };
}

const TICKS_PER_SECOND = 1000;
const NOTHING: Numbers = Object.freeze({});

/** Runs a started world to its end, as finishRun() does, and asks the balancer about its groups on the way. `watcher` has watched it from its start. */
export function finishScenario(world: World, setup: RunSetup, plan: ScenarioPlan, watcher: ProgressWatcher | null = null): ScenarioEnd {
  world.beginReplay();
  world.run(setup.restTicksMax ?? plan.ticks);
  const groups = groupReports(world);
  const end = finishRun(world, setup);
  const scenario = accountOf(world, plan, groups, watcher);
  return { end, account: { ...end.account, scenario: { ...scenario, broken: brokenScenarioLaws(plan, scenario, end) } } };
}

/** What clients and backends have seen by now; null where a world is none of a scenario. */
export function seenBy(world: World): { readonly clients: ClientsAccount; readonly backends: BackendsAccount } | null {
  const [clients, backends] = [clientsOf(world), backendsOf(world)];
  return clients === null || backends === null ? null : { clients: clientsAccount(clients), backends: backendsAccount(backends) };
}

function groupReports(world: World): readonly GroupReport[] {
  const tick = world.machine.tick();
  const ask = (operands: Uint8Array) => request(world, OperatorTarget.loadBalancer, operands);
  return queryGroups(world).groups.flatMap(({ name }) => report(ask, name, tick) ?? []);
}

function accountOf(world: World, plan: ScenarioPlan, groups: readonly GroupReport[], watcher: ProgressWatcher | null): Omit<ScenarioAccount, "broken"> {
  const seen = seenBy(world);
  const around = worldNumbers(world);
  if (seen === null || around === null) throw new RangeError("this world is none of a scenario");
  const machine = proxyNumbers(world);
  const answers = seen.clients.counters.answers;
  const servedTicks = watcher?.servedTicks ?? -1;
  return {
    name: plan.name,
    summary: plan.summary,
    ticks: plan.ticks,
    servedTicks,
    answersPerSecond: servedTicks <= 0 ? 0 : Math.round((answers * TICKS_PER_SECOND) / servedTicks),
    clients: seen.clients,
    backends: seen.backends,
    load: (watcher?.backends ?? seen.backends).backends.map(({ name, sampleTicks, load }) => ({ name, sampleTicks, stretches: load })),
    groups,
    proxy: machine?.proxy ?? NOTHING,
    host: machine?.host ?? NOTHING,
    link: around.link,
    tcp: { machine: machine?.tcp ?? NOTHING, clients: around.clients, backends: around.backends },
    world: { usedBytes: around.usedBytes, sizeBytes: plan.worldBytes },
  };
}
