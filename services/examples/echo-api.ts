/** What others say to the echo service: calls to `requests`. */

export const EchoOpcode = Object.freeze({
  /** Four words; answered by the same four. */
  echo: 1,
  /** Answers how many calls were echoed. */
  count: 2,
});
