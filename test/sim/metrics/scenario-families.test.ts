/**
 * Goal: each number of a scenario's account has its sample, under the right name, in the format's grammar. Method: numbers
 * that are all different, each looked for; the text read by the reader of our own; and a run of the command.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expositionText } from "../../../sim/metrics/exposition.ts";
import { scenarioFamilies } from "../../../sim/metrics/scenario-families.ts";
import type { ScenarioAccount } from "../../../sim/scenario/scenario-account.ts";
import type { Numbers } from "../../../sim/scenario/tcp-numbers.ts";
import { inFolder, veridian } from "../../commanding.ts";
import { playMembers } from "../scenario/playing.ts";
import { readOpenMetrics } from "./open-metrics.ts";

const FIRST_NUMBER = 1_000_003;
const { account } = playMembers({ ticks: 60, clients: [{ count: 4 }], backends: [{ count: 2 }] });
const { scenario } = account;

/** The same names, each with a number that no other has. */
function marked(numbers: Numbers, next: { number: number }): Numbers {
  return Object.fromEntries(Object.keys(numbers).map((name) => [name, next.number++]));
}

function read(of: ScenarioAccount): Map<string, number> {
  const text = expositionText(scenarioFamilies(of));
  const samples = readOpenMetrics(new TextEncoder().encode(text)).flatMap((family) => family.samples);
  return new Map(samples.map(({ metric, labels, value }) => [`${metric.slice("veridian_".length)}{${[...labels].map(([name, text]) => `${name}=${text}`).join(",")}}`, value]));
}

describe("the metrics of a scenario", () => {
  test("hold every number of proxy, host, link and TCP exactly once", () => {
    const next = { number: FIRST_NUMBER };
    const { tcp } = scenario;
    const all = { proxy: marked(scenario.proxy, next), host: marked(scenario.host, next), link: marked(scenario.link, next), tcp: { machine: marked(tcp.machine, next), clients: marked(tcp.clients, next), backends: marked(tcp.backends, next) } };
    const values = [...read({ ...scenario, ...all }).values()].filter((value) => value >= FIRST_NUMBER);
    // What clients were answered is told twice: how the request ended, and who made the response.
    const wanted = [...Object.values(all.proxy), all.proxy["responses"]!, ...Object.values(all.host), ...Object.values(all.link), ...Object.values(all.tcp).flatMap((numbers) => Object.values(numbers))];
    expect(wanted.length).toBeGreaterThan(150);
    expect(values.sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
  });

  test("name what they count", () => {
    const proxy = { ...scenario.proxy, responses: 1, gatewayTimeout: 2, clientsOpened: 3, clientsDisplaced: 4, upstreamsReused: 5, connectTimeouts: 6, retries: 7, resent: 8, responseBodyBytes: 9, probesLate: 10, ownResponses: 11, sessionsBegun: 12, clientsEvicted: 13 };
    const tcp = { ...scenario.tcp, machine: { ...scenario.tcp.machine, retransmissions: 14, bytesOut: 15, timeouts: 16, bufferBytesPeak: 17 } };
    const found = read({ ...scenario, proxy, tcp });
    expect([
      "proxy_exchanges_total{end=responses}", "proxy_exchanges_total{end=gatewayTimeout}", "proxy_clients_total{event=opened}", "proxy_clients_let_go_total{reason=displaced}", "proxy_upstreams_total{event=reused}",
      "proxy_upstreams_total{event=late}", "proxy_retries_total{way=elsewhere}", "proxy_retries_total{way=again}", "proxy_body_bytes_total{of=response}", "proxy_probes_total{result=late}", "proxy_responses_total{by=proxy}",
      "proxy_events_total{event=sessionsBegun}", "proxy_clients_let_go_total{reason=memory}", "tcp_retransmissions_total{side=machine,kind=all}", "tcp_bytes_total{side=machine,direction=out}",
      "tcp_events_total{side=machine,event=timeouts}", "tcp_buffer_peak_bytes{side=machine}",
    ].map((name) => found.get(name))).toEqual(Array.from({ length: 17 }, (_, i) => i + 1));
  });

  test("say what clients and backends saw", () => {
    const found = read(scenario);
    const { clients, backends } = scenario;
    expect(found.get("client_answers_total{status=200}")).toBe(clients.counters.answers);
    expect(found.get("client_latency_seconds{part=0.99}")).toBeCloseTo(clients.latency.p99Micros / 1e6, 9);
    expect(found.get("client_bytes_total{direction=in}")).toBe(clients.bytesIn);
    for (const { name, requests, connections, answers, workingMost } of backends.backends) {
      expect([`requests_total{server=${name}}`, `connections_total{server=${name},event=opened}`, `answers_total{server=${name},kind=ok}`, `working_most{server=${name}}`].map((sample) => found.get(`server_${sample}`))).toEqual([requests, connections.opened, answers.ok, workingMost]);
      expect(requests).toBeGreaterThan(0);
    }
  });
});

test("the command writes them behind those of the machine, and the run is the same without", () => {
  inFolder((path) => {
    const ticks = ["run", "--scenario", "first-steps", "--ticks", "60", "--json", "--set", "proxy.upstreamIdle=300", "--set", "proxy.timeWait=100", "--set", "proxy.finWait=200"];
    const [plain, measured] = [veridian(...ticks), veridian(...ticks, "--metrics", path("m"))];
    expect([measured.code, measured.out]).toEqual([0, plain.out]);
    const families = readOpenMetrics(readFileSync(path("m")));
    const names = families.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["veridian_run", "veridian_backend_requests", "veridian_proxy_exchanges", "veridian_tcp_retransmissions", "veridian_client_latency_seconds"]));
    const { answers } = (JSON.parse(measured.out) as { scenario: ScenarioAccount }).scenario.clients.counters;
    expect(families.find(({ name }) => name === "veridian_proxy_exchanges")!.samples[0]!.value).toBe(answers);
  });
});
