/**
 * TCP segmentation of an 82540EM (manual 3.5): the first bytes of the data descriptors are a header, the rest is cut
 * into pieces of MSS bytes; each piece leaves as a frame of its own behind that header. One context describes it all:
 * HDRLEN, MSS and PAYLEN, the bytes that come behind the header.
 *
 * Header and data may share a descriptor, and lie in any number of them. What does not fit together - a header longer
 * than 240 bytes, an MSS of 0, frames longer than the transmitter holds, more or less data than PAYLEN says - ends in
 * TSCTFC (13.7.54): less data leaves as far as it came, more is passed over, anything else leaves not at all.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { NicAccount } from "./account.ts";
import { TX_LENGTH, TxCommand, TxContext, deviceAddress } from "./descriptors.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { count } from "./e1000-statistics.ts";
import { E1000TransmitState, SEGMENT_HEADER_BYTES_MAX } from "./e1000-transmit-state.ts";

/** What `gatheredBytes` says of a frame that cannot be sent. */
export const BROKEN = -1;

export class E1000Segmentation {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000TransmitState">;
  readonly #context: Address<"TxContext">;
  readonly #account: Address<"NicAccount">;
  readonly #gather: number;
  readonly #frameBytesMax: number;

  constructor(port: DevicePort, parts: E1000Parts, frameBytesMax: number) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.transmit.state;
    this.#context = E1000TransmitState.segmentContext.at(parts.transmit.state);
    this.#account = parts.account;
    this.#gather = parts.transmit.gather;
    this.#frameBytesMax = frameBytesMax;
    Object.freeze(this);
  }

  /** Bytes of the descriptor that the next take() moves at most. */
  chunkBytes(): number {
    const ram = this.#ram;
    const left = E1000TransmitState.dataBytes.get(ram, this.#state) - E1000TransmitState.takenBytes.get(ram, this.#state);
    return Math.min(left, TxContext.headerBytes.get(ram, this.#context) + TxContext.segmentBytes.get(ram, this.#context));
  }

  /** Takes from the descriptor what goes into one frame. True when that frame may leave, false when the descriptor has no more. */
  take(): boolean {
    const ram = this.#ram;
    const state = this.#state;
    if (!this.#isSound()) return this.#break();
    const header = TxContext.headerBytes.get(ram, this.#context);
    const headerNow = E1000TransmitState.headerBytes.get(ram, state);
    if (headerNow < header) {
      const bytes = Math.min(header - headerNow, this.#left());
      if (!this.#read(bytes, E1000TransmitState.header.at(state) + headerNow)) return this.#break();
      E1000TransmitState.headerBytes.set(ram, state, headerNow + bytes);
    }
    const complete = E1000TransmitState.headerBytes.get(ram, state) === header;
    if (complete && this.#takePayload(header)) return true;
    if (E1000TransmitState.gatheredBytes.get(ram, state) === BROKEN) return false;
    const ends = (E1000TransmitState.command.get(ram, state) & TxCommand.EOP) !== 0;
    if (ends && !complete) return this.#break();
    return ends && this.#hasRest();
  }

  /** A frame has left. */
  left(): void {
    const ram = this.#ram;
    E1000TransmitState.sentBytes.add(ram, this.#state, E1000TransmitState.gatheredBytes.get(ram, this.#state));
    E1000TransmitState.segments.add(ram, this.#state, 1);
    E1000TransmitState.gatheredBytes.set(ram, this.#state, 0);
  }

  /** Has the descriptor more to give? */
  hasMore(): boolean {
    return this.#left() > 0;
  }

  /** The last descriptor is done: the context counts as transmitted, or as failed. True if a part of it did not leave. */
  end(): boolean {
    const ram = this.#ram;
    const state = this.#state;
    const lost = E1000TransmitState.gatheredBytes.get(ram, state) === BROKEN || E1000TransmitState.segments.get(ram, state) === 0;
    const whole = !lost && E1000TransmitState.surplus.get(ram, state) === 0 && E1000TransmitState.sentBytes.get(ram, state) === this.#payloadBytes();
    count(ram, this.#file, whole ? E1000File.TSCTC : E1000File.TSCTFC);
    return lost;
  }

  /** True when the frame is full, or holds the last of the payload. */
  #takePayload(header: number): boolean {
    const ram = this.#ram;
    const state = this.#state;
    const gathered = E1000TransmitState.gatheredBytes.get(ram, state);
    const segment = TxContext.segmentBytes.get(ram, this.#context);
    const awaited = this.#payloadBytes() - E1000TransmitState.sentBytes.get(ram, state);
    const bytes = Math.min(this.#left(), segment - gathered, awaited - gathered);
    if (!this.#read(bytes, this.#gather + header + gathered)) return this.#break();
    const now = gathered + bytes;
    E1000TransmitState.gatheredBytes.set(ram, state, now);
    if (now > 0 && (now === segment || now === awaited)) return true;
    if (this.#left() > 0) {
      E1000TransmitState.surplus.set(ram, state, 1);
      E1000TransmitState.takenBytes.set(ram, state, E1000TransmitState.dataBytes.get(ram, state));
    }
    return false;
  }

  /** At the end of the data: is there something that has not left? A context without payload is its header. */
  #hasRest(): boolean {
    const ram = this.#ram;
    const state = this.#state;
    if (E1000TransmitState.gatheredBytes.get(ram, state) > 0) return true;
    return this.#payloadBytes() === 0 && E1000TransmitState.segments.get(ram, state) === 0 && E1000TransmitState.headerBytes.get(ram, state) > 0;
  }

  #isSound(): boolean {
    const header = TxContext.headerBytes.get(this.#ram, this.#context);
    const segment = TxContext.segmentBytes.get(this.#ram, this.#context);
    return header <= SEGMENT_HEADER_BYTES_MAX && segment > 0 && header + segment <= this.#frameBytesMax;
  }

  /** Moves bytes from the descriptor's buffer; false if they are out of reach. */
  #read(bytes: number, to: number): boolean {
    if (bytes === 0) return true;
    const ram = this.#ram;
    const taken = E1000TransmitState.takenBytes.get(ram, this.#state);
    const from = deviceAddress(E1000TransmitState.bufferAddress.low(ram, this.#state), E1000TransmitState.bufferAddress.high(ram, this.#state));
    if (!this.#port.dmaRead(from + taken, bytes, to)) {
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      return false;
    }
    E1000TransmitState.takenBytes.set(ram, this.#state, taken + bytes);
    return true;
  }

  #break(): false {
    E1000TransmitState.gatheredBytes.set(this.#ram, this.#state, BROKEN);
    return false;
  }

  #left(): number {
    return E1000TransmitState.dataBytes.get(this.#ram, this.#state) - E1000TransmitState.takenBytes.get(this.#ram, this.#state);
  }

  /** PAYLEN. */
  #payloadBytes(): number {
    return TxContext.lengthAndCommand.get(this.#ram, this.#context) & TX_LENGTH;
  }
}
