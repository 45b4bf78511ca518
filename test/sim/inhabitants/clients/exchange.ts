/** Requests as a server reads them, and answers as it makes them: by hand, on strings. */

import { Memory } from "../../../../hal/memory.ts";
import { matchContent, putContentLine, writeContent } from "../../../../sim/inhabitants/content.ts";

/** A whole request, as the server saw it. */
export interface Seen {
  readonly text: string;
  readonly method: string;
  readonly target: string;
  readonly from: string;
  /** The connection's number, from 0 on, and the request's on it. */
  readonly connection: number;
  readonly nth: number;
  readonly tick: number;
  readonly cycle: number;
  readonly body: Buffer;
  field(name: string): string | undefined;
}

/** The request at the front of a text, if it is whole: its body by Content-Length or in chunks. */
export function firstRequest(text: string): { text: string; method: string; target: string; body: Buffer; bytes: number } | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = text.slice(0, end + 4);
  const [, method, target] = /^(\S+) (\S+) HTTP\/1\.[01]\r\n/.exec(head) ?? [];
  if (method === undefined || target === undefined) throw new Error(`no request: ${JSON.stringify(head)}`);
  let at = end + 4;
  let body = "";
  if (fieldOf(head, "transfer-encoding") === "chunked") {
    for (;;) {
      const size = /^([0-9a-f]+)\r\n/.exec(text.slice(at, at + 12));
      if (size === null) return null;
      const bytes = Number.parseInt(size[1], 16);
      at += size[0].length + bytes + 2;
      if (at > text.length) return null;
      if (text.slice(at - 2, at) !== "\r\n") throw new Error("a chunk does not end where it should");
      if (bytes === 0) break;
      body += text.slice(at - 2 - bytes, at - 2);
    }
  } else {
    const bytes = Number(fieldOf(head, "content-length") ?? 0);
    at += bytes;
    if (at > text.length) return null;
    body = text.slice(at - bytes, at);
  }
  return { text: head, method, target, body: Buffer.from(body, "latin1"), bytes: at };
}

export function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?) *\r$`, "im").exec(head)?.[1];
}

/** A body that a word stands for, and its field line. */
export function bodyOf(word: number, bytes: number): { readonly line: string; readonly body: string } {
  const memory = new Memory(new ArrayBuffer((bytes + 71) & ~7));
  const lineBytes = putContentLine(memory, 0, word, bytes);
  const line = Buffer.from(memory.u8.subarray(0, lineBytes)).toString("latin1");
  writeContent(memory, 0, bytes, word, 0);
  return { line, body: Buffer.from(memory.u8.subarray(0, bytes)).toString("latin1") };
}

/** Whether a request's body is what its X-Content says. */
export function isWhole(seen: Seen): boolean {
  const [, word, bytes] = /^([0-9a-f]{8})\/(\d+)$/.exec(seen.field("x-content") ?? "") ?? [];
  const memory = new Memory(new ArrayBuffer((seen.body.length + 7) & ~7));
  memory.u8.set(seen.body);
  return word !== undefined && Number(bytes) === seen.body.length && matchContent(memory, 0, seen.body.length, Number.parseInt(word, 16) | 0, 0) === seen.body.length;
}

/** A good answer with a body of so many bytes, and further field lines. */
export function ok(seen: Seen, bytes = 100, lines = "", status = "200 OK"): string {
  const { line, body } = bodyOf(seen.nth + 1, bytes);
  return `HTTP/1.1 ${status}\r\nX-Label: ${seen.field("x-label")}\r\n${line}${lines}Content-Length: ${bytes}\r\n\r\n${seen.method === "HEAD" ? "" : body}`;
}
