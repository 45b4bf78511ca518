/**
 * One side of the world: a TCP stack that stands for all hosts of that side (a connection's key holds both addresses), its
 * application, and the frames between them and the link.
 */

import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import type { Address } from "../../hal/field.ts";
import type { Heap } from "../../kernel/heap.ts";
import { tcpFrameBytes, writeTcpFrame } from "../../services/net/host/tcp-frame.ts";
import type { StackAddress, TcpHost } from "../../services/net/tcp/api.ts";
import { NO_CONNECTION, TcpStack, tcpArrive, tcpAtRest, tcpCreate, tcpNextReady, tcpNextTick, tcpTakeEvents, tcpTick } from "../../services/net/tcp/api.ts";
import type { TcpLimits } from "../../services/net/tcp/limits.ts";
import type { Application } from "./application.ts";
import { drawWord } from "../chance/draw.ts";
import type { Link } from "./link.ts";
import { Direction, NO_PACKET, packetBytesAt } from "./packet-queue.ts";

/** Words of a stack's secret. */
const SECRET_WORDS = 4;
const SECRET_SITE = 100;

export interface HostsSetup {
  readonly heap: Heap;
  readonly link: Link;
  readonly limits: TcpLimits;
  readonly seed: number;
  /** Which side: an entity of draws. */
  readonly number: number;
  /** Addresses in the heap's memory of six bytes each: whose frames these are, and whom they go to. */
  readonly ownMacAt: number;
  readonly machineMacAt: number;
  /** What cycle it is. */
  readonly now: () => number;
}

export class Hosts {
  readonly heap: Heap;
  readonly stack: StackAddress;
  /** What the stack asks of its host; applications hand it through. */
  readonly port: TcpHost<Heap>;
  readonly #setup: HostsSetup;
  readonly #application: () => Application;

  /** Throws a RangeError if the heap has no room for the stack. `application` is asked for later, when it stands. */
  constructor(setup: HostsSetup, application: () => Application) {
    const { heap, limits, seed, number } = setup;
    const secretAt = heap.allocate(SECRET_WORDS * 4);
    for (let word = 0; word < SECRET_WORDS && secretAt > 0; word++) heap.memory.i32[(secretAt >> 2) + word] = drawWord(seed, SECRET_SITE, number, word);
    const stack = secretAt < 0 ? secretAt : tcpCreate(heap, limits, secretAt);
    if (stack < 0) throw new RangeError("the world's memory has no room for the connections of its hosts");
    heap.free(secretAt);
    this.heap = heap;
    this.stack = stack as StackAddress;
    this.#setup = setup;
    this.#application = application;
    this.port = Object.freeze({ send: () => this.#send(), accept: (_heap: Heap, _stack: StackAddress, key: Address<"FlowKey">) => application().accept(key) });
    Object.freeze(this);
  }

  /** What cycle it is. */
  nowCycle(): number {
    return this.#setup.now();
  }

  /** Tells the stack what time it is: before each use of it. */
  setTime(cycle: number): void {
    TcpStack.nowTick.set(this.heap.memory, this.stack, Math.floor(cycle / CYCLES_PER_TICK));
  }

  /** A segment for one of these hosts has come: the record was filled by net's readSegment, from bytes in the heap's memory. */
  arrive(segment: Address<"Segment">): void {
    tcpArrive(this.heap, this.port, this.stack, segment, this.heap.memory);
    this.pump();
  }

  /** Cycle of the next thing that happens by itself; -1 if there is none. */
  nextCycle(): number {
    const tick = tcpNextTick(this.heap.memory, this.stack);
    const own = this.#application().nextCycle();
    const timer = tick === 0 ? -1 : tick * CYCLES_PER_TICK;
    return timer < 0 || (own >= 0 && own < timer) ? own : timer;
  }

  /** Does all that is due by `cycle`. */
  act(cycle: number): void {
    this.setTime(cycle);
    tcpTick(this.heap, this.port, this.stack);
    this.pump();
    const own = this.#application().nextCycle();
    if (own >= 0 && own <= cycle) this.#application().act(cycle);
    this.pump();
  }

  /** Tells the application what has happened, until nothing is left to be told. */
  pump(): void {
    const { memory } = this.heap;
    for (let connection = tcpNextReady(memory, this.stack); connection !== NO_CONNECTION; connection = tcpNextReady(memory, this.stack)) {
      this.#application().hear(connection, tcpTakeEvents(memory, connection));
    }
  }

  /** TIME-WAIT aside, nobody talks, and nobody will. */
  quiet(): boolean {
    return this.#application().quiet() && tcpAtRest(this.heap.memory, this.stack);
  }

  #send(): boolean {
    const { heap, link, ownMacAt, machineMacAt, now } = this.#setup;
    const output = TcpStack.output.at(this.stack) as Address<"TcpOutput">;
    const packet = link.open(Direction.toMachine, tcpFrameBytes(heap.memory, output));
    if (packet === NO_PACKET) return false;
    writeTcpFrame(heap.memory, packetBytesAt(packet), heap.memory, output, ownMacAt, machineMacAt);
    link.send(packet, now());
    return true;
  }
}
