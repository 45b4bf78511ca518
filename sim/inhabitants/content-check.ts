/** Compares a body with what its message says of it (content.ts), as it comes, whatever coding it comes in. */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { BodyFraming, BodyPart, BodyPhase, skipBody } from "../../services/net/http/body.ts";
import { matchContent } from "./content.ts";

/** All zero: nothing was said, and nothing has come. */
export const ContentCheck = layout("ContentCheck", {
  /** What the message says: how long its body is, and the word that it is made of. */
  saidBytes: u64,
  /** Bytes of the body that have come. */
  bytes: u64,
  word: i32,
  /** Bits of Check. */
  flags: i32,
});

const Check = Object.freeze({ said: 1, other: 2 });

/** What a whole body was. */
export const Received = Object.freeze({ unsaid: 0, same: 1, other: 2 });

export function checkBegin(memory: Memory, check: Address<"ContentCheck">): void {
  memory.fill(check, ContentCheck.size, 0);
}

/** The message says what its body is. Twice is one time too many: then nothing is right. */
export function checkSaid(memory: Memory, check: Address<"ContentCheck">, word: number, bytes: number): void {
  const flags = ContentCheck.flags.get(memory, check);
  ContentCheck.flags.set(memory, check, flags === 0 ? Check.said : Check.said | Check.other);
  ContentCheck.word.set(memory, check, word);
  ContentCheck.saidBytes.set(memory, check, bytes);
}

/** The next `bytes` bytes of the body lie at `at`. */
export function checkBytes(memory: Memory, check: Address<"ContentCheck">, source: Memory, at: number, bytes: number): void {
  const offset = ContentCheck.bytes.get(memory, check);
  const flags = ContentCheck.flags.get(memory, check);
  ContentCheck.bytes.set(memory, check, offset + bytes);
  if (flags === Check.said && matchContent(source, at, bytes, ContentCheck.word.get(memory, check), offset) < bytes) ContentCheck.flags.set(memory, check, flags | Check.other);
}

/** Takes what it can of a body that `framing` delimits, as skipBody() does, and compares its data. */
export function checkBody(memory: Memory, check: Address<"ContentCheck">, source: Memory, at: number, bytes: number, framing: Address<"BodyFraming">): number {
  let taken = 0;
  while (taken < bytes && BodyFraming.phase.get(memory, framing) === BodyPhase.more) {
    const part = BodyFraming.part.get(memory, framing);
    const isData = part === BodyPart.length || part === BodyPart.data;
    const piece = isData ? Math.min(bytes - taken, BodyFraming.remainingBytes.get(memory, framing)) : 1;
    if (isData) checkBytes(memory, check, source, at + taken, piece);
    const skipped = skipBody(source, at + taken, piece, memory, framing);
    taken += skipped;
    if (skipped < piece) break;
  }
  return taken;
}

/** The body is whole: one of Received. */
export function checkEnd(memory: Memory, check: Address<"ContentCheck">): number {
  const flags = ContentCheck.flags.get(memory, check);
  if ((flags & Check.said) === 0) return Received.unsaid;
  return flags === Check.said && ContentCheck.bytes.get(memory, check) === ContentCheck.saidBytes.get(memory, check) ? Received.same : Received.other;
}
