/**
 * The end of the way of a frame through an 82540EM's transmitter: headers and checksums are put in, then tag and padding,
 * and it leaves on the wire, counted, told to the probe with its bytes in the gathering buffer.
 */

import type { DevicePort } from "../device-port.ts";
import { FCS_BYTES } from "../ethernet.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { HalTrace } from "../trace.ts";
import type { Wire } from "../wire.ts";
import { NicAccount } from "./account.ts";
import { TxCommand } from "./descriptors.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import { StatusBit } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { countTransmitted } from "./e1000-statistics.ts";
import { insertChecksums, insertLegacyChecksum, insertTag, pad, writeSegmentHeader } from "./e1000-transmit-frame.ts";
import { E1000TransmitState, FrameKind } from "./e1000-transmit-state.ts";

export class E1000Sender {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000TransmitState">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #gather: number;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.transmit.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#gather = parts.transmit.gather;
    Object.freeze(this);
  }

  /** The gathered frame leaves; it is lost where the link has gone. */
  send(): void {
    const ram = this.#ram;
    const state = this.#state;
    if ((E1000File.STATUS.get(ram, this.#file) & StatusBit.LU) === 0) NicAccount.transmitDropped.add(ram, this.#account, 1);
    else if (E1000TransmitState.kind.get(ram, state) === FrameKind.segmented) {
      this.#depart(E1000TransmitState.firstCommand.get(ram, state), E1000TransmitState.firstSpecial.get(ram, state));
    } else this.#depart(E1000TransmitState.command.get(ram, state), E1000TransmitState.special.get(ram, state));
  }

  #depart(command: number, special: number): void {
    const ram = this.#ram;
    const plainBytes = E1000TransmitState.headerBytes.get(ram, this.#state) + E1000TransmitState.gatheredBytes.get(ram, this.#state);
    this.#complete(command, plainBytes);
    const tagBytes = insertTag(ram, this.#file, this.#gather, plainBytes, command, special);
    const at = this.#gather - tagBytes;
    // Without IFCS the frame ends with an FCS of the driver's own, behind which nothing can be put.
    const withFcs = (command & TxCommand.IFCS) !== 0 || tagBytes > 0;
    const frameBytes = withFcs ? pad(ram, this.#file, at, plainBytes + tagBytes) : plainBytes;
    this.#wire.depart(frameBytes);
    NicAccount.transmitted.add(ram, this.#account, 1);
    countTransmitted(ram, this.#file, at, withFcs ? frameBytes + FCS_BYTES : frameBytes);
    this.#port.trace(HalTrace.frameTransmitted, at, frameBytes);
  }

  /** Headers and checksums. */
  #complete(command: number, frameBytes: number): void {
    const ram = this.#ram;
    const state = this.#state;
    const options = E1000TransmitState.options.get(ram, state);
    switch (E1000TransmitState.kind.get(ram, state)) {
      case FrameKind.segmented:
        writeSegmentHeader(ram, state, this.#gather, frameBytes);
        insertChecksums(ram, E1000TransmitState.segmentContext.at(state), options, this.#gather, frameBytes);
        return;
      case FrameKind.data:
        insertChecksums(ram, E1000TransmitState.checksumContext.at(state), options, this.#gather, frameBytes);
        return;
      default:
        // A frame of both kinds of descriptor: the bit of a data descriptor says something else.
        if ((command & (TxCommand.IC | TxCommand.DEXT)) === TxCommand.IC) insertLegacyChecksum(ram, state, this.#gather, frameBytes);
    }
  }
}
