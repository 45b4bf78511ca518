/**
 * The account of a run: one object, the same as `veridian run --json` prints (contracts.md, "schema" 1). Everything in
 * it comes out of the machine: registers, kernel tables and service states by name, and the operator's answers.
 */

/** How often, by reason; reasons that never happened are left out. */
export type Counts = Readonly<Record<string, number>>;

export interface Account {
  readonly schema: 1;
  /** The capture as it was named. */
  readonly capture: string;
  readonly manifest: string;
  readonly seed: number;
  readonly machine: MachineAccount;
  readonly frames: FramesAccount;
  readonly net: NetAccount;
  readonly requests: RequestsAccount;
  readonly transport: TransportAccount;
  readonly connections: ConnectionsAccount;
  readonly backends: readonly BackendAccount[];
  readonly ipc: { readonly fast: number; readonly queued: number };
  readonly memory: readonly MemoryAccount[];
  readonly buffers: BuffersAccount;
  /** Processes that run no more, and why. */
  readonly stopped: readonly { readonly process: string; readonly why: string }[];
  /** Processes that the supervisor began anew, how often, and why the last time. */
  readonly restarted: readonly { readonly process: string; readonly times: number; readonly why: string }[];
  readonly ticks: number;
  readonly cycles: number;
  /** 16 hex digits over the whole RAM. */
  readonly stateHash: string;
}

export interface MachineAccount {
  readonly ramBytes: number;
  /** RAM that the manifest's parts take. */
  readonly usedBytes: number;
  readonly mac: string;
  readonly processes: readonly ProcessAccount[];
}

/** One process as the manifest wires it. */
export interface ProcessAccount {
  readonly process: string;
  readonly priority: string;
  readonly devices: readonly string[];
  /** Processes whose endpoints it may send to. */
  readonly sendsTo: readonly string[];
  /** Shared regions it maps, "rw" or "r" behind the name. */
  readonly regions: readonly string[];
}

export interface FramesAccount {
  /** Frames of the capture, up to the cut; those that the machine itself sent are not offered. */
  readonly inCapture: number;
  readonly own: number;
  readonly offered: number;
  readonly received: number;
  readonly dropped: Counts;
  readonly snapped: number;
  readonly transmitted: number;
}

export interface NetAccount {
  readonly ignored: Counts;
  readonly badRequestLine: number;
  readonly badBody: number;
  readonly midstream: number;
  readonly unfinished: number;
  /** Everything else that net counts. */
  readonly [other: string]: number | Counts;
}

export interface RequestsAccount {
  readonly total: number;
  readonly routed: number;
  readonly refused: Counts;
  readonly lost: number;
}

/** Flows to virtual IPs, and the segments of theirs that came. */
export interface TransportAccount {
  readonly flows: number;
  readonly routed: number;
  readonly refused: Counts;
  readonly lost: number;
  /** Routed ones whose backend has no address of the client's family. */
  readonly unroutable: number;
  readonly segments: number;
  /** Segments that were sent on, and those that were not: no room, or a flow without a backend. */
  readonly packets: number;
  readonly packetsLost: number;
  /** The virtual IPs that there are at the end. */
  readonly vips: readonly VipAccount[];
}

export interface VipAccount {
  readonly address: string;
  readonly port: number;
  readonly algorithm: string;
  readonly backends: readonly { readonly address: string; readonly port: number; readonly flows: number }[];
}

/** Connections that the load balancer counts: none with the seed's semantics. */
export interface ConnectionsAccount {
  readonly named: number;
  /** Those of which it has heard that they are over. */
  readonly ended: number;
  /** Those of which it was gone to hear. */
  readonly unheard: number;
}

export interface BackendAccount {
  readonly group: string;
  readonly address: string;
  readonly port: number;
  readonly requests: number;
}

/** A process's arena in bytes, and the DMA buffers that it allocated. */
export interface MemoryAccount {
  readonly process: string;
  readonly used: number;
  readonly peak: number;
  readonly size: number;
  /** What is free, and the most of it that one block can have: fragmentation is what lies between. */
  readonly free: number;
  readonly largestFree: number;
  /** Requests for memory that were refused. */
  readonly refused: number;
  readonly buffers: number;
  readonly buffersPeak: number;
}

/** The DMA pool. */
export interface BuffersAccount {
  readonly count: number;
  readonly inUse: number;
  readonly peak: number;
  /** Those that went home since their holder ended. */
  readonly takenHome: number;
}

/** What the laws speak of. */
export type AccountedFor = Pick<Account, "frames" | "net" | "requests" | "transport" | "connections" | "buffers" | "stopped">;

/**
 * What must hold of every account: nothing is received that was not offered, no request, flow or connection is without
 * its end, no buffer is left behind. The broken laws, in words.
 */
export function brokenLaws(account: AccountedFor): string[] {
  const { frames, requests, transport, connections, buffers, stopped } = account;
  const broken: string[] = [];
  const accounted = frames.received + total(frames.dropped);
  if (frames.offered !== accounted) broken.push(`${frames.offered} frames were offered, and ${accounted} were received or dropped`);
  const ended = requests.routed + total(requests.refused) + requests.lost;
  if (requests.total !== ended) broken.push(`there were ${requests.total} requests, and ${ended} were routed, refused or lost`);
  const decided = transport.routed + total(transport.refused) + transport.lost;
  if (transport.flows !== decided) broken.push(`there were ${transport.flows} flows to virtual IPs, and ${decided} were routed, refused or lost`);
  const passed = transport.packets + transport.packetsLost;
  if (transport.segments !== passed) broken.push(`there were ${transport.segments} segments to virtual IPs, and ${passed} were sent on or not`);
  const over = connections.ended + connections.unheard;
  if (connections.named !== over) broken.push(`there were ${connections.named} connections, and of ${over} it was said that they are over`);
  const { fragmentedOpened, ...net } = account.net;
  const joined = Number(net.fragmentedWhole) + Number(net.fragmentedRefused) + Number(net.fragmentedTimedOut) + Number(net.fragmentedCrowded) + Number(net.fragmentedUnfinished);
  // A net that has gone down in the middle has counted no ends.
  if (stopped.length === 0 && fragmentedOpened !== joined) broken.push(`there were ${String(fragmentedOpened)} packets in parts, and ${joined} were made whole or given up`);
  if (buffers.inUse !== 0) broken.push(`${buffers.inUse} DMA buffers did not come home`);
  for (const { process, why } of stopped) broken.push(`process ${process} runs no more: ${why}`);
  return broken;
}

/** The sum of all counts. */
export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
