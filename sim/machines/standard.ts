/** The machine one works with: 4 MiB, the numbers of the real kernel where it has them. */

import { standardHalLimits } from "../../hal/limits.ts";
import { standardKernelLimits } from "../../kernel/limits.ts";
import { lbStandard, netStandard } from "../../services/limits.ts";
import type { BalancerNumbers } from "./balancer.ts";
import { balancerModel } from "./balancer.ts";
import type { Setting } from "./model.ts";
import { E1000 } from "./nic.ts";
import { supervisionSettings } from "./supervision.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

function bytes(value: number, help: string): Setting {
  return { value, unit: "bytes", least: 0, most: 1024 * MIB, help };
}

function bytesFrom(least: number, value: number, help: string): Setting {
  return { ...bytes(value, help), least };
}

function count(value: number, most: number, help: string): Setting {
  return { value, unit: "count", least: 1, most, help };
}

export const standardNumbers: BalancerNumbers = Object.freeze({
  name: "standard",
  summary: "4 MiB, one E1000, the balancer's tables for a thousand clients",
  ramBytes: 4 * MIB,
  nic: E1000,
  hal: standardHalLimits,
  kernel: standardKernelLimits,
  net: netStandard,
  lb: lbStandard,
  settings: Object.freeze<Record<string, Setting>>({
    "arena.driver": bytes(8 * KIB, "memory of the driver process"),
    "arena.net": bytes(400 * KIB, "memory of net: flows, requests under way"),
    "arena.lb": bytes(640 * KIB, "memory of the load balancer: routes, groups, limiters, sessions"),
    "arena.operator": bytes(4 * KIB, "memory of the operator process"),
    "rx.descriptors": count(128, 4096, "receive descriptors of each queue of the NIC: a multiple of 8, or for virtio a power of two"),
    "rx.posted": count(64, 4095, "buffers kept posted to each receive queue"),
    "tx.descriptors": count(32, 4096, "transmit descriptors of each queue of the NIC: a multiple of 8, or for virtio a power of two"),
    // Posted to the ring, held by net for requests under way, on their way out, and queued for net: 64 + 64 + 32 + 16.
    buffers: count(176, 512, "DMA buffers of 2048 bytes"),
    "region.requests": bytes(netStandard.requestsBytes, "shared memory for request descriptors"),
    "region.streams": bytes(netStandard.streamsBytes, "shared memory for bytes of heads that span frames"),
    "region.fragments": bytes(netStandard.fragmentBytes, "shared memory for packets that come in parts; 0: none is put together"),
    "region.control": bytesFrom(256, 128 * KIB, "shared memory for control operations and their answers"),
    "region.configuration": bytes(64 * KIB - 16, "longest configuration that is loaded again when the load balancer begins anew"),
    "queue.frames": count(1024, 1024, "messages that wait for net from the driver"),
    "queue.decisions": count(1024, 1024, "decisions that wait for net"),
    "queue.requests": count(1024, 1024, "requests that wait for the load balancer"),
    "queue.transmit": count(256, 1024, "frames that wait for the driver"),
    "net.flows": count(netStandard.flowsMax, 65_536, "client connections known at once"),
    "net.requests": count(netStandard.requestsMax, 4096, "requests whose decision is awaited"),
    "net.framesHeld": count(netStandard.framesHeldMax, 512, "DMA buffers that waiting requests may hold"),
    "net.flowTimeout": { value: netStandard.flowTimeoutTicks, unit: "ticks", least: 1, most: 1_000_000_000, help: "silence that ends a connection" },
    "net.mtu": count(1500, 1500, "largest IP packet sent on"),
    "lb.limiters": count(lbStandard.limitersMax, 1_000_000, "clients whose rate is known"),
    "lb.sessions": count(lbStandard.sessionsMax, 1_000_000, "sticky sessions"),
    "lb.routes": count(lbStandard.routesMax, 65_534, "routes of all rules together"),
    "lb.groups": count(lbStandard.groupsMax, 65_534, "backend groups"),
    "lb.backends": count(lbStandard.backendsMax, 65_534, "backends of one group or virtual IP"),
    "lb.rules": count(lbStandard.rulesMax, 65_534, "rules"),
    "lb.vips": count(lbStandard.vipsMax, 65_534, "virtual IPs"),
    "lb.directory": count(lbStandard.directoryMax, 32_767, "backends of all groups under semantics=strict, twice for a reload"),
    "lb.connections": count(lbStandard.connectionsMax, 65_534, "connections that are counted at once under semantics=strict"),
    "lb.pending": count(lbStandard.pendingMax, 65_534, "requests that wait for a connection"),
    "lb.rateRules": count(lbStandard.rateRulesMax, 65_534, "rate_limit= lines"),
    "lb.shares": count(lbStandard.sharesMax, 65_534, "groups among which one route divides its requests"),
    "lb.seed": { value: lbStandard.seed, unit: "count", least: 0, most: 0x7fff_ffff, help: "seed of the balancer's own draws: random algorithms, jitter of probes" },
    "lb.problems": count(lbStandard.problemsMax, 65_534, "problems and notes that a configuration is answered with"),
    ...supervisionSettings(4 * KIB),
    "lb.ringPoints": count(lbStandard.ringPointsMax, 16_777_216, "points on the ring of one group"),
  }),
});

export const standard = balancerModel(standardNumbers);

/** The same machine by the name of its NIC. */
export const e1000 = balancerModel({ ...standardNumbers, name: "e1000", summary: "the standard machine" });
