/**
 * The metric families of a scenario's run, beside those of the machine's account (families.ts): what the proxy did with its
 * clients and its connections to backends, what TCP counted on each side, and what those who live around the machine saw.
 * Every counter has its sample, whether anything was counted or not, so that two runs have the same lines but for the
 * statuses that there were.
 */

import type { ClientsAccount } from "../inhabitants/clients/account.ts";
import type { BackendsAccount } from "../inhabitants/backends/account.ts";
import type { ScenarioAccount } from "../scenario/scenario-account.ts";
import type { Numbers } from "../scenario/tcp-numbers.ts";
import type { Family, Labels, PlainFamily, Sample, Value } from "./exposition.ts";

const NANOSECONDS_PER_MICROSECOND = 1000;

/** How a routed request ended, by the proxy's counters. */
const ENDS = Object.freeze(["responses", "answeredHere", "badGateway", "gatewayTimeout", "noUpstream", "responsesBroken", "requestsFaulty", "clientsSlow", "abandoned"]);
const CLIENTS = Object.freeze({ clientsOpened: "opened", clientsClosed: "closed", clientsBroken: "broken" });
const CLIENTS_LET_GO = Object.freeze({ clientsRefused: "refused", clientsDisplaced: "displaced", clientsEvicted: "memory", idleClosed: "idle", headTimeouts: "head" });
const UPSTREAMS = Object.freeze({ upstreamsOpened: "opened", upstreamsReused: "reused", upstreamsClosed: "closed", upstreamsFailed: "failed", connectTimeouts: "late" });
const RESPONSES = Object.freeze({ responses: "backend", ownResponses: "proxy", interimResponses: "interim" });
const RETRIES = Object.freeze({ retries: "elsewhere", resent: "again", retriesRefused: "refused" });
const BODIES = Object.freeze({ requestBodyBytes: "request", responseBodyBytes: "response" });
const PROBES = Object.freeze({ probesPassed: "passed", probesFailed: "failed", probesNotMade: "notMade", probesUnreached: "unreached", probesLate: "late", probesAsked: "asked" });

const TCP_SEGMENTS = Object.freeze({ segmentsIn: "in", segmentsOut: "out" });
const TCP_BYTES = Object.freeze({ bytesIn: "in", bytesOut: "out" });
const TCP_RESENT = Object.freeze({ retransmissions: "all", fastRetransmissions: "fast" });
/** What is in use now, and was at most: no counters. */
const TCP_GAUGES: readonly string[] = Object.freeze(["inUse", "bufferBytes", "bufferBytesPeak"]);

export function scenarioFamilies(scenario: ScenarioAccount): Family[] {
  const { proxy, host, link, tcp, clients, backends } = scenario;
  return [
    { type: "info", name: "veridian_scenario", help: "What was played.", samples: [sample([["name", scenario.name]], 1)] },
    ...proxyFamilies(proxy),
    counter("veridian_host_events", "What the machine counts as a host on its link: neighbours, waiting frames, echoes.", events(host)),
    counter("veridian_link_frames", "Frames on the link between the machine and the others, and what became of them.", events(link)),
    ...tcpFamilies(tcp),
    ...clientFamilies(clients),
    ...backendFamilies(backends),
  ];
}

function proxyFamilies(proxy: Numbers): Family[] {
  const ends = ENDS.map((end) => sample([["end", end]], proxy[end] ?? 0));
  const told = [CLIENTS, CLIENTS_LET_GO, UPSTREAMS, RESPONSES, RETRIES, BODIES, PROBES].flatMap((names) => Object.keys(names));
  const others = Object.fromEntries(Object.entries(proxy).filter(([name]) => !told.includes(name) && !ENDS.includes(name)));
  return [
    counter("veridian_proxy_exchanges", "Routed requests, by how they ended.", ends),
    counter("veridian_proxy_responses", "Responses that clients were sent, by who made them; interim ones besides.", named("by", RESPONSES, proxy)),
    counter("veridian_proxy_clients", "Connections of clients, by what became of them.", named("event", CLIENTS, proxy)),
    counter("veridian_proxy_clients_let_go", "Connections of clients that the proxy did not take, or ended, and why.", named("reason", CLIENTS_LET_GO, proxy)),
    counter("veridian_proxy_upstreams", "Connections to backends, by what became of them.", named("event", UPSTREAMS, proxy)),
    counter("veridian_proxy_retries", "Requests that were given to a backend once more: elsewhere, again to the same one, or that should have been and were not.", named("way", RETRIES, proxy)),
    { ...counter("veridian_proxy_body_bytes", "Bytes of bodies that were handed on, framing included.", named("of", BODIES, proxy)), unit: "bytes" },
    counter("veridian_proxy_probes", "Probes of health, by what came of them.", named("result", PROBES, proxy)),
    counter("veridian_proxy_events", "What else the proxy counts.", events(others)),
  ];
}

function tcpFamilies(tcp: ScenarioAccount["tcp"]): Family[] {
  const told = [TCP_SEGMENTS, TCP_BYTES, TCP_RESENT].flatMap((names) => Object.keys(names)).concat(TCP_GAUGES);
  const sides = Object.entries(tcp);
  const each = (read: (numbers: Numbers) => readonly Sample[]): Sample[] => sides.flatMap(([side, numbers]) => read(numbers).map(({ labels, value }) => sample([["side", side], ...labels], value)));
  const value = (name: string): Sample[] => each((numbers) => [sample([], numbers[name] ?? 0)]);
  return [
    counter("veridian_tcp_segments", "Segments by side and direction.", each((numbers) => named("direction", TCP_SEGMENTS, numbers))),
    { ...counter("veridian_tcp_bytes", "Bytes of data in them.", each((numbers) => named("direction", TCP_BYTES, numbers))), unit: "bytes" },
    counter("veridian_tcp_retransmissions", "Segments that were sent again; those for duplicate acknowledgements besides.", each((numbers) => named("kind", TCP_RESENT, numbers))),
    counter("veridian_tcp_events", "What else TCP counts.", each((numbers) => events(Object.fromEntries(Object.entries(numbers).filter(([name]) => !told.includes(name)))))),
    gauge("veridian_tcp_connections", "Records of connections in use, those in TIME-WAIT included.", value("inUse")),
    { ...gauge("veridian_tcp_buffer_bytes", "Bytes of all buffers.", value("bufferBytes")), unit: "bytes" },
    { ...gauge("veridian_tcp_buffer_peak_bytes", "The most bytes of all buffers at once.", value("bufferBytesPeak")), unit: "bytes" },
  ];
}

function clientFamilies({ counters, statuses, latency, bytesIn, bytesOut }: ClientsAccount): Family[] {
  const spans = [["0.5", latency.p50Micros], ["0.9", latency.p90Micros], ["0.99", latency.p99Micros], ["0.999", latency.p999Micros], ["1", latency.maxMicros]] as const;
  return [
    counter("veridian_client_answers", "Answers that clients got, by status.", Object.entries(statuses).map(([status, answers]) => sample([["status", status]], answers))),
    counter("veridian_client_events", "What else clients count.", events(counters)),
    { ...counter("veridian_client_bytes", "Bytes on clients' connections.", [sample([["direction", "in"]], bytesIn), sample([["direction", "out"]], bytesOut)]), unit: "bytes" },
    {
      ...gauge("veridian_client_latency_seconds", "From a request's beginning to the last byte of its answer: what so many of all answers did not exceed.", spans.map(([part, micros]) => sample([["part", part]], { nanoseconds: micros * NANOSECONDS_PER_MICROSECOND }))),
      unit: "seconds",
    },
  ];
}

function backendFamilies({ backends }: BackendsAccount): Family[] {
  const answers = backends.flatMap(({ name, answers: kinds }) => Object.entries(kinds).map(([kind, times]) => sample([["server", name], ["kind", kind]], times)));
  const connections = backends.flatMap(({ name, connections: counts }) => Object.entries(counts).filter(([kind]) => !kind.startsWith("open") || kind === "opened").map(([event, times]) => sample([["server", name], ["event", event]], times)));
  return [
    counter("veridian_server_requests", "Requests that a backend got, probes of health among them.", backends.map(({ name, requests }) => sample([["server", name]], requests))),
    counter("veridian_server_answers", "What a backend did with them, by kind and by how they ended.", answers),
    counter("veridian_server_connections", "Connections of a backend, by what became of them.", connections),
    gauge("veridian_server_working_most", "The most requests that a backend worked on at once.", backends.map(({ name, workingMost }) => sample([["server", name]], workingMost))),
  ];
}

/** Of the named counters each under its label. */
function named(label: string, names: Readonly<Record<string, string>>, numbers: Numbers): Sample[] {
  return Object.entries(names).map(([name, value]) => sample([[label, value]], numbers[name] ?? 0));
}

function events(numbers: Numbers): Sample[] {
  return Object.entries(numbers).map(([event, times]) => sample([["event", event]], times));
}

function counter(name: string, help: string, samples: readonly Sample[]): PlainFamily {
  return { type: "counter", name, help, samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): PlainFamily {
  return { type: "gauge", name, help, samples };
}

function sample(labels: Labels, value: Value): Sample {
  return { labels, value };
}
