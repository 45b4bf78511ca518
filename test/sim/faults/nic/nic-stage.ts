/**
 * The drivers' bench (test/services/driver) with a NIC that is out of order as rules say, from begin() on. Frames that come
 * are echoed by the station in net's place, so that both directions are at work.
 */

import { Memory } from "../../../../hal/memory.ts";
import { Chance } from "../../../../sim/chance/chance.ts";
import type { Decider } from "../../../../sim/chance/decider.ts";
import { Listed } from "../../../../sim/chance/decider.ts";
import type { Deviation } from "../../../../sim/chance/deviation.ts";
import type { FaultRule } from "../../../../sim/faults/fault.ts";
import { TURMOIL_BYTES, Turmoil } from "../../../../sim/faults/turmoil.ts";
import type { World } from "../../../../sim/world.ts";
import type { BenchNumbers } from "../../../services/driver/bench.ts";
import { DriverBench } from "../../../services/driver/bench.ts";
import { e1000Kind } from "../../../services/driver/e1000-kind.ts";
import type { DriverKind } from "../../../services/driver/kind.ts";
import { NIC } from "../../../services/driver/kind.ts";
import { frames } from "../../../services/driver/receive-cases.ts";
import { Ask } from "../../../services/driver/station.ts";
import { brokenTraffic } from "../../../services/driver/trouble-cases.ts";
import { virtioKind } from "../../../services/driver/virtio-kind.ts";

export const KINDS: readonly DriverKind[] = Object.freeze([e1000Kind, virtioKind(1, "virtio"), virtioKind(4, "virtio of 4")]);

/** One answer: the first time that the site is asked about the NIC, or a later one. */
export function onlyAnswer(site: number, answer: number, ordinal = 0): Decider {
  return new Listed([{ site, entity: 0, ordinal, answer, rule: 0, tick: 0 }]);
}

export class NicStage {
  readonly bench: DriverBench;
  readonly memory = new Memory(new ArrayBuffer(TURMOIL_BYTES));
  readonly #turmoil: Turmoil;
  #next = 0;

  constructor(kind: DriverKind, rules: readonly FaultRule[], seed = 1, decider?: Decider, numbers: BenchNumbers = { buffers: 48 }) {
    const chance = new Chance();
    this.bench = new DriverBench(kind, { ...numbers, choose: chance.choose });
    const world = { machine: this.bench.machine, nic: NIC, memory: this.memory, inhabitants: null } as unknown as World;
    this.#turmoil = new Turmoil(world, chance, 0);
    this.#turmoil.use(rules, seed, decider);
    this.#turmoil.begin();
  }

  get deviations(): readonly Deviation[] {
    return this.#turmoil.chance.deviations;
  }

  /** So many ticks, in each of which so many frames come. */
  run(ticks: number, framesEach = 0, ask: number = Ask.echo): this {
    for (let tick = 0; tick < ticks; tick++) {
      this.#offer(framesEach, ask);
      this.bench.runTicks(1);
      this.#turmoil.act(this.bench.machine.now());
    }
    return this;
  }

  /** As many frames as the wire has room for. */
  #offer(count: number, ask: number): void {
    for (const frame of frames(count, ask, this.#next)) {
      this.#next += 1;
      this.bench.machine.offer(NIC, frame);
    }
  }

  end(): this {
    this.#turmoil.end();
    return this;
  }

  /** Numbers of the frames that the station got. */
  get taken(): number[] {
    return this.bench.taken.map(({ number }) => number);
  }

  /**
   * What is out of order for good, in words: the driver ended by a fault, buffers or frames lost, or traffic that does not
   * pass although it had time, and frames to see that its device is at fault.
   */
  lasting(): string[] {
    const { bench } = this;
    for (let round = 0; round < 3; round++) {
      bench.offer(...frames(20, Ask.nothing, 1_000));
      bench.waitForWatch();
    }
    const fault = bench.driverLine.fault === null ? [] : [bench.driverLine.fault];
    return [...fault, ...bench.lost(), ...brokenTraffic(bench, 2_000)];
  }
}
