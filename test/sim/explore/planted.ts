/**
 * An experiment with a planted fault, for those who make runs smaller and explain them: net, once it was restarted, writes
 * into the kernel's table of endpoints as soon as it hears that the balancer has ended. So two crashes are needed, of net
 * first and of the balancer then, and whatever else breaks is beside the point.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { EndpointRecord } from "../../../kernel/endpoint.ts";
import type { AnyService, Message } from "../../../kernel/service.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Experiment, Surroundings } from "../../../sim/explore/experiment.ts";
import type { Repro } from "../../../sim/explore/repro-file.ts";
import { reproOf } from "../../../sim/explore/repro-file.ts";
import type { Theatre } from "../../../sim/explore/theatre.ts";
import { settleRules } from "../../../sim/faults/rules.ts";
import { smallSurroundings } from "../../../sim/experiments/small.ts";
import { boot } from "../../../kernel/boot.ts";

/** What the planted fault needs of a context. */
interface Tools {
  readonly generation: number;
  readonly shared: Memory;
  uptimeTicks(): number;
}

/** A word of the kernel's that nobody else writes while a run is at this place: a capacity of a queue. */
export const WRONG_CAPACITY = 12_345;

export function plantedSurroundings(): Surroundings {
  const sound = smallSurroundings();
  const endpoint = boot(sound.manifest, {}).parts.find(({ name }) => name === "endpoints")!.base as Address<"EndpointRecord">;
  const { service } = sound.manifest.processes.net;
  const balancer = Object.keys(service.needs).indexOf("balancer");
  const handle = service.handle as unknown as (message: Message, context: Tools) => void;
  const wrong = {
    ...service,
    handle: (message: Message, context: Tools) => {
      if (message.delivery === Delivery.closed && message.data0 === balancer && context.generation > 0) EndpointRecord.capacity.set(context.shared, endpoint, WRONG_CAPACITY);
      handle(message, context);
    },
  };
  const processes = { ...sound.manifest.processes, net: { ...sound.manifest.processes.net, service: wrong as unknown as AnyService } };
  return { ...sound, manifest: { ...sound.manifest, processes } };
}

export const planted: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "planted",
  summary: "frames are lost and processes die around a net that writes where it must not",
  surroundings: plantedSurroundings,
  faults: Object.freeze([
    Object.freeze({ fault: "wire.drop", parts: 100_000 }),
    Object.freeze({ fault: "process.crash", parts: 8_000 }),
  ]),
  troubleTicks: 150,
  recoveryTicks: 300,
  checks: Object.freeze(["invariants"]),
  marks: Object.freeze([]),
});

/** The first seed, from `from` on, at which the planted fault shows; its run as a repro. */
export function plantedRepro(theatre: Theatre, from = 1): Repro {
  for (let seed = from; ; seed++) {
    const outcome = theatre.play({ seed });
    if (outcome.failures[0]?.checker !== "invariants") continue;
    return reproOf({ experiment: planted.name, build: "1.2.3", seed, rules: planted.faults, sites: settleRules(planted.faults).map(({ fault }) => fault.site), troubleTicks: planted.troubleTicks, outcome });
  }
}
