/**
 * What others say to the key-value store: calls to `requests`. A key is two words (data0, data1), a value two more (data2,
 * data3); what they mean is the caller's affair.
 */

export const StoreOpcode = Object.freeze({
  /** Key -> value. notFound. */
  get: 1,
  /** Key and value: a new entry, or another value. resourceExhausted at the bound, outOfMemory; then nothing has changed. */
  put: 2,
  /** Key. notFound. */
  delete: 3,
  /** -> entries, and the most there may be. */
  count: 4,
});
