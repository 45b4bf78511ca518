/** Lists of neighbours, linked both ways: of all, and of those that are asked for. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { HostAddress, NeighbourAddress } from "./records.ts";
import { Asked, HostLink, HostList, HostNeighbour, HostState } from "./records.ts";

type List = Address<"HostList">;
type Link = Address<"HostLink">;

/** Of all neighbours, by their last use. */
export function usedAppend(memory: Memory, host: HostAddress, entry: NeighbourAddress): void {
  append(memory, HostState.used.at(host), entry, HostNeighbour.used.offset);
}

export function usedRemove(memory: Memory, host: HostAddress, entry: NeighbourAddress): void {
  remove(memory, HostState.used.at(host), entry, HostNeighbour.used.offset);
}

/** The entry is asked for from now on: it goes to the end of that list, one of Asked. */
export function askedAppend(memory: Memory, host: HostAddress, entry: NeighbourAddress, asked: number): void {
  HostNeighbour.asked.set(memory, entry, asked);
  append(memory, askedList(host, asked), entry, HostNeighbour.asking.offset);
}

/** The entry leaves the list that it is in. */
export function askedRemove(memory: Memory, host: HostAddress, entry: NeighbourAddress): void {
  remove(memory, askedList(host, HostNeighbour.asked.get(memory, entry)), entry, HostNeighbour.asking.offset);
}

/** One of Asked. */
export function askedList(host: HostAddress, asked: number): List {
  if (asked === Asked.own) return HostState.askedOwn.at(host);
  return asked === Asked.strangers ? HostState.askedStrangers.at(host) : HostState.askedProbed.at(host);
}

function append(memory: Memory, list: List, entry: NeighbourAddress, offset: number): void {
  const link = (entry + offset) as Link;
  const last = HostList.last.get(memory, list);
  HostLink.previous.set(memory, link, last);
  HostLink.next.set(memory, link, 0);
  if (last === 0) HostList.first.set(memory, list, entry);
  else HostLink.next.set(memory, (last + offset) as Link, entry);
  HostList.last.set(memory, list, entry);
  HostList.count.add(memory, list, 1);
}

function remove(memory: Memory, list: List, entry: NeighbourAddress, offset: number): void {
  const link = (entry + offset) as Link;
  const previous = HostLink.previous.get(memory, link);
  const next = HostLink.next.get(memory, link);
  if (previous === 0) HostList.first.set(memory, list, next);
  else HostLink.next.set(memory, (previous + offset) as Link, next);
  if (next === 0) HostList.last.set(memory, list, previous);
  else HostLink.previous.set(memory, (next + offset) as Link, previous);
  HostList.count.add(memory, list, -1);
}
