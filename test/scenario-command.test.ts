/**
 * Goal: `veridian run --scenario` is to a person what its help says: progress on stderr, one account on stdout, the same
 * twice, and everything that is wrong at once. Method: the command itself, with scenarios that come along and files.
 */

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Account } from "../sim/account.ts";
import { readCapture } from "../sim/capture/pcap.ts";
import { bundledScenarios } from "../sim/host/scenario-setup.ts";
import type { ScenarioAccount } from "../sim/scenario/scenario-account.ts";
import { inFolder, veridian } from "./commanding.ts";

/** At rest soon after the last client. */
const QUICK = ["--set", "proxy.upstreamIdle=400", "--set", "proxy.timeWait=100"];

const SMALL = { schema: 1, name: "small", summary: "A few clients.", ticks: 400, clients: [{ arrival: { kind: "constant", everyTicks: 5 } }], backends: [{ count: 2 }] };

function withFile<T>(content: unknown, use: (file: string, path: (name: string) => string) => T): T {
  return inFolder((path) => {
    writeFileSync(path("small.json"), typeof content === "string" ? content : JSON.stringify(content));
    return use(path("small.json"), path);
  });
}

describe("a scenario's run", () => {
  test("tells how far it is on stderr, and prints one account", () => {
    withFile(SMALL, (file) => {
      const { code, out, err } = veridian("run", "--scenario", file, ...QUICK);
      expect(code).toBe(0);
      const lines = err.trimEnd().split("\n");
      expect(lines.length).toBe(11);
      for (const line of lines) expect(line).toMatch(/^tick +\d+ of 400: \d+ answers, \d+ clients busy, 99 % within \d+\.\d ticks, at the backends \d+ \d+$/);
      for (const piece of ["veridian run  small", "A few clients.", "What clients saw", "Latency in ticks", "What backends did", "Load over time", "Requests at the balancer", "What the machine sent", "Messages and memory", "state hash"]) expect(out).toContain(piece);
      expect(out).not.toContain("What broke");
      expect(out).toMatch(/10\.30\.0\.1:8080 +[·▁▂▃▄▅▆▇█]+ +[·▁▂▃▄▅▆▇█]+\n/);
      expect(out).toMatch(/all +81 +81 +81 +0 +0 +0 +200: 81\n/);
    });
  });

  test("fits the columns that there are", () => {
    const { out } = veridian("run", "--scenario", "first-steps", "--ticks", "200", ...QUICK);
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  test("is one JSON object with --json: the machine's account, and the scenario's", () => {
    withFile(SMALL, (file) => {
      const { out } = veridian("run", "--json", "--scenario", file, ...QUICK);
      const account = JSON.parse(out) as Account & { scenario: ScenarioAccount };
      expect(account).toMatchObject({ schema: 1, capture: "small", manifest: "proxy", requests: { total: 81, routed: 81, lost: 0 } });
      expect(account.scenario).toMatchObject({ name: "small", ticks: 400, broken: [] });
      expect(account.scenario.clients.latency.p99Micros).toBeGreaterThan(1000);
    });
  });

  test("goes as long as --ticks says, with the seed and configuration that options say", () => {
    withFile(SMALL, (file, path) => {
      writeFileSync(path("lb.conf"), "semantics=strict\nrate_limit_rps=5\nrate_limit_burst=1\ngroup=app:rr\nmember=app:10.30.0.2:8080\ndefault=app\n");
      const account = (...args: readonly string[]) => JSON.parse(veridian("run", "--json", "--scenario", file, ...QUICK, ...args).out) as Account & { scenario: ScenarioAccount };
      expect(account("--ticks", "100").scenario.clients.counters.sessions).toBe(21);
      const other = account("--seed", "9", "--set", "buffers=300", "--ram", "24M");
      expect([other.seed, other.buffers.count, other.machine.ramBytes]).toEqual([9, 300, 24 * 1024 * 1024]);
      const limited = account("--config", path("lb.conf"));
      expect(limited.requests.refused["RateLimitExceeded"]).toBeGreaterThan(0);
      expect(limited.scenario.clients.statuses["429"]).toBe(limited.requests.refused["RateLimitExceeded"]);
      expect(limited.scenario.backends.backends.map(({ requests }) => requests > 0)).toEqual([false, true]);
    });
  });

  test("repeats, and leaves the frames that the machine sent", () => {
    withFile(SMALL, (file, path) => {
      const { code, err } = veridian("run", "--scenario", file, "--verify", "--pcap-out", path("sent.pcap"), "--check", "50", ...QUICK);
      expect(code).toBe(0);
      expect(err).toContain("verified: two more runs");
      const { capture } = readCapture(readFileSync(path("sent.pcap")));
      expect(capture!.count).toBeGreaterThan(500);
      expect(statSync(path("sent.pcap")).size).toBeGreaterThan(100_000);
    });
  });
});

describe("what cannot be run", () => {
  function complaints(...args: readonly string[]): string[] {
    const { code, out, err } = veridian("run", ...args);
    expect([code, out]).toEqual([2, ""]);
    return err.trimEnd().split("\n").map((line) => line.replace("veridian run: ", ""));
  }

  test("a name that is none, a file that is none", () => {
    expect(complaints("--scenario", "slow-bakend")).toEqual(["--scenario slow-bakend: there is no scenario of that name; expected slow-backend, perhaps"]);
    expect(complaints("--scenario", "zzzzzzzzzzz")).toEqual([`--scenario zzzzzzzzzzz: there is no scenario of that name; expected ${bundledScenarios().join(", ")}, or a JSON file`]);
    expect(complaints("--scenario", "no/such.json")).toEqual([expect.stringMatching(/^no\/such\.json: the file cannot be read/)]);
  });

  test("everything at once: options that mean nothing, and all that is wrong with the file", () => {
    withFile({ ...SMALL, ticks: 0, clients: [{ count: -1 }] }, (file) => {
      expect(complaints("--scenario", file, "--capture", "x.pcap", "--decisions", "d.jsonl")).toEqual([
        "--capture: it means nothing with --scenario; expected a run of a capture",
        "--decisions: it means nothing with --scenario; expected a run of a capture",
        `${file}: clients[0].count: this is -1; expected a whole number of 1 to 65534`,
        `${file}: ticks: this is 0; expected a whole number of 1 to 3600000`,
      ]);
    });
  });

  test("--ticks without a scenario, and numbers that are none", () => {
    expect(complaints("--ticks", "5")).toEqual(["--ticks: a capture is as long as it is; expected --scenario FILE beside it"]);
    expect(complaints("--scenario", "first-steps", "--ticks", "x", "--set", "proxy.tires=2")).toEqual(["--set proxy.tires=2: machine proxy has no setting \"proxy.tires\"; expected proxy.tries, perhaps", "--ticks x: this is no number that fits; expected a whole number of 1 to 3600000"]);
  });

  test("a configuration that the balancer does not take, by its line", () => {
    withFile({ ...SMALL, machine: { configuration: ["semantics=strict", "group=app:fastest"] } }, (file) => {
      expect(complaints("--scenario", file)[0]).toMatch(/small\.json: machine\.configuration: line 2, column \d+: /);
    });
  });

  test("a world without room for those who live there", () => {
    withFile({ ...SMALL, worldBytes: 256 * 1024, clients: [{ count: 500 }] }, (file) => {
      expect(complaints("--scenario", file)).toEqual([expect.stringMatching(/small\.json: worldBytes: .*no room.*; expected more$/)]);
    });
  });

  test("files that lie elsewhere are not read", () => {
    for (const name of ["../secret", "/etc/hostname", "a/../../b"]) {
      withFile({ ...SMALL, clients: [{ arrival: { kind: "accessLog", file: name } }] }, (file) => {
        expect(complaints("--scenario", file)).toEqual([`${file}: clients[0].arrival.file: "${name}" lies elsewhere; expected a file where the scenario lies, or below`]);
      });
    }
  });

  test("bytes that are no text", () => {
    inFolder((path) => {
      writeFileSync(path("a.json"), Uint8Array.from([0x7b, 0, 0x7d]));
      expect(complaints("--scenario", path("a.json"))).toEqual([`${path("a.json")}: byte 1 is 0; expected text (UTF-8)`]);
    });
  });
});
