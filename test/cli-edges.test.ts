import { writeFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { panic } from "../hal/assert.ts";
import { Machine } from "../kernel/machine.ts";
import type { Account } from "../sim/account.ts";
import { brokenLaws, total } from "../sim/account.ts";
import { capturePath, loadTruth } from "./captures/index.ts";
import { trueRequests } from "./captures/playing.ts";
import { inFolder, veridian } from "./commanding.ts";
import { captureFile, segment, SYN } from "./sim/capture/building.ts";

const CAPTURE = capturePath("01-curl-gets");
const SLOW = capturePath("05-slow-client");

describe("at the edges every run ends with a sound account", () => {
  function edge(...args: string[]): Account {
    const { code, out, err } = veridian("run", "--json", ...args);
    expect([code, err]).toEqual([0, ""]);
    const account = JSON.parse(out) as Account;
    expect(brokenLaws(account)).toEqual([]);
    return account;
  }

  test("cut in the middle of a head: it is unfinished", () => {
    const first = trueRequests(loadTruth("05-slow-client"))[0]!;
    const account = edge("--capture", SLOW, "--cut-at-frame", String(first.frame - 1));
    expect(account.requests.total).toBe(0);
    expect(account.net.unfinished).toBeGreaterThan(0);
    expect(edge("--capture", SLOW, "--cut-at-frame", String(first.frame)).requests.total).toBe(1);
  });

  test("only SYNs: flows that say nothing count as nothing", () =>
    inFolder((path) => {
      const syn = segment({ flags: SYN });
      writeFileSync(path("syn.pcap"), captureFile(Array.from({ length: 40 }, (_, i) => ({ seconds: 1, fraction: i * 1000, bytes: syn }))));
      const account = edge("--capture", path("syn.pcap"));
      expect(account.frames).toMatchObject({ offered: 40, received: 40 });
      expect(account.requests).toEqual({ total: 0, routed: 0, refused: {}, lost: 0 });
      expect(account.net.unfinished).toBe(0);
    }));

  test("an empty capture", () =>
    inFolder((path) => {
      writeFileSync(path("empty.pcap"), captureFile([]));
      expect(edge("--capture", path("empty.pcap"))).toMatchObject({ frames: { offered: 0, received: 0 }, requests: { total: 0 }, machine: { mac: "02:00:00:00:00:01" } });
      expect(edge("--capture", CAPTURE, "--cut-at-frame", "0").frames.offered).toBe(0);
    }));

  test("two posted receive buffers", () => {
    const account = edge("--capture", capturePath("08-wrk-burst"), "--set", "rx.posted=2");
    expect(account.frames.offered).toBe(account.frames.received + total(account.frames.dropped));
  });

  test("64 KiB with the tiny limits", () => {
    const account = edge("--capture", CAPTURE, "--ram", "64K", "--manifest", "tiny");
    expect(account.machine.ramBytes).toBe(65_536);
    expect(account.requests.total).toBeGreaterThan(0);
  });

  test("a process without memory for its start, or the balancer without memory for its configuration", () => {
    for (const [setting, complaint] of [
      ["arena.net=4K", "machine standard: processes.net: it could not start (outOfMemory); expected more memory for it (--set arena.net=SIZE)"],
      ["arena.driver=512", "machine standard: processes.driver: it could not start (outOfMemory); expected more memory for it (--set arena.driver=SIZE)"],
      ["arena.lb=2K", "the built-in configuration: the load balancer refuses it: outOfMemory; expected an arena with room for it (--set arena.lb=SIZE)"],
    ] as const) {
      expect(veridian("run", "--capture", SLOW, "--set", setting)).toEqual({ code: 2, out: "", err: `veridian run: ${complaint}\n` });
    }
    expect(edge("--capture", SLOW, "--set", "arena.lb=4K").requests.total).toBe(11);
  });

  test("hardly a buffer: what is not received is dropped for want of a descriptor", () => {
    const account = edge("--capture", capturePath("08-wrk-burst"), "--set", "buffers=1");
    expect(account.frames.dropped.noDescriptor).toBeGreaterThan(0);
  });
});

describe("exit codes of what should never happen", () => {
  afterEach(() => vi.restoreAllMocks());

  test("1 and the broken law, if an account does not add up", () => {
    const { report } = Machine.prototype;
    vi.spyOn(Machine.prototype, "report").mockImplementation(function leaking(this: Machine) {
      const sound = report.call(this);
      return { ...sound, buffers: { ...sound.buffers, inUse: 3 } };
    });
    const { code, out, err } = veridian("run", "--capture", SLOW);
    expect([code, err]).toEqual([1, "check failed: 3 DMA buffers did not come home\n"]);
    expect(out).toContain("What broke");
  });

  test("3 and the first difference by tick and field, if a repetition differs", () => {
    const { restore } = Machine.prototype;
    vi.spyOn(Machine.prototype, "restore").mockImplementation(function forgetting(this: Machine, bytes: Uint8Array) {
      restore.call(this, bytes);
      this.ram.u8[this.parts.find((part) => part.name === "nic0.account")!.base]! += 1;
    });
    const { code, err } = veridian("run", "--json", "--capture", SLOW, "--verify");
    expect(code).toBe(3);
    expect(err).toMatch(/^diverged: third run, once more from the snapshot in its middle, tick \d+: nic0\.account\[0\]\.offered is \d+, in the first run \d+\n$/);
  });

  test("4 and the command to replay it with, if the machine panics", () => {
    const { step } = Machine.prototype;
    vi.spyOn(Machine.prototype, "step").mockImplementation(function stumbling(this: Machine) {
      if (this.tick() >= 3) panic("the sky fell");
      step.call(this);
    });
    const { code, out, err } = veridian("run", "--capture", SLOW, "--set", "rx.posted=2", "--config", "it's.conf");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("it's.conf: the file cannot be read");
    const panicked = veridian("run", "--capture", SLOW, "--set", "rx.posted=2");
    expect([panicked.code, panicked.out]).toEqual([4, ""]);
    expect(panicked.err).toMatch(/^veridian run: internal error \(the run, tick 3, cycle \d+\)\nPanic: the sky fell\n/);
    expect(panicked.err).toContain(`Replay: veridian run --capture ${SLOW} --set rx.posted=2\n`);
  });
});
