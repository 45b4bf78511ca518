/** What was found in a header section: bits that one line hands to the next. */

export const Found = Object.freeze({
  /** Something that makes the head Malformed whatever else it says. */
  fault: 1,
  contentLength: 2,
  transferEncoding: 4,
  /** The transfer coding is well-formed, and other than chunked alone. */
  unsupportedCoding: 8,
});
