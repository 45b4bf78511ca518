/**
 * Goal: the requests of a log or a capture come when they came, in their order, and nothing else of a hostile log does. Method:
 * lines of logs with their ticks, a capture whose requests are known, and one row for each fault.
 */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readAccessLog } from "../../../sim/scenario/access-log.ts";
import { capturePath, loadTruth } from "../../captures/index.ts";
import { trueRequests } from "../../captures/playing.ts";
import { filesOf, planWith, readWith } from "./reading.ts";

const line = (time: string, request: string): string => `192.0.2.7 - frank [${time}] "${request}" 200 2326 "http://example.test/" "Agent \\"x\\""`;
const logging = (ticksPerSecond?: number) => ({ clients: [{ arrival: { kind: "accessLog", file: "log", ...(ticksPerSecond === undefined ? {} : { ticksPerSecond }) } }] });
const read = (lines: readonly string[], ticksPerSecond = 1000) => {
  const problems: { place: string; found: string; expected: string }[] = [];
  const logged = readAccessLog(new TextEncoder().encode(lines.join("\n")), "log", ticksPerSecond, 1, 1000, problems);
  return { logged: logged.map(({ tick, method, target }) => `${tick} ${method} ${target}`), problems: problems.map(({ place }) => place) };
};

describe("an access log", () => {
  test("gives its requests by time, those of one second spread over it", () => {
    const lines = [line("10/Oct/2000:13:55:37 -0700", "GET /later HTTP/1.1"), line("10/Oct/2000:13:55:36 -0700", "GET /a HTTP/1.0"), line("10/Oct/2000:13:55:36 -0700", "POST /b?x=1 HTTP/1.1"), ""];
    expect(read(lines)).toEqual({ logged: ["1 GET /a", "501 POST /b?x=1", "1001 GET /later"], problems: [] });
    expect(read(lines, 10).logged).toEqual(["1 GET /a", "6 POST /b?x=1", "11 GET /later"]);
  });

  test("knows zones, ends of months and leap years", () => {
    const ticks = (...times: readonly string[]): number[] => read(times.map((time) => line(time, "GET / HTTP/1.1")), 1).logged.map((one) => Number(one.split(" ")[0]) - 1);
    expect(ticks("28/Feb/2024:23:59:59 +0000", "01/Mar/2024:00:00:00 +0000")).toEqual([0, 24 * 3600 + 1]);
    expect(ticks("28/Feb/2023:23:59:59 +0000", "01/Mar/2023:00:00:00 +0000")).toEqual([0, 1]);
    expect(ticks("28/Feb/2100:23:59:59 +0000", "01/Mar/2100:00:00:00 +0000")).toEqual([0, 1]);
    expect(ticks("31/Dec/1999:23:59:59 +0000", "01/Jan/2000:00:00:00 +0000")).toEqual([0, 1]);
    expect(ticks("01/Jan/2000:00:00:00 +0000", "01/Jan/2000:01:00:01 +0100", "31/Dec/1999:22:30:02 -0130")).toEqual([0, 1, 2]);
  });

  test("passes over what is no request of HTTP/1, and says which lines are none of a log", () => {
    const lines = [line("10/Oct/2000:13:55:36 +0000", "\\x16\\x03\\x01"), line("10/Oct/2000:13:55:36 +0000", "-"), line("10/Oct/2000:13:55:36 +0000", "GET /a b HTTP/1.1"), line("10/Oct/2000:13:55:36 +0000", "GET / HTTP/2.0"), "nonsense", line("10/Okt/2000:13:55:36 +0000", "GET / HTTP/1.1")];
    expect(read(lines)).toEqual({ logged: [], problems: ["log, line 5", "log, line 6"] });
  });

  test("makes a plan: one request a session, in turn", () => {
    const files = filesOf({ log: [line("10/Oct/2000:13:55:36 +0000", "GET /a HTTP/1.0"), line("10/Oct/2000:13:55:38 +0000", "HEAD http://x.test/b HTTP/1.1")].join("\n") });
    const [client] = planWith(logging(100), files).clients;
    expect(client).toMatchObject({ arrival: { kind: "listed", ticks: [1, 201] }, requestOrder: "inTurn", requestsPerSession: { steps: [{ from: 1, to: 1 }] } });
    expect(client?.requests.map(({ method, target, host }) => [method, target, host])).toEqual([["GET", "/a", "www.example.test"], ["HEAD", "http://x.test/b", "www.example.test"]]);
  });

  test("what is wrong with it has its place", () => {
    const place = "clients[0].arrival.file";
    expect(readWith(logging()).problems).toEqual([`${place}: it names the file "log"; expected no file: there are none here`]);
    expect(readWith(logging(), filesOf({ log: "nonsense" })).problems).toEqual([expect.stringMatching(/^clients\[0\]\.arrival\.file, line 1: this is no line of an access log/)]);
    expect(readWith(logging(), filesOf({ log: line("10/Oct/2000:13:55:36 +0000", "CONNECT /x HTTP/1.1") })).problems).toEqual([`${place}: it holds no request that could be made; expected one with requests of HTTP/1`]);
    expect(readWith({ clients: [{ ...logging().clients[0], requests: [{}] }] }, filesOf({ log: line("10/Oct/2000:13:55:36 +0000", "GET / HTTP/1.1") })).problems).toEqual(["clients[0].requests: this is a list of 1; expected nothing: the arrivals say what is asked for"]);
  });

  test("a line that goes on and on takes no time", () => {
    const began = performance.now();
    expect(read([`${"a ".repeat(30_000)}`, `x y ${"[".repeat(60_000)}`, `x y [10/Oct/2000:13:55:36 +0000] "${"\\".repeat(60_000)}`]).problems.length).toBe(3);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe("a capture", () => {
  const bytes = gunzipSync(readFileSync(capturePath("01-curl-gets")));
  const capturing = { clients: [{ arrival: { kind: "capture", file: "day.pcap" } }] };

  test("gives the requests that the machine finds in it, when they were complete", () => {
    const [client] = planWith(capturing, filesOf({ "day.pcap": bytes })).clients;
    const truth = trueRequests(loadTruth("01-curl-gets"));
    expect(client?.requests.map(({ method, target, host }) => `${method} ${target} ${host}`)).toEqual(truth.map(({ method, target, host }) => `${method} ${target} ${host}`));
    if (client?.arrival.kind !== "listed") throw new Error("arrivals are listed");
    expect(client.arrival.ticks.length).toBe(truth.length);
    expect(client.arrival.ticks[0]).toBe(1);
    expect([...client.arrival.ticks].sort((a, b) => a - b)).toEqual(client.arrival.ticks);
  });

  test("that is none has its place", () => {
    expect(readWith(capturing, filesOf({ "day.pcap": "no capture" })).problems[0]).toMatch(/^clients\[0\]\.arrival\.file/);
  });
});
