/**
 * Those who live around the machine: clients on one side, backends on the other, and the link between them and the machine's
 * NIC. All that they remember lies in the world's memory, in an arena of its own; this object holds addresses only.
 *
 * Frames from the machine come by sent(), which the world calls while the machine's trace record of it is written; they
 * arrive when the link has carried them. Frames to the machine are offered to its wire when they arrive there.
 */

import { assert } from "../../hal/assert.ts";
import type { Address } from "../../hal/field.ts";
import { bytes, nested, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../kernel/arena.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { Machine } from "../../kernel/machine.ts";
import { Ignored } from "../../services/net/api.ts";
import { Segment, readAnySegment } from "../../services/net/segment.ts";
import type { TcpLimits } from "../../services/net/tcp/limits.ts";
import { ARP_FRAME_BYTES, NEIGHBOUR_FRAME_BYTES, isArpRequest, isSolicitation, writeAdvertisement, writeArpReply } from "./addresses.ts";
import type { Application } from "./application.ts";
import { Hosts } from "./hosts.ts";
import type { LinkPlan } from "./link.ts";
import { Link, LinkState } from "./link.ts";
import type { PacketAddress } from "./packet-queue.ts";
import { Direction, NO_PACKET, Packet, packetBytesAt } from "./packet-queue.ts";
import { Waiting, waitingCycle, waitingFirst, waitingLater, waitingPop } from "./waiting.ts";

export const InhabitantsState = layout("InhabitantsState", {
  segment: nested(Segment)("scratch"),
  /** Cycle of what is being done, which the machine's clock may have passed; 0 while nothing is. */
  actingCycle: u64("time"),
  /** Frames from the machine that ask for nobody and are no sound TCP segment. */
  ignored: u32("statistic"),
  clientMac: bytes(6),
  backendMac: bytes(6),
  machineMac: bytes(6),
  reserved: bytes(2),
});

/** Things that may happen at one cycle; more, and somebody goes round in circles. */
const TIMES_MAX = 100_000;
/** Which side an entity of draws is. */
const CLIENTS = 1;
const BACKENDS = 2;

export interface InhabitantsSetup {
  readonly machine: Machine;
  /** Name of the machine's NIC, and its MAC address: six bytes. */
  readonly nic: string;
  readonly machineMac: readonly number[];
  /** Where their memory lies in the world's: a multiple of 64, and how many bytes. */
  /** How a frame goes to the machine; absent: straight to its NIC. */
  readonly offer?: (frame: Uint8Array, cycle: number) => number;
  readonly memory: Memory;
  readonly at: number;
  readonly bytes: number;
  readonly link: LinkPlan;
  readonly clients: TcpLimits;
  readonly backends: TcpLimits;
  readonly seed: number;
  /** Whether an address is a backend's: every other one is a client's. The key's destination is asked about. */
  readonly isBackend: (memory: Memory, key: Address<"FlowKey">) => boolean;
  /** Makes what runs on each side, once both sides stand. */
  readonly makeClients: (hosts: Hosts) => Application;
  readonly makeBackends: (hosts: Hosts) => Application;
}

/** Makes those who live around the machine, in `bytes` bytes of the world's memory from `at` on. */
export interface InhabitantsMaker {
  readonly bytes: number;
  /** `offer` is how frames go to the machine: by whoever stands in between. */
  make(machine: Machine, memory: Memory, at: number, offer: (frame: Uint8Array, cycle: number) => number): Inhabitants;
}

export class Inhabitants {
  readonly heap: Heap;
  readonly link: Link;
  readonly state: Address<"InhabitantsState">;
  readonly clients: Hosts;
  readonly backends: Hosts;
  readonly clientApplication: Application;
  readonly backendApplication: Application;
  readonly #setup: InhabitantsSetup;

  constructor(setup: InhabitantsSetup) {
    const { memory, at, bytes: size, machine } = setup;
    const window = memory.window(at, size);
    arenaFormat(window, 0, size);
    const heap = arenaHeap(window, 0);
    const state = heap.allocate(InhabitantsState.size);
    if (state < 0) throw new RangeError("the world's memory has no room for anybody");
    window.fill(state, InhabitantsState.size, 0);
    this.heap = heap;
    this.state = state as Address<"InhabitantsState">;
    this.#setup = setup;
    this.link = new Link(heap, setup.link, setup.seed);
    const clientMacAt = this.#mac(InhabitantsState.clientMac.offset, [2, 0, 0, 1, 0, 1]);
    const backendMacAt = this.#mac(InhabitantsState.backendMac.offset, [2, 0, 0, 2, 0, 1]);
    const machineMacAt = this.#mac(InhabitantsState.machineMac.offset, setup.machineMac);
    const common = { heap, link: this.link, seed: setup.seed, machineMacAt, now: () => InhabitantsState.actingCycle.get(heap.memory, this.state) || machine.now() };
    this.clients = new Hosts({ ...common, limits: setup.clients, number: CLIENTS, ownMacAt: clientMacAt }, () => this.clientApplication);
    this.backends = new Hosts({ ...common, limits: setup.backends, number: BACKENDS, ownMacAt: backendMacAt }, () => this.backendApplication);
    this.clientApplication = setup.makeClients(this.clients);
    this.backendApplication = setup.makeBackends(this.backends);
    Object.freeze(this);
  }

  /** The machine has sent a frame: it lies in `ram`, and is copied. */
  sent(ram: Memory, at: number, frameBytes: number): void {
    const packet = this.link.open(Direction.fromMachine, frameBytes);
    if (packet === NO_PACKET) return;
    this.heap.memory.u8.set(ram.u8.subarray(at, at + frameBytes), packetBytesAt(packet));
    this.link.send(packet, this.#setup.machine.now());
  }

  /** Cycle of the next thing that happens here by itself; -1 if there is none. */
  nextCycle(): number {
    const next = earlier(this.link.nextCycle(), this.clients.nextCycle());
    return earlier(next, this.backends.nextCycle());
  }

  /** Does all that is due by `cycle`, in order. */
  act(cycle: number): void {
    let last = -1;
    let times = 0;
    for (let next = this.nextCycle(); next >= 0 && next <= cycle; next = this.nextCycle()) {
      times = next > last ? 0 : times + 1;
      assert(times < TIMES_MAX, "whoever lives around the machine has done what is due when he has acted");
      last = Math.max(last, next);
      this.#actAt(last);
    }
    InhabitantsState.actingCycle.set(this.heap.memory, this.state, 0);
  }

  /** Somebody changes those who live here, at the machine's time, after all that was due before; what follows from it at once is done. */
  meddle(change: () => void): void {
    const now = this.#setup.machine.now();
    this.act(now);
    InhabitantsState.actingCycle.set(this.heap.memory, this.state, now);
    this.clients.setTime(now);
    this.backends.setTime(now);
    change();
    this.clients.pump();
    this.backends.pump();
    InhabitantsState.actingCycle.set(this.heap.memory, this.state, 0);
  }

  /** Nothing is under way, and nobody will begin anything any more. */
  quiet(): boolean {
    return this.link.nextCycle() < 0 && this.clients.quiet() && this.backends.quiet();
  }

  #actAt(cycle: number): void {
    InhabitantsState.actingCycle.set(this.heap.memory, this.state, cycle);
    this.clients.setTime(cycle);
    this.backends.setTime(cycle);
    this.#offerWaiting(cycle);
    for (let packet = this.link.arrived(cycle); packet !== NO_PACKET; packet = this.link.arrived(cycle)) this.#deliver(packet, cycle);
    this.clients.act(cycle);
    this.backends.act(cycle);
  }

  /** Those that wait at the machine's wire go first, in the order in which they came. */
  #offerWaiting(cycle: number): void {
    const { memory } = this.heap;
    const waiting = LinkState.waiting.at(this.link.state);
    const due = waitingCycle(memory, waiting);
    if (due < 0 || due > cycle) return;
    for (let packet = waitingFirst(memory, waiting); packet !== NO_PACKET; packet = waitingFirst(memory, waiting)) {
      if (!this.#offer(packet, cycle)) return waitingLater(memory, waiting, cycle);
      this.heap.free(waitingPop(memory, waiting));
    }
  }

  #deliver(packet: PacketAddress, cycle: number): void {
    const { memory } = this.heap;
    if (Packet.direction.get(memory, packet) === Direction.fromMachine) this.#receive(packetBytesAt(packet), Packet.frameBytes.get(memory, packet), cycle);
    else if (Waiting.count.get(memory, LinkState.waiting.at(this.link.state)) > 0 || !this.#offer(packet, cycle)) return this.link.hold(packet, cycle);
    this.heap.free(packet);
  }

  /** False if the machine's wire has no room. */
  #offer(packet: PacketAddress, cycle: number): boolean {
    const { memory } = this.heap;
    const at = packetBytesAt(packet);
    const { machine, nic, offer } = this.#setup;
    const frame = memory.u8.subarray(at, at + Packet.frameBytes.get(memory, packet));
    return (offer === undefined ? machine.offer(nic, frame, cycle) : offer(frame, cycle)) >= 0;
  }

  #receive(at: number, frameBytes: number, cycle: number): void {
    const { memory } = this.heap;
    if (isArpRequest(memory, at, frameBytes)) return this.#answer(at, ARP_FRAME_BYTES, writeArpReply, cycle);
    if (isSolicitation(memory, at, frameBytes)) return this.#answer(at, NEIGHBOUR_FRAME_BYTES, writeAdvertisement, cycle);
    const segment = InhabitantsState.segment.at(this.state);
    memory.fill(segment, Segment.size, 0);
    if (readAnySegment(memory, at, frameBytes, memory, segment) !== Ignored.none) {
      InhabitantsState.ignored.add(memory, this.state, 1);
      return;
    }
    (this.#setup.isBackend(memory, Segment.key.at(segment)) ? this.backends : this.clients).arrive(segment);
  }

  /** Which side's MAC address is told does not matter: both hear every frame. */
  #answer(at: number, frameBytes: number, write: typeof writeArpReply, cycle: number): void {
    const packet = this.link.open(Direction.toMachine, frameBytes);
    if (packet === NO_PACKET) return;
    write(this.heap.memory, packetBytesAt(packet), at, this.state + InhabitantsState.backendMac.offset);
    this.link.send(packet, cycle);
  }

  /** Six bytes of the state record; their address. */
  #mac(offset: number, mac: readonly number[]): number {
    for (let i = 0; i < 6; i++) this.heap.memory.u8[this.state + offset + i] = mac[i];
    return this.state + offset;
  }
}

/** The earlier of two cycles of which either may be none: -1. */
function earlier(one: number, other: number): number {
  return one < 0 || (other >= 0 && other < one) ? other : one;
}
