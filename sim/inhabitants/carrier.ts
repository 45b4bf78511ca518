/** Carries the frames that a machine sends to those who live around it. */

import { HalTrace } from "../../hal/trace.ts";
import type { Observer } from "../observer.ts";
import type { World } from "../world.ts";

export class FrameCarrier implements Observer {
  #world: World | null = null;

  attach(world: World): void {
    this.#world = world;
  }

  readonly probe = (kind: number, _process: number, address: number, frameBytes: number): void => {
    if (kind !== HalTrace.frameTransmitted || this.#world === null) return;
    this.#world.sent(address, frameBytes);
  };
}
