/**
 * Why something is refused: every reason that a device, a driver, net or the load balancer has, under one name each, and
 * where its count stands. A fuzzer that has not reached one has not been everywhere.
 */

import type { AnyField } from "../../hal/field.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { VirtioFault } from "../../hal/nic/virtio/transport-state.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { OUTCOMES } from "../../services/lb/api.ts";
import { IGNORED_REASONS } from "../../services/net/api.ts";
import type { FuzzKind } from "./input.ts";

export type NicKind = "e1000" | "virtio-net";
export const NIC_KINDS: readonly NicKind[] = Object.freeze(["e1000", "virtio-net"]);

interface Place {
  /** Part of RAM and field that counts. */
  readonly part: string;
  readonly field: string;
}

const DROPS = [NicAccount.filtered, NicAccount.noDescriptor, NicAccount.tooLong, NicAccount.linkDown].map(({ name }) => name);
const DRIVER = ["rxBad", "rxDropped", "txDropped", "recoveries", "pauses"];
/** What the descriptor of a virtio device cannot say: there is no errors byte. */
const RECEIVE_ERROR = "receiveError";
const DESCRIPTOR_REFUSALS: Readonly<Record<NicKind, readonly string[]>> = { e1000: ["transmitDropped", "dmaFaults", "unknownDescriptors"], "virtio-net": ["transmitDropped"] };

/** Refusals of a virtio device that no counter shows: a board looks for them. */
export const FEATURES_REFUSED = "virtio-net features";
export const COMMAND_REFUSED = "virtio-net command";

export const faultReason = (fault: string): string => `virtio-net needsReset ${fault}`;
const lowerFirst = (name: string): string => name[0].toLowerCase() + name.slice(1);

/** By name, what a NIC drops. */
export function nicPlaces(kind: NicKind, nic: string): Map<string, Place> {
  return new Map([...DROPS, ...DESCRIPTOR_REFUSALS[kind]].map((field) => [`${kind} ${field}`, { part: `${nic}.account`, field }]));
}

/** By name, what driver, net and load balancer refuse. */
export function servicePlaces(kind: NicKind): Map<string, Place> {
  return new Map<string, Place>([
    ...DRIVER.map((field) => [`${kind} driver ${field}`, { part: "state.driver", field }] as const),
    ...IGNORED_REASONS.slice(1).map(({ reason, field }) => [`net ${reason}`, { part: "state.net", field }] as const),
    ...["badRequestLine", "badBody"].map((field) => [`net ${field}`, { part: "state.net", field }] as const),
    ...OUTCOMES.slice(1).map(({ name }) => [`request ${name}`, { part: "state.net", field: lowerFirst(name) }] as const),
  ]);
}

/** The reasons that an input of a kind can reach, in the order of the machine: NIC, driver, net, load balancer. */
export function reasonsOf(kind: FuzzKind): readonly string[] {
  const drops = NIC_KINDS.flatMap((nic) => DROPS.map((field) => `${nic} ${field}`));
  const services = [...servicePlaces("e1000").keys()].filter((name) => name.startsWith("net ") || name.startsWith("request "));
  switch (kind) {
    case "frames":
      return Object.freeze([...drops, ...services.filter((name) => name !== `net ${RECEIVE_ERROR}`)]);
    case "registers":
      return Object.freeze([
        ...drops,
        ...NIC_KINDS.flatMap((nic) => DESCRIPTOR_REFUSALS[nic].map((field) => `${nic} ${field}`)),
        ...Object.keys(VirtioFault).map(faultReason),
        FEATURES_REFUSED,
        COMMAND_REFUSED,
      ]);
    case "descriptors":
      return Object.freeze([...NIC_KINDS.flatMap((nic) => DRIVER.map((field) => `${nic} driver ${field}`)), `net ${RECEIVE_ERROR}`]);
  }
}

/** Reads counts where they stand. */
export class ReasonProbe {
  readonly #names: readonly string[];
  readonly #ram: Memory;
  readonly #fields: readonly { readonly field: AnyField; readonly base: number }[];

  /** Of the places whose part these have. */
  constructor(places: ReadonlyMap<string, Place>, ram: Memory, parts: readonly Part[]) {
    const found = [...places].flatMap(([name, place]) => {
      const part = parts.find((candidate) => candidate.name === place.part);
      const field = part?.layout?.fields.find((candidate) => candidate.name === place.field);
      return part === undefined || field === undefined ? [] : [{ name, field, base: part.base }];
    });
    this.#names = Object.freeze(found.map(({ name }) => name));
    this.#fields = Object.freeze(found);
    this.#ram = ram;
    Object.freeze(this);
  }

  /** Adds the names of those that have counted anything. */
  collect(reached: Set<string>): void {
    for (let i = 0; i < this.#fields.length; i++) {
      const { field, base } = this.#fields[i];
      if (this.#ram.i32[(base + field.offset) >> 2] !== 0) reached.add(this.#names[i]);
    }
  }
}
