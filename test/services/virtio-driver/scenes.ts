/** All that can befall a virtio driver, played once with everything logged and watched: start, frames both ways, a full ring, cables, a device that needs a reset, shutdown. */

import type { Address } from "../../../hal/field.ts";
import { VirtioFeature as Feature, VirtioRegister as Register } from "../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioRegisters } from "../../../hal/nic/virtio/transport-state.ts";
import { DriverBench } from "../driver/bench.ts";
import { NIC } from "../driver/kind.ts";
import { frames } from "../driver/receive-cases.ts";
import { Ask } from "../driver/station.ts";
import { inventUsed, raise, virtioKind } from "../driver/virtio-kind.ts";
import type { Access, Answer } from "./register-log.ts";
import { logged } from "./register-log.ts";
import type { Breach } from "./ring-watch.ts";
import { RingWatch } from "./ring-watch.ts";

export interface SceneKind {
  readonly pairs: number;
  /** Features of word 0 that the driver does not get to see. */
  readonly hidden: number;
}

const SIMPLE = (1 << Feature.EVENT_IDX) | (1 << Feature.INDIRECT_DESC);

export const KINDS: readonly SceneKind[] = Object.freeze([
  { pairs: 1, hidden: 0 },
  { pairs: 4, hidden: 0 },
  { pairs: 1, hidden: SIMPLE },
  { pairs: 2, hidden: SIMPLE },
]);

export interface Scene {
  readonly log: readonly Access[];
  readonly breaches: readonly Breach[];
  readonly chains: number;
  readonly indirectChains: number;
  readonly recoveries: number;
  /** Queues made ready, and all bits of the flags in their used rings at that moment. */
  readonly setUps: number;
  readonly usedFlagsAtSetUp: number;
  /** Of the device's registers at the end of work, and after the shutdown. */
  readonly causesLeft: number;
  readonly statusAtShutdown: number;
  /** What does not hold of the machine when all is over. */
  readonly broken: readonly string[];
}

/** Does a driver that starts run? */
export function startOnly(kind: SceneKind): boolean {
  return new DriverBench(virtioKind(kind.pairs)).figures.running;
}

/** A device that answers otherwise: what the driver did to its registers, and whether it runs. */
export function meets(answer: Answer): { readonly log: readonly Access[]; readonly running: boolean } {
  const { log, result } = logged(() => startOnly(KINDS[0]), answer);
  return { log, running: result };
}

const NUMBERS = Object.freeze({ rxDescriptors: 32, rxPosted: 16, txDescriptors: 16, buffers: 128 });

export function playScenes(kind: SceneKind): Scene {
  const hide: Answer = (offset, value) => (offset === Register.DeviceFeatures && (value & (1 << Feature.CTRL_VQ)) !== 0 ? value & ~kind.hidden : value);
  const { result, log } = logged((sofar) => {
    const bench = new DriverBench(virtioKind(kind.pairs), NUMBERS);
    const watch = new RingWatch(bench, 2 * kind.pairs + 1);
    let seen = 0;
    bench.atCrossing = () => {
      for (; seen < sofar.length; seen++) if (sofar[seen].write && sofar[seen].offset === Register.QueueNotify) watch.notified(sofar[seen].value);
      watch.look();
    };
    play(bench, watch);
    const registers = bench.partAt(`${NIC}.registers`) as Address<"VirtioRegisters">;
    const causesLeft = VirtioRegisters.interruptStatus.get(bench.machine.ram, registers);
    const { recoveries } = bench.figures;
    bench.arrive(...frames(1, Ask.shutdown));
    return { bench, watch, causesLeft, recoveries };
  }, hide);
  const { bench, watch, causesLeft, recoveries } = result;
  const registers = bench.partAt(`${NIC}.registers`) as Address<"VirtioRegisters">;
  return Object.freeze({
    log,
    breaches: watch.breaches,
    chains: watch.chains,
    indirectChains: watch.indirectChains,
    recoveries,
    setUps: watch.setUps,
    usedFlagsAtSetUp: watch.usedFlagsAtSetUp,
    causesLeft,
    statusAtShutdown: VirtioRegisters.status.get(bench.machine.ram, registers),
    broken: bench.broken(),
  });
}

function play(bench: DriverBench, watch: RingWatch): void {
  const traffic = (): void => {
    bench.arrive(...frames(40, Ask.nothing));
    bench.arrive(...frames(200, Ask.echo));
    for (const frame of frames(20, Ask.echo)) bench.arrive(frame);
    watch.rest();
  };
  traffic();
  bench.stallWire(3_000_000);
  bench.arrive(...frames(60, Ask.echo));
  bench.plug(false);
  bench.runTicks(2);
  bench.plug(true);
  bench.settle();
  traffic();
  // The device asks for a reset: the used ring is not what the driver knows, nor the available ring what the device knows.
  inventUsed(bench, 0, 0x7fff_ffff, 60);
  raise(bench, 1);
  bench.waitForWatch();
  traffic();
}
