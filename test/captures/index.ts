/** The captures that tests replay, and what is true of them; both packed. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Capture } from "../../sim/capture/pcap.ts";
import { readCapture } from "../../sim/capture/pcap.ts";

/** One request as an independent reassembler found it. */
export interface TrueRequest {
  readonly frame: number;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly ipVersion: number;
  readonly tsUs: number;
  readonly nthInFlow: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string | null;
  readonly headOffset: number | null;
  readonly headBytes: number | null;
  readonly headSha1: string | null;
  /** Two independent tools list this request alike. */
  readonly agree: boolean;
}

export interface Truth {
  readonly capture: string;
  /** Client ports of streams on which the two tools differ. */
  readonly ambiguousPorts: readonly number[];
  readonly requests: readonly TrueRequest[];
}

export const CAPTURES: readonly string[] = Object.freeze([
  "01-curl-gets", "02-keepalive", "03-pipelined", "04-post", "05-slow-client", "06-large-headers", "07-ipv6", "08-wrk-burst", "09a-malformed-nginx",
  "09b-malformed-haproxy", "10-net-all", "10-net-dup", "10-net-heavy", "10-net-loss", "10-net-reorder", "11-syn-rst-scan", "12a-noise", "12b-vlan",
  "13a-mixed-day", "13b-200-clients", "13c-rate-limit",
]);

/** Path of a capture: the bundled one lies where the program finds it. */
export function capturePath(name: string): string {
  const folder = name === "13b-200-clients" ? "../../sim/captures/" : "./";
  return new URL(`${folder}${name}.pcap.gz`, import.meta.url).pathname;
}

export function loadCapture(name: string): Capture {
  const { capture } = readCapture(gunzipSync(readFileSync(capturePath(name))));
  if (capture === null) throw new Error(`the capture ${name} is faulty`);
  return capture;
}

export function loadTruth(name: string): Truth {
  return JSON.parse(gunzipSync(readFileSync(new URL(`./${name}.truth.json.gz`, import.meta.url))).toString("utf8")) as Truth;
}
