/** What others say to the loopback service: calls to `frames`. */

export const LoopbackOpcode = Object.freeze({
  /** Four words of a frame; channelFull while there is no room. */
  transmit: 1,
  /** Answers the four words of the frame that is next; channelEmpty while there is none. */
  receive: 2,
});
