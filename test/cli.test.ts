import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Account } from "../sim/account.ts";
import { readCapture } from "../sim/capture/pcap.ts";
import type { Decision } from "../sim/decisions.ts";
import { capturePath, loadCapture, loadTruth } from "./captures/index.ts";
import { trueRequests } from "./captures/playing.ts";
import { inFolder, veridian } from "./commanding.ts";
import { captureFile } from "./sim/capture/building.ts";

const CAPTURE = capturePath("01-curl-gets");
const SLOW = capturePath("05-slow-client");

function json(...args: string[]): Account {
  const { code, out, err } = veridian("run", "--json", ...args);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as Account;
}

describe("help and version", () => {
  test("name every command and option, with examples and exit codes", () => {
    for (const args of [[], ["--help"], ["help"], ["-h"]]) {
      const { code, out, err } = veridian(...args);
      expect([code, err]).toEqual([0, ""]);
      for (const piece of ["Usage", "Commands", "Examples", "Exit codes", "run "]) expect(out).toContain(piece);
    }
    for (const args of [["run", "--help"], ["help", "run"], ["run", "-h"], ["run", "--help", "--nonsense"]]) {
      const { code, out } = veridian(...args);
      expect(code).toBe(0);
      for (const option of ["capture", "manifest", "config", "mac", "ram", "set", "seed", "cut-at-frame", "json", "decisions", "pcap-out", "metrics", "dump", "at", "check", "verify"]) expect(out).toContain(`--${option}`);
    }
    expect(veridian("--version").out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("results go to stdout, complaints to stderr, from the program itself", () => {
    const program = ["--import", "tsx", "sim/host/veridian.ts"];
    const bad = spawnSync(process.execPath, [...program, "run", "--nonsense"], { encoding: "utf8" });
    expect([bad.status, bad.stdout]).toEqual([2, ""]);
    expect(bad.stderr).toContain("--nonsense: there is no such option");
    const out = execFileSync(process.execPath, [...program, "run", "--json", "--capture", SLOW], { encoding: "utf8" });
    expect((JSON.parse(out) as Account).stateHash).toBe(json("--capture", SLOW).stateHash);
  });
});

describe("what cannot be run ends with 2 and says all that is wrong", () => {
  function complaints(...args: string[]): string[] {
    const { code, out, err } = veridian(...args);
    expect([code, out]).toEqual([2, ""]);
    return err.trimEnd().split("\n");
  }

  test("an unknown command", () => {
    expect(complaints("rnu")).toEqual(["veridian rnu: there is no such command; expected run, perhaps"]);
  });

  test("everything at once, each with its place and what was expected", () => {
    const lines = complaints("run", "--capture", "missing.pcap", "--set", "arena.bl=4K", "--set", "rx.posted=x", "--ram", "5", "--mac", "ff:ff:ff:ff:ff:ff", "--seed", "-1", "--decisions", "no/such/folder");
    expect(lines.map((line) => line.replace("veridian run: ", ""))).toEqual([
      "missing.pcap: the file cannot be read (there is none of that name); expected a file that can",
      "--seed -1: this is no number that fits; expected a whole number of 0 to 4294967295",
      "--mac ff:ff:ff:ff:ff:ff: this is a group address; expected an address such as 02:00:00:00:00:01",
      '--set arena.bl=4K: machine standard has no setting "arena.bl"; expected arena.lb, perhaps',
      '--set rx.posted=x: the value is "x"; expected a whole number of 1 to 4095',
      "--ram 5: this is 5 bytes; expected 64K to 1G, a multiple of 64",
      "--decisions: no/such/folder cannot be written (there is none of that name); expected a file in a folder that exists",
    ]);
  });

  test("options that do not exist, lack a value or come twice", () => {
    expect(complaints("run", "--captrue", "x", "--seed", "1", "--seed", "2")[0]).toBe("veridian run: --captrue: there is no such option; expected --capture, perhaps");
    expect(complaints("run", "--capture").at(-2)).toBe("veridian run: --capture: its value is missing; expected FILE");
  });

  test("captures that are none, by frame and byte", () =>
    inFolder((path) => {
      writeFileSync(path("a.pcap"), readCut(CAPTURE, 1000));
      expect(complaints("run", "--capture", path("a.pcap"))[0]).toMatch(/a\.pcap: frame \d+, byte \d+: the file ends inside/);
      writeFileSync(path("b.pcap"), captureFile([], { network: 113 }));
      expect(complaints("run", "--capture", path("b.pcap"))[0]).toMatch(/b\.pcap: byte 20: the link type is 113; expected 1 \(Ethernet\)$/);
      writeFileSync(path("c.pcap"), Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0));
      expect(complaints("run", "--capture", path("c.pcap"))[0]).toMatch(/c\.pcap: byte 0: this is a pcapng file/);
    }));

  test("configurations with faults, all of them, by line and column", () =>
    inFolder((path) => {
      writeFileSync(path("lb.conf"), "group=app:fastest\nmember=app:10.0.0.1:99999\nrate_limit_rps=ten\n");
      const lines = complaints("run", "--capture", SLOW, "--config", path("lb.conf"));
      expect(lines).toHaveLength(3);
      expect(lines[0]).toMatch(/lb\.conf: line 1, column \d+: there is no algorithm "fastest"; expected roundrobin/);
      expect(lines[1]).toMatch(/lb\.conf: line 2, column \d+: the port is "99999"; expected 1 to 65535/);
      expect(lines[2]).toMatch(/lb\.conf: line 3, column \d+: "ten" is no number/);
    }));

  test("machines that do not exist, do not fit, or are described wrongly", () =>
    inFolder((path) => {
      expect(complaints("run", "--manifest", "standart")[0]).toBe("veridian run: --manifest standart: there is no machine of that name; expected standard, tiny, large, e1000, virtio, virtio-2, virtio-4, proxy, tiny-proxy, or a JSON file");
      expect(complaints("run", "--capture", SLOW, "--ram", "64K")[0]).toMatch(/machine standard: ramBytes: the machine needs \d+ bytes of RAM and has 65536; .* expected more RAM \(--ram SIZE\), smaller parts \(--set\), or --manifest tiny$/);
      writeFileSync(path("machine.json"), '{"base":"standard","set":{"arena.xx":"4K"},"colour":"red","neighbours":{"10.0.0.1":"here"}}');
      expect(complaints("run", "--manifest", path("machine.json")).map((line) => line.replace(/.*machine\.json: /, ""))).toEqual([
        "colour: this member means nothing; expected one of base, ram, set, neighbours",
        'neighbours.10.0.0.1: "here" is no MAC address; expected an address such as 02:00:00:00:00:01',
      ]);
    }));
});

function readCut(path: string, bytes: number): Uint8Array {
  const capture = loadCapture(/([^/]+)\.pcap\.gz$/.exec(path)![1]!);
  return capture.bytes.subarray(0, bytes);
}

describe("a run", () => {
  test("without arguments plays the bundled capture and routes all of it", () => {
    const account = json();
    expect(account).toMatchObject({ schema: 1, capture: "13b-200-clients.pcap", manifest: "standard", requests: { total: 200, routed: 200, refused: {}, lost: 0 } });
    expect(account.stateHash).toMatch(/^[0-9a-f]{16}$/);
    const { code, out } = veridian("run");
    expect(code).toBe(0);
    expect(out).toContain(account.stateHash);
  });

  test("on a machine described by a file", () =>
    inFolder((path) => {
      writeFileSync(path("machine.json"), '{"base":"standard","ram":"8M","set":{"buffers":200,"arena.lb":"1M"},"neighbours":{"10.30.0.1":"02:00:00:00:77:01"}}');
      const account = json("--capture", SLOW, "--manifest", path("machine.json"), "--set", "rx.posted=5", "--pcap-out", path("p"));
      expect(account).toMatchObject({ manifest: "machine.json", machine: { ramBytes: 8388608 }, buffers: { count: 200 } });
      expect(account.memory.find(({ process }) => process === "lb")?.size).toBe(1048576);
      expect(readFileSync(path("p")).includes(Buffer.of(2, 0, 0, 0, 0x77, 1))).toBe(true);
    }));

  test("takes another address for its own, and another seed, if told", () => {
    const account = json("--capture", SLOW, "--mac", "02:00:00:00:00:99", "--seed", "7");
    expect(account).toMatchObject({ seed: 7, machine: { mac: "02:00:00:00:00:99" }, requests: { total: 0 }, frames: { own: 0 } });
    expect(account.frames.dropped.filtered).toBeGreaterThan(500);
  });

  test("is the same whatever is written down about it", () =>
    inFolder((path) => {
      const plain = json("--capture", CAPTURE);
      const watched = json("--capture", CAPTURE, "--decisions", path("d"), "--pcap-out", path("p"), "--dump", path("m"));
      expect(watched).toEqual(plain);
      expect(veridian("run", "--capture", CAPTURE).out).toContain(plain.stateHash);
      expect(readFileSync(path("m"))).toHaveLength(plain.machine.ramBytes);
      const decisions = readFileSync(path("d"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Decision);
      expect(decisions.map(({ headSha1 }) => headSha1)).toEqual(trueRequests(loadTruth("01-curl-gets")).map(({ headSha1 }) => headSha1));
      expect(Object.keys(decisions[0]!)).toEqual(["frame", "tsUs", "src", "sport", "dst", "dport", "ipVersion", "method", "target", "version", "host", "headBytes", "headSha1", "nthInFlow", "outcome", "status", "group", "backend"]);
      const { capture } = readCapture(readFileSync(path("p")));
      expect(capture?.count).toBe(plain.frames.transmitted);
      expect(plain.frames.transmitted).toBeGreaterThanOrEqual(plain.requests.routed);
    }));

  test("repeats: --verify says so and prints the same account", () => {
    const { code, out, err } = veridian("run", "--json", "--capture", SLOW, "--verify");
    expect(code).toBe(0);
    expect(err).toMatch(/^verified: two more runs/);
    expect(JSON.parse(out)).toEqual(json("--capture", SLOW));
  });

  test("depends on what the machine depends on", () => {
    const plain = json("--capture", SLOW).stateHash;
    expect(json("--capture", SLOW, "--set", "buffers=170").stateHash).not.toBe(plain);
    expect(json("--capture", SLOW, "--ram", "8M").stateHash).not.toBe(plain);
  });
});
