/**
 * The clients' byte streams of real captures, with what a second reader found in them: where each head lies, its method,
 * target, Host and header lines. Bodies are between them.
 */

import { describe, expect, test } from "vitest";
import { ScanResult, scanHead } from "../../../../services/net/http/head-scan.ts";
import { ENTRIES_MAX, STREAM_AT, freshScan, place, readData, readHead, scan, source, state, walk } from "./harness.ts";

interface Stream {
  readonly capture: string;
  /** In base64. */
  readonly stream: string;
  readonly requests: readonly {
    offset: number;
    bytes: number;
    method: string;
    target: string;
    version: string;
    host: string | null;
    headers: readonly (readonly [string, string | null])[];
    wellFormed: boolean;
  }[];
}

const STREAMS = readData<Stream[]>("streams.json.gz");
const bytesOf = (stream: Stream): string => Buffer.from(stream.stream, "base64").toString("latin1");

/** What clients sent wrong on purpose: among it a target over our limit, and an urgent byte that makes "!Host" of "Host". */
const REFUSED: Readonly<Record<string, string>> = {
  "06-large-headers": "uriTooLong",
  "11-syn-rst-scan": "malformed",
  "13a-mixed-day": "malformed",
};

describe("real streams", () => {
  test.each([...new Set(STREAMS.map(({ capture }) => capture))])("%s: every head is where it should be, and says what it should", (capture) => {
    for (const stream of STREAMS.filter((entry) => entry.capture === capture)) {
      const { requests } = walk(bytesOf(stream));
      expect(requests.map(({ offset, bytes, head }) => [offset, bytes, head.method, head.target, `HTTP/1.${head.minor}`, head.host])).toEqual(
        stream.requests.map((request) => [request.offset, request.bytes, request.method, request.target, request.version, request.host]),
      );
      requests.forEach(({ head }, i) => {
        const expected = stream.requests[i]!;
        if (head.outcome === "routed") expect(head.headers).toEqual(expected.headers);
        else expect(head.outcome).toBe(REFUSED[capture]);
        if (!expected.wellFormed) expect(head.outcome).toBe("malformed");
      });
    }
  });

  test("the streams of 01, split at every byte, are read the same", () => {
    for (const stream of STREAMS.filter(({ capture }) => capture.startsWith("01"))) {
      const text = bytesOf(stream);
      const expected = stream.requests[0]!;
      for (let cut = 0; cut < expected.bytes; cut++) {
        place(text, cut);
        freshScan();
        expect(scanHead(source, STREAM_AT, cut, state, scan)).toBe(ScanResult.more);
        place(text);
        const headBytes = scanHead(source, STREAM_AT, text.length, state, scan);
        expect(headBytes).toBe(expected.bytes);
        expect(readHead(STREAM_AT, headBytes, ENTRIES_MAX).target).toBe(expected.target);
      }
    }
  });
});
