/**
 * The control queue of a virtio network device (VIRTIO 1.2, 5.1.6.5): takes one command after the other, carries it out
 * and answers with one byte, OK or ERR. A command that is not known, not negotiated, or whose data does not fit is
 * refused and changes nothing. A chain without room for a command and its answer is a fault.
 *
 * Data that is longer than a receive mode, a VLAN, or a number of pairs is passed over; addresses and RSS parameters
 * must fit exactly.
 */

import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { VirtioFeature } from "./mmio-registers.ts";
import { setReceiveMode, setVlan } from "./net-filter.ts";
import {
  VirtioNetAck,
  VirtioNetClass,
  VirtioNetControl,
  VirtioNetMacCommand,
  VirtioNetMqCommand,
  VirtioNetRxCommand,
  VirtioNetVlanCommand,
} from "./net-layouts.ts";
import { setMacTable } from "./net-mac-table.ts";
import { setMac } from "./net-configuration.ts";
import { setScaling } from "./net-scaling.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { MAC_BYTES, VirtioNetEvent, VirtioNetState } from "./net-state.ts";
import type { VirtioNetSteering } from "./net-steering.ts";
import type { VirtioTransport } from "./transport.ts";
import type { Virtqueue } from "./virtqueue.ts";

/** From the notification to the answer, and from each answer to the next. */
const COMMAND_CYCLES = 500;
const ACK_BYTES = 1;
const VLANS = 4096;

export class VirtioNetController {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #parts: VirtioNetParts;
  readonly #state: Address<"VirtioNetState">;
  readonly #transport: VirtioTransport;
  readonly #steering: VirtioNetSteering;
  /** Addresses in RAM of the command and of the numbers in its data. */
  readonly #command: Address<"VirtioNetControl">;
  readonly #operand: number;

  constructor(port: DevicePort, parts: VirtioNetParts, transport: VirtioTransport, steering: VirtioNetSteering) {
    this.#ram = port.ram;
    this.#port = port;
    this.#parts = parts;
    this.#state = parts.state;
    this.#transport = transport;
    this.#steering = steering;
    this.#command = VirtioNetState.command.at(parts.state);
    this.#operand = VirtioNetState.operand.at(parts.state);
    Object.freeze(this);
  }

  /** A notification for the control queue. */
  wake(queue: Virtqueue): void {
    if (VirtioNetState.controlPending.get(this.#ram, this.#state) === 1) return;
    queue.wake();
    this.wait(COMMAND_CYCLES);
  }

  /** Has the control event come so many cycles from now. */
  wait(cycles: number): void {
    VirtioNetState.controlPending.set(this.#ram, this.#state, 1);
    this.#port.schedule(VirtioNetEvent.control, 0, this.#port.now() + cycles);
  }

  /** The control event: the next command, if there is one. */
  step(queue: Virtqueue): void {
    const ram = this.#ram;
    VirtioNetState.controlPending.set(ram, this.#state, 0);
    if (queue.take() < 0) {
      queue.sleep();
      return;
    }
    const dataBytes = queue.readableBytes() - VirtioNetControl.size;
    if (dataBytes < 0 || queue.writableBytes() < ACK_BYTES) {
      this.#transport.needsReset();
      return;
    }
    if (!queue.gather(0, VirtioNetControl.size, this.#command)) return;
    const isDone = this.#carryOut(queue, dataBytes);
    ram.u8[this.#operand] = isDone ? VirtioNetAck.OK : VirtioNetAck.ERR;
    if (!queue.scatter(this.#operand, 0, ACK_BYTES) || !queue.put(ACK_BYTES)) return;
    if (queue.publish()) this.#transport.usedBuffer();
    this.wait(COMMAND_CYCLES);
  }

  #carryOut(queue: Virtqueue, dataBytes: number): boolean {
    const command = VirtioNetControl.command.get(this.#ram, this.#command);
    switch (VirtioNetControl.class.get(this.#ram, this.#command)) {
      case VirtioNetClass.RX:
        return this.#receiveMode(queue, command, dataBytes);
      case VirtioNetClass.MAC:
        return this.#addresses(queue, command, dataBytes);
      case VirtioNetClass.VLAN:
        return this.#vlan(queue, command, dataBytes);
      case VirtioNetClass.MQ:
        return this.#queues(queue, command, dataBytes);
      default:
        return false;
    }
  }

  /** 5.1.6.5.1. */
  #receiveMode(queue: Virtqueue, command: number, dataBytes: number): boolean {
    if (command > VirtioNetRxCommand.NOBCAST) return false;
    const feature = command <= VirtioNetRxCommand.ALLMULTI ? VirtioFeature.CTRL_RX : VirtioFeature.CTRL_RX_EXTRA;
    if (!this.#transport.hasFeature(feature) || !this.#read(queue, dataBytes, 1)) return false;
    setReceiveMode(this.#ram, this.#state, command, this.#ram.u8[this.#operand] !== 0);
    return true;
  }

  /** 5.1.6.5.2. */
  #addresses(queue: Virtqueue, command: number, dataBytes: number): boolean {
    if (command === VirtioNetMacCommand.TABLE_SET) {
      return this.#transport.hasFeature(VirtioFeature.CTRL_RX) && setMacTable(this.#ram, this.#state, queue, dataBytes, this.#operand);
    }
    const isAddress = command === VirtioNetMacCommand.ADDR_SET && dataBytes === MAC_BYTES;
    if (!isAddress || !this.#transport.hasFeature(VirtioFeature.CTRL_MAC_ADDR) || !this.#read(queue, dataBytes, MAC_BYTES)) return false;
    setMac(this.#ram, this.#parts, this.#operand);
    this.#transport.configurationWritten();
    return true;
  }

  /** 5.1.6.5.3. */
  #vlan(queue: Virtqueue, command: number, dataBytes: number): boolean {
    if (command > VirtioNetVlanCommand.DEL || !this.#transport.hasFeature(VirtioFeature.CTRL_VLAN) || !this.#read(queue, dataBytes, 2)) return false;
    const id = this.#ram.view.getUint16(this.#operand, true);
    if (id >= VLANS) return false;
    setVlan(this.#ram, this.#state, id, command === VirtioNetVlanCommand.ADD);
    return true;
  }

  /** 5.1.6.5.5: the last command decides how frames are steered. */
  #queues(queue: Virtqueue, command: number, dataBytes: number): boolean {
    const isDone = command === VirtioNetMqCommand.VQ_PAIRS_SET ? this.#setPairs(queue, dataBytes) : command === VirtioNetMqCommand.RSS_CONFIG && this.#setScaling(queue, dataBytes);
    if (isDone) this.#steering.forget();
    return isDone;
  }

  #setPairs(queue: Virtqueue, dataBytes: number): boolean {
    if (!this.#transport.hasFeature(VirtioFeature.MQ) || !this.#read(queue, dataBytes, 2)) return false;
    const pairs = this.#ram.view.getUint16(this.#operand, true);
    if (pairs < 1 || pairs > this.#parts.pairs.count) return false;
    VirtioNetState.pairs.set(this.#ram, this.#state, pairs);
    VirtioNetState.rss.set(this.#ram, this.#state, 0);
    return true;
  }

  #setScaling(queue: Virtqueue, dataBytes: number): boolean {
    return this.#transport.hasFeature(VirtioFeature.RSS) && setScaling(this.#ram, this.#state, this.#parts.pairs.count, queue, dataBytes);
  }

  /** The first `bytes` bytes of the command's data, at the operand. */
  #read(queue: Virtqueue, dataBytes: number, bytes: number): boolean {
    return dataBytes >= bytes && queue.gather(VirtioNetControl.size, bytes, this.#operand);
  }
}
