/**
 * Goal: whatever a peer sends, in whatever state, the stack stays sound (invariants.ts), within its memory, and gives
 * everything back. Method: from each state segments whose every field is drawn, around the connection's numbers and far
 * from them, with an owner that does anything it may in between.
 */

import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { TcpFlag } from "../../../../services/net/tcp.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { NO_CONNECTION, TcpConnection, TcpStack, tcpAbort, tcpClose, tcpOwner, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import { OPENINGS } from "./cases.ts";
import { stackFaults } from "./invariants.ts";
import type { Host, Packet } from "./rig.ts";
import { Script } from "./script.ts";

const PEER_PORT = 4000;
const LOCAL_PORT = 80;
const LIMITS = ["limit connectionsMax 4", "limit backlogMax 2", "limit bufferBytesMax 12000", "limit receiveBytesMax 4000", "limit sendBytesMax 4096", "limit timeWaitTicks 300", "limit finWaitTicks 400", "limit triesMax 3", "limit connectTriesMax 2"];
const SEGMENTS = 60;
const EPISODES = 30;

/** Whole numbers below `bound`, from a seed. */
function draws(seed: number): (bound: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

type Draw = (bound: number) => number;

/** A number: mostly near one that means something. */
function numberNear(draw: Draw, centers: readonly number[]): number {
  const center = centers[draw(centers.length)]!;
  switch (draw(6)) {
    case 0: return center;
    case 1: return (center + draw(3) - 1) | 0;
    case 2: return (center + draw(5000) - 500) | 0;
    case 3: return (center + (1 << 31) + draw(3) - 1) | 0;
    case 4: return (center - draw(70_000)) | 0;
    default: return draw(0x1_0000_0000) | 0;
  }
}

function drawPacket(draw: Draw, host: Host): Packet {
  const { memory } = host;
  const port = draw(8) === 0 ? PEER_PORT + draw(4) : PEER_PORT;
  const connection = host.find(port, LOCAL_PORT);
  const field = (name: "receiveNext" | "receiveEdge" | "readNext" | "finSequence" | "sendUnacknowledged" | "sendNext" | "sendMax" | "initialSend" | "initialReceive"): number =>
    connection === NO_CONNECTION ? 0 : TcpConnection[name].get(memory, connection);
  const sequences = [field("receiveNext"), field("receiveNext"), field("receiveEdge"), field("readNext"), field("finSequence"), field("initialReceive")];
  const acknowledgements = [field("sendMax"), field("sendMax"), field("sendUnacknowledged"), field("sendNext"), field("initialSend")];
  const bytes = [0, 0, 1, draw(20), draw(1460), 1460][draw(6)]!;
  return {
    from: 1, sourcePort: port, destinationPort: LOCAL_PORT, sequence: numberNear(draw, sequences), acknowledgement: numberNear(draw, acknowledgements),
    flags: [TcpFlag.ack, TcpFlag.ack, TcpFlag.ack | TcpFlag.fin, TcpFlag.syn, TcpFlag.syn | TcpFlag.ack, TcpFlag.rst, draw(64), TcpFlag.ack, TcpFlag.ack | TcpFlag.psh, TcpFlag.ack][draw(10)]!,
    window: [0, 0, 1, draw(3000), 65_535][draw(5)]!, segmentBytesMax: draw(3) === 0 ? draw(65_536) : 0, windowScale: draw(3) === 0 ? draw(256) + 1 : 0,
    data: new Uint8Array(bytes).fill(draw(256)),
  };
}

/** The owner does one of the things it may, to one of its connections. */
function act(draw: Draw, host: Host, owned: Set<ConnectionAddress>): void {
  const all = [...owned];
  if (all.length === 0) return;
  const connection = all[draw(all.length)]!;
  const { heap, port, stack, memory } = host;
  switch (draw(12)) {
    case 0: return tcpClose(heap, port, stack, connection);
    case 1: return void (draw(4) === 0 && tcpAbort(heap, port, stack, connection));
    case 2: {
      if (draw(3) !== 0) return;
      owned.delete(connection);
      return tcpRelease(heap, port, stack, connection);
    }
    case 3: case 4: case 5: return void tcpWrite(heap, port, stack, connection, new Memory(new ArrayBuffer(4096)), 0, draw(4096));
    case 6: return void host.connect(PEER_PORT + draw(4), LOCAL_PORT);
    default: {
      const bytes = tcpReadBytes(memory, connection);
      if (bytes > 0) memory.u8.subarray(tcpReadAt(memory, connection), tcpReadAt(memory, connection) + bytes).forEach((byte) => expect(byte).toBeLessThan(256));
      return tcpRead(heap, port, stack, connection, draw(bytes + 1));
    }
  }
}

/** What the stack sends is within what it may: never more than the peer's MSS, never a reset for a reset. */
function checkSent(host: Host, cause: Packet | undefined): void {
  for (const packet of host.sent.splice(0)) {
    expect(packet.data.length).toBeLessThanOrEqual(1460);
    if (cause !== undefined && (cause.flags & TcpFlag.rst) !== 0) expect(packet.flags & TcpFlag.rst, "a reset for a reset").toBe(0);
  }
}

/** All connections that have an owner. */
function ownedOf(host: Host, owned: Set<ConnectionAddress>): void {
  for (const { connection } of host.events()) owned.add(connection);
  for (let port = PEER_PORT; port < PEER_PORT + 4; port++) {
    const found = host.find(port, LOCAL_PORT);
    if (found !== NO_CONNECTION && tcpOwner(host.memory, found) !== 0 && TcpConnection.passive.get(host.memory, found) === 0) owned.add(found);
  }
  for (const connection of owned) if (tcpOwner(host.memory, connection) === 0) owned.delete(connection);
}

function attack(state: string, seed: number): void {
  const script = new Script(LIMITS);
  for (const line of OPENINGS[state]!) script.line(line);
  const { host } = script;
  host.listens = 1;
  const draw = draws(seed);
  const owned = new Set<ConnectionAddress>();
  const first = host.find(PEER_PORT, LOCAL_PORT);
  if (first !== NO_CONNECTION && host.state(first) !== "synReceived") owned.add(first);
  let tick = 10;
  for (let i = 0; i < SEGMENTS; i++) {
    ownedOf(host, owned);
    const packet = drawPacket(draw, host);
    const at = host.find(packet.sourcePort, LOCAL_PORT);
    reached.set(at === NO_CONNECTION ? "none" : host.state(at), (reached.get(at === NO_CONNECTION ? "none" : host.state(at)) ?? 0) + 1);
    host.canSend = draw(10) !== 0;
    host.arrive(packet);
    checkSent(host, packet);
    ownedOf(host, owned);
    if (draw(3) === 0) act(draw, host, owned);
    if (draw(4) === 0) host.setTick((tick += [1, 40, 200, 1000][draw(4)]!));
    host.tick();
    checkSent(host, undefined);
    const faults = stackFaults(host.memory, host.stack);
    expect(faults, `segment ${i}: ${JSON.stringify({ ...packet, data: packet.data.length })}`).toEqual([]);
  }
  giveUp(host, owned, tick);
}

function giveUp(host: Host, owned: Set<ConnectionAddress>, from: number): void {
  host.canSend = true;
  ownedOf(host, owned);
  for (const connection of owned) tcpRelease(host.heap, host.port, host.stack, connection);
  let tick = from;
  for (let rounds = 0; rounds < 20_000 && host.nextTick !== 0; rounds++) {
    tick = Math.max(tick + 1, host.nextTick);
    host.setTick(tick);
    host.tick();
  }
  expect(stackFaults(host.memory, host.stack)).toEqual([]);
  expect({ inUse: host.count("inUse"), bytes: host.count("bufferBytes"), leaked: host.leaked }).toEqual({ inUse: 0, bytes: 0, leaked: 0 });
  expect(host.count("bufferBytesPeak")).toBeLessThanOrEqual(TcpStack.bufferBytesMax.get(host.memory, host.stack));
}

/** Segments that came in each state. */
const reached = new Map<string, number>();

describe("thirty times sixty hostile segments", () => {
  for (const state of Object.keys(OPENINGS)) {
    test(`from ${state}`, () => {
      for (let seed = 1; seed <= EPISODES; seed++) attack(state, seed * 7919 + state.length);
    });
  }
});

test("every state was attacked at least 400 times", () => {
  const few = Object.keys(OPENINGS).filter((state) => state !== "listen" && state !== "closed" && (reached.get(state) ?? 0) < 400);
  expect(few, JSON.stringify([...reached])).toEqual([]);
});
