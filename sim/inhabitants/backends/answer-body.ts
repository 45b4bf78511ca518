/** The bodies of answers, piece by piece: data as it is, or in chunks of CHUNK_BYTES and one for the rest. */

import type { Memory } from "../../../hal/memory.ts";
import { putHex, putText } from "../../../services/net/http/head-writer.ts";
import { writeContent } from "../content.ts";
import { CHUNK_BYTES } from "./limits.ts";

/** A whole chunk: its size in hex, CRLF, the data, CRLF. */
const WHOLE_CHUNK_BYTES = hexDigits(CHUNK_BYTES) + 2 + CHUNK_BYTES + 2;
const LAST_CHUNK = "0\r\n\r\n";

/** Bytes of a body of `body` bytes in chunks, the last chunk included. */
export function chunkedBytes(body: number): number {
  const rest = body % CHUNK_BYTES;
  return Math.floor(body / CHUNK_BYTES) * WHOLE_CHUNK_BYTES + (rest === 0 ? 0 : hexDigits(rest) + 2 + rest + 2) + LAST_CHUNK.length;
}

/** Where the chunk begins in which byte number `offset` of the coded body lies; what follows the last whole chunk is one piece. */
export function chunkBegin(offset: number): number {
  return Math.floor(offset / WHOLE_CHUNK_BYTES) * WHOLE_CHUNK_BYTES;
}

/** Writes the chunk that begins at `begin` of the coded body; behind the last data comes the last chunk. Its bytes. */
export function writeChunk(memory: Memory, at: number, word: number, body: number, begin: number): number {
  const offset = (begin / WHOLE_CHUNK_BYTES) * CHUNK_BYTES;
  const data = Math.min(CHUNK_BYTES, body - offset);
  let cursor = at;
  if (data > 0) {
    cursor = putText(memory, putHex(memory, cursor, data), "\r\n");
    writeContent(memory, cursor, data, word, offset);
    cursor = putText(memory, cursor + data, "\r\n");
  }
  // A whole chunk is a piece of its own, whatever follows.
  if (data < CHUNK_BYTES) cursor = putText(memory, cursor, LAST_CHUNK);
  return cursor - at;
}

/** Writes the body from byte number `offset` on, as much as is written at once. Its bytes. */
export function writeData(memory: Memory, at: number, word: number, body: number, offset: number): number {
  const data = Math.min(CHUNK_BYTES, body - offset);
  writeContent(memory, at, data, word, offset);
  return data;
}

function hexDigits(value: number): number {
  let digits = 1;
  for (let rest = value >>> 4; rest !== 0; rest >>>= 4) digits += 1;
  return digits;
}
