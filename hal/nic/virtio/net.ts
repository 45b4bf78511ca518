/**
 * A virtio network device (VIRTIO 1.2, 5.1) on a memory-mapped bus: queues receive 0, transmit 0, receive 1, transmit 1
 * and so on, the control queue last (5.1.2).
 *
 * Whatever a driver writes, the device goes on, or asks for a reset.
 */

import type { NetworkDevice } from "../../device.ts";
import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { HalLimits } from "../../limits.ts";
import type { RamPlan } from "../../ram-plan.ts";
import type { WireShape } from "../../ethernet.ts";
import { Wire } from "../../wire.ts";
import { NicAccount } from "../account.ts";
import { macBytes } from "../eeprom.ts";
import { VIRTIO_REGISTER_BYTES } from "./mmio-registers.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { VirtioNetEvent, VirtioNetState } from "./net-state.ts";

export interface VirtioNetConfig {
  readonly kind: "virtio-net";
  readonly name: string;
  /** "02:00:00:00:00:01": the address that the configuration space shows. */
  readonly mac: string;
  /** Pairs of a receive and a transmit queue, 1 to 8. With more than one, MQ and RSS are offered. */
  readonly queuePairs: number;
  /** Largest size of every queue, a power of two up to 32,768; 1024 unless stated. No memory is taken by it. */
  readonly queueSizeMax?: number;
  /** Offers MQ although there is but one pair. */
  readonly multiqueue?: boolean;
  /** Offers ACCESS_PLATFORM, and refuses a driver that does not accept it (6.1). Off unless stated. */
  readonly accessPlatform?: boolean;
  /** Offers MTU and shows this one, 68 to 65,535 bytes without the Ethernet header. Not offered unless stated. */
  readonly mtu?: number;
}

/** Frames are handed over in memory: nothing is padded. */
const SHAPE: WireShape = Object.freeze({ frameBytesMin: 0 });

export class VirtioNet implements NetworkDevice {
  readonly name: string;
  readonly number: number;
  readonly line: number;
  readonly registerBytes = VIRTIO_REGISTER_BYTES;
  readonly wire: Wire;
  /** Its NicAccount. */
  readonly account: Address<"NicAccount">;
  readonly #port: DevicePort;

  static plan(plan: RamPlan, config: VirtioNetConfig, limits: HalLimits): VirtioNetParts {
    return Object.freeze({
      state: plan.record(`${config.name}.state`, VirtioNetState),
      account: plan.record(`${config.name}.account`, NicAccount),
      wire: Wire.plan(plan, config.name, limits, SHAPE),
      gather: plan.bytes(`${config.name}.gather`, limits.transmitFrameBytes),
      gatherBytes: limits.transmitFrameBytes,
      queuePairs: config.queuePairs,
      mac: macBytes(config.mac),
    });
  }

  constructor(port: DevicePort, parts: VirtioNetParts) {
    this.name = port.name;
    this.number = port.number;
    this.line = port.line;
    this.wire = new Wire(port, parts.wire, VirtioNetEvent.arrival, VirtioNetEvent.plug);
    this.account = parts.account;
    this.#port = port;
    Object.freeze(this);
  }

  read(_offset: number): number {
    return 0;
  }

  write(_offset: number, _value: number): void {}

  event(_kind: number, _argument: number): void {}

  reset(): void {
    this.#port.cancelEvents();
    this.#port.lowerLine();
  }
}
