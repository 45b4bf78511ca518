/**
 * The link between the machine and those around it: it takes time (a delay, and each frame its own time at the link's
 * rate), holds a bounded number of frames, and may lose, double, delay or damage some, each by a chance of its own. Both
 * directions are alike and independent.
 */

import { FCS_BYTES, FRAME_BYTES_MIN, OVERHEAD_BYTES } from "../../hal/ethernet.ts";
import type { Address } from "../../hal/field.ts";
import { i32, nested, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Heap } from "../../kernel/heap.ts";
import { DrawSite, drawBelow, drawChance } from "../chance/draw.ts";
import type { PacketAddress } from "./packet-queue.ts";
import { Direction, NO_PACKET, Packet, packetArrivalCycle, packetBytesAt, packetNext, packetPop, packetPut, packetQueueCreate, packetTake } from "./packet-queue.ts";
import { Waiting, waitingCycle, waitingPut } from "./waiting.ts";

/** How a link behaves; chances are parts of a million frames. */
export interface LinkPlan {
  readonly delayCycles: number;
  /** Cycles that a byte on the line takes: 8 for 1 Gbit/s. Each frame has 24 more there than it brings. */
  readonly cyclesPerByte: number;
  /** Frames under way in both directions together; and such that wait at the machine's wire. */
  readonly framesMax: number;
  readonly lossParts: number;
  readonly reorderParts: number;
  /** A frame that is late is so by 1 to so many cycles. */
  readonly reorderCycles: number;
  readonly duplicateParts: number;
  readonly corruptParts: number;
}

export const cleanLink: LinkPlan = Object.freeze({
  delayCycles: 100_000,
  cyclesPerByte: 8,
  framesMax: 4096,
  lossParts: 0,
  reorderParts: 0,
  reorderCycles: 0,
  duplicateParts: 0,
  corruptParts: 0,
});

const count = u32("statistic");

export const LinkState = layout("LinkState", {
  /** When each direction is free again, by Direction. */
  freeToMachine: u64("time"),
  freeFromMachine: u64("time"),
  queue: i32("identity"),
  /** Frames that were given to each direction so far: ordinals of draws. */
  sentToMachine: i32("identity"),
  sentFromMachine: i32("identity"),
  lost: count,
  late: count,
  doubled: count,
  damaged: count,
  /** Dropped since the link was full, or its memory. */
  dropped: count,
  waiting: nested(Waiting),
});

type State = Address<"LinkState">;

export class Link {
  readonly state: State;
  readonly plan: LinkPlan;
  readonly #heap: Heap;
  readonly #seed: number;

  /** In a heap of the world; throws a RangeError if there is no room for it. */
  constructor(heap: Heap, plan: LinkPlan, seed: number) {
    const at = heap.allocate(LinkState.size);
    const queue = packetQueueCreate(heap, plan.framesMax);
    if (at < 0 || queue < 0) throw new RangeError("the world's memory has no room for its link");
    heap.memory.fill(at, LinkState.size, 0);
    this.state = at as State;
    LinkState.queue.set(heap.memory, this.state, queue);
    Waiting.most.set(heap.memory, LinkState.waiting.at(this.state), plan.framesMax);
    this.plan = plan;
    this.#heap = heap;
    this.#seed = seed;
    Object.freeze(this);
  }

  get queue(): Address<"Agenda"> {
    return LinkState.queue.get(this.#heap.memory, this.state) as Address<"Agenda">;
  }

  /** Room for a frame to be sent, to be filled by the caller and given to send(); NO_PACKET, counted, if there is none. */
  open(direction: number, frameBytes: number): PacketAddress {
    const packet = packetTake(this.#heap, direction, frameBytes);
    if (packet === NO_PACKET) LinkState.dropped.add(this.#heap.memory, this.state, 1);
    return packet;
  }

  /** The frame is on its way from now on; what becomes of it is the link's affair. */
  send(packet: PacketAddress, nowCycle: number): void {
    const { memory } = this.#heap;
    const direction = Packet.direction.get(memory, packet);
    const counter = direction === Direction.toMachine ? LinkState.sentToMachine : LinkState.sentFromMachine;
    const ordinal = counter.get(memory, this.state);
    counter.set(memory, this.state, (ordinal + 1) | 0);
    const arrival = this.#arrival(direction, Packet.frameBytes.get(memory, packet), nowCycle);
    const { lossParts, duplicateParts, corruptParts } = this.plan;
    if (drawChance(lossParts, this.#seed, DrawSite.linkLoss, direction, ordinal)) {
      LinkState.lost.add(memory, this.state, 1);
      this.#heap.free(packet);
      return;
    }
    if (drawChance(duplicateParts, this.#seed, DrawSite.linkDuplicate, direction, ordinal)) this.#double(packet, arrival);
    if (drawChance(corruptParts, this.#seed, DrawSite.linkCorrupt, direction, ordinal)) this.#damage(packet, direction, ordinal);
    this.#put(packet, arrival + this.#lateness(direction, ordinal));
  }

  /** Takes the next frame that has arrived by that cycle; it is the caller's to free. NO_PACKET if there is none. */
  arrived(cycle: number): PacketAddress {
    const { memory } = this.#heap;
    const packet = packetNext(memory, this.queue);
    return packet === NO_PACKET || packetArrivalCycle(memory, packet) > cycle ? NO_PACKET : packetPop(memory, this.queue);
  }

  /** The frame, or one before it, finds no room on the machine's wire: it waits there, and is dropped if too many do. */
  hold(packet: PacketAddress, cycle: number): void {
    if (!waitingPut(this.#heap.memory, LinkState.waiting.at(this.state), packet, cycle)) this.#drop(packet);
  }

  /** Cycle at which the next frame arrives, or is offered again; -1 if none is under way. */
  nextCycle(): number {
    const { memory } = this.#heap;
    const waiting = waitingCycle(memory, LinkState.waiting.at(this.state));
    const packet = packetNext(memory, this.queue);
    if (packet === NO_PACKET) return waiting;
    const arrival = packetArrivalCycle(memory, packet);
    return waiting >= 0 && waiting < arrival ? waiting : arrival;
  }

  #arrival(direction: number, frameBytes: number, nowCycle: number): number {
    const { memory } = this.#heap;
    const free = direction === Direction.toMachine ? LinkState.freeToMachine : LinkState.freeFromMachine;
    const begun = Math.max(nowCycle, free.get(memory, this.state));
    const passed = begun + lineBytes(frameBytes) * this.plan.cyclesPerByte;
    free.set(memory, this.state, passed);
    return passed + this.plan.delayCycles;
  }

  #lateness(direction: number, ordinal: number): number {
    const { reorderParts, reorderCycles } = this.plan;
    if (!drawChance(reorderParts, this.#seed, DrawSite.linkReorder, direction, ordinal)) return 0;
    LinkState.late.add(this.#heap.memory, this.state, 1);
    return 1 + drawBelow(Math.max(1, reorderCycles), this.#seed, DrawSite.linkReorderBy, direction, ordinal);
  }

  #double(packet: PacketAddress, arrival: number): void {
    const { memory } = this.#heap;
    const frameBytes = Packet.frameBytes.get(memory, packet);
    const copy = packetTake(this.#heap, Packet.direction.get(memory, packet), frameBytes);
    // Without memory for it there is none.
    if (copy === NO_PACKET) return;
    memory.copy(packetBytesAt(copy), packetBytesAt(packet), frameBytes);
    LinkState.doubled.add(memory, this.state, 1);
    this.#put(copy, arrival);
  }

  /** One bit is wrong: checksums will tell. */
  #damage(packet: PacketAddress, direction: number, ordinal: number): void {
    const { memory } = this.#heap;
    const bit = drawBelow(Packet.frameBytes.get(memory, packet) * 8, this.#seed, DrawSite.linkCorruptBit, direction, ordinal);
    memory.u8[packetBytesAt(packet) + (bit >> 3)] ^= 1 << (bit & 7);
    LinkState.damaged.add(memory, this.state, 1);
  }

  #put(packet: PacketAddress, cycle: number): void {
    if (!packetPut(this.#heap.memory, this.queue, packet, cycle)) this.#drop(packet);
  }

  #drop(packet: PacketAddress): void {
    LinkState.dropped.add(this.#heap.memory, this.state, 1);
    this.#heap.free(packet);
  }
}

/** With padding, frame check sequence, preamble and gap: as the machine's own wire counts. */
function lineBytes(frameBytes: number): number {
  return Math.max(frameBytes, FRAME_BYTES_MIN) + FCS_BYTES + OVERHEAD_BYTES;
}
