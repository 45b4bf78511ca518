/**
 * Watches a scenario's run as it goes on: how far it is, now and then, when the clients' last session was over, and what the
 * backends' load had been until then: long after that the last connections are closed, and nothing else happens.
 */

import { assert } from "../../hal/assert.ts";
import type { BackendsAccount } from "../inhabitants/backends/account.ts";
import { backendsAccount } from "../inhabitants/backends/account.ts";
import type { Observer } from "../observer.ts";
import type { World } from "../world.ts";
import { backendsOf } from "./surroundings.ts";

export class ProgressWatcher implements Observer {
  readonly #everyTicks: number;
  readonly #tell: (world: World, tick: number) => void;
  #began = -1;
  #looked = -1;
  #served = -1;
  #nextTick = 0;
  #backends: BackendsAccount | null = null;

  /** `tell` hears of every `everyTicks`th tick while clients are busy, and of the one at which they are no more. */
  constructor(everyTicks: number, tell: (world: World, tick: number) => void) {
    assert(everyTicks > 0, "time passes between one look and the next");
    this.#everyTicks = everyTicks;
    this.#tell = tell;
  }

  attach(): void {}

  readonly probe = (): void => {};

  readonly between = (world: World): void => {
    const tick = world.machine.tick();
    if (tick === this.#looked || this.#served >= 0 || world.inhabitants === null || world.state.asleep !== 0) return;
    this.#looked = tick;
    if (this.#began < 0) {
      this.#began = tick;
      this.#nextTick = tick + this.#everyTicks;
    }
    if (world.inhabitants.clientApplication.quiet()) {
      const backends = backendsOf(world);
      this.#served = tick;
      this.#backends = backends === null ? null : backendsAccount(backends, tick);
    }
    if (this.#served < 0 && tick < this.#nextTick) return;
    this.#nextTick = tick + this.#everyTicks;
    this.#tell(world, tick - this.#began);
  };

  /** Ticks from the first moment in which clients could do something to the end of the last session; -1 while it is not over. */
  get servedTicks(): number {
    return this.#served < 0 ? -1 : this.#served - this.#began;
  }

  /** Of the machine: half-way from the one to the other. */
  get middleTick(): number {
    return this.#began + Math.floor(Math.max(0, this.servedTicks) / 2);
  }

  /** What backends had done when the last session was over; null while it is not. */
  get backends(): BackendsAccount | null {
    return this.#backends;
  }
}
