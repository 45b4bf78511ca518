/**
 * The metric families of a run: what its account says, and what the load balancer said of itself when all was at rest.
 * A reason that never happened is there with 0, so that two runs have the same lines; times are in seconds.
 */

import { OUTCOMES } from "../../services/lb/api.ts";
import { BUCKETS, OVERFLOW_BUCKET, bucketMost } from "../../services/lb/metrics/histogram.ts";
import { IGNORED_REASONS } from "../../services/net/api.ts";
import type { Account, Counts } from "../account.ts";
import { DROP_REASONS } from "../accounting.ts";
import type { Family, HistogramFamily, Labels, PlainFamily, Sample, Value } from "./exposition.ts";
import type { BalancerMetrics, GroupMetrics, Measured, RouteMetrics } from "./query.ts";

/** Position 0 stands for no reason. */
const IGNORED = Object.freeze(IGNORED_REASONS.slice(1).map(({ reason }) => reason));
const ROUTED = OUTCOMES[0].name;
const REFUSALS = Object.freeze(OUTCOMES.slice(1).map(({ name }) => name));
/** What the balancer counts by outcome, under its name there. */
const OUTCOME_OF: ReadonlyMap<string, string> = new Map(OUTCOMES.map(({ name }) => [name.charAt(0).toLowerCase() + name.slice(1), name]));

export function familiesOf(account: Account, balancer: BalancerMetrics): Family[] {
  return [
    ...machineFamilies(account),
    ...frameFamilies(account),
    ...requestFamilies(account),
    ...transportFamilies(account),
    ...balancerFamilies(balancer),
    ...routeFamilies(balancer),
    ...groupFamilies(balancer.groups),
    ...backendFamilies(balancer.groups),
    ...measureFamilies(balancer),
    ...memoryFamilies(account),
  ];
}

function machineFamilies(account: Account): Family[] {
  const { machine, ipc, memory, stopped } = account;
  const labels: Labels = [["capture", account.capture], ["machine", account.manifest], ["seed", String(account.seed)], ["mac", machine.mac], ["state_hash", account.stateHash]];
  const up = memory.map(({ process }) => sample([["process", process]], stopped.some((gone) => gone.process === process) ? 0 : 1));
  return [
    { type: "info", name: "veridian_run", help: "What was run, and the hash over all of the machine at its end.", samples: [sample(labels, 1)] },
    counter("veridian_machine_ticks", "Ticks of the machine's clock.", [sample([], account.ticks)]),
    { type: "counter", name: "veridian_machine_seconds", unit: "seconds", help: "Time that passed in the machine, one cycle a nanosecond.", samples: [sample([], { nanoseconds: account.cycles })] },
    counter("veridian_ipc_messages", "Messages between processes, by the way they took.", [sample([["way", "registers"]], ipc.fast), sample([["way", "queue"]], ipc.queued)]),
    gauge("veridian_process_up", "Whether the process still runs.", up),
  ];
}

function frameFamilies({ frames, net }: Account): Family[] {
  const { ignored: _, ...others } = net;
  const events = Object.entries(others).flatMap(([event, times]) => (typeof times === "number" ? [sample([["event", event]], times)] : []));
  return [
    counter("veridian_nic_frames_offered", "Frames that came in on the wire.", [sample([], frames.offered)]),
    counter("veridian_nic_frames_received", "Frames that the NIC wrote to a descriptor.", [sample([], frames.received)]),
    counter("veridian_nic_frames_dropped", "Frames that the NIC dropped.", byReason(DROP_REASONS, frames.dropped)),
    counter("veridian_nic_frames_transmitted", "Frames that the NIC sent.", [sample([], frames.transmitted)]),
    counter("veridian_capture_frames_own", "Frames of the capture that the machine itself had sent: not offered.", [sample([], frames.own)]),
    counter("veridian_capture_frames_snapped", "Frames that the capture had cut short.", [sample([], frames.snapped)]),
    counter("veridian_net_frames_ignored", "Frames that carried nothing for a flow.", byReason(IGNORED, net.ignored)),
    counter("veridian_net_events", "What else net counts.", events),
  ];
}

function requestFamilies({ requests, connections }: Account): Family[] {
  return [
    counter("veridian_requests", "Requests by outcome, whoever decided it.", byOutcome(requests)),
    counter("veridian_connections_named", "Connections to backends that the load balancer named.", [sample([], connections.named)]),
    counter("veridian_connections_ended", "Those of which it heard that they are over.", [sample([], connections.ended)]),
    counter("veridian_connections_unheard", "Those of which it could not be told.", [sample([], connections.unheard)]),
  ];
}

function transportFamilies({ transport }: Account): Family[] {
  const { vips, unroutable, segments, packets, packetsLost } = transport;
  const flows = vips.flatMap((vip) =>
    vip.backends.map((backend, position) => {
      const labels: Labels = [["vip_address", vip.address], ["vip_port", String(vip.port)], ["address", backend.address], ["port", String(backend.port)], ["position", String(position)]];
      return sample(labels, backend.flows);
    }),
  );
  return [
    counter("veridian_flows", "Flows to virtual IPs, by outcome.", byOutcome(transport)),
    counter("veridian_flows_unroutable", "Routed flows whose backend has no address of the client's family.", [sample([], unroutable)]),
    counter("veridian_flow_segments", "Segments that came for virtual IPs.", [sample([], segments)]),
    counter("veridian_flow_packets", "Segments that were sent on.", [sample([], packets)]),
    counter("veridian_flow_packets_lost", "Segments that were not: no room, or a flow without a backend.", [sample([], packetsLost)]),
    counter("veridian_vip_flows", "Flows to a virtual IP that the backend took.", flows),
  ];
}

function byOutcome({ routed, refused, lost }: { readonly routed: number; readonly refused: Counts; readonly lost: number }): Sample[] {
  const refusals = REFUSALS.map((outcome) => sample([["outcome", outcome]], refused[outcome] ?? 0));
  return [sample([["outcome", ROUTED]], routed), ...refusals, sample([["outcome", "lost"]], lost)];
}

function balancerFamilies({ metrics, decision, connection }: BalancerMetrics): Family[] {
  const counters = metrics.filter((metric) => metric.counter);
  const outcomes = counters.flatMap(({ name, value }) => (OUTCOME_OF.has(name) ? [sample([["outcome", OUTCOME_OF.get(name) ?? ""]], value)] : []));
  const events = counters.flatMap(({ name, value }) => (OUTCOME_OF.has(name) ? [] : [sample([["event", name]], value)]));
  const entries = metrics.flatMap(({ name, counter: counts, value }) => (counts ? [] : [sample([["table", name]], value)]));
  const leftOut = [["decision", decision] as const, ["connection", connection] as const].flatMap(([name, measured]) => (measured === null ? [] : [sample([["measure", name]], measured.leftOut)]));
  return [
    counter("veridian_balancer_requests", "Requests that the load balancer decided, by outcome.", outcomes),
    counter("veridian_balancer_events", "What else the load balancer counts.", events),
    gauge("veridian_balancer_entries", "How many entries its tables have.", entries),
    counter("veridian_balancer_unmeasured", "Times that could not be measured.", leftOut),
  ];
}

function routeFamilies({ routes }: BalancerMetrics): Family[] {
  const samples = routes.flatMap(({ rule, exact, prefix, host, groups }, route) => {
    const labels: Labels = [["rule", String(rule)], ["route", String(route)], ["match", exact ? "exact" : "prefix"], ["path", prefix], ["host", host]];
    return [...summed(groups)].map(([group, requests]) => sample([...labels, ["group", group]], requests));
  });
  return [counter("veridian_route_requests", "Requests that the route took, by the group it gave them to.", samples)];
}

/** By name: a route may name a group twice. */
function summed(groups: RouteMetrics["groups"]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { name, requests } of groups) sums.set(name, (sums.get(name) ?? 0) + requests);
  return sums;
}

function groupFamilies(groups: readonly GroupMetrics[]): Family[] {
  const each = (read: (group: GroupMetrics) => number): Sample[] => groups.map((group) => sample([["group", group.name]], read(group)));
  const refusals = groups.flatMap(({ name, refused, overloaded }) => [
    sample([["group", name], ["outcome", "NoHealthyBackend"]], refused),
    sample([["group", name], ["outcome", "Overloaded"]], overloaded),
  ]);
  return [
    counter("veridian_group_requests", "Requests that the group's backends took.", each((group) => group.routed)),
    counter("veridian_group_refusals", "Requests that led to the group and found no backend there, or none with room.", refusals),
    counter("veridian_group_retries", "Requests that were tried at another backend.", each((group) => group.retried)),
    counter("veridian_group_retries_refused", "Retries beyond the group's budget, or without another backend.", each((group) => group.retriesRefused)),
    gauge("veridian_group_waiting", "Requests that wait for a backend.", each((group) => group.waiting)),
  ];
}

function backendFamilies(groups: readonly GroupMetrics[]): Family[] {
  const each = (read: (backend: GroupMetrics["backends"][number]) => number): Sample[] =>
    groups.flatMap(({ name, backends }) =>
      // The position tells apart backends of one address, which the seed's semantics allows.
      backends.map((backend, position) => sample([["group", name], ["address", backend.address], ["port", String(backend.port)], ["position", String(position)]], read(backend))),
    );
  return [
    counter("veridian_backend_requests", "Requests that the backend took.", each((backend) => backend.requests)),
    counter("veridian_backend_failures", "Requests that failed there.", each((backend) => backend.failed)),
    counter("veridian_backend_ejections", "Times it was taken out of service for its failures.", each((backend) => backend.timesEjected)),
    gauge("veridian_backend_connections", "Connections that count as open.", each((backend) => backend.activeConnections)),
    gauge("veridian_backend_available", "Whether requests may go there.", each((backend) => (backend.available ? 1 : 0))),
  ];
}

function measureFamilies({ decision, connection }: BalancerMetrics): Family[] {
  return [
    ...histogram("veridian_decision_seconds", "From a complete head to the load balancer's decision on its way back.", decision),
    ...histogram("veridian_connection_seconds", "From a connection's opening to its end.", connection),
  ];
}

function memoryFamilies({ machine, memory, buffers }: Account): Family[] {
  const each = (read: (entry: Account["memory"][number]) => number): Sample[] => memory.map((entry) => sample([["process", entry.process]], read(entry)));
  const bytes = (name: string, help: string, samples: readonly Sample[]): PlainFamily => ({ type: "gauge", name, unit: "bytes", help, samples });
  return [
    bytes("veridian_machine_ram_bytes", "RAM of the machine.", [sample([], machine.ramBytes)]),
    bytes("veridian_machine_ram_used_bytes", "RAM that the parts of its manifest take.", [sample([], machine.usedBytes)]),
    bytes("veridian_process_memory_used_bytes", "Memory in use in the process's arena.", each((entry) => entry.used)),
    bytes("veridian_process_memory_peak_bytes", "The most that was in use at once.", each((entry) => entry.peak)),
    bytes("veridian_process_memory_size_bytes", "Size of the process's arena.", each((entry) => entry.size)),
    gauge("veridian_process_buffers", "DMA buffers that the process allocated and that are in use.", each((entry) => entry.buffers)),
    gauge("veridian_process_buffers_peak", "The most of them at once.", each((entry) => entry.buffersPeak)),
    gauge("veridian_buffers", "DMA buffers of the machine.", [sample([], buffers.count)]),
    gauge("veridian_buffers_in_use", "DMA buffers in use.", [sample([], buffers.inUse)]),
    gauge("veridian_buffers_peak", "The most DMA buffers in use at once.", [sample([], buffers.peak)]),
  ];
}

/** All thresholds, whatever was measured: histograms of several runs add up. One cycle is one nanosecond. */
function histogram(name: string, help: string, measured: Measured | null): HistogramFamily[] {
  if (measured === null) return [];
  const values = new Map(measured.buckets);
  const buckets: [number, number][] = [];
  let sum = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    sum += values.get(bucket) ?? 0;
    if (bucket < OVERFLOW_BUCKET) buckets.push([bucketMost(bucket), sum]);
  }
  return [{ type: "histogram", name, unit: "seconds", help, buckets, count: measured.count, sumNanoseconds: measured.sumCycles }];
}

/** The known reasons in their order, and any other that was counted. */
function byReason(reasons: readonly string[], counts: Counts): Sample[] {
  const others = Object.keys(counts).filter((reason) => !reasons.includes(reason));
  return [...reasons, ...others].map((reason) => sample([["reason", reason]], counts[reason] ?? 0));
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
