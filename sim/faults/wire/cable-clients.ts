/**
 * Who is on the cable: a client is an IP address other than the machine's side of a frame; its number is the order in which
 * the addresses were seen first, from 1. A client may be cut off for a time.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { CABLE_CLIENTS_MAX, CableClient, CablePlace, CableState, Direction } from "./cable-state.ts";

type ClientAddress = Address<"CableClient">;

const TYPE_AT = 12;
const TAG_BYTES = 4;
const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
const TYPE_VLAN = 0x8100;
/** Where addresses stand behind the type: source, and destination. */
const IPV4_SOURCE_AT = 14;
const IPV4_DESTINATION_AT = 18;
const IPV6_SOURCE_AT = 10;
const IPV6_DESTINATION_AT = 26;
/** Words of an IPv4 address that are 0. */
const IPV4_ZEROS = 3;

export class CableClients {
  readonly #memory: Memory;
  readonly #state: Address<"CableState">;
  readonly #first: number;

  constructor(memory: Memory, at: number) {
    this.#memory = memory;
    this.#state = at as Address<"CableState">;
    this.#first = at + CablePlace.clients;
    Object.freeze(this);
  }

  /** Number of the client that a frame, whose bytes begin at `at`, comes from or goes to; 0 if it has none. */
  numberOf(bytes: Uint8Array, at: number, direction: number): number {
    let typeAt = at + TYPE_AT;
    if (typeOf(bytes, typeAt) === TYPE_VLAN) typeAt += TAG_BYTES;
    const type = typeOf(bytes, typeAt);
    const toMachine = direction === Direction.toMachine;
    if (type === TYPE_IPV4) return this.#known(bytes, typeAt + (toMachine ? IPV4_SOURCE_AT : IPV4_DESTINATION_AT), IPV4_ZEROS);
    if (type === TYPE_IPV6) return this.#known(bytes, typeAt + (toMachine ? IPV6_SOURCE_AT : IPV6_DESTINATION_AT), 0);
    return 0;
  }

  /** Until then its frames are swallowed; 0 for a client that is not cut off. */
  cutOffUntil(number: number): number {
    return number === 0 ? 0 : CableClient.cutOffUntilCycle.get(this.#memory, this.#client(number));
  }

  cutOff(number: number, untilCycle: number): void {
    CableClient.cutOffUntilCycle.set(this.#memory, this.#client(number), untilCycle);
  }

  /** Nobody is cut off any more. */
  join(): void {
    for (let number = 1; number <= CableState.clients.get(this.#memory, this.#state); number++) this.cutOff(number, 0);
  }

  /** Of the address whose words, but for the first `zeros` that are 0, stand at `at`. */
  #known(bytes: Uint8Array, at: number, zeros: number): number {
    const known = CableState.clients.get(this.#memory, this.#state);
    for (let number = 1; number <= known; number++) if (this.#is(number, bytes, at, zeros)) return number;
    if (known === CABLE_CLIENTS_MAX) return 0;
    CableState.clients.set(this.#memory, this.#state, known + 1);
    const word = this.#client(known + 1) >> 2;
    for (let i = zeros; i < 4; i++) this.#memory.i32[word + i] = wordAt(bytes, at + 4 * (i - zeros));
    return known + 1;
  }

  #is(number: number, bytes: Uint8Array, at: number, zeros: number): boolean {
    const word = this.#client(number) >> 2;
    for (let i = 0; i < 4; i++) if (this.#memory.i32[word + i] !== (i < zeros ? 0 : wordAt(bytes, at + 4 * (i - zeros)))) return false;
    return true;
  }

  #client(number: number): ClientAddress {
    return (this.#first + (number - 1) * CableClient.size) as ClientAddress;
  }
}

function typeOf(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
