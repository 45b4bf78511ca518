/**
 * Bounds of the services' tables, in two sets: standard for machines that carry traffic, tiny for tests that reach the
 * edges. A bound says how many there may be, not that there is memory for them: the arena's size is the other bound.
 */

/** Bounds of the load balancer; they are the parameters of its manifest line. */
export interface LbLimits {
  /** At most 65,534: a decision names a group by a u16, and 65,535 stands for none. */
  readonly groupsMax: number;
  /** Of one group; at most 65,534 for the same reason. */
  readonly backendsMax: number;
  readonly rulesMax: number;
  /** Of all rules together. */
  readonly routesMax: number;
  /** Headers that one route may require. */
  readonly requiredHeadersMax: number;
  /** Clients whose rate is known, under all limits together; more than rateRulesMax, since one request may need one of each and one more. */
  readonly limitersMax: number;
  readonly sessionsMax: number;
  /** Length of a cookie value that names a session; a longer one names none. */
  readonly sessionBytesMax: number;
  /** Virtual IPs of the transport balancer; each has up to backendsMax backends. */
  readonly vipsMax: number;
  /** Pieces of a kind (buckets, session tables, groups) that are held on their own, outside the balancer. */
  readonly partsMax: number;
  /** Length of a text that is kept: names, prefixes, values, keys. */
  readonly textBytesMax: number;
  /** Problems or notes that one answer lists. */
  readonly problemsMax: number;
  /** Size of a DMA buffer, in which a head may lie. */
  readonly bufferBytes: number;
  /** Backends of all groups and virtual IPs together under semantics=strict; twice as many during a reload. At most 32,767. */
  readonly directoryMax: number;
  /** Connections open at once; at most 65,534, since a decision names one by a u16. */
  readonly connectionsMax: number;
  /** Requests of all groups that wait for a connection. */
  readonly pendingMax: number;
  /** rate_limit= lines. */
  readonly rateRulesMax: number;
  /** Groups among which one route divides its requests. */
  readonly sharesMax: number;
  /** Points on the ring of one group; 160 for each unit of weight. */
  readonly ringPointsMax: number;
  /** Of the draws that algorithms and probes make. */
  readonly seed: number;
  /** Whether net probes backends when it is told to: where it ends connections itself. Absent: operators do, if anybody. */
  readonly probesByNet?: boolean;
  /** Small parts that are not the balancer's own, for experiments; dumps and digests hold their name. */
  readonly parts?: LbParts;
}

export interface LbParts {
  readonly name: string;
  /** Whether lines of that key of a configuration mean anything; absent: all do. */
  readonly readsKey?: (name: string) => boolean;
}

export const lbStandard: LbLimits = Object.freeze({
  /** One for each of a few hundred services behind one balancer. */
  groupsMax: 1024,
  /** A group of two racks. */
  backendsMax: 1024,
  rulesMax: 256,
  /** A few for each of a thousand groups; some 200 bytes each (lb/routing/route-index.ts). */
  routesMax: 4096,
  requiredHeadersMax: 32,
  /** One for each of the 1,024 flows that net knows at once, and those that were there a moment ago: 1024 + 1024. */
  limitersMax: 2048,
  sessionsMax: 2048,
  /** Four times the 64 characters of a 256-bit number in hexadecimal. */
  sessionBytesMax: 256,
  /** As many services as groups may stand for. */
  vipsMax: 1024,
  /** More than a script uses at once. */
  partsMax: 64,
  /** A prefix as long as the longest target that net lets through. */
  textBytesMax: 8192,
  /** More than a person reads. */
  problemsMax: 64,
  /** The pool's, as VeridianOS has it. */
  bufferBytes: 2048,
  /** A thousand in force, and a thousand that a reload brings. */
  directoryMax: 2048,
  /** One for each of net's 1,024 flows, and as many that the operator opens. */
  connectionsMax: 2048,
  /** As many as net has requests under way. */
  pendingMax: 512,
  rateRulesMax: 16,
  sharesMax: 16,
  /** A hundred units of weight, 16,000 points, rounded up. */
  ringPointsMax: 16_384,
  seed: 0,
});

/** For configurations of a whole site: ten thousand routes, a thousand backends. */
export const lbLarge: LbLimits = Object.freeze({
  ...lbStandard,
  /** One for each service of a large site. */
  groupsMax: 4096,
  rulesMax: 4096,
  /** The ten thousand that one wants to load, and half as many again. */
  routesMax: 16_384,
  limitersMax: 16_384,
  sessionsMax: 16_384,
  /** A thousand backends in twenty groups of fifty, their successors during a reload, and as many again. */
  directoryMax: 4096,
  connectionsMax: 16_384,
  pendingMax: 4096,
  /** A thousand units of weight on one ring, 160 points each, rounded up. */
  ringPointsMax: 163_840,
  problemsMax: 4096,
});

export const lbTiny: LbLimits = Object.freeze({
  groupsMax: 2,
  backendsMax: 3,
  rulesMax: 2,
  routesMax: 3,
  requiredHeadersMax: 2,
  limitersMax: 3,
  sessionsMax: 2,
  sessionBytesMax: 24,
  vipsMax: 2,
  partsMax: 2,
  textBytesMax: 64,
  problemsMax: 2,
  bufferBytes: 2048,
  /** Two groups of three, twice. */
  directoryMax: 12,
  connectionsMax: 4,
  pendingMax: 2,
  rateRulesMax: 2,
  sharesMax: 2,
  /** Two units of weight. */
  ringPointsMax: 320,
  seed: 0,
});

/** Bounds of net; all are parameters of its manifest line but the last two, which are for the manifest itself (with `fragmentBytes`, which is both). */
export interface NetLimits {
  /** Client connections known at once, ended ones included. */
  readonly flowsMax: number;
  /** Requests, and flows to virtual IPs, whose decision is awaited; at most 4,096, since a request id has 12 bits for the slot. */
  readonly requestsMax: number;
  /** Ticks of silence that end a flow. */
  readonly flowTimeoutTicks: number;
  /** Period of the timer that looks for silent flows. A flow that is due earlier is ended when a segment of it arrives. */
  readonly flowScanTicks: number;
  /** Requests that wait in the frame they came in; once there are so many, heads of further frames are copied, as those that span frames are. */
  readonly framesHeldMax: number;
  /** Body bytes kept for one request while its decision is awaited; beyond it the request is not sent on. Of a flow to a virtual IP as many bytes of segments; those beyond are not sent. */
  readonly waitingBytesMax: number;
  /** Flows that may lose bytes to make room for one segment. */
  readonly reclaimsMax: number;
  /** Ends of connections that the load balancer has not heard of: as many as it counts connections. */
  readonly connectionsMax: number;
  /** Packets that came in parts and are not whole yet; each takes 96 bytes of net's arena. */
  readonly fragmentedMax: number;
  /** Ticks after its first part that a packet is given up. */
  readonly fragmentTimeoutTicks: number;
  /** Room for such packets, at the end of the region "streams": flows cannot take it, and it takes nothing from them. 0: none is put together. */
  readonly fragmentBytes: number;
  /** Size of the region "streams" without that room, a multiple of 8. */
  readonly streamsBytes: number;
  /** Size of the region "requests". */
  readonly requestsBytes: number;
}

export const netStandard: NetLimits = Object.freeze({
  /** The contract's least. */
  flowsMax: 1024,
  /** Four full frames of the shortest heads, 91 each, and one frame of heads for each of 128 buffers: 364 + 128, rounded up. */
  requestsMax: 512,
  /** The contract's 60 s. */
  flowTimeoutTicks: 60_000,
  flowScanTicks: 1_000,
  /** Half of a pool of 128: the other half is posted to the NIC or on its way out. */
  framesHeldMax: 64,
  /** As much as a client may have under way. */
  waitingBytesMax: 65_536,
  /** What is taken is never smaller than what is asked for, so one is the rule; the rest is for blocks whose neighbours are in use. */
  reclaimsMax: 8,
  connectionsMax: lbStandard.connectionsMax,
  /** Of as many clients, one each: parts of a packet come close together. */
  fragmentedMax: 32,
  /** RFC 8200, 4.5; RFC 1122, 3.3.2 allows 60 s to 120 s. */
  fragmentTimeoutTicks: 60_000,
  /** The longest packet (65,536 bytes and a bit for each) at the moment when it outgrows half of that: 73,744 + 36,880; four of two full frames (2,320 each), books (2,400): 110,624 + 9,280 + 2,400, rounded up. */
  fragmentBytes: 120 * 1024,
  /** Four flows at their largest (180 KiB, net/space.ts), 500 partial heads at their smallest (592 bytes), books: 720 + 289 + 15. */
  streamsBytes: 1024 * 1024,
  /** The spare descriptor of 512 lines (4 KiB), and 512 descriptors with 24 lines each (328 bytes): 4 + 164, rounded up. */
  requestsBytes: 176 * 1024,
});

export const netTiny: NetLimits = Object.freeze({
  flowsMax: 4,
  requestsMax: 2,
  flowTimeoutTicks: 50,
  flowScanTicks: 10,
  framesHeldMax: 1,
  waitingBytesMax: 256,
  reclaimsMax: 2,
  connectionsMax: lbTiny.connectionsMax,
  fragmentedMax: 1,
  fragmentTimeoutTicks: 50,
  /** One of 512 bytes (592 with its bits), 8 of its block and 144 of books: 744, rounded up. */
  fragmentBytes: 768,
  /** Two spaces of 512 bytes (592 with their books), the allocator's own records, and a little. */
  streamsBytes: 2048,
  /** The spare descriptor of 512 lines (4,224 bytes), and three descriptors with 8 lines (192 bytes). */
  requestsBytes: 5120,
});
