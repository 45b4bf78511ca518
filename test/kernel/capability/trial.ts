/**
 * One run of the kernel beside model.ts: commands of processes, obeyed by both, and everything compared after each. What
 * was seen on the way is noted, so that a campaign can be asked where it came.
 */

import { expect } from "vitest";
import { CapabilitySlot, CapabilitySpace, ObjectType, findHeld, mint } from "../../../kernel/capability.ts";
import { GOVERNING_RIGHTS } from "../../../kernel/capability/right.ts";
import { slotNumber } from "../../../kernel/capability/slot.ts";
import type { SlotOfCapability } from "../../../kernel/capability/slot.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Seen } from "../../../kernel/invariants/checker.ts";
import { checkInvariants, observe } from "../../../kernel/invariants/invariants.ts";
import { MessageFlag } from "../../../kernel/message.ts";
import { KernelState, ProcessRecord } from "../../../kernel/process.ts";
import type { Grant, Message } from "../../../kernel/service.ts";
import { Delivery, identityRights, identityType } from "../../../kernel/service.ts";
import type { HolderContext } from "./bench.ts";
import { CELLS, NAMES, cell, copyCell, makeBench } from "./bench.ts";
import type { Bench } from "./bench.ts";
import type { Capability, Limits, Sent } from "./model.ts";
import { Model } from "./model.ts";
import { kernelSide, modelSide } from "./sides.ts";
import { checkCapabilityTree } from "./tree-check.ts";

export const LIMITS: Limits = { quota: 14, table: 4, tables: 8, inFlight: 3, queue: 2 };
/** The first cells stand for the tokens of the needs a, b, c and region. */
export const NEEDS = ["a", "b", "c", "region"] as const;
export const TOKENS = NEEDS.length + CELLS;
export const NOT_TAKEN = 31;

export type Command =
  | { readonly kind: "derive"; readonly from: number; readonly rights: number; readonly to: number }
  | { readonly kind: "send"; readonly from: number; readonly receiver: number; readonly to: number }
  | { readonly kind: "revoke" | "delete" | "identify"; readonly from: number }
  | { readonly kind: "restrict"; readonly from: number; readonly rights: number }
  | { readonly kind: "mint"; readonly rights: number; readonly to: number }
  | { readonly kind: "copy"; readonly from: number; readonly to: number }
  | { readonly kind: "steal"; readonly victim: number; readonly from: number; readonly to: number }
  | { readonly kind: "exit" | "fault" };

export interface Turn {
  readonly process: number;
  readonly commands: readonly Command[];
}

export function trialBench(): Bench {
  const { quota, table, tables, inFlight, queue } = LIMITS;
  const rights = Object.fromEntries(NEEDS.map((need) => [need, GOVERNING_RIGHTS]));
  return makeBench(rights, { capabilities: quota, capabilityTable: table, capabilityTables: tables, capabilitiesInFlight: inFlight, endpointQueue: queue });
}

export class Trial {
  readonly bench: Bench;
  readonly model = new Model(LIMITS, NAMES.length);
  /** By process: what the token in each cell stands for. */
  readonly cells: (Capability | null)[][];
  readonly sent = new Map<number, Sent>();
  readonly seen: Set<string>;
  private before: Seen | null = null;

  /** `bench`: freshly made by trialBench(), or restored to what it was then. */
  constructor(bench: Bench, seen: Set<string>) {
    this.bench = bench;
    this.seen = seen;
    this.cells = NAMES.map((_, process) => this.readSpace(process));
    this.bench.onMessage((process, context, message) => this.receive(process, context, message));
    this.compare();
  }

  /** What boot minted, taken into the model: the needs in their order. */
  private readSpace(process: number): (Capability | null)[] {
    const { kernel } = this.bench;
    const base = ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(process));
    const count = ProcessRecord.needCount.get(kernel.ram, kernel.processes.at(process));
    const cells: (Capability | null)[] = [];
    for (let need = 0; need < count; need++) {
      const at = findHeld(kernel.ram, kernel.spaces, process, base + need * 8) as SlotOfCapability;
      const get = (field: "objectType" | "object" | "rights"): number => CapabilitySlot[field].get(kernel.ram, at);
      const made = this.model.make(process, get("objectType"), get("object"), get("rights"), null);
      made.slot = slotNumber(kernel.spaces, at);
      if (need < NEEDS.length) cells.push(made);
    }
    return [...cells, ...Array.from({ length: CELLS }, () => null)];
  }

  run({ process, commands }: Turn): void {
    if (!this.model.alive[process]) return;
    this.bench.run(process, (context) => {
      for (const one of commands) {
        this.obey(process, context, one);
        this.compare();
        if (one.kind !== "exit" && one.kind !== "fault") continue;
        if (this.model.queues[process].some((sent) => sent.capability?.place === "under way")) this.seen.add("ended with capabilities under way to it");
        this.model.endProcess(process);
        if (one.kind === "exit") context.exit();
        else context.span(-8 as never, 0, 1);
        return;
      }
    }, commands.some((one) => one.kind === "fault"));
    this.compare();
    expect(checkInvariants(this.bench.machine, this.before)).toEqual([]);
    this.before = observe(this.bench.machine);
  }

  private grant(context: HolderContext, index: number): Grant<never> {
    return index < NEEDS.length ? (context.needs[NEEDS[index]] as Grant<never>) : cell(context, index - NEEDS.length);
  }

  private obey(process: number, context: HolderContext, one: Command): void {
    const { model, cells } = this;
    switch (one.kind) {
      case "derive":
        return this.derive(process, context, one.from, one.rights, one.to);
      case "send":
        return this.send(process, context, one.from, one.receiver, one.to);
      case "revoke":
        return this.same(one.kind, context.capabilityRevoke(this.grant(context, one.from)), model.revoke(process, cells[process][one.from]));
      case "delete":
        return this.same(one.kind, context.capabilityDelete(this.grant(context, one.from)), model.delete(process, cells[process][one.from]));
      case "restrict":
        return this.same(one.kind, context.capabilityRestrict(this.grant(context, one.from), one.rights), model.restrict(process, cells[process][one.from], one.rights));
      case "identify":
        return this.identify(process, context, one.from);
      case "mint":
        return this.mint(process, context, one.rights, one.to);
      case "copy":
        copyCell(context, this.grant(context, one.from), this.grant(context, one.to));
        cells[process][one.to] = cells[process][one.from];
        return;
      case "steal":
        return this.steal(process, context, one.victim, one.from, one.to);
    }
  }

  private same(what: string, answer: number, expected: number): void {
    expect(answer, what).toBe(expected);
    this.seen.add(`${what} ${answer > 0 ? "many" : answer}`);
  }

  private derive(process: number, context: HolderContext, from: number, wanted: number, to: number): void {
    const made = this.model.derive(process, this.cells[process][from], wanted);
    const answer = context.capabilityDerive(this.grant(context, from), wanted, this.grant(context, to));
    this.same("derive", answer, typeof made === "number" ? made : 0);
    if (typeof made !== "number") this.put(process, context, to, made);
  }

  private put(process: number, context: HolderContext, to: number, made: Capability): void {
    this.cells[process][to] = made;
    const { kernel } = this.bench;
    const at = findHeld(kernel.ram, kernel.spaces, process, ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(process)) + this.grant(context, to));
    made.slot = slotNumber(kernel.spaces, at as SlotOfCapability);
  }

  private mint(process: number, context: HolderContext, given: number, to: number): void {
    const { kernel } = this.bench;
    const room = this.model.hasRoom(process);
    const at = ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(process)) + this.grant(context, to);
    this.same("mint", mint(kernel, process, ObjectType.memory, 1, 1, given, at), room ? 0 : Errno.resourceExhausted);
    if (room) this.put(process, context, to, this.model.make(process, ObjectType.memory, 1, given, null));
  }

  private identify(process: number, context: HolderContext, from: number): void {
    const one = this.cells[process][from];
    const answer = context.capabilityIdentify(this.grant(context, from));
    const refused = this.model.judge(process, one, 0);
    this.same("identify", Math.min(answer, 0), refused);
    if (refused === 0) expect([identityType(answer), identityRights(answer)]).toEqual([one!.type, one!.rights]);
  }

  /** The number of another's token is copied, as by whoever looked over his shoulder. */
  private steal(process: number, context: HolderContext, victim: number, from: number, to: number): void {
    const { ram, processes } = this.bench.kernel;
    const theirs = ProcessRecord.arenaBase.get(ram, processes.at(victim)) + this.grant(context, from);
    ram.copy(ProcessRecord.arenaBase.get(ram, processes.at(process)) + this.grant(context, to), theirs, 8);
    this.cells[process][to] = this.cells[victim][from];
  }

  private send(process: number, context: HolderContext, from: number, receiver: number, to: number): void {
    const { kernel } = this.bench;
    const fast = (KernelState.receivingProcesses.get(kernel.ram, kernel.state) & (1 << receiver)) !== 0;
    const number = this.sent.size;
    const sent = this.model.send(process, this.cells[process][receiver], receiver, this.cells[process][from], fast);
    const answer = context.sendCapability(context.needs[NAMES[receiver]], to, this.grant(context, from), number);
    expect(answer).toBe(typeof sent === "number" ? sent : 0);
    this.seen.add(`send ${typeof sent === "number" ? sent : fast ? "fast" : "queued"}`);
    if (typeof sent === "number") return;
    this.sent.set(number, sent);
    if (fast) this.showArrived(receiver, sent);
  }

  private showArrived(receiver: number, sent: Sent): void {
    const { kernel } = this.bench;
    const slot = CapabilitySpace.arrived.get(kernel.ram, kernel.spaces.spaces.at(receiver));
    if (sent.capability === null || sent.capability.place === "gone") expect(slot).toBe(0);
    else if (sent.capability.slot === 0) sent.capability.slot = slot;
    else expect(slot).toBe(sent.capability.slot);
  }

  private receive(process: number, context: HolderContext, message: Message): void {
    expect(message.delivery).toBe(Delivery.message);
    expect(message.flags).toBe(MessageFlag.hasCapability);
    const sent = this.sent.get(message.data0)!;
    expect(sent.receiver).toBe(process);
    if (sent.capability?.place === "gone") this.seen.add(sent.queued ? "revoked under way" : "revoked in the registers");
    const lost = this.model.lost[process];
    this.model.deliver(sent);
    this.showArrived(process, sent);
    this.compare();
    const arrived = sent.capability !== null && sent.capability.place === "held" ? sent.capability : null;
    if (arrived !== null) this.seen.add("arrived");
    if (this.model.lost[process] > lost) this.seen.add("lost");
    if (message.opcode === NOT_TAKEN) {
      this.seen.add("not taken");
      if (arrived !== null) this.model.end(arrived);
      return;
    }
    expect(context.capabilityTake(this.grant(context, message.opcode))).toBe(arrived === null ? Errno.invalidMessage : 0);
    if (arrived !== null) this.cells[process][message.opcode] = arrived;
    expect(context.capabilityTake(this.grant(context, message.opcode))).toBe(Errno.invalidMessage);
  }

  compare(): void {
    if (this.model.tables.some((tables) => tables.length > 3)) this.seen.add("four tables");
    const { kernel } = this.bench;
    expect(checkCapabilityTree(kernel)).toEqual([]);
    expect(kernelSide(kernel)).toEqual(modelSide(this.model));
    this.model.lost.forEach((lost, process) => expect(CapabilitySpace.lost.get(kernel.ram, kernel.spaces.spaces.at(process))).toBe(lost));
    this.cells.forEach((row, process) => {
      const base = ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(process));
      row.forEach((one, index) => {
        const at = index < NEEDS.length ? index * 8 : ProcessRecord.stateOffset.get(kernel.ram, kernel.processes.at(process)) + (index - NEEDS.length) * 8;
        const slot = findHeld(kernel.ram, kernel.spaces, process, base + at);
        const holds = one !== null && one.place === "held" && one.holder === process;
        expect(slot < 0 ? slot : slotNumber(kernel.spaces, slot as SlotOfCapability)).toBe(holds ? one.slot : Errno.invalidCapability);
      });
    });
  }
}
