/** What both ends of the bulk traffic do with a connection: write a text whole, write on with a body. */

import { Memory } from "../../../hal/memory.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { tcpAwaitRoom, tcpWrite, tcpWriteRoom } from "../../../services/net/tcp/api.ts";
import type { Hosts } from "../../../sim/inhabitants/hosts.ts";
import type { BodyAddress } from "./body.ts";
import { bodyFill, bodyUnwritten, bodyWrote } from "./body.ts";

export const SCRATCH_BYTES = 16 * 1024;

/** Writes the text whole, or nothing of it: then it is told when there is room. Throws when the stack has no memory left. */
export function writeText({ heap, port, stack }: Hosts, connection: ConnectionAddress, text: string): boolean {
  if (tcpWriteRoom(heap.memory, stack, connection) < text.length) {
    tcpAwaitRoom(heap.memory, connection);
    return false;
  }
  const source = new Memory(new ArrayBuffer((text.length + 7) & ~7));
  for (let i = 0; i < text.length; i++) source.u8[i] = text.charCodeAt(i);
  const taken = tcpWrite(heap, port, stack, connection, source, 0, text.length);
  if (taken !== 0 && taken !== text.length) throw new Error("a host's memory is too small for what it does");
  return taken > 0;
}

/** Writes on with a body as far as there is room. Whether all of it is written. */
export function writeBody({ heap, port, stack }: Hosts, connection: ConnectionAddress, body: BodyAddress, scratch: number): boolean {
  const { memory } = heap;
  for (;;) {
    const left = bodyUnwritten(memory, body);
    if (left === 0) return true;
    const bytes = Math.min(left, SCRATCH_BYTES, tcpWriteRoom(memory, stack, connection));
    if (bytes === 0) {
      tcpAwaitRoom(memory, connection);
      return false;
    }
    bodyFill(memory, body, scratch, bytes);
    const taken = tcpWrite(heap, port, stack, connection, memory, scratch, bytes);
    bodyWrote(memory, body, scratch, taken);
    if (taken < bytes) return false;
  }
}
