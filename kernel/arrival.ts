/** What a handler was given, read from the process's record and registers. One object a process, made at boot. */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import { FaultCode, raise } from "./fault.ts";
import { LargeMessage, MessageFlag, SmallMessage } from "./message.ts";
import type { ProcessAddress } from "./process.ts";
import { ProcessRecord } from "./process.ts";
import type { Message } from "./service.ts";
import { Delivery } from "./service.ts";

export class Arrival implements Message {
  readonly at: Address<"SmallMessage">;
  readonly #ram: Memory;
  readonly #process: ProcessAddress;
  /** By an endpoint's machine-wide number: its position in the service's `receives`. */
  readonly #positions: readonly number[];

  /** `endpoints` are the machine-wide numbers of the service's endpoints. */
  constructor(ram: Memory, process: ProcessAddress, endpoints: readonly number[]) {
    this.#ram = ram;
    this.#process = process;
    this.#positions = Object.freeze(Array.from({ length: Math.max(-1, ...endpoints) + 1 }, (_, endpoint) => endpoints.indexOf(endpoint)));
    this.at = ProcessRecord.registers.at(process);
    Object.freeze(this);
  }

  get delivery(): number {
    return ProcessRecord.delivery.get(this.#ram, this.#process);
  }
  get endpoint(): number {
    return this.#positions[ProcessRecord.loadedEndpoint.get(this.#ram, this.#process)];
  }
  get opcode(): number {
    return SmallMessage.opcode.get(this.#ram, this.at);
  }
  get flags(): number {
    return SmallMessage.flags.get(this.#ram, this.at);
  }
  get bits(): number {
    return ProcessRecord.deliveredBits.get(this.#ram, this.#process);
  }
  get status(): number {
    return SmallMessage.opcode.get(this.#ram, this.at);
  }
  get data0(): number {
    return this.#isNotice ? this.bits : this.#number(SmallMessage.data0);
  }
  get data1(): number {
    return this.delivery === Delivery.ended ? ProcessRecord.deliveredDetail.get(this.#ram, this.#process) : this.#number(SmallMessage.data1);
  }
  get data2(): number {
    return this.#number(SmallMessage.data2);
  }
  get data3(): number {
    return this.#number(SmallMessage.data3);
  }
  get payloadOffset(): number {
    return this.#isLarge ? this.data1 + LargeMessage.size : 0;
  }
  get payloadBytes(): number {
    return this.#isLarge ? this.data2 : 0;
  }
  /** What a sender may put into a word is more than a number can say: reading such a one as a number is a fault. */
  #number(word: typeof SmallMessage.data0): number {
    if (word.high(this.#ram, this.at) >>> 21 !== 0) raise(this.#ram, this.#process, FaultCode.wideWord, 0);
    return word.get(this.#ram, this.at);
  }
  /** Notices are about a need; the registers may hold something else meanwhile. */
  get #isNotice(): boolean {
    const { delivery } = this;
    return delivery === Delivery.closed || delivery === Delivery.reopened || delivery === Delivery.ended;
  }
  get #isLarge(): boolean {
    return (this.flags & MessageFlag.large) !== 0;
  }
}
