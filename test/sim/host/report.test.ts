import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { ReportOptions } from "../../../sim/host/report.ts";
import { reportText } from "../../../sim/host/report.ts";
import { plainPaint } from "../../../sim/host/terminal.ts";
import { account } from "./account.ts";

const options: ReportOptions = { paint: plainPaint, columns: 80, wallMillis: 406, suggestions: [["veridian run --verify", "the same, compared"]] };

test("a report says what a person wants to see", () => {
  const text = reportText(account, options);
  for (const piece of [
    "wire <=> [nic0] <=> driver <=> net <=> lb",
    "[mailbox0] <=> operator --> lb, net, driver",
    "02:20:5e:00:00:fe",
    "1,402",
    "2 noDescriptor",
    "12 arp, 4 otherPort",
    "NoRouteMatch",
    "[fd30::1]:80",
    "50.5 %",
    "Flows to virtual IPs",
    "of 31 flows; 390 segments sent on",
    "10.20.0.2:443",
    "[fd20::2]:25",
    "66.7 %",
    "4,012 in registers, 31 through a queue",
    "3 requests refused; free memory in one piece: net's to 40.0 %",
    "0 of 176 buffers in use, at most 80 at once",
    "542,000,000",
    "500 requests a second",
    "0123456789abcdef",
    "veridian run --verify",
  ]) {
    expect(text).toContain(piece);
  }
  expect(text).not.toContain("What broke");
});

test("it keeps to its columns, 80 as well as 100", () => {
  for (const columns of [80, 100]) {
    const widest = Math.max(...reportText(account, { ...options, columns }).split("\n").map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(columns);
  }
});

test("bars are in proportion, and the smallest share still shows", () => {
  const bars = reportText(account, options).split("\n").filter((line) => line.includes("10.30.0") || line.includes("fd30"));
  expect(bars.map((line) => line.replaceAll(/[^\u2586]/g, "").length)).toEqual([24, 23, 1]);
});

test("who has no virtual IPs is told nothing of them", () => {
  const text = reportText({ ...account, transport: { ...account.transport, flows: 0, routed: 0, refused: {}, lost: 0, vips: [] } }, options);
  expect(text).not.toContain("virtual IPs");
  expect(text).toContain("copies of the routed requests");
});

test("a broken law comes before everything that was counted", () => {
  const text = reportText({ ...account, buffers: { ...account.buffers, inUse: 2 } }, options);
  expect(text.indexOf("2 DMA buffers did not come home")).toBeGreaterThan(0);
  expect(text.indexOf("2 DMA buffers did not come home")).toBeLessThan(text.indexOf("offered"));
});

test("colours change nothing but colours", () => {
  const painted = reportText(account, { ...options, paint: (_tone, text) => `\u001b[1m${text}\u001b[22m` });
  expect(painted).not.toBe(reportText(account, options));
  expect(stripVTControlCharacters(painted)).toBe(reportText(account, options));
});

test("packets in parts have a row when there were some", () => {
  expect(reportText(account, options)).not.toContain("in parts");
  const net = { ...account.net, fragments: 9, fragmentedOpened: 4, fragmentedWhole: 2, fragmentedRefused: 1, fragmentedTimedOut: 1 };
  expect(reportText({ ...account, net }, options)).toMatch(/in parts +9 .* 2 packets whole, 1 refused, 1 timed/);
});
