/** Records what the NIC sends, as a capture: each frame stamped with the capture's time plus the machine's. */

import { CYCLES_PER_TICK } from "../hal/clock.ts";
import { HalTrace } from "../hal/trace.ts";
import { CaptureWriter } from "./capture/pcap-writer.ts";
import type { Observer } from "./observer.ts";
import type { World } from "./world.ts";

export class TransmitRecorder implements Observer {
  readonly #writer = new CaptureWriter();
  #world: World | null = null;

  attach(world: World): void {
    this.#world = world;
  }

  readonly probe = (kind: number, _process: number, address: number, frameBytes: number): void => {
    const world = this.#world;
    if (kind !== HalTrace.frameTransmitted || world === null) return;
    const { capture, machine } = world;
    const [seconds, nanos] = capture === null || capture.count === 0 ? [0, 0] : [capture.seconds(1), capture.nanos(1)];
    // The capture's first frame arrives at tick 1.
    this.#writer.add(seconds, nanos + machine.now() - CYCLES_PER_TICK, machine.ram.u8.subarray(address, address + frameBytes));
  };

  get count(): number {
    return this.#writer.count;
  }

  /** The capture file so far. */
  file(): Uint8Array {
    return this.#writer.file();
  }
}
