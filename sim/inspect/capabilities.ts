/** Who holds which right, and from whom: the derivation tree, parents before their children. */

import { CapabilitySlot, SlotUse } from "../../kernel/capability/slot.ts";
import { ObjectType, Right, TIMER_OBJECT } from "../../kernel/capability/right.ts";
import { tokenText } from "../../kernel/invariants/capability-places.ts";
import { has } from "../../kernel/invariants/tables.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import type { Dump } from "./dump.ts";
import { nameOf } from "./names.ts";

export interface CapabilityView {
  readonly slot: number;
  /** Steps from the manifest: 0 is minted by it, 1 derived from such a one. */
  readonly depth: number;
  /** Who holds it; of one in a message, who sent it. */
  readonly holder: string;
  readonly use: string;
  readonly type: string;
  readonly object: string;
  readonly rights: readonly string[];
  /** 16 hex digits. */
  readonly token: string;
  /** The slot that it was derived from, and whose that is; null for one that the manifest granted. */
  readonly from: { readonly slot: number; readonly holder: string } | null;
  /** The holder's need that it stands for, "" if for none. */
  readonly need: string;
}

const USES = Object.freeze(["free", "held", "in a message", "revoked on the way"]);
const TYPES = Object.keys(ObjectType);
const ENDPOINT_RIGHTS: Readonly<Record<string, string>> = Object.freeze({ read: "receive", write: "send", execute: "bind" });

export function capabilitiesOf(dump: Dump): CapabilityView[] {
  const { ram, tables } = dump;
  const views: CapabilityView[] = [];
  const seen = new Set<number>();
  if (tables.slots.count === 0) return views;
  const open: { slot: number; depth: number }[] = [{ slot: 0, depth: -1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.slot !== 0) views.push(viewOf(dump, next.slot, next.depth));
    const children: { slot: number; depth: number }[] = [];
    for (let child = CapabilitySlot.firstChild.get(ram, tables.slots.at(next.slot)); child !== 0 && has(tables.slots, child) && !seen.has(child); child = CapabilitySlot.nextSibling.get(ram, tables.slots.at(child))) {
      seen.add(child);
      children.push({ slot: child, depth: next.depth + 1 });
    }
    // Lists begin with the youngest: taken from the end, the oldest comes first.
    open.push(...children);
  }
  for (let slot = 1; slot < tables.slots.count; slot++) {
    if (!seen.has(slot) && CapabilitySlot.use.get(ram, tables.slots.at(slot)) !== SlotUse.free) views.push(viewOf(dump, slot, 0));
  }
  return views;
}

function viewOf(dump: Dump, slot: number, depth: number): CapabilityView {
  const { ram, tables, names } = dump;
  const at = tables.slots.at(slot);
  const type = CapabilitySlot.objectType.get(ram, at);
  const parent = CapabilitySlot.parent.get(ram, at);
  const holder = CapabilitySlot.holder.get(ram, at);
  const parentHolder = has(tables.slots, parent) ? CapabilitySlot.holder.get(ram, tables.slots.at(parent)) : -1;
  return {
    slot,
    depth,
    holder: nameOf(names.processes, holder, "process"),
    use: USES[CapabilitySlot.use.get(ram, at)] ?? `use ${CapabilitySlot.use.get(ram, at)}`,
    type: TYPES[type] ?? `type ${type}`,
    object: objectName(dump, type, CapabilitySlot.object.get(ram, at)),
    rights: rightWords(type, CapabilitySlot.rights.get(ram, at)),
    token: tokenText(CapabilitySlot.token.low(ram, at), CapabilitySlot.token.high(ram, at)),
    from: parent === 0 ? null : { slot: parent, holder: nameOf(names.processes, parentHolder, "process") },
    need: needOf(dump, holder, CapabilitySlot.token.low(ram, at), CapabilitySlot.token.high(ram, at)),
  };
}

/** What a capability of this type names. */
export function objectName({ names }: Dump, type: number, object: number): string {
  switch (type) {
    case ObjectType.memory:
      return nameOf(names.regions, object, "region");
    case ObjectType.process:
      return nameOf(names.processes, object, "process");
    case ObjectType.endpoint:
      // Channels are numbered after the endpoints.
      return object < names.endpoints.length ? nameOf(names.endpoints, object, "endpoint") : `channel ${nameOf(names.channels, object - names.endpoints.length, "")}`.trimEnd();
    case ObjectType.interrupt:
      return object === 0 ? "tick" : `${nameOf(names.devices, object - 1, "line")} (line ${object})`;
    case ObjectType.device:
      return object === TIMER_OBJECT ? "ticks" : nameOf(names.devices, object, "device");
    default:
      return String(object);
  }
}

export function rightWords(type: number, rights: number): string[] {
  const known = Object.entries(Right).filter(([, bit]) => (rights & bit) !== 0).map(([name]) => name);
  return type === ObjectType.endpoint || type === ObjectType.interrupt ? known.map((name) => ENDPOINT_RIGHTS[name] ?? name) : known;
}

/** The need of the process whose token, at the start of its arena, is this one. */
function needOf({ ram, tables, names }: Dump, process: number, low: number, high: number): string {
  if (!has(tables.processes, process) || (low === 0 && high === 0)) return "";
  const at = tables.processes.at(process);
  const base = ProcessRecord.arenaBase.get(ram, at) >> 2;
  const count = Math.min(32, ProcessRecord.needCount.get(ram, at));
  for (let need = 0; need < count; need++) {
    if (ram.i32[base + need * 2] === low && ram.i32[base + need * 2 + 1] === high) return names.needs[process]?.[need] ?? `need ${need}`;
  }
  return "";
}
