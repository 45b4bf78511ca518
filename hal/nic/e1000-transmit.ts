/**
 * The transmitter of an 82540EM: legacy descriptors (manual 3.3.3), one after the other. Each is fetched, its bytes are
 * read into the gathering buffer, and with EOP the frame leaves when the wire is free; then the descriptor is written
 * back (DD with RS or RPS) and TDH moves. Every step is an event; one is scheduled at a time, so a driver can look on.
 *
 * Nothing is padded. A frame that does not fit the gathering buffer, or of which a part is out of reach, is passed over
 * to its EOP and counted. A head or tail beyond the ring means that there is nothing to send. Extended descriptors
 * (DEXT: checksum and segmentation offload) are passed over and counted.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { HalTrace } from "../trace.ts";
import type { Wire } from "../wire.ts";
import { FCS_BYTES } from "../ethernet.ts";
import { NicAccount } from "./account.ts";
import { DESCRIPTOR_BYTES, TxCommand, TxDescriptor, TxStatus, deviceAddress } from "./descriptors.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { InterruptCause, TransmitControlBit } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State, TransmitStage } from "./e1000-state.ts";
import { countTransmitted } from "./e1000-statistics.ts";

const FETCH_CYCLES = 100;
/** The start of a transfer; then 8 bytes a cycle. */
const PAYLOAD_CYCLES = 100;
const PAYLOAD_BYTES_SHIFT = 3;
const WRITE_BACK_CYCLES = 60;
/** What `gatheredBytes` says of a frame that cannot be sent. */
const BROKEN = -1;
/** DD, EC, LC and TU; the other four bits of the status byte are reserved. */
const STATUS_BITS = 0xf;

export class E1000Transmitter {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000State">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #interrupts: E1000Interrupts;
  readonly #gather: number;
  readonly #gatherBytes: number;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire, interrupts: E1000Interrupts) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#interrupts = interrupts;
    this.#gather = parts.gather;
    this.#gatherBytes = parts.gatherBytes;
    Object.freeze(this);
  }

  /** TDT, TDH, TDLEN or TCTL was written: goes to work if there is any. */
  wake(): void {
    if (E1000State.transmitStage.get(this.#ram, this.#state) === TransmitStage.idle && this.#hasWork()) this.#next(TransmitStage.fetch, this.#port.now() + FETCH_CYCLES);
  }

  /** Is no descriptor being worked on? */
  isIdle(): boolean {
    return E1000State.transmitStage.get(this.#ram, this.#state) === TransmitStage.idle;
  }

  /** The transmit event: the step that was scheduled. */
  step(): void {
    switch (E1000State.transmitStage.get(this.#ram, this.#state)) {
      case TransmitStage.fetch:
        this.#fetch();
        return;
      case TransmitStage.payload:
        this.#payload();
        return;
      case TransmitStage.launch:
        this.#launch();
        return;
      case TransmitStage.writeBack:
        this.#writeBack();
        return;
      default:
        return;
    }
  }

  #hasWork(): boolean {
    const ram = this.#ram;
    const file = this.#file;
    if ((E1000File.TCTL.get(ram, file) & TransmitControlBit.EN) === 0) return false;
    const head = E1000File.TDH.get(ram, file);
    const tail = E1000File.TDT.get(ram, file);
    const count = this.#ringCount();
    return head !== tail && head < count && tail < count;
  }

  #fetch(): void {
    const ram = this.#ram;
    const state = this.#state;
    if (!this.#hasWork()) {
      E1000State.transmitStage.set(ram, state, TransmitStage.idle);
      return;
    }
    const index = E1000File.TDH.get(ram, this.#file);
    E1000State.transmitIndex.set(ram, state, index);
    const at = this.#descriptor(index);
    if (!this.#port.dmaMayRead(at, DESCRIPTOR_BYTES)) {
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      this.#break();
      E1000State.command.set(ram, state, 0);
      this.#pass();
      return;
    }
    const payloadBytes = TxDescriptor.frameBytes.get(ram, at);
    E1000State.command.set(ram, state, TxDescriptor.command.get(ram, at));
    E1000State.payloadBytes.set(ram, state, payloadBytes);
    this.#next(TransmitStage.payload, this.#port.now() + PAYLOAD_CYCLES + (payloadBytes >> PAYLOAD_BYTES_SHIFT));
  }

  /** The descriptor's bytes join the frame; with EOP it is ready to leave. */
  #payload(): void {
    const ram = this.#ram;
    const state = this.#state;
    const command = E1000State.command.get(ram, state);
    if ((command & TxCommand.DEXT) !== 0) {
      NicAccount.unknownDescriptors.add(ram, this.#account, 1);
      this.#break();
    } else if (E1000State.gatheredBytes.get(ram, state) !== BROKEN) this.#gatherPart();
    const gathered = E1000State.gatheredBytes.get(ram, state);
    if ((command & TxCommand.EOP) !== 0 && gathered > 0) {
      this.#next(TransmitStage.launch, this.#wire.departureCycle());
      return;
    }
    if ((command & TxCommand.EOP) !== 0) {
      NicAccount.transmitDropped.add(ram, this.#account, 1);
      E1000State.gatheredBytes.set(ram, state, 0);
    }
    this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
  }

  #gatherPart(): void {
    const ram = this.#ram;
    const gathered = E1000State.gatheredBytes.get(ram, this.#state);
    const payloadBytes = E1000State.payloadBytes.get(ram, this.#state);
    if (payloadBytes === 0) return;
    const at = this.#descriptor(E1000State.transmitIndex.get(ram, this.#state));
    if (gathered + payloadBytes > this.#gatherBytes) {
      this.#break();
      return;
    }
    if (!this.#port.dmaMayRead(at, DESCRIPTOR_BYTES) || !this.#port.dmaRead(addressOf(ram, at), payloadBytes, this.#gather + gathered)) {
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      this.#break();
      return;
    }
    E1000State.gatheredBytes.set(ram, this.#state, gathered + payloadBytes);
  }

  /** The frame leaves: told to the probe with its bytes in the gathering buffer. */
  #launch(): void {
    const ram = this.#ram;
    const frameBytes = E1000State.gatheredBytes.get(ram, this.#state);
    this.#wire.depart(frameBytes);
    NicAccount.transmitted.add(ram, this.#account, 1);
    const inserted = (E1000State.command.get(ram, this.#state) & TxCommand.IFCS) !== 0 ? FCS_BYTES : 0;
    countTransmitted(ram, this.#file, this.#gather, frameBytes + inserted);
    this.#port.trace(HalTrace.frameTransmitted, this.#gather, frameBytes);
    E1000State.gatheredBytes.set(ram, this.#state, 0);
    this.#next(TransmitStage.writeBack, this.#port.now() + WRITE_BACK_CYCLES);
  }

  #writeBack(): void {
    const ram = this.#ram;
    if ((E1000State.command.get(ram, this.#state) & (TxCommand.RS | TxCommand.RPS)) !== 0) {
      const at = this.#descriptor(E1000State.transmitIndex.get(ram, this.#state));
      if (this.#port.dmaMayWrite(at, DESCRIPTOR_BYTES)) {
        TxDescriptor.status.set(ram, at, (TxDescriptor.status.get(ram, at) & ~STATUS_BITS) | TxStatus.DD);
        this.#interrupts.raise(InterruptCause.TXDW);
      } else NicAccount.dmaFaults.add(ram, this.#account, 1);
    }
    this.#pass();
  }

  /** TDH goes past the descriptor; the next one is fetched, or the queue is empty. */
  #pass(): void {
    const ram = this.#ram;
    const index = E1000State.transmitIndex.get(ram, this.#state) + 1;
    E1000File.TDH.set(ram, this.#file, index >= this.#ringCount() ? 0 : index);
    if (this.#hasWork()) {
      this.#next(TransmitStage.fetch, this.#port.now() + FETCH_CYCLES);
      return;
    }
    E1000State.transmitStage.set(ram, this.#state, TransmitStage.idle);
    this.#interrupts.raise(InterruptCause.TXQE);
  }

  /** The frame being gathered cannot be sent: what follows is passed over up to its EOP. */
  #break(): void {
    E1000State.gatheredBytes.set(this.#ram, this.#state, BROKEN);
  }

  #next(stage: number, cycle: number): void {
    E1000State.transmitStage.set(this.#ram, this.#state, stage);
    this.#port.schedule(E1000Event.transmit, 0, cycle);
  }

  /** The device address of a descriptor: proven by the IOMMU table before it is used as an address of RAM. */
  #descriptor(index: number): Address<"TxDescriptor"> {
    const base = deviceAddress(E1000File.TDBAL.get(this.#ram, this.#file), E1000File.TDBAH.get(this.#ram, this.#file));
    return (base + index * DESCRIPTOR_BYTES) as Address<"TxDescriptor">;
  }

  #ringCount(): number {
    return E1000File.TDLEN.get(this.#ram, this.#file) / DESCRIPTOR_BYTES;
  }
}

function addressOf(ram: Memory, at: Address<"TxDescriptor">): number {
  return deviceAddress(TxDescriptor.bufferAddress.low(ram, at), TxDescriptor.bufferAddress.high(ram, at));
}
