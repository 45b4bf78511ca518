/**
 * The independent reader (reader.ts) on real captures: it finds what two tools found, and the machine decides about exactly
 * what it finds, in the streams on which the tools differ too.
 */

import { describe, expect, test } from "vitest";
import { CAPTURES, loadCapture, loadTruth } from "../captures/index.ts";
import { playCapture, setupFor, trueRequests } from "../captures/playing.ts";
import { offered } from "./offered.ts";
import type { ReadRequest } from "./reader.ts";
import { readTraffic } from "./reader.ts";

const brief = ({ frame, sport, method, target, version, headBytes, headSha1, nthInFlow }: Omit<ReadRequest, "outcome">): string => `${frame} ${sport} ${method} ${target} ${version} ${headBytes} ${headSha1} ${nthInFlow}`;

describe("the reader and two tools list the same requests", () => {
  for (const name of CAPTURES) {
    test(name, () => {
      const capture = loadCapture(name);
      const truth = loadTruth(name);
      const { requests } = readTraffic(offered(capture, setupFor(name).mac));
      const sound = ({ sport }: { readonly sport: number }): boolean => !truth.ambiguousPorts.includes(sport);
      const found = requests.filter(sound).map(brief);
      expect([...found].sort()).toEqual(trueRequests(truth, sound).map((request) => brief({ ...request, ipVersion: 4 } as unknown as ReadRequest)).sort());
    });
  }
});

describe("the machine and the reader list the same requests, and agree on which are let through", () => {
  for (const name of ["07-ipv6", "09a-malformed-nginx", "09b-malformed-haproxy", "10-net-heavy", "11-syn-rst-scan", "12a-noise", "12b-vlan"]) {
    test(name, () => {
      const { requests } = readTraffic(offered(loadCapture(name), setupFor(name).mac));
      const { decisions } = playCapture(name);
      expect(decisions.map(brief).sort()).toEqual(requests.map(brief).sort());
      const refusedByNet = new Set(["Malformed", "UriTooLong", "HeadTooLarge", "UnsupportedCoding"]);
      expect(decisions.filter(({ outcome }) => refusedByNet.has(outcome)).map(brief).sort()).toEqual(requests.filter(({ outcome }) => outcome !== "routed").map(brief).sort());
    });
  }
});
