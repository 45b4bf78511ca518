/** Goal: what is printed of a scenario's run is what its account says, each number in its place. Method: the account of a small run, some of its numbers made unlike all others. */

import { beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../../sim/account.ts";
import { scenarioReportText } from "../../../sim/host/scenario-report.ts";
import { plainPaint } from "../../../sim/host/terminal.ts";
import type { ScenarioAccount } from "../../../sim/scenario/scenario-account.ts";
import { playMembers } from "../scenario/playing.ts";

type Run = Account & { readonly scenario: ScenarioAccount };

let account: Run;

beforeAll(() => {
  account = playMembers({ ticks: 200, summary: "Two kinds of clients.", clients: [{}, { count: 3 }] }).account;
});

function lines(change: (run: any) => void = () => {}): string[] {
  const changed = structuredClone(account) as Run;
  change(changed);
  return scenarioReportText(changed, { paint: plainPaint, columns: 100, wallMillis: 0, suggestions: [] }).split("\n").map((line) => line.replaceAll(/ +/g, " ").trim());
}

describe("a scenario's report", () => {
  test("begins with its name, machine and summary, and fits 80 columns", () => {
    const text = scenarioReportText(account, { paint: plainPaint, columns: 80, wallMillis: 0, suggestions: [["veridian run", "again"]] });
    expect(text).toMatch(/^veridian run {2}unnamed +machine proxy, 20 MiB of RAM, seed 1\n {2}Two kinds of clients\.\n\n── What clients saw ─+\n/);
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  test("tells of all clients, and of each kind where there are several", () => {
    const said = lines((run) => {
      Object.assign(run.scenario.clients.counters, { sessions: 11, requests: 12, answers: 13, failures: 14, aborted: 15, retries: 16, bodiesRight: 17, bodiesWrong: 18, bodiesUnsaid: 19 });
      Object.assign(run.scenario.clients, { statuses: { 200: 7, 503: 8 }, errors: { timedOut: 9 }, bytesOut: 2048, bytesIn: 4096 });
      Object.assign(run.scenario, { answersPerSecond: 1234, servedTicks: 2500 });
    });
    expect(said).toContain("clients[1] 21 21 21 0 0 0 200: 21");
    expect(said).toContain("all 11 12 13 14 15 16 200: 7, 503: 8");
    expect(said).toContain("1,234 answers a second of machine time, in 2.5 s");
    expect(said).toContain("Bytes: 2 KiB sent, 4 KiB received");
    expect(said).toContain("Bodies: 17 as their backend wrote them, 18 not, 19 of the proxy's own");
    expect(said).toContain("Errors: 9 timedOut");
  });

  test("gives latencies in ticks", () => {
    const said = lines((run) => Object.assign(run.scenario.clients.latency, { meanMicros: 1500, p50Micros: 999, p90Micros: 99_990, p99Micros: 100_400, p999Micros: 1_234_567, maxMicros: 2_000_000 }));
    expect(said).toContain("all 1.50 1.00 99.99 100 1,235 2,000");
  });

  test("tells of each backend what it did", () => {
    const said = lines((run) => {
      const [one, two] = run.scenario.backends.backends;
      Object.assign(one, { requests: 30, probes: 0, workingMost: 5, waitingMost: 6 });
      Object.assign(one.answers, { failed: 1, error: 2, overloaded: 4, reset: 8, half: 16, garbled: 32, silent: 64 });
      Object.assign(one.connections, { opened: 7, resetByBackend: 10, refused: 20 });
      Object.assign(two, { requests: 10, probes: 0 });
    });
    expect(said.find((line) => line.startsWith("10.30.0.1:8080 30"))).toMatch(/^10\.30\.0\.1:8080 30 75\.0 % 7 120 (\d+ )?5 6 7 30$/);
  });

  test("draws load on one scale", () => {
    const stretch = (requests: number, working: number) => ({ requests, working, waiting: 0, faults: 0 });
    const said = lines((run) => {
      run.scenario.load = [
        { name: "a", sampleTicks: 50, stretches: [stretch(1, 0), stretch(8, 100)] },
        { name: "b", sampleTicks: 50, stretches: [stretch(0, 800), stretch(4, 400)] },
      ];
    });
    expect(said).toContain("a ▁█ ·▁");
    expect(said).toContain("b ·▄ █▄");
    expect(said).toContain("Each column is 50 ticks; the highest 160 requests a second, and 8.0 at once.");
  });

  test("leaves the stretch out that is not over, where there are many", () => {
    const row = (count: number) => lines((run) => {
      run.scenario.load = [{ name: "a", sampleTicks: 16, stretches: Array.from({ length: count }, () => ({ requests: 1, working: 0, waiting: 0, faults: 0 })) }];
    }).find((line) => line.startsWith("a █"))!.split(" ")[1]!.length;
    expect([row(7), row(8), row(25), row(26), row(49)]).toEqual([7, 7, 24, 13, 24]);
  });

  test("tells what the machine sent", () => {
    const said = lines((run) => {
      Object.assign(run.scenario.proxy, { responses: 1, ownResponses: 2, badGateway: 3, gatewayTimeout: 4, retries: 5, retriesRefused: 6, upstreamsOpened: 7, upstreamsReused: 8, upstreamsFailed: 9 });
      Object.assign(run.scenario.link, { sentToMachine: 11, sentFromMachine: 12, lost: 13, late: 14, doubled: 15, damaged: 16, dropped: 17 });
      Object.assign(run.scenario.tcp.machine, { segmentsIn: 21, segmentsOut: 22, retransmissions: 23, outOfOrder: 24, resetsOut: 25, timeouts: 26 });
    });
    expect(said).toContain("Answers: 1 handed on, 2 of its own (3 bad gateway, 4 gateway time-out)");
    expect(said).toContain("Retries: 5 made, 6 refused by the budget");
    expect(said).toContain("Backends: 7 connections opened, 8 times one was used again, 9 failed");
    expect(said).toContain("Link: 11 frames in, 12 out; 13 lost, 14 late, 15 doubled, 16 damaged, 17 dropped");
    expect(said).toContain("machine 21 22 23 24 25 26");
  });

  test("says what broke before anything else, and nothing where nothing did", () => {
    expect(lines().some((line) => line.includes("What broke"))).toBe(false);
    const said = lines((run) => {
      run.scenario.broken = ["a law of scenarios"];
      run.requests.lost = 5;
    });
    const at = said.findIndex((line) => line.includes("What broke"));
    expect(said.slice(at + 1, at + 3)).toEqual([expect.stringMatching(/^there were \d+ requests, and \d+ were routed, refused or lost$/), "a law of scenarios"]);
  });
});
