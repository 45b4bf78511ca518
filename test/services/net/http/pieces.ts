/** Our parser on a stream that comes in pieces, as net has it read: each piece is looked at when it comes, and never again. */

import { Memory } from "../../../../hal/memory.ts";
import { BodyFraming, BodyPhase, skipBody } from "../../../../services/net/http/body.ts";
import { HeadScan, ScanResult, scanHead } from "../../../../services/net/http/head-scan.ts";
import type { FoundRequest } from "./harness.ts";
import { POISONS, framing, freshScan, place, readHead, resultNames, scan, state, STREAM_AT } from "./harness.ts";

export interface Walked {
  readonly requests: readonly FoundRequest[];
  readonly end: string;
}

/** Reads the stream in pieces that end at these places, the last of them at its end. Behind each piece lies poison. */
export function readPieces(stream: string, ends: readonly number[], poison: number = POISONS[0]): Walked {
  const bytes = Buffer.from(stream, "latin1");
  const memory = new Memory(new ArrayBuffer((bytes.length + 71) & ~7));
  memory.fill(0, memory.u8.length, poison);
  const reader = new Reader(stream, memory);
  let from = 0;
  for (const end of ends) {
    memory.u8.set(bytes.subarray(from, end), 1 + from);
    from = end;
    if (!reader.take(end)) break;
  }
  return { requests: reader.requests, end: reader.end };
}

class Reader {
  readonly requests: FoundRequest[] = [];
  end = "whole";
  readonly #stream: string;
  readonly #memory: Memory;
  #at = 0;

  constructor(stream: string, memory: Memory) {
    this.#stream = stream;
    this.#memory = memory;
    freshScan();
    state.fill(framing, BodyFraming.size, 0);
  }

  /** The stream is there up to `end`. False when nothing more can be read. */
  take(end: number): boolean {
    for (;;) {
      const inBody = BodyFraming.phase.get(state, framing) === BodyPhase.more;
      const goesOn = inBody ? this.#takeBody(end) : this.#takeHead(end);
      if (!goesOn) return this.end === "inBody" || this.end === "more" || this.end === "whole";
    }
  }

  #takeBody(end: number): boolean {
    this.#at += skipBody(this.#memory, 1 + this.#at, end - this.#at, state, framing);
    const phase = BodyFraming.phase.get(state, framing);
    this.end = phase === BodyPhase.done ? "whole" : phase === BodyPhase.bad ? "badBody" : "inBody";
    return phase === BodyPhase.done;
  }

  #takeHead(end: number): boolean {
    const result = scanHead(this.#memory, 1 + this.#at, end - this.#at, state, scan);
    if (result <= 0 && result !== ScanResult.headTooLarge) {
      this.end = result === ScanResult.more && this.#at === end ? "whole" : resultNames[result]!;
      return false;
    }
    const bytes = result > 0 ? result : 65_536;
    this.#at += HeadScan.skippedBytes.get(state, scan);
    place(this.#stream.slice(this.#at, this.#at + bytes));
    const head = readHead(STREAM_AT, bytes);
    this.requests.push({ offset: this.#at, bytes, head });
    this.#at += bytes;
    freshScan();
    this.end = head.outcome === "routed" ? (BodyFraming.phase.get(state, framing) === BodyPhase.more ? "inBody" : "whole") : head.outcome;
    return head.outcome === "routed";
  }
}
