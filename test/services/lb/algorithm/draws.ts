/** Words for tests, the same in every run: xorshift of 32 bits. */

export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 0x9e37_79b1) | 0 || 1;
  }

  /** A word, signed. */
  word(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return Math.imul(state, 0x2545_f491);
  }

  below(count: number): number {
    return Math.floor(((this.word() >>> 0) * count) / 2 ** 32);
  }
}
