/** What every model of a NIC is to the world around the machine: a wire, and an account of frames. */

import type { Device } from "../device.ts";
import type { Address } from "../field.ts";
import type { Wire } from "../wire.ts";

export interface Nic extends Device {
  /** Where the outside offers frames. */
  readonly wire: Wire;
  /** The NicAccount's address in RAM. */
  readonly account: Address<"NicAccount">;
}

export function isNic(device: Device): device is Nic {
  return "wire" in device && "account" in device;
}
