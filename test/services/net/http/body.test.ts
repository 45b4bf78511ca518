import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyFraming, BodyPhase, clearBody, expectChunks, expectLength, skipBody } from "../../../../services/net/http/body.ts";
import { POISONS, STREAM_AT, framing, place, source, state } from "./harness.ts";

interface Skipped {
  /** Bytes consumed in all. */
  readonly bytes: number;
  readonly phase: "done" | "more" | "bad";
}

const PHASES = ["done", "more", "bad"] as const;

/** Skips a body of the stream, which comes in pieces that end at these places. `length` -1: chunked. */
function skip(stream: string, length: number, ends: readonly number[] = [stream.length], poison: number = POISONS[0]): Skipped {
  clearBody(state, framing);
  if (length < 0) {
    expectChunks(state, framing);
  } else {
    BodyFraming.remainingBytes.set(state, framing, length);
    expectLength(state, framing);
  }
  let consumed = 0;
  for (const end of ends) {
    place(stream, end, poison);
    consumed += skipBody(source, STREAM_AT + consumed, end - consumed, state, framing);
    const phase = BodyFraming.phase.get(state, framing);
    if (phase !== BodyPhase.more) return { bytes: consumed, phase: PHASES[phase]! };
    expect(consumed).toBe(end);
  }
  return { bytes: consumed, phase: PHASES[BodyFraming.phase.get(state, framing)]! };
}

/** A chunk line of so many bytes, CRLF included. */
function chunkLine(bytes: number): string {
  return `3;${"x".repeat(bytes - 4)}\r\n`;
}

function trailer(bytes: number): string {
  return `0\r\nA: ${"x".repeat(bytes - 7)}\r\n\r\n`;
}

/** Chunks of one byte with extensions of so many bytes each. */
function extended(...extensionBytes: readonly number[]): string {
  return extensionBytes.map((bytes) => `1;${"x".repeat(bytes - 1)}\r\na\r\n`).join("");
}

/** Eight such chunks, after which extensions outweigh the data by 65,480 bytes. */
const EIGHT = extended(...Array<number>(8).fill(8186));

/** Stream behind the head, bytes of the body or where it goes wrong, phase, where the rule stands. */
const CHUNKED: readonly (readonly [string, number, Skipped["phase"], string])[] = [
  ["0\r\n\r\n", 5, "done", "last chunk (RFC 9112, 7.1)"],
  ["0\r\n\r\nGET / HTTP/1.1\r\n", 5, "done", "the next request is not ours"],
  ["3\r\nabc\r\n0\r\n\r\n", 13, "done", "one chunk"],
  ["3\r\n\r\n\r\r\n0\r\n\r\n", 13, "done", "data may be anything"],
  ["A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n", 37, "done", "hex digits in both cases, zeros"],
  ["03\r\nabc\r\n0\r\n\r\n", 14, "done", "leading zeros"],
  ["3;a=b;c=\"d;e\"\r\nabc\r\n0;x\r\n\r\n", 27, "done", "extensions are skipped (7.1.1)"],
  ["3 ;a\r\nabc\r\n0\t; b\r\n\r\n", 20, "done", "BWS before \";\" (7.1.1)"],
  ["0\r\nA: b\r\nC:\r\n\r\n", 15, "done", "trailer section (7.1.2)"],
  ["0\r\nA:\t\x80\r\n\r\n", 11, "done", "trailer section"],
  ["", 0, "more", "nothing yet"],
  ["3", 1, "more", "the size goes on"],
  ["3\r\nab", 5, "more", "the data goes on"],
  ["0\r\n", 3, "more", "a trailer or the end"],
  ["g\r\n", 0, "bad", "no hex digit"],
  ["zz\r\nabc\r\n0\r\n\r\n", 0, "bad", "no hex digit"],
  ["\r\n", 0, "bad", "no size"],
  [";a\r\n", 0, "bad", "no size"],
  ["-3\r\n", 0, "bad", "no hex digit"],
  ["0x3\r\n", 1, "bad", "no hex digit"],
  [" 3\r\n", 0, "bad", "blank before the size"],
  ["3 \r\nabc\r\n", 2, "bad", "blank and no \";\""],
  ["3 3\r\n", 2, "bad", "blank in the size"],
  ["3\nabc\r\n", 1, "bad", "bare LF"],
  ["3\r\rabc", 2, "bad", "CR CR"],
  ["3;a\nabc\r\n0\r\n\r\n", 3, "bad", "bare LF in an extension"],
  ["3;a\0\r\n", 3, "bad", "NUL in an extension"],
  ["3;a\x7f\r\n", 3, "bad", "DEL in an extension"],
  ["3;\ta\r\nabc", 9, "more", "a tab is no such byte"],
  ["3\r\nabcd\r\n", 6, "bad", "data longer than its size"],
  ["3\r\nabc\n0\r\n", 6, "bad", "bare LF behind the data"],
  ["3\r\nabc\r0\r\n", 7, "bad", "bare CR behind the data"],
  ["0\r\n\n", 3, "bad", "bare LF at the end"],
  ["0\r\n\rx", 4, "bad", "bare CR at the end"],
  ["0\r\n A: b\r\n\r\n", 3, "bad", "fold in the trailer"],
  ["0\r\nA b: c\r\n\r\n", 4, "bad", "no token"],
  ["0\r\n: b\r\n\r\n", 3, "bad", "empty name"],
  ["0\r\nA: b\0\r\n", 7, "bad", "NUL in the trailer"],
  ["0\r\nA: b\n\r\n", 7, "bad", "bare LF in the trailer"],
  ["0\r\nA: b\rc", 8, "bad", "bare CR in the trailer"],
  ["1fffffffffffff\r\nabc", 19, "more", "2^53 - 1"],
  ["00001fffffffffffff\r\nabc", 23, "more", "2^53 - 1"],
  ["20000000000000\r\n", 13, "bad", "2^53"],
  ["fffffffffffffffff\r\n", 13, "bad", "overflow"],
  ["8000000000000003\r\nabc\r\n", 13, "bad", "no wrapping"],
  [chunkLine(8192), 8192, "more", "longest line"],
  [chunkLine(8193), 8192, "bad", "a byte more"],
  [`${"0".repeat(8189)}3\r\nabc`, 8195, "more", "longest line"],
  [`${"0".repeat(8190)}3\r\nabc`, 8192, "bad", "a byte more"],
  [`3\r\nabc\r\n${chunkLine(8192)}abc\r\n${chunkLine(8193)}`, 8 + 8192 + 5 + 8192, "bad", "counted line by line"],
  [`${EIGHT}${extended(56)}0\r\n\r\n`, EIGHT.length + 62 + 5, "done", "extensions that outweigh the data by as much as may be (7.1.1)"],
  [`${EIGHT}${extended(57)}0\r\n\r\n`, EIGHT.length + 57, "bad", "a byte more"],
  [`${EIGHT}${extended(56, 1, 1)}0\r\n\r\n`, EIGHT.length + 62 + 14 + 5, "done", "data makes up for them"],
  [`${EIGHT}${extended(56, 2)}0\r\n\r\n`, EIGHT.length + 62 + 2, "bad", "but for no more than it is"],
  [`64\r\n${"a".repeat(100)}\r\n${EIGHT}${extended(56)}0\r\n\r\n`, 106 + EIGHT.length + 62 + 5, "done", "data in front is no credit"],
  [`64\r\n${"a".repeat(100)}\r\n${EIGHT}${extended(57)}0\r\n\r\n`, 106 + EIGHT.length + 57, "bad", "a byte more"],
  [trailer(65_536), 3 + 65_536, "done", "longest trailer section"],
  [trailer(65_537), 3 + 65_536, "bad", "a byte more"],
  [`0\r\n${"A: b\r\n".repeat(10_922)}\r\n`, 3 + 65_534, "done", "in many lines"],
  [`0\r\n${"A: b\r\n".repeat(10_923)}\r\n`, 3 + 65_536, "bad", "in many lines"],
];

describe("chunked bodies", () => {
  test.each(CHUNKED)("case %#: %#", (stream, bytes, phase, rule) => {
    expect(skip(stream, -1), rule).toEqual({ bytes, phase });
  });

  test.each(CHUNKED.filter(([stream]) => stream.length < 100 && stream !== ""))("%j cut anywhere", (stream, bytes, phase) => {
    for (const poison of POISONS) {
      for (let cut = 0; cut <= stream.length; cut++) expect(skip(stream, -1, [cut, stream.length], poison), `cut at ${cut}`).toEqual({ bytes, phase });
      expect(skip(stream, -1, Array.from(stream, (_, i) => i + 1), poison)).toEqual({ bytes, phase });
    }
  });

  test("what is done leaves no trace: the record says \"no body\" again", () => {
    for (const stream of ["0\r\n\r\n", "3\r\nabc\r\n0\r\nA: b\r\n\r\n"]) {
      skip(stream, -1);
      expect([...state.u8.slice(framing, framing + BodyFraming.size)]).toEqual(Array(BodyFraming.size).fill(0));
    }
  });

  test("what is bad stays bad", () => {
    skip("x", -1);
    place("0\r\n\r\n");
    expect(skipBody(source, STREAM_AT, 5, state, framing)).toBe(0);
    expect(BodyFraming.phase.get(state, framing)).toBe(BodyPhase.bad);
  });

  /** A decoder by regular expression: bytes of the body, or -1. */
  function reference(stream: string): number {
    let at = 0;
    for (;;) {
      const line = /^([0-9A-Fa-f]+)(?:[ \t]*;[^\0-\x08\x0a-\x1f\x7f]*)?\r\n/.exec(stream.slice(at));
      if (line === null) return -1;
      at += line[0].length;
      const size = Number.parseInt(line[1]!, 16);
      if (size === 0) break;
      if (stream.slice(at + size, at + size + 2) !== "\r\n") return -1;
      at += size + 2;
    }
    const rest = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\0-\x08\x0a-\x1f\x7f]*\r\n)*\r\n/.exec(stream.slice(at));
    return rest === null ? -1 : at + rest[0].length;
  }

  const chunk = fc.tuple(fc.string({ unit: fc.constantFrom(..."ab\r\n0;"), minLength: 1, maxLength: 40 }), fc.constantFrom("", ";x", " ;y=\"z\"", "\t;")).map(
    ([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`,
  );
  const body = fc
    .tuple(fc.array(chunk, { maxLength: 5 }), fc.constantFrom("0", "00", "0;q"), fc.constantFrom("", "A: b\r\n", "A:\r\nB: c\r\n"))
    .map(([chunks, last, lines]) => `${chunks.join("")}${last}\r\n${lines}\r\n`);

  test("generated bodies, cut in three", () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.nat(), fc.constantFrom("", "GET / HTTP/1.1\r\n"), (stream, one, two, next) => {
        const whole = stream + next;
        const cuts = [one % whole.length, two % whole.length].sort((a, b) => a - b);
        expect(reference(whole)).toBe(stream.length);
        expect(skip(whole, -1, [...cuts, whole.length])).toEqual({ bytes: stream.length, phase: "done" });
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test("mutated bodies", () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.constantFrom("", "\r", "\n", "0", ";", " ", "f", "x", "\0"), fc.nat(1), (stream, at, insert, removed) => {
        const cut = at % (stream.length + 1);
        const mutant = stream.slice(0, cut) + insert + stream.slice(cut + removed);
        const answer = skip(mutant, -1);
        const expected = reference(mutant);
        if (expected >= 0) expect(answer).toEqual({ bytes: expected, phase: "done" });
        else expect(answer.phase).not.toBe("done");
      }),
      { seed: 1, numRuns: 10_000 },
    );
  });
});

describe("bodies of a stated length", () => {
  test.each([
    ["abc", 3, { bytes: 3, phase: "done" }],
    ["abcdef", 3, { bytes: 3, phase: "done" }],
    ["ab", 3, { bytes: 2, phase: "more" }],
    ["abc", 0, { bytes: 0, phase: "done" }],
    ["", 1, { bytes: 0, phase: "more" }],
    ["abc", 2 ** 53 - 1, { bytes: 3, phase: "more" }],
  ] as const)("%j of %i", (stream, length, expected) => {
    expect(skip(stream, length)).toEqual(expected);
    for (let cut = 0; cut <= stream.length; cut++) expect(skip(stream, length, [cut, stream.length])).toEqual(expected);
  });
});
