/** Bounds of an HTTP/1 head and body: the contract's numbers and the ones that follow from them. */

/** Longest request target; more is UriTooLong. Contract. */
export const TARGET_BYTES_MAX = 8192;

/** Most header lines; more is HeadTooLarge. Contract. */
export const HEADER_LINES_MAX = 512;

/** A head without a blank line in so many bytes is HeadTooLarge. Contract. */
export const HEAD_BYTES_MAX = 65536;
