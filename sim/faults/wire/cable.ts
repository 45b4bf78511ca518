/**
 * The cable between the machine and those around it: each frame of either direction goes by here, and chance is asked what
 * becomes of it. A client is an IP address other than the machine's side of the frame; its number is the order in which
 * the addresses were seen first (0 for frames that have none, or when the table is full).
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Part } from "../../../hal/ram-plan.ts";
import type { Chance } from "../../chance/chance.ts";
import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";

export const CABLE_CLIENTS_MAX = 32;

export const CableState = layout("CableState", {
  clients: i32,
  reserved: i32,
});

/** An address as it was seen first: of IPv4 in the last word. */
export const CableClient = layout("CableClient", 16, { word0: i32, word1: i32, word2: i32, word3: i32 });

export const CABLE_BYTES = (CableState.size + CABLE_CLIENTS_MAX * CableClient.size + 63) & ~63;

const Direction = Object.freeze({ toMachine: 0, fromMachine: 1 });

export class Cable {
  readonly parts: readonly Part[];
  readonly #world: World;
  readonly #chance: Chance;
  readonly #at: number;

  constructor(world: World, chance: Chance, at: number) {
    this.#world = world;
    this.#chance = chance;
    this.#at = at;
    this.parts = Object.freeze([
      Object.freeze({ name: "cable", base: at, bytes: CableState.size, layout: CableState, count: 1 }),
      Object.freeze({ name: "cable.clients", base: at + CableState.size, bytes: CABLE_CLIENTS_MAX * CableClient.size, layout: CableClient, count: CABLE_CLIENTS_MAX }),
    ]);
    Object.freeze(this);
  }

  offer(frame: Uint8Array, notBeforeCycle: number): number {
    const { machine, nic } = this.#world;
    const entity = 2 * this.#client(frame, 0, Direction.toMachine) + Direction.toMachine;
    if (this.#chance.choose(SimSite.frameLost, entity, 2) !== 0) return 0;
    return machine.offer(nic, frame, notBeforeCycle);
  }

  sent(ram: Memory, at: number, frameBytes: number): void {
    const entity = 2 * this.#client(ram.u8, at, Direction.fromMachine) + Direction.fromMachine;
    if (this.#chance.choose(SimSite.frameLost, entity, 2) !== 0) return;
    this.#world.inhabitants?.sent(ram, at, frameBytes);
  }

  /** Number of the client that the frame comes from or goes to. */
  #client(bytes: Uint8Array, at: number, direction: number): number {
    const type = (bytes[at + 12] << 8) | bytes[at + 13];
    if (type === 0x0800) return this.#numberOf([0, 0, 0, wordAt(bytes, at + (direction === Direction.toMachine ? 26 : 30))]);
    if (type !== 0x86dd) return 0;
    const first = at + (direction === Direction.toMachine ? 22 : 38);
    return this.#numberOf([wordAt(bytes, first), wordAt(bytes, first + 4), wordAt(bytes, first + 8), wordAt(bytes, first + 12)]);
  }

  #numberOf(words: readonly number[]): number {
    const { memory } = this.#world;
    const state = this.#at as Address<"CableState">;
    const first = this.#at + CableState.size;
    const known = CableState.clients.get(memory, state);
    for (let number = 0; number < known; number++) {
      const word = (first + number * CableClient.size) >> 2;
      if (words.every((value, i) => memory.i32[word + i] === value)) return number + 1;
    }
    if (known === CABLE_CLIENTS_MAX) return 0;
    words.forEach((value, i) => (memory.i32[((first + known * CableClient.size) >> 2) + i] = value));
    CableState.clients.set(memory, state, known + 1);
    return known + 1;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
