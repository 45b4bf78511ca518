/** How the memory of a board stage is divided: sizes and offsets in bytes, one part behind the other. */

const SHARED = 48 * 1024;
const READABLE = 8 * 1024;
const CLOSED = 8 * 1024;

export const BoardMemory = Object.freeze({
  /** Address in RAM, and of the device. */
  base: 256 * 1024,
  /** The device may read and write here. */
  shared: SHARED,
  /** Behind it, here, it may only read; behind that nothing. */
  readable: READABLE,
  bytes: SHARED + READABLE + CLOSED,
  /** Where a mad driver has commands of a control queue answered. */
  answerAt: SHARED - 8,
});
