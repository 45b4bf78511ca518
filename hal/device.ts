/** What a device is to the board and to the kernel. A device object holds addresses only; its registers lie in RAM. */

import type { Wire } from "./wire.ts";

export interface Device {
  /** As in the manifest: "nic0". */
  readonly name: string;
  /** Its number: index in the board's devices, in the IOMMU table and in events. */
  readonly number: number;
  /** Its interrupt line. */
  readonly line: number;
  /** Size of its register window in bytes; accesses are checked against it before they come here. */
  readonly registerBytes: number;
  /** A 32-bit read at a byte offset, with its side effects. Unknown offsets read 0. The answer is signed. */
  read(offset: number): number;
  /** A 32-bit write. Unknown offsets are ignored. */
  write(offset: number, value: number): void;
  /** An event that this device scheduled is due. */
  event(kind: number, argument: number): void;
  /** Power-on state; events under way lose their meaning. */
  reset(): void;
}

/** A NIC of any kind: a device at the near end of a wire. */
export interface NetworkDevice extends Device {
  readonly wire: Wire;
  /** Is nothing under way but timers: no frame on the wire, none being received or sent, no descriptor being written back? */
  atRest(): boolean;
  /** Its interrupt line is high for so many cycles without a cause; after that it is as the causes say. */
  pulseLine(cycles: number): void;
}

export function isNetworkDevice(device: Device): device is NetworkDevice {
  return "wire" in device;
}
