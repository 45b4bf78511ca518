/**
 * A virtio network device (VIRTIO 1.2, 5.1) on a memory-mapped bus. Queues: receive 0, transmit 0, receive 1, transmit 1 and
 * so on; the control queue is the last of those that the negotiated features leave in use (5.1.2).
 *
 * Offered: MAC, STATUS, SPEED_DUPLEX, MRG_RXBUF, the control queue with receive modes, address and VLAN filters, MQ and RSS where there are
 * several pairs, indirect descriptors, EVENT_IDX; MTU and ACCESS_PLATFORM as configured. Not offered: checksum and
 * segmentation offload, hash reports, announcements, interrupt coalescing, resetting a single queue.
 *
 * Whatever a driver writes, the device goes on: it refuses a command, counts a frame it could not take or send, or asks for a
 * reset (2.1.2). Frames are not padded; those that come before DRIVER_OK are dropped.
 */

import { assert } from "../../assert.ts";
import type { NetworkDevice } from "../../device.ts";
import type { DevicePort } from "../../device-port.ts";
import type { WireShape } from "../../ethernet.ts";
import type { Address } from "../../field.ts";
import type { HalLimits } from "../../limits.ts";
import type { Memory } from "../../memory.ts";
import type { RamPlan } from "../../ram-plan.ts";
import { Wire } from "../../wire.ts";
import { NicAccount } from "../account.ts";
import { macBytes } from "../eeprom.ts";
import { isDoorbellLost } from "../out-of-order.ts";
import { LINE_EVENT } from "./interrupts.ts";
import { VIRTIO_DEVICE_NET, VIRTIO_REGISTER_BYTES, VirtioFeature } from "./mmio-registers.ts";
import type { VirtioModel } from "./model.ts";
import { configurationWord, resetConfiguration, setLinkStatus } from "./net-configuration.ts";
import { VirtioNetController } from "./net-control.ts";
import { hasRequired, offeredHigh, offeredLow } from "./net-features.ts";
import { setReceiveMode } from "./net-filter.ts";
import { VirtioNetConfig as Configuration, VirtioNetRxCommand } from "./net-layouts.ts";
import { VirtioNetReceiver, WRITE_BACK_CYCLES } from "./net-receive.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { FLOW_TABLE_LENGTH, FlowFields, ReceiveStage, TransmitStage, VirtioNetEvent, VirtioNetFlow, VirtioNetPair, VirtioNetState } from "./net-state.ts";
import { VirtioNetSteering } from "./net-steering.ts";
import { VirtioNetTransmitter } from "./net-transmit.ts";
import { VirtioTransport } from "./transport.ts";

export interface VirtioNetConfig {
  readonly kind: "virtio-net";
  readonly name: string;
  /** "02:00:00:00:00:01": the address that the configuration space shows. */
  readonly mac: string;
  /** Pairs of a receive and a transmit queue, 1 to QUEUE_PAIRS_MAX. With more than one, MQ and RSS are offered. */
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

export const QUEUE_PAIRS_MAX = 8;
const QUEUE_SIZE = 1024;
const MTU_MIN = 68;
const MTU_MAX = 65_535;
/** Of Ethernet, with one VLAN tag. */
const FRAME_HEADER_BYTES = 18;
/** Frames are handed over in memory: nothing is padded. */
const SHAPE: WireShape = Object.freeze({ frameBytesMin: 0 });

export class VirtioNet implements NetworkDevice, VirtioModel {
  readonly name: string;
  readonly number: number;
  readonly line: number;
  readonly registerBytes = VIRTIO_REGISTER_BYTES;
  readonly deviceId = VIRTIO_DEVICE_NET;
  readonly featuresLow: number;
  readonly featuresHigh: number;
  readonly wire: Wire;
  /** Its NicAccount. */
  readonly account: Address<"NicAccount">;
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #parts: VirtioNetParts;
  readonly #transport: VirtioTransport;
  readonly #receiver: VirtioNetReceiver;
  readonly #transmitter: VirtioNetTransmitter;
  readonly #controller: VirtioNetController;

  static plan(plan: RamPlan, config: VirtioNetConfig, limits: HalLimits): VirtioNetParts {
    const { name, queuePairs, queueSizeMax = QUEUE_SIZE, mtu = 0 } = config;
    assert(Number.isInteger(queuePairs) && queuePairs >= 1 && queuePairs <= QUEUE_PAIRS_MAX, `${name} has 1 to ${QUEUE_PAIRS_MAX} pairs of queues`);
    assert(config.mtu === undefined || (Number.isInteger(mtu) && mtu >= MTU_MIN && mtu <= MTU_MAX), `${name} has an MTU of ${MTU_MIN} to ${MTU_MAX} bytes`);
    assert(mtu + FRAME_HEADER_BYTES <= Math.min(limits.transmitFrameBytes, limits.wireFrameBytes), `${name} sends and receives whole frames of its MTU`);
    const sizes = Array.from({ length: 2 * queuePairs + 1 }, () => queueSizeMax);
    return Object.freeze({
      transport: VirtioTransport.plan(plan, name, sizes),
      state: plan.record(`${name}.state`, VirtioNetState),
      configuration: plan.record(`${name}.configuration`, Configuration),
      pairs: plan.records(`${name}.pairs`, VirtioNetPair, queuePairs),
      flows: plan.records(`${name}.flows`, VirtioNetFlow, FLOW_TABLE_LENGTH),
      fields: plan.record(`${name}.fields`, FlowFields),
      account: plan.record(`${name}.account`, NicAccount),
      wire: Wire.plan(plan, name, limits, SHAPE),
      gather: plan.bytes(`${name}.gather`, limits.transmitFrameBytes),
      gatherBytes: limits.transmitFrameBytes,
      mac: macBytes(config.mac),
      featuresLow: offeredLow(config),
      featuresHigh: offeredHigh(config),
      mtu,
    });
  }

  constructor(port: DevicePort, parts: VirtioNetParts) {
    this.name = port.name;
    this.number = port.number;
    this.line = port.line;
    this.featuresLow = parts.featuresLow;
    this.featuresHigh = parts.featuresHigh;
    this.wire = new Wire(port, parts.wire, VirtioNetEvent.arrival, VirtioNetEvent.plug);
    this.account = parts.account;
    const transport = new VirtioTransport(port, parts.transport, this);
    const steering = new VirtioNetSteering(port.ram, parts);
    this.#ram = port.ram;
    this.#port = port;
    this.#parts = parts;
    this.#transport = transport;
    this.#receiver = new VirtioNetReceiver(port, parts, this.wire, transport, steering);
    this.#transmitter = new VirtioNetTransmitter(port, parts, this.wire, transport, steering);
    this.#controller = new VirtioNetController(port, parts, transport, steering);
    Object.freeze(this);
  }

  read(offset: number): number {
    return this.#transport.read(offset);
  }

  write(offset: number, value: number): void {
    this.#transport.write(offset, value);
  }

  event(kind: number, _argument: number): void {
    switch (kind) {
      case VirtioNetEvent.arrival:
        this.#receiver.arrival();
        return;
      case VirtioNetEvent.receive:
        this.#receiver.step();
        return;
      case VirtioNetEvent.transmit:
        this.#transmitter.step();
        return;
      case VirtioNetEvent.control:
        this.#control();
        return;
      case VirtioNetEvent.plug:
        this.#plugged();
        return;
      case LINE_EVENT:
        this.#transport.settleLine();
        return;
      default:
        return;
    }
  }

  /** Power-on state, also when a driver writes 0 to Status (2.4): frames in flight are lost, those on the wire stay there. */
  reset(): void {
    const ram = this.#ram;
    const parts = this.#parts;
    this.#port.cancelEvents();
    this.#receiver.reset();
    ram.fill(parts.state, VirtioNetState.size, 0);
    ram.fill(parts.pairs.base, parts.pairs.count * VirtioNetPair.size, 0);
    ram.fill(parts.flows.base, parts.flows.count * VirtioNetFlow.size, 0);
    VirtioNetState.pairs.set(ram, parts.state, 1);
    setReceiveMode(ram, parts.state, VirtioNetRxCommand.PROMISC, true);
    if (resetConfiguration(ram, parts, this.wire.isPlugged())) this.#transport.configurationWritten();
    this.#transport.reset();
    NicAccount.resets.add(ram, this.account, 1);
    this.wire.eventsCancelled();
  }

  /** Nothing waits for time to pass: no frame on the wire, none being received or sent, no command. */
  atRest(): boolean {
    const { receiveStage, transmitStage, controlPending } = VirtioNetState.view(this.#ram, this.#parts.state);
    return this.wire.isEmpty() && receiveStage === ReceiveStage.idle && transmitStage === TransmitStage.idle && controlPending === 0;
  }

  pulseLine(cycles: number): void {
    this.#transport.pulseLine(cycles);
  }

  acceptsFeatures(low: number, high: number): boolean {
    return hasRequired(low, high, this.featuresHigh);
  }

  readConfiguration(offset: number): number {
    return configurationWord(this.#ram, this.#parts, offset);
  }

  /** 5.1.4.2: nothing of it may be written. */
  writeConfiguration(_offset: number, _value: number): void {}

  driverOk(): void {
    for (let pair = 0; pair < this.#pairs(); pair++) this.#receiver.wake(pair);
  }

  notified(queue: number): void {
    if (isDoorbellLost(this.#port)) return;
    if (queue === this.#controlQueue()) this.#controller.wake(this.#transport.queues[queue]);
    else if (queue >= 2 * this.#pairs()) return;
    else if ((queue & 1) === 0) this.#receiver.wake(queue >> 1);
    else this.#transmitter.wake(queue >> 1);
  }

  queueStopped(queue: number): void {
    if ((queue & 1) === 0 && queue < 2 * this.#pairs()) this.#receiver.stopped(queue >> 1);
  }

  /** 5.1.2: its number depends on what was negotiated; -1 when there is none. */
  #controlQueue(): number {
    return this.#transport.hasFeature(VirtioFeature.CTRL_VQ) ? 2 * this.#pairs() : -1;
  }

  /** 5.1.2: pairs of queues that there are, given what was negotiated; without MQ and RSS the third queue is the control queue. */
  #pairs(): number {
    const hasPairs = this.#transport.hasFeature(VirtioFeature.MQ) || this.#transport.hasFeature(VirtioFeature.RSS);
    return hasPairs ? this.#parts.pairs.count : 1;
  }

  /** A command may change where frames go: one that is written already is shown first, so that none is shown after the answer. */
  #control(): void {
    const queue = this.#controlQueue();
    if (queue < 0) return;
    if (this.#receiver.isWriting()) this.#controller.wait(WRITE_BACK_CYCLES);
    else this.#controller.step(this.#transport.queues[queue]);
  }

  #plugged(): void {
    this.wire.plugTold();
    setLinkStatus(this.#ram, this.#parts, this.wire.isPlugged());
    if (this.#transport.hasFeature(VirtioFeature.STATUS)) this.#transport.configurationChanged();
    else this.#transport.configurationWritten();
  }
}
