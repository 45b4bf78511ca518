/**
 * The transmitter of an 82540EM (manual 3.3 to 3.5): legacy, context and data descriptors, one after the other. Each is
 * fetched, its bytes are read into the gathering buffer, and with EOP the frame leaves when the wire is free; then the
 * descriptor is done (e1000-transmit-ring.ts) and TDH moves. Of a segmentation each segment leaves as soon as it is
 * complete (e1000-segmentation.ts). Checksums, VLAN tag and padding are put in just before a frame leaves
 * (e1000-transmit-frame.ts). Every step is an event; one is scheduled at a time, so a driver can look on.
 *
 * VLE, IFCS, IC and the tag are those of the last descriptor of a frame, of the first one of a segmentation (3.3.7.1);
 * POPTS and CSS are the first one's. Descriptors with a null address or without bytes transfer nothing.
 *
 * A frame that is longer than 16,288 bytes or than the gathering buffer, or of which a part is out of reach, is passed
 * over to its EOP and counted; so is one that is to leave while the link is down. Descriptors of an unknown type break
 * the frame that they stand in.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import type { Wire } from "../wire.ts";
import { NicAccount } from "./account.ts";
import { DESCRIPTOR_BYTES, TxCommand, deviceAddress } from "./descriptors.ts";
import type { E1000Delay } from "./e1000-delay.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { BROKEN, E1000Segmentation } from "./e1000-segmentation.ts";
import { E1000Sender } from "./e1000-sender.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State, TransmitStage } from "./e1000-state.ts";
import { Latched, beginFrame, latchDescriptor } from "./e1000-transmit-descriptor.ts";
import { E1000TransmitRing } from "./e1000-transmit-ring.ts";
import { E1000TransmitState, FrameKind } from "./e1000-transmit-state.ts";
import { transferDelay } from "./out-of-order.ts";

const FETCH_CYCLES = 100;
/** The start of a transfer; then 8 bytes a cycle. */
const PAYLOAD_CYCLES = 100;
const PAYLOAD_BYTES_SHIFT = 3;
const WRITE_BACK_CYCLES = 60;
/** 3.3.3: what the transmit FIFO holds, the FCS not counted. */
const FRAME_BYTES_MAX = 16_288;

export class E1000Transmitter {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #stage: Address<"E1000State">;
  readonly #state: Address<"E1000TransmitState">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #sender: E1000Sender;
  readonly #ring: E1000TransmitRing;
  readonly #segmentation: E1000Segmentation;
  readonly #gather: number;
  readonly #frameBytesMax: number;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire, interrupts: E1000Interrupts, delay: E1000Delay) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#stage = parts.state;
    this.#state = parts.transmit.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#gather = parts.transmit.gather;
    this.#frameBytesMax = Math.min(parts.transmit.gatherBytes, FRAME_BYTES_MAX);
    this.#sender = new E1000Sender(port, parts, wire);
    this.#ring = new E1000TransmitRing(port, parts, interrupts, delay);
    this.#segmentation = new E1000Segmentation(port, parts, this.#frameBytesMax);
    Object.freeze(this);
  }

  /** TDT, TDH, TDLEN or TCTL was written, or the link came up: goes to work if there is any. */
  wake(): void {
    if (this.isIdle() && this.#hasWork()) this.#next(TransmitStage.fetch, this.#port.now() + FETCH_CYCLES + transferDelay(this.#port));
  }

  /** Is no descriptor being worked on? */
  isIdle(): boolean {
    return E1000State.transmitStage.get(this.#ram, this.#stage) === TransmitStage.idle;
  }

  /** The transmit event: the step that was scheduled. */
  step(): void {
    switch (E1000State.transmitStage.get(this.#ram, this.#stage)) {
      case TransmitStage.fetch:
        return this.#fetch();
      case TransmitStage.payload:
        return this.#payload();
      case TransmitStage.launch:
        return this.#launch();
      case TransmitStage.writeBack:
        return this.#done();
    }
  }

  /** The event of TIDV's and TADV's timers. */
  delayEvent(): void {
    this.#ring.delayEvent();
  }

  /** Everything under way is forgotten, the contexts too. */
  reset(): void {
    this.#ram.fill(this.#state, E1000TransmitState.size, 0);
    E1000State.transmitStage.set(this.#ram, this.#stage, TransmitStage.idle);
  }

  #hasWork(): boolean {
    return this.#ring.hasWork(E1000TransmitState.kind.get(this.#ram, this.#state) !== FrameKind.none);
  }

  #fetch(): void {
    const ram = this.#ram;
    const state = this.#state;
    if (!this.#hasWork()) return E1000State.transmitStage.set(ram, this.#stage, TransmitStage.idle);
    const index = E1000File.TDH.get(ram, this.#file);
    const at = this.#ring.descriptor(index);
    E1000TransmitState.index.set(ram, state, index);
    if (this.#port.dmaMayRead(at, DESCRIPTOR_BYTES)) {
      this.#attend(at);
      return;
    }
    NicAccount.dmaFaults.add(ram, this.#account, 1);
    this.#break();
    this.#pass(index);
  }

  /** The descriptor lies in memory that may be read. */
  #attend(at: Address<"TxData">): void {
    const ram = this.#ram;
    const state = this.#state;
    switch (latchDescriptor(ram, state, at)) {
      case Latched.data:
        if (E1000TransmitState.kind.get(ram, state) === FrameKind.none) beginFrame(ram, state, at);
        this.#nextChunk();
        return;
      case Latched.segmentContext:
        // A segmentation whose context changes under way.
        if (E1000TransmitState.kind.get(ram, state) === FrameKind.segmented) this.#break();
        break;
      case Latched.unknown:
        NicAccount.unknownDescriptors.add(ram, this.#account, 1);
        this.#break();
        this.#exhausted();
        return;
      default:
    }
    this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
  }

  /** The descriptor's bytes join the frame. */
  #payload(): void {
    const ram = this.#ram;
    const state = this.#state;
    const broken = E1000TransmitState.gatheredBytes.get(ram, state) === BROKEN;
    const complete = !broken && (E1000TransmitState.kind.get(ram, state) === FrameKind.segmented ? this.#segmentation.take() : this.#gatherAll());
    if (complete) this.#next(TransmitStage.launch, this.#wire.departureCycle());
    else this.#exhausted();
  }

  /** True when the frame may leave. */
  #gatherAll(): boolean {
    const ram = this.#ram;
    const state = this.#state;
    const bytes = E1000TransmitState.dataBytes.get(ram, state);
    const gathered = E1000TransmitState.gatheredBytes.get(ram, state);
    if (gathered + bytes > this.#frameBytesMax) {
      this.#break();
      return false;
    }
    const from = deviceAddress(E1000TransmitState.bufferAddress.low(ram, state), E1000TransmitState.bufferAddress.high(ram, state));
    if (bytes > 0 && !this.#port.dmaRead(from, bytes, this.#gather + gathered)) {
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      this.#break();
      return false;
    }
    E1000TransmitState.gatheredBytes.set(ram, state, gathered + bytes);
    return (E1000TransmitState.command.get(ram, state) & TxCommand.EOP) !== 0 && gathered + bytes > 0;
  }

  #launch(): void {
    this.#sender.send();
    if (E1000TransmitState.kind.get(this.#ram, this.#state) !== FrameKind.segmented) {
      this.#clearFrame();
      return this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
    }
    this.#segmentation.left();
    if (this.#segmentation.hasMore()) this.#nextChunk();
    else this.#exhausted();
  }

  /** The descriptor has no more bytes; with EOP that is the end of the frame, or of the segmentation. */
  #exhausted(): void {
    if ((E1000TransmitState.command.get(this.#ram, this.#state) & TxCommand.EOP) !== 0) this.#endFrame();
    this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
  }

  /** What has not left by now does not leave. */
  #endFrame(): void {
    const segmented = E1000TransmitState.kind.get(this.#ram, this.#state) === FrameKind.segmented;
    if (!segmented || this.#segmentation.end()) NicAccount.transmitDropped.add(this.#ram, this.#account, 1);
    this.#clearFrame();
  }

  #clearFrame(): void {
    const ram = this.#ram;
    const state = this.#state;
    E1000TransmitState.kind.set(ram, state, FrameKind.none);
    E1000TransmitState.gatheredBytes.set(ram, state, 0);
    E1000TransmitState.headerBytes.set(ram, state, 0);
    E1000TransmitState.segments.set(ram, state, 0);
    E1000TransmitState.sentBytes.set(ram, state, 0);
    E1000TransmitState.surplus.set(ram, state, 0);
  }

  #done(): void {
    const index = E1000TransmitState.index.get(this.#ram, this.#state);
    this.#ring.done(index, E1000TransmitState.command.get(this.#ram, this.#state));
    this.#pass(index);
  }

  /** On to the next descriptor, if there is one. */
  #pass(index: number): void {
    this.#ring.pass(index);
    if (this.#hasWork()) this.#next(TransmitStage.fetch, this.#port.now() + FETCH_CYCLES);
    else E1000State.transmitStage.set(this.#ram, this.#stage, TransmitStage.idle);
  }

  /** The frame being gathered cannot be sent: what follows is passed over up to its EOP. */
  #break(): void {
    E1000TransmitState.gatheredBytes.set(this.#ram, this.#state, BROKEN);
    if (E1000TransmitState.kind.get(this.#ram, this.#state) === FrameKind.none) E1000TransmitState.kind.set(this.#ram, this.#state, FrameKind.legacy);
  }

  /** The transfer of what the descriptor gives to one frame. */
  #nextChunk(): void {
    const ram = this.#ram;
    const segmented = E1000TransmitState.kind.get(ram, this.#state) === FrameKind.segmented;
    const bytes = segmented ? this.#segmentation.chunkBytes() : E1000TransmitState.dataBytes.get(ram, this.#state);
    this.#next(TransmitStage.payload, this.#port.now() + PAYLOAD_CYCLES + (bytes >> PAYLOAD_BYTES_SHIFT) + transferDelay(this.#port));
  }

  #next(stage: number, cycle: number): void {
    E1000State.transmitStage.set(this.#ram, this.#stage, stage);
    this.#port.schedule(E1000Event.transmit, 0, cycle);
  }
}
