/** Bounds of an HTTP/1 head and body: the contract's numbers, and ours where it gives none. */

/** Longest request target; more is UriTooLong. Contract. */
export const TARGET_BYTES_MAX = 8192;

/** Most header lines; more is HeadTooLarge. Contract. */
export const HEADER_LINES_MAX = 512;

/** A head without a blank line in so many bytes is HeadTooLarge. Contract. */
export const HEAD_BYTES_MAX = 65536;

/**
 * Longest line in front of a chunk: size, extensions, CRLF. RFC 9112, 7.1.1 asks for a limit; this is as much as a target
 * may have, far more than any client sends.
 */
export const CHUNK_LINE_BYTES_MAX = 8192;

/**
 * So many bytes more of extensions than of data may a chunked body bring (RFC 9112, 7.1.1 asks for a limit on their sum):
 * as much as a head may have, and besides as much again as the data itself, so that a long upload with a signature at
 * each chunk passes, and one that is nearly all extensions does not.
 */
export const EXTENSION_BYTES_MAX = 65536;

/** Longest trailer section, its blank line included: as much as a head may have. */
export const TRAILER_BYTES_MAX = 65536;
