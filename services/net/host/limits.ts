/** Bounds of net as a host on its link, in two sets. */

export interface HostLimits {
  /** Neighbours that are remembered. */
  readonly neighboursMax: number;
  /** Neighbours that are asked for and have not answered yet: of its own accord, and since strangers want an answer. */
  readonly askedMax: number;
  readonly askedForStrangersMax: number;
  /** Frames, each with a DMA buffer, that wait for one neighbour's address, and for all of them. */
  readonly waitingPerNeighbourMax: number;
  readonly waitingMax: number;
  /** How long a neighbour that has answered counts as reachable (RFC 4861, 10: REACHABLE_TIME). */
  readonly reachableTicks: number;
  /** Between two questions for one neighbour, and how many there are (RETRANS_TIMER, MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT; RFC 1122, 2.3.2.1). */
  readonly askTicks: number;
  readonly asksMax: number;
  /** Questions for its own addresses that it answers in one window, echoes that it sends back in one, and how long a window is. */
  readonly answersMax: number;
  readonly echoesMax: number;
  readonly windowTicks: number;
  /** Between two defences of its own addresses (RFC 5227, 1.1: DEFEND_INTERVAL). */
  readonly defendTicks: number;
}

export const hostStandard: HostLimits = Object.freeze({
  /** The other ends of all connections, 1,024 of clients and 512 to backends, and as many again as asked for or gone a while ago. */
  neighboursMax: 2048,
  /** Backends that may be new at once. */
  askedMax: 64,
  /** A flood of made-up addresses keeps the link no busier than so many questions each second. */
  askedForStrangersMax: 64,
  /** A window that has just opened, on the way to a neighbour that moved. */
  waitingPerNeighbourMax: 4,
  /** An eighth of the 512 buffers. */
  waitingMax: 64,
  reachableTicks: 30_000,
  askTicks: 1000,
  asksMax: 3,
  answersMax: 100,
  echoesMax: 100,
  windowTicks: 100,
  defendTicks: 10_000,
});

export const hostTiny: HostLimits = Object.freeze({
  neighboursMax: 4,
  askedMax: 2,
  askedForStrangersMax: 1,
  waitingPerNeighbourMax: 2,
  waitingMax: 3,
  reachableTicks: 200,
  askTicks: 20,
  asksMax: 3,
  answersMax: 2,
  echoesMax: 2,
  windowTicks: 20,
  defendTicks: 100,
});
