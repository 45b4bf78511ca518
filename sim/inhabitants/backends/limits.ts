/** Bounds of the backends of a world. */

/** Backends of one world: as many as a virtual network of test machines has addresses for; each has about 3.5 KiB of samples. */
export const BACKENDS_MAX = 1024;

/** Samples of one backend's load: as many as a line of a wide terminal shows; at the bound two become one. Even. */
export const SAMPLES_MAX = 128;

/** A sample stands for so many ticks at first. */
export const SAMPLE_TICKS = 16;

/** Data of one chunk, and of one write. */
export const CHUNK_BYTES = 4096;

/** Longest head of an answer: fixed lines (below 200 bytes), numbers (below 60), X-Content and X-Label. */
export const ANSWER_HEAD_BYTES_MAX = 384;

/** Room for what is written at once: a chunk with its size in front ("1000", CRLF), CRLF, and the last chunk behind it. */
export const PIECE_BYTES = Math.max(ANSWER_HEAD_BYTES_MAX, CHUNK_BYTES + 8 + 5);

/** Longest body of an answer: what is drawn beyond it is that long. */
export const ANSWER_BODY_BYTES_MAX = 2 ** 31 - 1;

/** How long a connection may take to close on the other side too, after its last answer. */
export const CLOSING_TICKS = 5000;

/** A service time that is longer than planned is so by so many ticks at most; and an answer that breaks off does so within so many bytes. */
export const LATE_TICKS_MAX = 2000;
export const BREAKS_AT_MOST = 65_536;
