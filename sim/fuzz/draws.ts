/** A stream of draws that a seed and a number say all of: execution 17 of seed 1 is the same wherever one begins. */

import { drawWord } from "../chance/draw.ts";

/** Set apart from the sites of the living world. */
const SITE = 90;

export class Draws {
  readonly #seed: number;
  readonly #entity: number;
  #ordinal = 0;

  constructor(seed: number, entity: number) {
    this.#seed = seed | 0;
    this.#entity = entity | 0;
  }

  /** 32 bits, signed. */
  word(): number {
    return drawWord(this.#seed, SITE, this.#entity, this.#ordinal++);
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return Math.floor(((this.word() >>> 0) * n) / 0x1_0000_0000);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in n times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Small numbers more often than large ones, up to `most`. */
  small(most: number): number {
    return this.below(this.below(most + 1) + 1);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** A value that a register or a descriptor may hold, edges more often than not. */
  value(): number {
    switch (this.below(6)) {
      case 0:
        return 0;
      case 1:
        return -1;
      case 2:
        return 1 << this.below(32);
      case 3:
        return this.below(256);
      case 4:
        return (1 << this.below(32)) - 1;
      default:
        return this.word();
    }
  }
}
