/** An account with something of everything, for tests of what is printed. */

import type { Account } from "../../../sim/account.ts";

export const account: Account = {
  schema: 1,
  capture: "day.pcap",
  manifest: "standard",
  seed: 1,
  machine: {
    ramBytes: 4194304,
    usedBytes: 3_000_000,
    mac: "02:20:5e:00:00:fe",
    processes: [
      { process: "driver", priority: "realTimeNormal", devices: ["nic0"], sendsTo: ["net"], regions: ["rings rw", "frames rw"] },
      { process: "lb", priority: "systemHigh", devices: [], sendsTo: ["net"], regions: ["control rw", "requests r", "streams r", "frames r"] },
      { process: "net", priority: "systemNormal", devices: [], sendsTo: ["driver", "lb"], regions: ["frames rw", "requests rw", "streams rw"] },
      { process: "operator", priority: "userNormal", devices: ["mailbox0"], sendsTo: ["lb", "net", "driver"], regions: ["control rw"] },
    ],
  },
  frames: { inCapture: 2404, own: 1002, offered: 1402, received: 1400, dropped: { noDescriptor: 2 }, snapped: 3, transmitted: 198 },
  net: { ignored: { arp: 12, otherPort: 4 }, badRequestLine: 2, badBody: 0, midstream: 1, unfinished: 3, fragments: 0, fragmentedOpened: 0, fragmentedWhole: 0, fragmentedRefused: 0, fragmentedTimedOut: 0, fragmentedCrowded: 0, fragmentedUnfinished: 0 },
  requests: { total: 203, routed: 198, refused: { NoRouteMatch: 4, Malformed: 1 }, lost: 0 },
  transport: {
    flows: 31,
    routed: 27,
    refused: { NoHealthyBackend: 3 },
    lost: 1,
    unroutable: 2,
    segments: 402,
    packets: 390,
    packetsLost: 12,
    vips: [
      { address: "10.20.0.2", port: 443, algorithm: "RoundRobin", backends: [{ address: "10.31.0.1", port: 8443, flows: 18 }, { address: "10.31.0.2", port: 8443, flows: 9 }] },
      { address: "fd20::2", port: 25, algorithm: "IpHash", backends: [{ address: "fd31::1", port: 25, flows: 0 }] },
    ],
  },
  connections: { named: 8, ended: 7, unheard: 1 },
  backends: [
    { group: "app", address: "10.30.0.1", port: 8080, requests: 100 },
    { group: "app", address: "fd30::1", port: 80, requests: 97 },
    { group: "rest", address: "10.30.0.2", port: 8080, requests: 1 },
  ],
  ipc: { fast: 4012, queued: 31 },
  memory: [
    { process: "driver", used: 1000, peak: 1100, size: 8192, free: 7000, largestFree: 6992, refused: 0, buffers: 0, buffersPeak: 64 },
    { process: "net", used: 200_000, peak: 300_000, size: 524_288, free: 300_000, largestFree: 120_000, refused: 3, buffers: 0, buffersPeak: 5 },
  ],
  buffers: { count: 176, inUse: 0, peak: 80, takenHome: 0 },
  stopped: [],
  restarted: [],
  ticks: 542,
  cycles: 542_000_000,
  stateHash: "0123456789abcdef",
};
