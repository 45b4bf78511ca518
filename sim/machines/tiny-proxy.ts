/**
 * A proxy for experiments: 256 KiB, and room for a handful of clients and backends, so that thousands of runs cost little.
 * Everything that the machine `proxy` does is done here, and no time is long: a lost frame costs ten ticks.
 */

import { tinyHalLimits } from "../../hal/limits.ts";
import { tinyKernelLimits } from "../../kernel/limits.ts";
import { lbTiny, netTiny } from "../../services/limits.ts";
import { hostTiny } from "../../services/net/host/limits.ts";
import { proxyTiny } from "../../services/net/proxy/limits.ts";
import { balancerModel } from "./balancer.ts";
import type { Setting } from "./model.ts";
import { E1000 } from "./nic.ts";
import { proxySettings } from "./proxy-settings.ts";
import { tiny } from "./tiny.ts";

const KIB = 1024;

/** Clients and backends that an experiment has at most, and connections of each to spare. */
const CLIENTS = 8;
const BACKENDS = 4;

const proxyLimits = Object.freeze({
  ...proxyTiny,
  tcp: Object.freeze({
    ...proxyTiny.tcp,
    /** A client's, one to a backend for it, and as many again that wait out their time. */
    connectionsMax: 4 * CLIENTS,
    backlogMax: CLIENTS,
    /** Each client and each backend half of what their windows hold: 16 x 2 KiB. */
    bufferBytesMax: 32 * KIB,
    /** Seven time-outs from ten ticks on: 1,270 ticks. */
    triesMax: 7,
    connectTriesMax: 3,
    /** Before anything is measured a second would pass: nobody waits so long here. */
    retransmitTicksMax: 160,
  }),
  clientsMax: CLIENTS,
  upstreamsMax: CLIENTS,
  idleUpstreamsMax: BACKENDS,
  /** SYNs go out after 0 and 160 ticks: the second has time for its answer. */
  connectTicks: 200,
  headTicks: 400,
  idleTicks: 400,
  responseTicks: 400,
  probesMax: BACKENDS,
});

const lb = Object.freeze({
  ...lbTiny,
  groupsMax: 3,
  backendsMax: BACKENDS,
  rulesMax: 2,
  routesMax: 6,
  /** A bucket for each client, and one to spare for each. */
  limitersMax: 2 * CLIENTS,
  sessionsMax: 2 * CLIENTS,
  textBytesMax: 128,
  sessionBytesMax: 64,
  problemsMax: 8,
  /** Three groups of four, twice. */
  directoryMax: 24,
  connectionsMax: 2 * CLIENTS,
  pendingMax: CLIENTS,
});

/** The tiny machine's settings with these values; their meaning and bounds are the same. */
const values: Readonly<Record<string, number>> = {
  // The buffers of all connections (32 KiB), half as much again for what the heap cannot join, records.
  "arena.net": 72 * KIB,
  "arena.lb": 40 * KIB,
  "arena.driver": 2 * KIB,
  "rx.descriptors": 16,
  "rx.posted": 8,
  "tx.descriptors": 16,
  // Posted, on their way out, and in between: 8 + 12 + 4.
  buffers: 24,
  // A head of 2 KiB for each client under way, and the allocator's books: 8 x 1,200 and a little; the spare descriptor and one for each, with 24 lines.
  "region.streams": 12 * KIB,
  "region.requests": 8 * KIB,
  // An operation as long as a configuration, and its answer.
  "region.control": 4 * KIB,
  "region.configuration": 1 * KIB - 16,
  "queue.frames": 16,
  "queue.decisions": 16,
  "queue.requests": 16,
  "queue.transmit": 16,
  "net.requests": CLIENTS,
  "lb.limiters": lb.limitersMax,
  "lb.sessions": lb.sessionsMax,
  "lb.routes": lb.routesMax,
  "lb.groups": lb.groupsMax,
  "lb.backends": lb.backendsMax,
  "lb.directory": lb.directoryMax,
  "lb.connections": lb.connectionsMax,
  "lb.pending": lb.pendingMax,
  "lb.problems": lb.problemsMax,
};

const settings: Record<string, Setting> = {};
for (const [name, setting] of Object.entries(tiny.settings)) settings[name] = Object.hasOwn(values, name) ? { ...setting, value: values[name] } : setting;

export const tinyProxy = balancerModel({
  name: "tiny-proxy",
  summary: "256 KiB, a proxy for a handful of clients, made for experiments",
  ramBytes: 256 * KIB,
  nic: E1000,
  hal: Object.freeze({
    ...tinyHalLimits,
    traceRecords: 256,
    /** Two frames of each client, as bursts come. */
    wireFrames: 2 * CLIENTS,
    wireBytes: 12 * KIB,
  }),
  kernel: Object.freeze({
    ...tinyKernelLimits,
    endpointQueue: 16,
    buffers: 24,
    /** Net's three and the balancer's two, twice. */
    timers: 16,
  }),
  net: Object.freeze({ ...netTiny, requestsMax: CLIENTS, connectionsMax: lb.connectionsMax }),
  lb,
  proxy: proxyLimits,
  host: Object.freeze({ ...hostTiny, neighboursMax: 2 * CLIENTS, askedMax: BACKENDS, waitingMax: BACKENDS }),
  settings: Object.freeze({ ...settings, ...proxySettings(proxyLimits) }),
});
