/**
 * Goal: the metrics of a run are what its account says, in the format's grammar, the same bytes in every run, and a run
 * is the same whether they are written or not. Method: replay captures, read the text with a reader of our own.
 */

import { writeFileSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Machine } from "../kernel/machine.ts";
import { ControlOperation } from "../services/lb/control.ts";
import { MailboxRequest } from "../services/operator-api.ts";
import type { Account } from "../sim/account.ts";
import { total } from "../sim/account.ts";
import { tiny } from "../sim/machines/tiny.ts";
import { expositionText } from "../sim/metrics/exposition.ts";
import { familiesOf } from "../sim/metrics/families.ts";
import type { RunEnd, RunSetup } from "../sim/run.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { capturePath } from "./captures/index.ts";
import { setupFor } from "./captures/playing.ts";
import { inFolder, veridian } from "./commanding.ts";
import type { ReadFamily } from "./sim/metrics/open-metrics.ts";
import { readOpenMetrics } from "./sim/metrics/open-metrics.ts";

const SLOW = capturePath("05-slow-client");

afterEach(() => vi.restoreAllMocks());

function play(setup: RunSetup): { readonly end: RunEnd; readonly text: string; readonly read: Reading } {
  const { world, problems } = startRun(setup);
  expect(problems).toEqual([]);
  const end = finishRun(world, setup);
  expect(end.metrics.status).toBe(0);
  const text = expositionText(familiesOf(end.account, end.metrics));
  return { end, text, read: new Reading(readOpenMetrics(new TextEncoder().encode(text))) };
}

/** Samples by family and labels. */
class Reading {
  readonly families: readonly ReadFamily[];

  constructor(families: readonly ReadFamily[]) {
    this.families = families;
  }

  /** Values of a family by the value of one of its labels. */
  by(name: string, label: string): Record<string, number> {
    return Object.fromEntries(this.samples(name).map(({ labels, value }) => [labels.get(label) ?? "", value]));
  }

  one(name: string): string {
    const samples = this.samples(name);
    expect([name, samples.length]).toEqual([name, 1]);
    return samples[0]!.text;
  }

  samples(name: string): ReadFamily["samples"] {
    const family = this.families.find((candidate) => candidate.name === name);
    if (family === undefined) throw new Error(`there is no family ${name}`);
    return family.samples;
  }
}

const withoutZeros = (counts: Record<string, number>): Record<string, number> => Object.fromEntries(Object.entries(counts).filter(([, times]) => times !== 0));

/** The text's numbers are the account's, which are made and printed another way. */
function expectAccount(read: Reading, account: Account): void {
  const { frames, net, requests, machine, memory, buffers, ipc } = account;
  const { routed, lost, ...refused } = read.by("veridian_requests", "outcome");
  expect({ total: routed! + lost! + total(refused), routed, lost, refused: withoutZeros(refused) }).toEqual(requests);
  expect(withoutZeros(read.by("veridian_nic_frames_dropped", "reason"))).toEqual(frames.dropped);
  expect(withoutZeros(read.by("veridian_net_frames_ignored", "reason"))).toEqual(net.ignored);
  const { ignored: _, ...events } = net;
  expect(read.by("veridian_net_events", "event")).toEqual(Object.fromEntries(Object.entries(events).filter(([, value]) => typeof value === "number")));
  const singles = {
    veridian_nic_frames_offered: frames.offered, veridian_nic_frames_received: frames.received, veridian_nic_frames_transmitted: frames.transmitted,
    veridian_capture_frames_own: frames.own, veridian_capture_frames_snapped: frames.snapped, veridian_machine_ticks: account.ticks,
    veridian_machine_ram_bytes: machine.ramBytes, veridian_machine_ram_used_bytes: machine.usedBytes,
    veridian_buffers: buffers.count, veridian_buffers_in_use: buffers.inUse, veridian_buffers_peak: buffers.peak,
  };
  expect(Object.fromEntries(Object.keys(singles).map((name) => [name, Number(read.one(name))]))).toEqual(singles);
  const [seconds, fraction] = read.one("veridian_machine_seconds").split(".");
  expect(Number(seconds) * 1e9 + Number(fraction!.padEnd(9, "0"))).toBe(account.cycles);
  expect(read.by("veridian_ipc_messages", "way")).toEqual({ registers: ipc.fast, queue: ipc.queued });
  for (const [name, member] of [["memory_used_bytes", "used"], ["memory_peak_bytes", "peak"], ["memory_size_bytes", "size"], ["buffers", "buffers"], ["buffers_peak", "buffersPeak"]] as const) {
    expect(read.by(`veridian_process_${name}`, "process")).toEqual(Object.fromEntries(memory.map((entry) => [entry.process, entry[member]])));
  }
  const backends = read.samples("veridian_backend_requests").map(({ labels, value }) => ({ group: labels.get("group"), address: labels.get("address"), port: Number(labels.get("port")), requests: value }));
  expect(backends).toEqual(account.backends);
  expect(Object.fromEntries(read.samples("veridian_run")[0]!.labels)).toEqual({ capture: account.capture, machine: account.manifest, seed: String(account.seed), mac: machine.mac, state_hash: account.stateHash });
}

describe("the metrics of a run are its account's", () => {
  test.each(["01-curl-gets", "10-net-heavy", "09a-malformed-nginx", "07-ipv6", "12a-noise"])("%s", (name) => {
    const { end, read } = play(setupFor(name));
    expectAccount(read, end.account);
    const decided = read.by("veridian_balancer_requests", "outcome");
    expect(Number(read.samples("veridian_decision_seconds").find(({ metric }) => metric.endsWith("_count"))!.value)).toBe(total(decided));
    expect(decided["routed"]).toBe(end.account.requests.routed);
    const byGroup = read.by("veridian_group_requests", "group");
    expect(total(byGroup)).toBe(end.account.requests.routed);
    const bySum = new Map<string, number>();
    for (const { group, requests } of end.account.backends) bySum.set(group, (bySum.get(group) ?? 0) + requests);
    expect(byGroup).toEqual(Object.fromEntries(bySum));
  });

  test("and so they are on the tiny machine, whose answers come in pages", () => {
    const { end, read } = play(setupFor("01-curl-gets", tiny));
    expectAccount(read, end.account);
    expect(end.account.requests.total).toBeGreaterThan(0);
  });
});

describe("decisions take as long as they take", () => {
  test("each of a few thousand cycles, in the buckets that the sum fits", () => {
    const { read, end } = play(setupFor("08-wrk-burst"));
    const samples = read.samples("veridian_decision_seconds");
    const buckets = samples.filter(({ metric }) => metric.endsWith("_bucket"));
    expect(buckets).toHaveLength(241);
    const sum = samples.find(({ metric }) => metric.endsWith("_sum"))!.value;
    let [least, most, before] = [0, 0, { threshold: -1e-9, value: 0 }];
    for (const { labels, value } of buckets) {
      const threshold = Number(labels.get("le") === "+Inf" ? Infinity : labels.get("le"));
      if (value > before.value) {
        least += (value - before.value) * (before.threshold + 1e-9);
        most += (value - before.value) * threshold;
      }
      before = { threshold, value };
    }
    expect(before.value).toBe(end.account.requests.routed);
    expect(sum).toBeGreaterThanOrEqual(least - 1e-9);
    expect(sum).toBeLessThanOrEqual(most + 1e-9);
    expect(sum / before.value).toBeGreaterThan(100e-9);
  });
});

const ODD = [
  'group=quote"d:roundrobin', 'member=quote"d:10.30.0.1:8080', 'member=quote"d:10.30.0.1:8080', "group=back\\slash\\n:leastconn", "member=back\\slash\\n:[fd00::1]:81",
  "group=\u00fcber \u{1f600}:roundrobin", "member=\u00fcber \u{1f600}:back\\end\"s.example:82", "route=/a\"b\\c\u00e9::back\\slash\\n", "route=/:h{}=,\"\\.example:quote\"d", "route=/hash::\u00fcber \u{1f600}", "rule=", 'default=quote"d',
].join("\n");

const STRICT = [
  "semantics=strict", 'group=quote"d:roundrobin', 'member=quote"d:10.30.0.1:8080:3', 'member=quote"d:10.30.0.2:8080', "group=back\\slash:p2c", "member=back\\slash:[fd00::1]:81",
  "group=\u00fcber \u{1f600}:maglev", 'member=\u00fcber \u{1f600}:back"end\\s.example:82', 'exact=/api/cart:*.example.com:quote"d@3,back\\slash@1',
  'route=/api::quote"d@1,\u00fcber \u{1f600}@2', "method=GET,HEAD", "route=/hash:[2001:DB8::1]:back\\slash", "max_connections=back\\slash:100", "session=S", "default=\u00fcber \u{1f600}",
].join("\n");

describe("odd names", () => {
  test("of groups, backends, paths and hosts come through as they are", () => {
    const { end, read } = play({ ...setupFor("01-curl-gets"), configuration: ODD });
    expectAccount(read, end.account);
    expect(Object.keys(read.by("veridian_group_requests", "group"))).toEqual(['quote"d', "back\\slash\\n", "\u00fcber \u{1f600}"]);
    const routes = read.samples("veridian_route_requests").map(({ labels }) => [labels.get("rule"), labels.get("path"), labels.get("host"), labels.get("group")]);
    expect(routes).toEqual([["0", "/a\"b\\c\u00e9", "", "back\\slash\\n"], ["0", "/", "h{}=,\"\\.example", 'quote"d'], ["0", "/hash", "", "\u00fcber \u{1f600}"]]);
    const { routed } = end.account.requests;
    const byDefault = read.by("veridian_group_requests", "group")['quote"d']!;
    expect(byDefault).toBeGreaterThan(0);
    expect(total(read.by("veridian_route_requests", "path"))).toBe(routed - byDefault);
  });
});

describe("semantics=strict", () => {
  test("counts the shares of a route, and measures decisions and connections", () => {
    const { end, read } = play({ ...setupFor("01-curl-gets"), configuration: STRICT });
    expectAccount(read, end.account);
    const routes = read.samples("veridian_route_requests").map(({ labels, value }) => [...["route", "match", "path", "host", "group"].map((label) => labels.get(label)), value]);
    const api = routes.filter(([route]) => route === "1");
    expect(routes.map((route) => route.slice(0, -1))).toEqual([
      ["0", "exact", "/api/cart", "*.example.com", 'quote"d'], ["0", "exact", "/api/cart", "*.example.com", "back\\slash"],
      ["1", "prefix", "/api", "", 'quote"d'], ["1", "prefix", "/api", "", "\u00fcber \u{1f600}"], ["2", "prefix", "/hash", "[2001:DB8::1]", "back\\slash"],
    ]);
    expect(Number(api[1]![5])).toBeGreaterThan(0);
    expect(Math.abs(Number(api[1]![5]) - 2 * Number(api[0]![5]))).toBeLessThanOrEqual(2);
    const { routed } = end.account.requests;
    expect(total(read.by("veridian_group_requests", "group"))).toBe(routed);
    const counted = (name: string): number => read.samples(name).find(({ metric }) => metric.endsWith("_count"))!.value;
    expect([counted("veridian_decision_seconds"), counted("veridian_connection_seconds"), Number(read.one("veridian_connections_ended"))]).toEqual([routed, routed, routed]);
    expect(read.by("veridian_balancer_events", "event")).toMatchObject({ connectionsOpened: routed });
    expect(read.by("veridian_balancer_entries", "table")).toMatchObject({ connections: 0, members: 4 });
  });
});

describe("what is written", () => {
  test("is the same in every run, and the run is the same without it", () =>
    inFolder((path) => {
      const run = (...args: readonly string[]): string => veridian("run", "--json", "--capture", SLOW, ...args).out;
      const plain = run();
      expect([run("--metrics", path("a")), run("--metrics", path("b"), "--verify")]).toEqual([plain, plain]);
      expect(readFileSync(path("a"))).toEqual(readFileSync(path("b")));
      expectAccount(new Reading(readOpenMetrics(readFileSync(path("a")))), JSON.parse(plain) as Account);
    }));

  test("holds the longest names that a small region \"control\" lets in", () =>
    inFolder((path) => {
      const prefix = `/${"x".repeat(1200)}`;
      writeFileSync(path("long.conf"), `group=app:rr\nmember=app:10.30.0.1:8080\nroute=${prefix}::app\ndefault=app\n`);
      const { code, err } = veridian("run", "--capture", SLOW, "--metrics", path("m"), "--config", path("long.conf"), "--set", "region.control=3K");
      expect([code, err]).toEqual([0, ""]);
      expect(new Reading(readOpenMetrics(readFileSync(path("m")))).samples("veridian_route_requests").map(({ labels }) => labels.get("path"))).toEqual([prefix]);
    }));

  test("is complained about where it cannot be, and where the balancer does not say it all", () =>
    inFolder((path) => {
      expect(veridian("run", "--capture", SLOW, "--metrics", path("no/file"))).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^veridian run: --metrics: .*; expected a file in a folder that exists$/m) as unknown });
      const { mailboxSend } = Machine.prototype;
      vi.spyOn(Machine.prototype, "mailboxSend").mockImplementation(function garbling(this: Machine, name: string, record: Uint8Array) {
        if (record[MailboxRequest.size] === ControlOperation.routeHits) record[MailboxRequest.size] = 255;
        return mailboxSend.call(this, name, record);
      });
      const { code, err } = veridian("run", "--capture", SLOW, "--metrics", path("m"));
      expect([code, err]).toEqual([2, "veridian run: --metrics: the load balancer does not say all it counted (service error -68)\n"]);
      expect(veridian("run", "--capture", SLOW).code).toBe(0);
    }));
});
