/**
 * Authority comes only, and always, through a held capability: whoever sends to an endpoint holds a right to send there, or
 * has held it when it decided to; and a need of the manifest's that leads to an endpoint is not refused while its token is
 * held. Channels have no part in it.
 */

import type { Address } from "../../hal/field.ts";
import { EndpointRight, ObjectType } from "../../kernel/capability/right.ts";
import { CapabilitySlot, CapabilityState, SlotUse } from "../../kernel/capability/slot.ts";
import { Errno, errnoName } from "../../kernel/errno.ts";
import type { Machine } from "../../kernel/machine.ts";
import { NONE, ProcessRecord } from "../../kernel/process.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { World } from "../world.ts";
import type { Checker } from "./checker.ts";
import { KernelView } from "./kernel-view.ts";
import { partOf } from "./places.ts";
import { remembering } from "./remembering.ts";

const TOKEN_BYTES = 8;

interface Known {
  /** By process: endpoints that it has had a right to send to, one bit each. */
  readonly rights: number[];
  /** How many tokens had been made when that was last looked at. */
  tokens: number;
}

export const authority: Checker = Object.freeze<Checker>({
  name: "authority",
  law: "who sends to an endpoint holds a right to, and a need that is held is not refused as unheld",
  fits: () => true,
  begin: ({ world, fail }) => {
    const { machine } = world;
    const view = new KernelView(machine);
    const space = new Spaces(world);
    const known: Known = { rights: machine.processNames.map(() => 0), tokens: -1 };
    const sent = (sender: number, endpoint: number): void => {
      if (sender === NONE || sender >= known.rights.length) return;
      space.learn(known);
      if (((known.rights[sender]! >> endpoint) & 1) === 0) fail(`process ${view.processNames[sender]}`, `it sends to ${view.endpointNames[endpoint]}, and never had a right to`);
    };
    return remembering(known, {
      probe: (kind, process, argument0, argument1) => {
        if (kind === KernelTrace.sendFast) sent(process, argument0);
        else if (kind === KernelTrace.sendQueued) sent(view.newestSender(argument0), argument0);
        else if (kind === KernelTrace.refused && argument0 === Errno.invalidCapability && isHeldNeed(machine, view, space, process, argument1)) {
          fail(`process ${view.processNames[process]}`, `its need ${needName(machine, process, argument1)} is refused ${errnoName(argument0)}, and its token is held`);
        }
      },
    });
  },
});

/** Reads who holds what. */
class Spaces {
  readonly #machine: Machine;
  readonly #slots: number;
  readonly #count: number;
  readonly #state: Address<"CapabilityState">;

  constructor({ machine }: World) {
    this.#machine = machine;
    const slots = partOf(machine, "capabilities");
    this.#slots = slots?.base ?? 0;
    this.#count = slots?.count ?? 0;
    this.#state = (partOf(machine, "capabilities.state")?.base ?? 0) as Address<"CapabilityState">;
  }

  /** Adds what has been made since the last time. */
  learn(known: Known): void {
    const { ram } = this.#machine;
    const tokens = CapabilityState.nextLow.get(ram, this.#state) + CapabilityState.nextHigh.get(ram, this.#state) * 0x10_0000;
    if (tokens === known.tokens) return;
    known.tokens = tokens;
    for (let slot = 1; slot < this.#count; slot++) {
      const at = this.#at(slot);
      if (!this.#sends(at)) continue;
      const holder = CapabilitySlot.holder.get(ram, at);
      known.rights[holder] = (known.rights[holder] ?? 0) | (1 << CapabilitySlot.object.get(ram, at));
    }
  }

  /** Whether the process holds the token with these two words, with the right to send. */
  holds(process: number, low: number, high: number): boolean {
    const { ram } = this.#machine;
    for (let slot = 1; slot < this.#count; slot++) {
      const at = this.#at(slot);
      if (CapabilitySlot.token.low(ram, at) === low && CapabilitySlot.token.high(ram, at) === high && this.#sends(at)) return CapabilitySlot.holder.get(ram, at) === process;
    }
    return false;
  }

  #sends(at: Address<"CapabilitySlot">): boolean {
    const { ram } = this.#machine;
    const held = CapabilitySlot.use.get(ram, at) === SlotUse.held && CapabilitySlot.objectType.get(ram, at) === ObjectType.endpoint;
    return held && (CapabilitySlot.rights.get(ram, at) & EndpointRight.send) !== 0;
  }

  #at(slot: number): Address<"CapabilitySlot"> {
    return (this.#slots + slot * CapabilitySlot.size) as Address<"CapabilitySlot">;
  }
}

function needName(machine: Machine, process: number, grant: number): string {
  return Object.keys(Object.values(machine.manifest.processes)[process]?.service.needs ?? {})[grant / TOKEN_BYTES] ?? "";
}

/** Whether what was refused is a need that leads to an endpoint, and its token is the process's. */
function isHeldNeed(machine: Machine, view: KernelView, space: Spaces, process: number, grant: number): boolean {
  const line = Object.values(machine.manifest.processes)[process];
  const name = needName(machine, process, grant);
  if (line === undefined || name === "" || line.service.needs[name] !== "endpoint") return false;
  const word = (ProcessRecord.arenaBase.get(view.ram, view.process(process)) + grant) >> 2;
  return space.holds(process, view.ram.i32[word]!, view.ram.i32[word + 1]!);
}
