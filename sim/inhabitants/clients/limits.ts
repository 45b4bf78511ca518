/** Bounds of the clients of a world. */

/** Clients of one world: as many as a network of addresses 10.0.0.0/16 has; each takes 200 bytes, 56 for each request under way, and 520 for cookies. */
export const CLIENTS_MAX = 65_536;

/** Plans of one world. */
export const POPULATIONS_MAX = 64;

/** Requests that one client has under way on one connection; each takes 56 bytes. */
export const PIPELINE_MAX = 64;

/** Longest body of a request: what is drawn beyond it is that long. */
export const REQUEST_BODY_BYTES_MAX = 2 ** 30;

/** Data of one write, and of the longest chunk. */
export const PIECE_BYTES = 4096;

/** Framing around a chunk: "1000", CRLF, CRLF, and the last chunk. */
export const CHUNK_FRAME_BYTES = 16;

/** Longest head of a request: as much as net takes of a client. */
export const REQUEST_HEAD_BYTES_MAX = 65_536;

/** Cookies of one client as they are sent, "a=1; b=2": what does not fit is not kept, and counted. */
export const JAR_BYTES = 512;

/** How long a client waits before it makes a request again, unless its plan says; each further time twice as long, so often at most. */
export const RETRY_TICKS = 10;
export const RETRY_DOUBLINGS_MAX = 8;

/** Sessions that begin at one and the same tick by drawn gaps: the next one begins a tick later. */
export const ARRIVALS_PER_TICK_MAX = 10_000;

/** Lowest and highest status there is. */
export const STATUS_MIN = 100;
export const STATUSES = 900;

/** What a request may have beyond its plan's head: the longest that is malformed, or a key and somebody's cookies. */
export const QUIRK_BYTES_MAX = 4096;

/** Bytes of a head that go out at once where it comes slowly, and ticks between two such pieces at most. */
export const SLOW_PIECE_BYTES = 16;
export const PAUSE_TICKS_MAX = 1000;

/** Addresses that one client may come from, beside its own; keys that it may bring. */
export const MOVES_MAX = 200;
export const KEYS_MAX = 0xffff;

/** Sessions that may begin at once beside those that are planned. */
export const BURST_SESSIONS_MAX = 64;
