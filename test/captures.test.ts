/**
 * Goal: what the machine decides about a capture of real clients is what two independent tools found in it. Method:
 * replay the capture on the standard machine and compare every request with the truth, byte for byte of its head.
 */

import { describe, expect, test } from "vitest";
import { brokenLaws } from "../sim/account.ts";
import { loadTruth } from "./captures/index.ts";
import { firstDifference, playCapture, trueRequests } from "./captures/playing.ts";

const EXACT = ["01-curl-gets", "02-keepalive", "03-pipelined", "05-slow-client", "10-net-dup", "10-net-reorder", "13b-200-clients"];

describe("every request of the capture is decided, and nothing else", () => {
  for (const name of EXACT) {
    test(name, () => {
      const { decisions, account } = playCapture(name);
      expect(firstDifference(decisions, trueRequests(loadTruth(name)))).toBe("");
      expect(brokenLaws(account)).toEqual([]);
      expect(account.requests).toEqual({ total: decisions.length, routed: decisions.length, refused: {}, lost: 0 });
      expect(account.backends.reduce((sum, backend) => sum + backend.requests, 0)).toBe(decisions.length);
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
