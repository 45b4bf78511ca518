/**
 * Goal: what clients and backends tell each other through the machine arrives byte for byte, whatever the link does, and
 * nothing is left of it. Method: bulk traffic (./proxy/bulk), bodies of 0 to 1 MiB with a median of 2 KiB in both
 * directions, digests compared by whoever receives; memory, buffers, tables and connections counted before and after.
 * `npm run test:proxy` makes 100,000 requests of each run and says how fast it was.
 */

import { describe, expect, test } from "vitest";
import type { Account } from "../sim/account.ts";
import { brokenLaws, total } from "../sim/account.ts";
import { cleanLink } from "../sim/inhabitants/link.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { requestOf, responseOf } from "./proxy/bulk/plan.ts";
import type { BulkPlan } from "./proxy/bulk/run.ts";
import { backendNumbers, badLink, bulkSetup, clientNumbers, linkNumbers, once, proxyNumbers, taken, tcpNumbers } from "./proxy/bulk/run.ts";

const REQUESTS = Number(process.env.PROXY_REQUESTS ?? 400);
const LONG = process.env.PROXY_REQUESTS !== undefined;
/** Clients go on until they are answered; then connections wait out their time. */
const TICKS_MAX = 100_000_000;

type Numbers = Readonly<Record<string, number>>;

interface Played {
  readonly clients: Numbers;
  readonly backends: Numbers;
  readonly link: Numbers;
  readonly proxy: Numbers;
  readonly tcp: Readonly<Record<"machine" | "clients" | "backends", Numbers>>;
  readonly before: Numbers;
  readonly after: Numbers;
  readonly account: Account;
  readonly plan: BulkPlan;
  /** DMA buffers that somebody asked for in vain. */
  readonly buffersRefused: number;
}

function play(name: string, plan: BulkPlan): Played {
  const { setup, made } = bulkSetup({ ...plan, hasty: !LONG });
  const { world, problems } = startRun(setup);
  expect(problems).toEqual([]);
  const before = taken(world);
  world.beginReplay();
  const began = performance.now();
  const [clients, backends] = [made.clients!, made.backends!];
  expect(world.runUntil(() => clients.quiet(), TICKS_MAX)).toBe(true);
  const [seconds, ticks] = [(performance.now() - began) / 1000, world.machine.tick()];
  if (LONG) console.log(`${name}: ${plan.requests} requests, ${Math.round(seconds)} s (${Math.round(plan.requests / seconds)}/s), ${ticks} ticks of machine time (${Math.round((plan.requests * 1000) / ticks)}/s), ${JSON.stringify(clientNumbers(world, clients))}`);
  expect(world.run(TICKS_MAX)).toBe(true);
  const played = { clients: clientNumbers(world, clients), backends: backendNumbers(world, backends), link: linkNumbers(world), proxy: proxyNumbers(world), tcp: tcpNumbers(world), before, after: taken(world), plan, buffersRefused: world.machine.report().buffers.failures };
  return { ...played, account: finishRun(world, setup).account };
}

/** Kibibytes that all bodies have in one direction. */
function kibibytes(requests: number, bytesOf: (id: number) => number): number {
  let bytes = 0;
  for (let id = 0; id < requests; id++) bytes += bytesOf(id);
  return Math.floor(bytes / 1024);
}

/** What holds over any link. */
function holdsAnyway(played: () => Played): void {
  test("every request is answered once, both bodies byte for byte", () => {
    const { clients, backends, plan } = played();
    const { requests } = plan;
    expect(clients).toMatchObject({ begun: requests, answered: requests, refused: 0, wrong: 0, open: 0 });
    expect(clients.requestKibibytes).toBe(kibibytes(requests, (id) => requestOf(id).bytes));
    expect(clients.answerKibibytes).toBe(kibibytes(requests, (id) => (requestOf(id).method === "HEAD" ? 0 : responseOf(id).bytes)));
    expect(backends).toMatchObject({ bad: 0, sessions: 0 });
    expect(backends.requests! + backends.cut!).toBeGreaterThanOrEqual(requests);
  });

  test("the account adds up: each request has one outcome and one connection that is over", () => {
    const { account, clients, proxy, plan } = played();
    expect(brokenLaws(account)).toEqual([]);
    expect(account.requests).toMatchObject({ routed: account.requests.total, refused: {}, lost: 0 });
    expect(account.requests.total).toBeGreaterThanOrEqual(plan.requests);
    expect(account.requests.total).toBeLessThanOrEqual(plan.requests + clients.broken!);
    expect(total(Object.fromEntries(account.backends.map(({ address, port, requests }) => [`${address}:${port}`, requests])))).toBe(account.requests.total + proxy.retries!);
    expect(account.connections).toMatchObject({ ended: account.connections.named, unheard: 0 });
  });

  test("nothing is left: connections, buffers, blocks, memory of either side", () => {
    const { before, after, proxy, tcp, plan } = played();
    // The balancer keeps what each of the clients has of its rate.
    expect({ ...after, "arena.lb": 0 }).toEqual({ ...before, "arena.lb": 0 });
    expect(after["arena.lb"]! - before["arena.lb"]!).toBeLessThan(128 * plan.clients);
    expect([proxy.clientsOpened, proxy.upstreamsOpened]).toEqual([proxy.clientsClosed! + proxy.clientsBroken!, proxy.upstreamsClosed]);
    for (const side of Object.values(tcp)) expect([side.inUse, side.bufferBytes]).toEqual([0, 0]);
  });
}

describe("over a clean link", () => {
  const played = once(() => play("clean link", { requests: REQUESTS, clients: 48, link: cleanLink }));
  holdsAnyway(played);

  test("nothing breaks, nothing is sent twice, nothing is refused", () => {
    const { clients, backends, link, proxy, tcp, account } = played();
    expect([clients.broken, backends.cut, backends.requests, account.requests.total]).toEqual([0, 0, REQUESTS, REQUESTS]);
    expect([link.lost, link.late, link.doubled, link.damaged, link.dropped]).toEqual([0, 0, 0, 0, 0]);
    expect([proxy.responses, proxy.ownResponses, proxy.retries, proxy.clientsBroken]).toEqual([REQUESTS, 0, 0, 0]);
    for (const side of Object.values(tcp)) expect(side).toMatchObject({ retransmissions: 0, timeouts: 0, outOfOrder: 0, duplicateAcknowledgements: 0, notSent: 0, crowded: 0, resetsOut: 0 });
  });
});

describe("over a link that loses 5 %, delays 5 %, doubles 2 % and damages 1 %", () => {
  const played = once(() => play("bad link", { requests: REQUESTS, clients: 96, link: badLink }));
  holdsAnyway(played);

  test("the link does what its plan says", () => {
    const { link } = played();
    const sent = link.sentToMachine! + link.sentFromMachine!;
    for (const [name, share] of [["lost", 0.05], ["late", 0.95 * 0.05], ["doubled", 0.95 * 0.02], ["damaged", 0.95 * 0.01]] as const) {
      expect(link[name]! / sent, name).toBeGreaterThan(share * 0.85);
      expect(link[name]! / sent, name).toBeLessThan(share * 1.15);
    }
    expect(link.dropped).toBe(0);
  });

  test("all of it is made good by sending again", () => {
    const { tcp, clients } = played();
    for (const side of Object.values(tcp)) for (const name of ["retransmissions", "fastRetransmissions", "timeouts", "outOfOrder"]) expect(side[name], name).toBeGreaterThan(0);
    // A connection is given up after many time-outs only.
    expect(clients.broken! / REQUESTS).toBeLessThan(0.001);
  });
});

describe("with more clients than the machine has buffers", () => {
  const played = once(() => play("crowd", { requests: Math.max(600, REQUESTS / 10), clients: 400 }));
  holdsAnyway(played);

  test("buffers and backlog do run out, and nothing breaks of it", () => {
    const { buffersRefused, tcp, clients, backends, link } = played();
    expect(buffersRefused).toBeGreaterThan(100);
    expect(tcp.machine.notSent).toBeGreaterThan(0);
    expect(tcp.machine.cookiesTaken).toBeGreaterThan(0);
    expect([clients.broken, backends.cut, link.dropped]).toEqual([0, 0, 0]);
  });
});
