/**
 * The transmitter of a virtio network device (VIRTIO 1.2, 5.1.6.2). A notified queue is worked on until it is empty; of
 * several one frame each in turn. A chain is taken, what follows its header is read into the gathering buffer, the frame
 * leaves when the wire is free, and the chain is given back. Every step is an event; one is scheduled at a time, so a
 * driver can look on.
 *
 * Nothing is offloaded and nothing is padded: of the header nothing is used. A frame without bytes, longer than the
 * gathering buffer, or sent while the cable is out, is given back unsent and counted. A chain that does not hold a header
 * is a fault. A frame whose queue is stopped before it has left is not sent.
 */

import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { HalTrace } from "../../trace.ts";
import type { Wire } from "../../wire.ts";
import { NicAccount } from "../account.ts";
import { transferDelay } from "../out-of-order.ts";
import { VirtioNetHeader } from "./net-layouts.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { TransmitStage, VirtioNetEvent, VirtioNetPair, VirtioNetState } from "./net-state.ts";
import type { VirtioNetSteering } from "./net-steering.ts";
import type { VirtioTransport } from "./transport.ts";
import type { Virtqueue } from "./virtqueue.ts";

const FETCH_CYCLES = 100;
/** The start of a transfer; then 8 bytes a cycle. */
const PAYLOAD_CYCLES = 100;
const PAYLOAD_BYTES_SHIFT = 3;
const WRITE_BACK_CYCLES = 60;

export class VirtioNetTransmitter {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #parts: VirtioNetParts;
  readonly #state: Address<"VirtioNetState">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #transport: VirtioTransport;
  readonly #steering: VirtioNetSteering;

  constructor(port: DevicePort, parts: VirtioNetParts, wire: Wire, transport: VirtioTransport, steering: VirtioNetSteering) {
    this.#ram = port.ram;
    this.#port = port;
    this.#parts = parts;
    this.#state = parts.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#transport = transport;
    this.#steering = steering;
    Object.freeze(this);
  }

  /** A notification for a transmit queue. Queues beyond those in use rest (5.1.6.5.6). */
  wake(pair: number): void {
    const ram = this.#ram;
    if (pair >= VirtioNetState.pairs.get(ram, this.#state)) return;
    VirtioNetPair.transmitAwake.set(ram, this.#parts.pairs.at(pair), 1);
    this.#queue(pair).wake();
    if (VirtioNetState.transmitStage.get(ram, this.#state) === TransmitStage.idle) this.#next(TransmitStage.fetch, this.#port.now() + FETCH_CYCLES);
  }

  /** The transmit event: the step that was scheduled. */
  step(): void {
    switch (VirtioNetState.transmitStage.get(this.#ram, this.#state)) {
      case TransmitStage.fetch:
        this.#fetch();
        return;
      case TransmitStage.payload:
        this.#payload();
        return;
      case TransmitStage.launch:
        this.#launch();
        return;
      default:
        this.#writeBack();
        return;
    }
  }

  /** Takes the next chain of the next queue that has one; rests when none has. */
  #fetch(): void {
    const ram = this.#ram;
    // Those that a command put out of use too: what they were notified of is still sent, and then they sleep.
    const pairs = this.#parts.pairs.count;
    const last = VirtioNetState.transmitPair.get(ram, this.#state);
    for (let i = 1; i <= pairs; i++) {
      const pair = (last + i) % pairs;
      if (VirtioNetPair.transmitAwake.get(ram, this.#parts.pairs.at(pair)) === 1 && this.#take(pair)) return;
    }
    VirtioNetState.transmitStage.set(ram, this.#state, TransmitStage.idle);
  }

  /** Takes a chain of a queue that is awake; false when there is none: then the queue sleeps. */
  #take(pair: number): boolean {
    const ram = this.#ram;
    const queue = this.#queue(pair);
    if (queue.take() < 0) {
      VirtioNetPair.transmitAwake.set(ram, this.#parts.pairs.at(pair), 0);
      queue.sleep();
      return false;
    }
    const frameBytes = queue.readableBytes() - VirtioNetHeader.size;
    if (frameBytes < 0) {
      this.#transport.needsReset();
      return false;
    }
    const bytes = frameBytes > this.#parts.gatherBytes ? 0 : frameBytes;
    VirtioNetState.transmitPair.set(ram, this.#state, pair);
    VirtioNetState.transmitBytes.set(ram, this.#state, bytes);
    this.#next(TransmitStage.payload, this.#port.now() + PAYLOAD_CYCLES + (bytes >> PAYLOAD_BYTES_SHIFT) + transferDelay(this.#port));
    return true;
  }

  /** The frame is read, or found to be none that can be sent. */
  #payload(): void {
    const bytes = VirtioNetState.transmitBytes.get(this.#ram, this.#state);
    if (bytes > 0 && this.#current().gather(VirtioNetHeader.size, bytes, this.#parts.gather)) {
      this.#next(TransmitStage.launch, this.#wire.departureCycle());
      return;
    }
    this.#give();
  }

  /** The frame leaves: told to the probe with its bytes in the gathering buffer. */
  #launch(): void {
    const ram = this.#ram;
    const bytes = VirtioNetState.transmitBytes.get(ram, this.#state);
    if (!this.#current().isTaken() || !this.#wire.isPlugged()) {
      this.#give();
      return;
    }
    this.#wire.depart(bytes);
    NicAccount.transmitted.add(ram, this.#account, 1);
    this.#steering.learn(this.#parts.gather, bytes, VirtioNetState.transmitPair.get(ram, this.#state));
    this.#port.trace(HalTrace.frameTransmitted, this.#parts.gather, bytes);
    this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
  }

  /** The frame is not sent; its chain, if it is still there, goes back all the same. */
  #give(): void {
    NicAccount.transmitDropped.add(this.#ram, this.#account, 1);
    this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
  }

  #writeBack(): void {
    const queue = this.#current();
    if (queue.put(0) && queue.publish()) this.#transport.usedBuffer();
    this.#next(TransmitStage.fetch, this.#port.now() + FETCH_CYCLES);
  }

  #next(stage: number, cycle: number): void {
    VirtioNetState.transmitStage.set(this.#ram, this.#state, stage);
    this.#port.schedule(VirtioNetEvent.transmit, 0, cycle);
  }

  #current(): Virtqueue {
    return this.#queue(VirtioNetState.transmitPair.get(this.#ram, this.#state));
  }

  #queue(pair: number): Virtqueue {
    return this.#transport.queues[2 * pair + 1];
  }
}
