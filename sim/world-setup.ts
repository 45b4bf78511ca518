/** What a world is made of. */

import type { Machine } from "../kernel/machine.ts";
import type { Capture } from "./capture/pcap.ts";
import type { DisturbanceMaker } from "./disturbance.ts";
import type { InhabitantsMaker } from "./inhabitants/inhabitants.ts";
import type { World } from "./world.ts";

export interface WorldSetup {
  readonly machine: Machine;
  /** Device names: the NIC that the frames go to, the mailbox that requests go to. Empty where there is none. */
  readonly nic: string;
  readonly mailbox: string;
  readonly capture: Capture | null;
  /** Frames from this address are the machine's own. */
  readonly mac: number;
  /** Text that the balancer was configured with: a constant, as the capture is. Absent: none. */
  readonly configuration?: string;
  /** Told before each step of the machine; reads only. */
  readonly between?: (world: World) => void;
  /** Who lives around the machine, beside the capture. */
  readonly inhabitants?: InhabitantsMaker;
  /** Who stands between the machine and all of them, and breaks things; without it nothing goes wrong. */
  readonly disturbance?: DisturbanceMaker;
}
