/**
 * Goal: what the machine decides about a capture of real clients is what two independent tools found in it. Method:
 * replay the capture on the standard machine and compare every request with the truth, byte for byte of its head.
 */

import { describe, expect, test } from "vitest";
import { brokenLaws, total } from "../sim/account.ts";
import { CAPTURES, loadTruth } from "./captures/index.ts";
import { firstDifference, playCapture, trueRequests } from "./captures/playing.ts";

/** Requests that are refused; every other one is routed. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // A target of more than 8,192 bytes.
  "06-large-headers": { UriTooLong: 1 },
  "09a-malformed-nginx": { Malformed: 26, UnsupportedCoding: 1 },
  "09b-malformed-haproxy": { Malformed: 26, UnsupportedCoding: 1 },
  // An urgent byte stays in the stream and makes "!Host" of the Host line.
  "11-syn-rst-scan": { Malformed: 1 },
  // No Host line, a target that is no path, a Host with a slash.
  "13a-mixed-day": { Malformed: 3 },
};

/**
 * Streams on which the two tools differ, and we say: a method that neither knows is a method; bare LF, HTTP/0.9, other
 * versions, blanks in or around the target, a second empty line are bad request lines.
 */
const AMBIGUOUS: Readonly<Record<string, readonly string[]>> = {
  "09a-malformed-nginx": ["BREW /health HTTP/1.1"],
  "09b-malformed-haproxy": ["BREW /health HTTP/1.1"],
};

describe("every request of the capture is decided, and nothing else", () => {
  for (const name of CAPTURES) {
    test(name, () => {
      const { decisions, account } = playCapture(name);
      const truth = loadTruth(name);
      const isAmbiguous = ({ sport }: { sport: number }): boolean => truth.ambiguousPorts.includes(sport);
      expect(firstDifference(decisions.filter((decision) => !isAmbiguous(decision)), trueRequests(truth, (request) => !isAmbiguous(request)))).toBe("");
      expect(decisions.filter(isAmbiguous).map(({ method, target, version }) => `${method} ${target} ${version}`)).toEqual(AMBIGUOUS[name] ?? []);
      const refused = REFUSED[name] ?? {};
      expect(account.requests).toEqual({ total: decisions.length, routed: decisions.length - total(refused), refused, lost: 0 });
      expect(account.backends.reduce((sum, backend) => sum + backend.requests, 0)).toBe(account.requests.routed);
      expect(brokenLaws(account)).toEqual([]);
      expect(Object.keys(account.frames.dropped).filter((reason) => reason !== "filtered")).toEqual([]);
    });
  }
});

describe("the comparison bites", () => {
  const truth = trueRequests(loadTruth("05-slow-client"));
  test("equal lists have no difference", () => expect(firstDifference(truth, truth)).toBe(""));
  test("a missing request", () => expect(firstDifference(truth.slice(0, -1), truth)).toMatch(/^request 11 of 11 is missing: frame \d+/));
  test("one too many", () => expect(firstDifference([...truth, truth[0]!], truth)).toMatch(/^request 12 is one too many, 11 are true/));
  test("another digest", () => expect(firstDifference([{ ...truth[0]!, headSha1: "x" }], truth)).toMatch(/^request 1: headSha1 is "x", in truth "[0-9a-f]{40}"/));
});
