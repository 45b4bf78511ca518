/** Orders that a process of a world without traffic may be given: opcodes of messages to its `orders`. */

/** What a member may be told, as opcodes. Data0 says which peer, or how much. */
export const Order = Object.freeze({
  /** Sends a message to a peer; three of them; or calls it, and waits for the answer. */
  tell: 1,
  tellMore: 2,
  ask: 3,
  /** Sleeps for six ticks: what comes meanwhile waits. */
  rest: 4,
  /** Waits for whatever comes, three ticks at most. */
  wait: 5,
  /** Collects four messages and sends them to a peer at once. */
  batch: 6,
  /** Has something for whoever is at the desk. */
  desk: 7,
  /** Arms four timers that are due together. */
  arm: 8,
  /** Derives a right to write to a peer and notes its token; gives the right up; writes by the note. */
  derive: 9,
  giveUp: 10,
  useNote: 11,
  /** Writes, or calls, by a small number that it guesses. */
  guess: 12,
  guessCall: 13,
  /** Takes a buffer; frees the one that it took last, or freed last. */
  take: 14,
  free: 15,
  /** Sends a frame to the loopback device; asks it for one. */
  put: 16,
  get: 17,
  /** Ends. */
  end: 18,
});

/** By opcode; there is no order 0. */
export const ORDER_NAMES: readonly string[] = Object.freeze(["", ...Object.keys(Order)]);
