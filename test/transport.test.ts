/**
 * Goal: flows to a virtual IP go to the backends that the transport balancer's own arithmetic says, whole and unaltered,
 * and nobody else notices; whatever comes, each flow and each segment has its end. Method: replay real captures whose
 * servers are made virtual IPs, and compare the frames that leave with those that came, and with `select` asked beside.
 */

import { describe, expect, test } from "vitest";
import { brokenLaws, total } from "../sim/account.ts";
import type { Account } from "../sim/account.ts";
import { ipv4Text, macNumber } from "../sim/address-text.ts";
import type { Capture } from "../sim/capture/pcap.ts";
import { readCapture } from "../sim/capture/pcap.ts";
import { runOperation } from "../sim/conform/run-script.ts";
import type { Operation } from "../sim/conform/script.ts";
import { standard, tiny } from "../sim/machines/index.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { TransmitRecorder } from "../sim/transmitted.ts";
import { draws, mutated } from "./captures/damage.ts";
import { CAPTURES } from "./captures/index.ts";
import type { ReplaySetup } from "./captures/playing.ts";
import { playCapture, setupFor } from "./captures/playing.ts";
import { Desk } from "./services/lb/desk.ts";
import type { Passed } from "./services/net/passed-frame.ts";
import { readPassed, withoutPadding } from "./services/net/passed-frame.ts";

const CLIENTS = "13b-200-clients";
const VIP = "10.20.0.2";
const WEIGHTS = [5, 1, 3, 2];
const backends = WEIGHTS.map((_, i) => `10.31.0.${i + 1}`);

function vipOperations(algorithm: string, vip = VIP, port = 80, addresses: readonly string[] = backends): Operation[] {
  const backend = (address: string, i: number): Operation => ({ op: "add_backend", vip, port, backend: { address, port: 8080, weight: WEIGHTS[i] ?? 1, healthy: true, active_connections: 0 } });
  return [{ op: "add_vip", vip, port, algorithm }, ...addresses.map(backend)];
}

function play(setup: ReplaySetup, operations: readonly Operation[]): { account: Account; sent: Uint8Array[] } {
  const transmitted = new TransmitRecorder();
  const { world, problems } = startRun(setup, [transmitted]);
  expect(problems).toEqual([]);
  for (const operation of operations) expect(runOperation(world, operation)).toEqual({ ok: null });
  const { account } = finishRun(world, setup);
  expect(brokenLaws(account)).toEqual([]);
  const { capture } = readCapture(transmitted.file());
  return { account, sent: Array.from({ length: capture?.count ?? 0 }, (_, i) => capture!.frame(i + 1)) };
}

/** The clients' frames to that address, as they came. */
function offered(capture: Capture, mac: number, address: string): Uint8Array[] {
  const frames = Array.from({ length: capture.count }, (_, i) => capture.frame(i + 1));
  return frames.filter((frame) => macNumber(frame, 6) !== mac && frame[12] === 8 && frame[13] === 0 && frame[23] === 6 && ipv4Text(frame, 30) === address);
}

/** By client, each one's in their order: while one is decided about, another's may pass it. */
function byClient(segments: readonly Passed[]): Passed[] {
  return [...segments].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : a.sport - b.sport));
}

const briefly = ({ source, sport, flags, sequence, acknowledgement, window, options, urgentPointer, data }: Passed): unknown => ({ source, sport, flags, sequence, acknowledgement, window, options, urgentPointer, data });

describe("200 clients of one virtual IP", () => {
  test.each(["RoundRobin", "LeastConnections", "WeightedRoundRobin", "Random", "IpHash"])("%s: each goes where `select` says, whole", (algorithm) => {
    const setup = setupFor(CLIENTS);
    const operations = vipOperations(algorithm);
    const { account, sent } = play(setup, operations);
    const inOrder = offered(setup.capture, setup.mac, VIP).map(readPassed);
    const [came, left] = [byClient(inOrder), byClient(sent.map(readPassed))];
    expect(left.map(briefly)).toEqual(came.map(briefly));
    const desk = new Desk();
    for (const operation of operations) desk.run(operation);
    const chosen = new Map<string, string>();
    for (const { source, sport, flags } of inOrder) {
      const clientIp = source.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);
      if (flags === "S") chosen.set(`${source}:${sport}`, (desk.run({ op: "select", vip: VIP, port: 80, client_ip: clientIp }) as { ok: [string, number] }).ok[0]);
    }
    expect(left.map(({ destination }) => destination)).toEqual(came.map(({ source, sport }) => chosen.get(`${source}:${sport}`)));
    expect(account.requests).toEqual({ total: 0, routed: 0, refused: {}, lost: 0 });
    expect(account.transport).toMatchObject({ flows: 200, routed: 200, refused: {}, lost: 0, unroutable: 0, segments: came.length, packets: came.length, packetsLost: 0 });
    const flows = backends.map((backend) => [...chosen.values()].filter((address) => address === backend).length);
    expect(account.transport.vips).toMatchObject([{ address: VIP, port: 80, algorithm, backends: backends.map((address, i) => ({ address, port: 8080, flows: flows[i] })) }]);
  });

  test("by weight: 200 flows over 5:1:3:2", () => {
    const { account } = play(setupFor(CLIENTS), vipOperations("WeightedRoundRobin"));
    expect(account.transport.vips[0].backends.map(({ flows }) => flows)).toEqual([92, 18, 54, 36]);
  });

  test("without a backend: all refused, nothing sent; without a virtual IP: requests as ever", () => {
    const { account, sent } = play(setupFor(CLIENTS), vipOperations("RoundRobin", VIP, 80, []));
    expect(account.transport).toMatchObject({ flows: 200, routed: 0, refused: { NoHealthyBackend: 200 }, packets: 0 });
    expect([sent.length, account.requests.total, account.net.ignored]).toMatchObject([0, 0, { endedFlow: 800 }]);
    const plain = playCapture(CLIENTS);
    const elsewhere = play(setupFor(CLIENTS), vipOperations("RoundRobin", "10.20.0.3"));
    expect(elsewhere.account.requests).toEqual(plain.account.requests);
    expect(elsewhere.account.backends).toEqual(plain.account.backends);
    expect(plain.account.transport).toMatchObject({ flows: 0, segments: 0, vips: [] });
  });
});

describe("as configured", () => {
  const text = (semantics: string): string => [`semantics=${semantics}`, "group=app:rr", "member=app:10.30.0.1:8080", "default=app", `backend=${VIP}:80:10.31.0.1:8080:3`, `vip=${VIP}:80:weighted`, `backend=${VIP}:80:10.31.0.2:8080`].join("\n");

  test.each([["veridian", 0], ["strict", 200]])("semantics=%s: by weight, and %i connections begin and end", (semantics, connections) => {
    const { account } = play({ ...setupFor(CLIENTS), configuration: text(semantics) }, []);
    expect(account.transport).toMatchObject({ flows: 200, routed: 200, packets: 1000, vips: [{ algorithm: "WeightedRoundRobin", backends: [{ address: "10.31.0.1", flows: 150 }, { address: "10.31.0.2", flows: 50 }] }] });
    expect(account.connections).toEqual({ named: connections, ended: connections, unheard: 0 });
  });

  test("a request's connection ends with its flow", () => {
    const { account } = play({ ...setupFor(CLIENTS), configuration: text("strict").replaceAll(VIP, "10.20.0.3") }, []);
    expect(account).toMatchObject({ requests: { routed: 200 }, transport: { flows: 0 }, connections: { named: 200, ended: 200, unheard: 0 } });
  });

  test("on the tiny machine, where connections, flows and queues are few", () => {
    const { account } = play({ ...setupFor(CLIENTS, tiny), configuration: text("strict") }, []);
    expect(account.transport.flows).toBe(200);
    expect(account.connections.named).toBe(account.transport.routed);
  });
});

/** Every server of the capture, as far as the machine's tables go. */
function servers(setup: ReplaySetup, most: number): Operation[] {
  const found = new Set<string>();
  for (let number = 1; number <= setup.capture.count; number++) {
    const frame = setup.capture.frame(number);
    if (frame.length >= 54 && macNumber(frame, 6) !== setup.mac && frame[12] === 8 && frame[13] === 0 && frame[23] === 6 && (frame[47]! & 0x12) === 2) found.add(`${ipv4Text(frame, 30)}:${(frame[36]! << 8) | frame[37]!}`);
  }
  return [...found].slice(0, most).flatMap((server, i) => vipOperations(["RoundRobin", "IpHash", "Random"][i % 3]!, server.split(":")[0], Number(server.split(":")[1]), backends.slice(0, 2)));
}

describe("every capture, its servers virtual IPs", () => {
  for (const name of CAPTURES) {
    test(`${name}: on the standard machine and on the tiny one nothing is without its end`, () => {
      const setup = setupFor(name);
      const { account, sent } = play(setup, servers(setup, 100));
      for (const frame of sent) readPassed(withoutPadding(frame));
      const { flows, routed, refused } = account.transport;
      expect(flows).toBe(routed + total(refused));
      const short = { ...setupFor(name, tiny) };
      const { account: little } = play(short, servers(short, 2));
      expect(little.stopped).toEqual([]);
    });
  }

  test("not even if the captures are damaged", () => {
    let flows = 0;
    for (const [seed, name] of CAPTURES.entries()) {
      const model = seed % 2 === 0 ? standard : tiny;
      const base = setupFor(name, model);
      const setup = { ...base, capture: mutated(base.capture, draws(seed)) };
      const { account } = play(setup, servers(setup, seed % 2 === 0 ? 100 : 2));
      flows += account.transport.flows;
    }
    expect(flows).toBeGreaterThan(500);
  });

  test("and there are such flows", () => {
    const setup = setupFor("11-syn-rst-scan", standard);
    const { account } = play(setup, servers(setup, 100));
    expect(account.transport.flows).toBeGreaterThan(100);
    expect(account.transport.packets).toBeGreaterThan(account.transport.flows);
  });
});
