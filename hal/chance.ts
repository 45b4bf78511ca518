/**
 * Chance: the one question that hardware and kernel ask where reality could go either way. Answer 0 is always the
 * benign one: what happens on a good day. It is asked only at places that really vary; the answer is sim's affair.
 */

/**
 * Which of `n` ways things go: 0 to n - 1. `site` is one of ChoiceSite (or a later room's own), `entity` says whose
 * turn it is at that site (a device, a process, a frame's ordinal).
 */
export type Choose = (site: number, entity: number, n: number) => number;

/** Numbered sites: hal 1 to 15, kernel 16 to 63, services and sim from 64. */
export const ChoiceSite = Object.freeze({
  /** The wire loses the frame (1). Entity: the NIC's device number. */
  frameLost: 1,
  /** 2 to 9: a NIC is out of order. Entity: its device number. What the answers mean stands in hal/nic/out-of-order.ts. */
  receiveStarved: 2,
  transferLate: 3,
  writeBackTorn: 4,
  interruptLate: 5,
  doorbellLost: 6,
  lengthWrong: 7,
  indexWrong: 8,
  /** 10 to 12: the tick source. Entity 0. A tick's interrupt is not raised (1): the next tick's tells of both. */
  tickLost: 10,
  /** The tick behind the one that passes comes so many LATE_CYCLES late (answers up to LATE_MOST); those behind it come in time. */
  tickLate: 11,
  /** A tick's interrupt comes again when it was taken (1): there is nothing more to take. */
  tickDoubled: 12,
});

/** Nothing ever goes wrong. */
export const benign: Choose = () => 0;
