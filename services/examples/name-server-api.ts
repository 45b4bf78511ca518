/**
 * What others say to the name server. A name is two words (data0, data1). Whoever may send to `publisher0` publishes the
 * server's grant `published0` under names of its choice, and so on: the right to send there is the right to publish it.
 */

export const NameOpcode = Object.freeze({
  /** A call to `lookups`: name. Answered with a right to send to what is published under it, or notFound. */
  lookUp: 1,
  /** Calls to a publisher's endpoint: name. resourceBusy if another publisher has it, resourceExhausted at the bound. */
  register: 2,
  /** Name. Whoever was given the right by this server loses it. notFound, permissionDenied if it is another publisher's. */
  unregister: 3,
});
