/**
 * Which receive queue a frame goes to (VIRTIO 1.2, 5.1.6.5.6 and 5.1.6.5.7). The last command decides:
 *  - RSS_CONFIG: the hash of its flow, masked, chooses an entry of the indirection table; a frame without a hash goes to
 *    the unclassified queue.
 *  - VQ_PAIRS_SET: where the flow's frames last left, or else where the flow's hash says; a frame that is no IP goes to
 *    the first queue.
 * Without a command the first queue takes all.
 */

import type { Address } from "../../field.ts";
import type { Table } from "../../layout.ts";
import type { Memory } from "../../memory.ts";
import { bothWaysHash, hashTypeOf, readFlow, toeplitzHash } from "./net-flow.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { FLOW_TABLE_LENGTH, FlowFields, VirtioNetFlow, VirtioNetState } from "./net-state.ts";

export class VirtioNetSteering {
  readonly #ram: Memory;
  readonly #state: Address<"VirtioNetState">;
  readonly #fields: Address<"FlowFields">;
  readonly #flows: Table<"VirtioNetFlow">;

  constructor(ram: Memory, parts: VirtioNetParts) {
    this.#ram = ram;
    this.#state = parts.state;
    this.#fields = parts.fields;
    this.#flows = parts.flows;
    Object.freeze(this);
  }

  /** The pair whose receive queue takes a frame. */
  pairFor(at: number, frameBytes: number): number {
    const ram = this.#ram;
    if (VirtioNetState.rss.get(ram, this.#state) === 1) return this.#scaled(at, frameBytes);
    const pairs = VirtioNetState.pairs.get(ram, this.#state);
    if (pairs <= 1) return 0;
    readFlow(ram, this.#fields, at, frameBytes);
    if (FlowFields.addressBytes.get(ram, this.#fields) === 0) return 0;
    const hash = bothWaysHash(ram, this.#fields);
    const flow = this.#flow(hash);
    const pair = VirtioNetFlow.pair.get(ram, flow) - 1;
    return pair >= 0 && VirtioNetFlow.hash.get(ram, flow) === hash ? pair : (hash >>> 1) % pairs;
  }

  /** A frame left on a pair's transmit queue: with automatic steering, what comes back takes the same pair. */
  learn(at: number, frameBytes: number, pair: number): void {
    const ram = this.#ram;
    if (VirtioNetState.pairs.get(ram, this.#state) <= 1 || VirtioNetState.rss.get(ram, this.#state) === 1) return;
    readFlow(ram, this.#fields, at, frameBytes);
    if (FlowFields.addressBytes.get(ram, this.#fields) === 0) return;
    const hash = bothWaysHash(ram, this.#fields);
    const flow = this.#flow(hash);
    VirtioNetFlow.hash.set(ram, flow, hash);
    VirtioNetFlow.pair.set(ram, flow, pair + 1);
  }

  /** The pairs in use have changed. */
  forget(): void {
    this.#ram.fill(this.#flows.base, FLOW_TABLE_LENGTH * VirtioNetFlow.size, 0);
  }

  #scaled(at: number, frameBytes: number): number {
    const ram = this.#ram;
    const state = this.#state;
    readFlow(ram, this.#fields, at, frameBytes);
    const type = hashTypeOf(ram, this.#fields, VirtioNetState.hashTypes.get(ram, state));
    if (type === 0) return VirtioNetState.unclassifiedQueue.get(ram, state);
    const entry = toeplitzHash(ram, this.#fields, type, VirtioNetState.key.at(state)) & VirtioNetState.indirectionTableMask.get(ram, state);
    return ram.view.getUint16(VirtioNetState.indirectionTable.at(state) + entry * 2, true);
  }

  #flow(hash: number): Address<"VirtioNetFlow"> {
    return this.#flows.at(hash & (FLOW_TABLE_LENGTH - 1));
  }
}
