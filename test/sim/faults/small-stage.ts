/** Plays a small world with some faults, and tells what its clients and backends saw of it, and what does not hold. */

import { hashBytes } from "../../../hal/snapshot.ts";
import { faultNamed } from "../../../sim/faults/catalogue.ts";
import type { FaultRule } from "../../../sim/faults/fault.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { whyUnrecoverable } from "../../../sim/checkers/recoverable.ts";
import { Listed } from "../../../sim/chance/decider.ts";
import type { Outcome } from "../../../sim/explore/outcome.ts";
import type { BackendsAccount } from "../../../sim/inhabitants/backends/account.ts";
import { backendsAccount } from "../../../sim/inhabitants/backends/account.ts";
import type { ClientsAccount } from "../../../sim/inhabitants/clients/account.ts";
import { clientsAccount } from "../../../sim/inhabitants/clients/account.ts";
import { smallSurroundings, smallWorld } from "../../../sim/scenario/small-world.ts";
import type { ScenarioPlan } from "../../../sim/scenario/plan.ts";
import { backendsOf, clientsOf } from "../../../sim/scenario/surroundings.ts";
import type { Numbers } from "../../../sim/scenario/tcp-numbers.ts";
import { proxyNumbers, worldNumbers } from "../../../sim/scenario/tcp-numbers.ts";
import { Memory } from "../../../hal/memory.ts";

export interface Played {
  readonly outcome: Outcome;
  readonly clients: ClientsAccount;
  readonly backends: BackendsAccount["backends"];
  readonly proxy: Numbers;
  /** What should hold of every run, whatever backends, clients and operators do, and does not. */
  readonly broken: readonly string[];
}

export const ALWAYS = 1_000_000;

export class SmallStage {
  readonly theatre: Theatre;

  constructor(plan: ScenarioPlan = smallWorld(), troubleTicks = 400) {
    this.theatre = new Theatre({ schema: 1, name: "small", summary: "", surroundings: () => smallSurroundings(plan), faults: [], troubleTicks, recoveryTicks: 3000, marks: [] });
  }

  play(rules: readonly FaultRule[], seed = 1): Played {
    const outcome = this.theatre.play({ seed, rules });
    const { world } = this.theatre;
    const { proxy, tcp } = proxyNumbers(world)!;
    const around = worldNumbers(world)!;
    const [clients, { backends }] = [clientsAccount(clientsOf(world)!), backendsAccount(backendsOf(world)!)];
    // A process that was given up has left its memory as it was.
    const sides = { ...(whyUnrecoverable(world).length > 0 ? {} : { machine: tcp }), clients: around.clients, backends: around.backends };
    const even = !("machine" in sides) || (proxy["clientsOpened"] === proxy["clientsClosed"]! + proxy["clientsBroken"]! && proxy["upstreamsOpened"] === proxy["upstreamsClosed"]);
    const broken = [
      ...outcome.failures.map(({ checker, place, text }) => `${checker}: ${place}: ${text}`),
      ...lost(clients),
      ...backends.filter(({ bodiesWrong, connections, working, waiting }) => bodiesWrong > 0 || connections.open + working + waiting > 0).map(({ name }) => `${name} got a wrong body, or is not at rest`),
      ...Object.entries(sides).filter(([, numbers]) => numbers["bufferBytes"] !== 0).map(([side]) => `bytes are left in buffers of ${side}`),
      ...(even ? [] : ["the proxy has connections left"]),
    ];
    return { outcome, clients, backends, proxy, broken };
  }

  /** Hashes of the machine, and of those around it, at the end of the run that was played last: without what chance has counted. */
  ends(): readonly string[] {
    const { world } = this.theatre;
    const part = world.parts.find(({ name }) => name === "inhabitants")!;
    const copy = new Memory(new ArrayBuffer(part.bytes));
    copy.u8.set(world.memory.u8.subarray(part.base, part.base + part.bytes));
    return [world.machine.hash(), hashBytes(copy)];
  }

  /** Whether a rule that never strikes leaves machine and world as they are without it, and one of 0 parts every byte. */
  leavesNoTrace(fault: string, parameters: FaultRule["parameters"] = {}): boolean {
    const bare = this.play([]);
    const ends = this.ends();
    const never = this.play([{ fault, parts: ALWAYS, entities: [9999], parameters }]);
    const same = JSON.stringify(this.ends()) === JSON.stringify(ends) && never.outcome.deviations.length === 0;
    return same && this.play([{ fault, parts: 0, parameters }]).outcome.hash === bare.outcome.hash;
  }

  /** Whether the run is the same once more, and from its deviations alone. */
  repeats(rules: readonly FaultRule[], seed: number): boolean {
    const { outcome } = this.play(rules, seed);
    const sites = rules.map(({ fault }) => faultNamed(fault)!.site);
    const again = this.theatre.play({ seed, rules });
    const listed = this.theatre.play({ seed: seed + 1, rules, decider: new Listed(outcome.deviations, sites) });
    return outcome.deviations.length > 0 && again.hash === outcome.hash && listed.hash === outcome.hash;
  }
}

function lost({ counters, busy, pending }: ClientsAccount): string[] {
  const { requests, answers, failures, aborted, foreign, unasked, bodiesWrong, requestsWrong } = counters;
  const broken = Object.entries({ foreign, unasked, bodiesWrong, requestsWrong, busy, pending }).filter(([, count]) => count > 0).map(([name, count]) => `clients: ${count} ${name}`);
  return requests === answers + failures + aborted ? broken : [...broken, `clients: ${requests} requests, ${answers} answers, ${failures} failures, ${aborted} given up`];
}
