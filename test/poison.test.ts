/**
 * Goal: the machine and its world ask the host for nothing: no time, no chance, no timers. Method: a whole run in a
 * program of its own where each of these throws, compared with one where they work.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Account } from "../sim/index.ts";
import { ROOT } from "./house/source.ts";

const CAPTURE = join(ROOT, "test/captures/03-pipelined.pcap.gz");

function wholeRun(mode: "plain" | "poisoned" | "planted"): { status: number | null; stderr: string; account: Account | null; touched: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(ROOT, "test/poison/whole-run.ts"), CAPTURE, mode], { cwd: ROOT, encoding: "utf8" });
  const { account, touched } = status === 0 ? (JSON.parse(stdout) as { account: Account; touched: string[] }) : { account: null, touched: [] };
  return { status, stderr, account, touched };
}

test("a whole run with Date, Math.random, performance and timers poisoned succeeds, and is the same run", () => {
  const poisoned = wholeRun("poisoned");
  expect(poisoned.stderr).toBe("");
  expect(poisoned.status).toBe(0);
  expect(poisoned.touched).toEqual([]);
  expect(poisoned.account!.requests.total).toBeGreaterThan(0);
  expect(poisoned.account).toEqual(wholeRun("plain").account);
});

test("the poison works: a program that asks for the date ends there", () => {
  const { status, stderr } = wholeRun("planted");
  expect(status).not.toBe(0);
  expect(stderr).toContain("Date was used");
});
