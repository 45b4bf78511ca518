/**
 * The machine of the load balancer: one NIC, its driver, net, the balancer, and an operator at the mailbox. The two
 * models differ in their numbers only: `standard` carries traffic, `tiny` fits 64 KiB and lets tests reach the edges.
 *
 * Priorities: the driver before all, so that the ring never runs dry; then whoever is nearer the end of a request's way,
 * so that queues stay short: lb before net. The operator waits for quiet moments. The supervisor sees to it that all four
 * begin anew when they die.
 */

import type { HalLimits } from "../../hal/limits.ts";
import type { KernelLimits } from "../../kernel/limits.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import type { AnyService } from "../../kernel/service.ts";
import { keptRegionBytes } from "../../services/lb/kept-configuration.ts";
import { loadBalancer } from "../../services/lb/service.ts";
import { vipTableBytes } from "../../services/lb/vips-api.ts";
import type { LbLimits, NetLimits } from "../../services/limits.ts";
import type { NetParameters } from "../../services/net/api.ts";
import type { HostLimits } from "../../services/net/host/limits.ts";
import { NetLedger } from "../../services/net/ledger.ts";
import type { ProxyLimits } from "../../services/net/proxy/limits.ts";
import { net } from "../../services/net/service.ts";
import { operator } from "../../services/operator/operator.ts";
import { groupMacs } from "./groups.ts";
import type { MachineChoice, MachineModel, Setting } from "./model.ts";
import { DEFAULT_ADDRESSES, DEFAULT_GATEWAY_MAC, DEFAULT_MAC, DEFAULT_SEED, settle } from "./model.ts";
import type { NicChoice } from "./nic.ts";
import { driverService, nicDevice, ringsBytes } from "./nic.ts";
import { chosenProxyLimits } from "./proxy-settings.ts";
import { supervisorLine } from "./supervision.ts";

/** Names of the two devices. */
export const NIC = "nic0";
export const MAILBOX = "mailbox0";

/** What one of the two models is made of. */
export interface BalancerNumbers {
  readonly name: string;
  readonly summary: string;
  readonly ramBytes: number;
  readonly nic: NicChoice;
  readonly hal: HalLimits;
  readonly kernel: KernelLimits;
  readonly net: NetLimits;
  readonly lb: LbLimits;
  /** Bounds of the proxy, on a machine that ends connections itself; without them net only looks on. */
  readonly proxy?: ProxyLimits;
  /** Bounds of such a machine as a host on its link; absent: the standard ones. */
  readonly host?: HostLimits;
  readonly settings: Readonly<Record<string, Setting>>;
}

export function balancerModel(numbers: BalancerNumbers): MachineModel {
  const { name, summary, ramBytes, settings } = numbers;
  return Object.freeze({ name, summary, ramBytes, settings, manifest: (choice: MachineChoice = {}) => makeManifest(numbers, choice) });
}

function makeManifest(numbers: BalancerNumbers, choice: MachineChoice): Manifest {
  const value = settle(numbers.name, numbers.settings, choice.settings);
  const mac = choice.mac ?? DEFAULT_MAC;
  return {
    name: numbers.name,
    ramBytes: choice.ramBytes ?? numbers.ramBytes,
    hal: numbers.hal,
    kernel: numbers.kernel,
    devices: [
      nicDevice(numbers.nic, NIC, mac),
      { name: MAILBOX, kind: "mailbox" },
    ],
    regions: {
      rings: { bytes: ringsBytes(numbers.nic, value), devices: [NIC] },
      requests: { bytes: value("region.requests") },
      // Net divides it: bytes of flows, and behind them packets that come in parts.
      streams: { bytes: value("region.streams") + value("region.fragments") },
      vips: { bytes: vipTableBytes(value("lb.vips")) },
      ledger: { bytes: NetLedger.size },
      configuration: { bytes: keptRegionBytes(value("region.configuration")) },
      control: { bytes: value("region.control"), devices: [MAILBOX] },
    },
    pool: { name: "frames", count: value("buffers"), devices: [NIC] },
    processes: makeProcesses(numbers, choice, value, mac),
  };
}

function makeProcesses(numbers: BalancerNumbers, choice: MachineChoice, value: (name: string) => number, mac: string): Record<string, ProcessLine> {
  const small = { control: Math.min(8, numbers.kernel.endpointQueue) };
  return {
    driver: {
      ...driverService(numbers.nic, value, numbers.proxy === undefined ? [] : groupMacs(choice.addresses ?? DEFAULT_ADDRESSES)),
      priority: "realTimeNormal",
      arenaBytes: value("arena.driver"),
      grants: { nic: NIC, irq: NIC, rings: "rings", buffers: "frames", frames: "net.frames", ticks: "ticks" },
      queues: { ...small, transmit: value("queue.transmit") },
    },
    lb: {
      service: loadBalancer as unknown as AnyService,
      priority: "systemHigh",
      arenaBytes: value("arena.lb"),
      grants: { requests: "requests", streams: "streams", buffers: "frames", control: "control", vips: "vips", configuration: "configuration", decisions: "net.decisions", ticks: "ticks" },
      queues: { ...small, requests: value("queue.requests") },
      parameters: lbParameters(numbers, value),
    },
    net: {
      service: net as unknown as AnyService,
      priority: "systemNormal",
      arenaBytes: value("arena.net"),
      grants: { buffers: "frames", requests: "requests", streams: "streams", vips: "vips", transmit: "driver.transmit", balancer: "lb.requests", ticks: "ticks", ledger: "ledger" },
      queues: { ...small, frames: value("queue.frames"), decisions: value("queue.decisions") },
      parameters: netParameters(numbers, choice, value, mac),
    },
    operator: {
      service: operator as unknown as AnyService,
      priority: "userNormal",
      arenaBytes: value("arena.operator"),
      grants: { mailbox: MAILBOX, interrupt: MAILBOX, control: "control", balancer: "lb.control", net: "net.control", driver: "driver.control" },
    },
    supervisor: supervisorLine(value),
  };
}

function lbParameters(numbers: BalancerNumbers, value: (name: string) => number): LbLimits {
  return {
    ...numbers.lb,
    groupsMax: value("lb.groups"),
    backendsMax: value("lb.backends"),
    rulesMax: value("lb.rules"),
    routesMax: value("lb.routes"),
    limitersMax: value("lb.limiters"),
    sessionsMax: value("lb.sessions"),
    vipsMax: value("lb.vips"),
    directoryMax: value("lb.directory"),
    connectionsMax: value("lb.connections"),
    pendingMax: value("lb.pending"),
    rateRulesMax: value("lb.rateRules"),
    sharesMax: value("lb.shares"),
    ringPointsMax: value("lb.ringPoints"),
    problemsMax: value("lb.problems"),
    seed: value("lb.seed"),
    ...(numbers.proxy === undefined ? {} : { probesByNet: true }),
  };
}

function netParameters(numbers: BalancerNumbers, choice: MachineChoice, value: (name: string) => number, mac: string): NetParameters {
  return {
    ...numbers.net,
    flowsMax: value("net.flows"),
    requestsMax: value("net.requests"),
    flowTimeoutTicks: value("net.flowTimeout"),
    connectionsMax: value("lb.connections"),
    framesHeldMax: value("net.framesHeld"),
    fragmentBytes: value("region.fragments"),
    ...(numbers.proxy === undefined ? { mode: "observe" } : { mode: "terminate", proxy: chosenProxyLimits(numbers.proxy, value), addresses: choice.addresses ?? DEFAULT_ADDRESSES }),
    ports: choice.ports ?? [80, 8080],
    mac,
    neighbours: choice.neighbours ?? {},
    ...gatewayParameters(numbers, choice),
    ...(numbers.host === undefined ? {} : { host: numbers.host }),
    mtu: value("net.mtu"),
    seed: choice.seed ?? DEFAULT_SEED,
  };
}

/** Who only looks on asks nobody where others are: there is always a gateway's MAC address then. */
function gatewayParameters(numbers: BalancerNumbers, choice: MachineChoice): Pick<NetParameters, "gatewayMac" | "gateways"> {
  if (numbers.proxy === undefined) return { gatewayMac: choice.gatewayMac ?? DEFAULT_GATEWAY_MAC };
  return { ...(choice.gatewayMac === undefined ? {} : { gatewayMac: choice.gatewayMac }), gateways: choice.gateways ?? [] };
}
