/**
 * Hostile streams, each sent to a real nginx 1.22 and a real haproxy 2.6 (test/data/malformed.json.gz: label, bytes, the
 * status each of them logged). Where the two differ, the table says whom we follow and why. The rule: never more lenient
 * than both about syntax and framing. What both refuse for policy (methods, `*`, CONNECT, dot segments) is not syntax,
 * and routed as sent.
 */

import { describe, expect, test } from "vitest";
import { readData, statusOf, walk } from "./harness.ts";

interface Case {
  readonly label: string;
  /** In hex. */
  readonly stream: string;
  /** Statuses logged, one a request. */
  readonly nginx: readonly number[];
  readonly haproxy: readonly number[];
  /** Heads by a second reading, made with the captures: CRLF CRLF ends a head. */
  readonly heads: readonly { method: string; target: string; host: string | null; offset: number; bytes: number }[];
}

const POLICY = "policy and paths are not net's";

/** Label: our reading, and why it is that where the servers differ or both decide otherwise. */
const READINGS: Readonly<Record<string, readonly [string, string?]>> = {
  "ok-baseline": ["routed"],
  "absolute-form-other-host": ["routed", "nginx: a proxy ignores Host then (RFC 9112, 3.2.2); both are sent on as they are"],
  "asterisk-get": ["routed", POLICY],
  "bad-method-lower": ["badRequestLine"],
  "bad-method-token": ["badRequestLine"],
  "bad-version": ["badVersion", "nginx: another major version (RFC 9112, 2.3)"],
  "bare-cr-in-value": ["malformed"],
  "bare-lf": ["badRequestLine", "stricter than both: the contract's request line ends in CRLF (RFC 9112, 2.2 allows, does not ask)"],
  "binary-garbage": ["badRequestLine"],
  "chunk-size-bad": ["badBody", "the head is sound: the decision stands, the body's framing ends the flow"],
  "chunk-size-overflow": ["badBody", "as above"],
  "cl-hex": ["malformed"],
  "cl-list": ["malformed", "nginx: a list is no Content-Length (RFC 9110, 8.6 allows refusing it)"],
  "cl-negative": ["malformed"],
  "cl-overflow": ["malformed"],
  "cl-plus": ["malformed"],
  "connect": ["routed", POLICY],
  "cookie-dup-headers": ["routed"],
  "cookie-odd": ["routed"],
  "ctl-in-uri": ["malformed"],
  "dotdot": ["routed", POLICY],
  "double-space": ["badRequestLine", "stricter than both: single SP (RFC 9112, 3)"],
  "dup-cl-differ": ["malformed"],
  "dup-cl-same": ["malformed", "nginx: repeated is refused, even if the same"],
  "empty-header-name": ["malformed"],
  "empty-host": ["malformed"],
  "h2-preface": ["badVersion", "nginx refuses it too; 505 is the contract's for another version"],
  "header-8bit": ["routed"],
  "host-with-bad-char": ["malformed"],
  "http09": ["badRequestLine", "haproxy: HTTP/0.9 is not served"],
  "http09-with-headers": ["badRequestLine", "haproxy"],
  "leading-crlf": ["badRequestLine", "stricter than both: a single empty line is skipped (contract)"],
  "leading-space-first-header": ["malformed"],
  "leading-spaces": ["badRequestLine"],
  "missing-host-1.1": ["malformed"],
  "mixed-lf": ["more", "stricter than both: CRLF LF ends no head; had CRLF CRLF come, it were Malformed"],
  "no-colon-line": ["malformed"],
  "no-slash-target": ["malformed"],
  "nul-in-header": ["malformed"],
  "nul-in-uri": ["malformed"],
  "obs-fold": ["malformed", "nginx: RFC 9112, 5.2 has refusal first"],
  "only-crlf": ["badRequestLine"],
  "options-asterisk": ["routed", POLICY],
  "range-many": ["routed"],
  "smtp": ["badRequestLine"],
  "smuggle-CL.TE": ["malformed", "nginx: RFC 9112, 6.1 allows refusal, and framing is in doubt"],
  "smuggle-TE.CL": ["malformed", "nginx: as above"],
  "space-before-colon": ["malformed"],
  "space-in-uri": ["badRequestLine"],
  "ssh-banner": ["badRequestLine"],
  "tab-sep": ["badRequestLine", "nginx: single SP (RFC 9112, 3)"],
  "te-chunked-1.0": ["malformed"],
  "te-obfuscated-xchunked": ["unsupportedCoding", "nginx's status (RFC 9112, 6.1); both refuse"],
  "te-space-colon": ["malformed"],
  "te-twice": ["malformed"],
  "trace": ["routed", POLICY],
  "two-hosts": ["malformed"],
  "underscore-header": ["routed"],
  "unknown-method": ["routed"],
  "upgrade-websocket": ["routed"],
  "utf8-raw-uri": ["routed", "nginx: bytes of 0x80 and more are let through (contract)"],
  "version-1.2": ["badVersion", "stricter than both: HTTP/1.0 and HTTP/1.1 only (contract)"],
  "version-2.0": ["badVersion", "nginx: another major version"],
  "version-lower": ["badRequestLine"],
};

const CASES = readData<Case[]>("malformed.json.gz");

/** 404 is an answer to a request that was understood. */
const served = (statuses: readonly number[]): boolean => statuses.some((status) => status === 200 || status === 404);

/** What became of the stream's first request: an outcome, or why there is none; badBody where the body spoilt it. */
function reading(stream: string): string {
  const { requests, end } = walk(stream);
  if (requests.length === 0) return end;
  return end === "badBody" ? end : requests[0]!.head.outcome;
}

describe("the malformed streams", () => {
  test("each has its reading", () => {
    expect(CASES.map(({ label }) => label).sort()).toEqual(Object.keys(READINGS).sort());
  });

  test.each(CASES.map((entry) => [entry.label, entry] as const))("%s", (label, entry) => {
    const stream = Buffer.from(entry.stream, "hex").toString("latin1");
    const [expected, why] = READINGS[label]!;
    const ours = reading(stream);
    expect(ours).toBe(expected);
    const lenient = ours === "routed" || ours === "badBody";
    if (lenient && !served(entry.nginx) && !served(entry.haproxy)) {
      expect(why === POLICY || ours === "badBody", "never more lenient than both about syntax and framing").toBe(true);
    }
    if (served(entry.nginx) !== served(entry.haproxy) || served(entry.nginx) !== lenient) expect(why, "a difference has its reason").toBeTruthy();
  });

  test.each(CASES.filter(({ heads }) => heads.length > 0).map((entry) => [entry.label, entry] as const))("%s: the heads found, whatever their outcome", (_, entry) => {
    const { requests } = walk(Buffer.from(entry.stream, "hex").toString("latin1"));
    expect(requests.map(({ offset, bytes, head }) => ({ method: head.method, target: head.target, host: head.host, offset, bytes }))).toEqual(
      entry.heads.map((head) => ({ ...head, target: Buffer.from(head.target, "utf8").toString("utf8") })),
    );
  });

  test("no refused head has a status below 400", () => {
    for (const [outcome] of Object.values(READINGS)) if (statusOf(outcome) !== 0 && outcome !== "routed") expect(statusOf(outcome)).toBeGreaterThanOrEqual(400);
  });
});
