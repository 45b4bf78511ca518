/**
 * Records a run for Perfetto: a track for each process with its handlers, one for each queue of the NIC and for each
 * backend, arrows from whoever sends to whoever takes, and counters of queues, buffers and requests under way.
 */

import type { Address } from "../../../hal/field.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { PoolState } from "../../../kernel/dma-pool.ts";
import { EndpointRecord } from "../../../kernel/endpoint.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";
import { tablesOf } from "../../../kernel/invariants/tables.ts";
import { Delivery } from "../../../kernel/service.ts";
import { KernelTrace } from "../../../kernel/trace-kinds.ts";
import { DecisionMessage, LbOpcode, OUTCOMES, connectionOf } from "../../../services/lb/api.ts";
import { NetTrace } from "../../../services/net/api.ts";
import { addressPortText, addressText } from "../../address-text.ts";
import type { Watch } from "../../checkers/checker.ts";
import type { Names } from "../../inspect/names.ts";
import { nameOf } from "../../inspect/names.ts";
import { opcodeName } from "../../inspect/opcodes.ts";
import type { World } from "../../world.ts";
import type { ChronicleEvent } from "../chronicle.ts";
import { Chronicle, beginsHandler } from "../chronicle.ts";
import { eventWords, worldNames } from "../event-words.ts";
import { MACHINE_TRACK, TraceFile } from "./trace-file.ts";

/** Causes are looked for among so many events. */
const EVENTS_MAX = 10_000;
const NOT_CHOSEN = 0xffff;
/** Messages, interrupts and answers: an arrow leads from them to the handler that they are for. */
const ARROWS: readonly number[] = Object.freeze([KernelTrace.sendFast, KernelTrace.sendQueued, KernelTrace.reply, KernelTrace.sent, KernelTrace.interrupt, KernelTrace.timer]);

export class PerfettoRecorder implements Watch {
  readonly #world: World;
  readonly #names: Names;
  readonly #tables: KernelTables;
  readonly #file: TraceFile;
  readonly #chronicle: Chronicle;
  readonly #processes: readonly number[];
  readonly #netArena: number;
  /** Tracks by name, made when something happens on them first; what each counter said last. */
  readonly #tracks = new Map<string, number>();
  readonly #counts = new Map<number, number>();
  /** Backend's counter of a connection that is open. */
  readonly #connections = new Map<number, string>();
  #running = -1;
  #queue = 0;

  constructor(world: World, position = 0) {
    this.#world = world;
    this.#names = worldNames(world);
    this.#tables = tablesOf(world.machine.ram, world.machine.parts);
    this.#file = new TraceFile(this.#names.machine);
    this.#processes = this.#names.processes.map((name) => this.#file.processTrack(name));
    this.#netArena = world.machine.parts.find(({ name }) => name === "arena.net")?.base ?? 0;
    this.#chronicle = new Chronicle(world, position, EVENTS_MAX, (event) => this.#tell(event));
  }

  /** The file, up to where the run stands; a handler at work ends there. */
  bytes(): Uint8Array {
    this.#endHandler();
    return this.#file.bytes();
  }

  readonly between = (): void => {
    this.#chronicle.between();
    this.#endHandler();
    this.#countAll();
  };

  readonly probe: NonNullable<Watch["probe"]> = (kind, process, argument0, argument1) => this.#chronicle.probe(kind, process, argument0, argument1);

  #tell(event: ChronicleEvent): void {
    const { kind, cycle, argument0, argument1, process } = event;
    if (beginsHandler(event)) this.#beginHandler(event);
    else if (kind === HalTrace.frameSteered) this.#queue = argument1;
    else if (kind === HalTrace.frameReceived) this.#onQueue(cycle, `${this.#world.nic} receive ${this.#takeQueue()}`, `frame ${argument0}`);
    else if (kind === HalTrace.frameDropped) this.#onQueue(cycle, `${this.#world.nic} receive ${this.#takeQueue()}`, `dropped frame ${argument0}`);
    else if (kind === HalTrace.frameTransmitted) this.#onQueue(cycle, `${this.#world.nic} transmit`, `${argument1} bytes`);
    else if (kind === NetTrace.requestDecided) this.#decided(cycle, argument1);
    else if (kind >= KernelTrace.dispatch) this.#file.instant(process < 0 ? MACHINE_TRACK : this.#processes[process], cycle, eventWords(this.#names, this.#chronicle, event), this.#arrowOf(event));
  }

  #beginHandler(event: ChronicleEvent): void {
    const { process, cycle, cause, argument0, message } = event;
    this.#endHandler();
    const words = eventWords(this.#names, this.#chronicle, event);
    const name = message === null || argument0 !== Delivery.message ? words.split(":")[0] : opcodeName(this.#names, message.endpoint, message.opcode);
    this.#file.begin(this.#processes[process], cycle, name, { category: "handler", notes: { why: words }, endingFlows: this.#hasArrow(cause) ? [cause + 1] : [] });
    this.#running = process;
    if (message !== null && this.#isFinish(message.endpoint, message.opcode)) this.#finished(Number(message.data[0]), cycle);
  }

  #endHandler(): void {
    if (this.#running < 0) return;
    this.#file.end(this.#processes[this.#running], this.#world.machine.now());
    this.#running = -1;
  }

  #arrowOf(event: ChronicleEvent): { flows?: readonly number[] } {
    return ARROWS.includes(event.kind) ? { flows: [event.index + 1] } : {};
  }

  #hasArrow(cause: number): boolean {
    const event = this.#chronicle.at(cause);
    return event !== undefined && ARROWS.includes(event.kind);
  }

  #takeQueue(): number {
    const queue = this.#queue;
    this.#queue = 0;
    return queue;
  }

  #onQueue(cycle: number, track: string, name: string): void {
    this.#file.instant(this.#trackOf(track), cycle, name);
  }

  /** A request has its outcome: on the track of its backend, which has one more under way. */
  #decided(cycle: number, decisionOffset: number): void {
    const { ram } = this.#world.machine;
    const decision = (this.#netArena + decisionOffset) as Address<"DecisionMessage">;
    const outcome = OUTCOMES[DecisionMessage.outcome.get(ram, decision)]?.name ?? "another outcome";
    if (DecisionMessage.backend.get(ram, decision) === NOT_CHOSEN) return this.#onQueue(cycle, "requests without a backend", outcome);
    const family = DecisionMessage.family.get(ram, decision);
    const address = family === 0 ? `group ${DecisionMessage.group.get(ram, decision)} backend ${DecisionMessage.backend.get(ram, decision)}` : addressPortText(addressText(family, ram.u8, DecisionMessage.address.at(decision)), DecisionMessage.port.get(ram, decision));
    this.#onQueue(cycle, `backend ${address}`, outcome);
    const connection = connectionOf(DecisionMessage.connection.get(ram, decision), DecisionMessage.connectionUse.get(ram, decision));
    if (connection === 0) return;
    this.#connections.set(connection, address);
    this.#countOne(`under way at ${address}`, "requests", cycle, (before) => before + 1);
  }

  #isFinish(endpoint: number, opcode: number): boolean {
    return opcode === LbOpcode.finish && nameOf(this.#names.endpoints, endpoint, "") === "lb.requests";
  }

  #finished(connection: number, cycle: number): void {
    const address = this.#connections.get(connection);
    if (address === undefined) return;
    this.#connections.delete(connection);
    this.#countOne(`under way at ${address}`, "requests", cycle, (before) => Math.max(0, before - 1));
  }

  #countAll(): void {
    const { ram, endpoints, pool } = this.#tables;
    const cycle = this.#world.machine.now();
    for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
      const queued = EndpointRecord.count.get(ram, endpoints.at(endpoint));
      this.#countOne(`queued at ${nameOf(this.#names.endpoints, endpoint, "endpoint")}`, "messages", cycle, () => queued);
    }
    const buffers = PoolState.inUse.get(ram, pool);
    this.#countOne("DMA buffers in use", "buffers", cycle, () => buffers);
  }

  /** Says a counter's value where it is another one than before. A number below 0 is damage, and counts as 0. */
  #countOne(name: string, unit: string, cycle: number, next: (before: number) => number): void {
    const track = this.#tracks.get(name) ?? this.#file.counterTrack(name, unit);
    this.#tracks.set(name, track);
    const before = this.#counts.get(track);
    const value = Math.max(0, next(before ?? 0));
    if (value === before) return;
    this.#counts.set(track, value);
    this.#file.count(track, cycle, value);
  }

  #trackOf(name: string): number {
    const track = this.#tracks.get(name) ?? this.#file.track(name);
    this.#tracks.set(name, track);
    return track;
  }
}
