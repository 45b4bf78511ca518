/** What must hold in the kernel's capability tables, whatever happened: read from RAM alone. */

import { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, SlotUse } from "../../../kernel/capability.ts";
import { TABLES_MAX } from "../../../kernel/capability/slot.ts";
import { tableAt } from "../../../kernel/capability/space.ts";
import type { Kernel } from "../../../kernel/kernel.ts";

/** Problems in words; empty if there are none. */
export function checkCapabilityTree(kernel: Kernel): string[] {
  const problems: string[] = [];
  const say = (holds: boolean, text: string): void => void (holds || problems.push(text));
  checkLinks(kernel, say);
  checkRights(kernel, say);
  checkTables(kernel, say);
  checkInFlight(kernel, say);
  return problems;
}

type Say = (holds: boolean, text: string) => void;

/** Parents, children and siblings name each other, and everything used hangs on slot 0. */
function checkLinks(kernel: Kernel, say: Say): void {
  const { ram, spaces } = kernel;
  const reached = new Set<number>();
  const pending = [0];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    let previous = 0;
    for (let child = CapabilitySlot.firstChild.get(ram, spaces.slots.at(parent)); child !== 0; child = CapabilitySlot.nextSibling.get(ram, spaces.slots.at(child))) {
      const at = spaces.slots.at(child);
      say(!reached.has(child), `slot ${child} is reached twice`);
      if (reached.has(child)) return;
      reached.add(child);
      pending.push(child);
      say(CapabilitySlot.parent.get(ram, at) === parent, `slot ${child} is below ${parent} and says otherwise`);
      say(CapabilitySlot.previousSibling.get(ram, at) === previous, `slot ${child} does not know its neighbour`);
      previous = child;
    }
  }
  for (let slot = 1; slot < spaces.slots.count; slot++) {
    const use = CapabilitySlot.use.get(ram, spaces.slots.at(slot));
    say((use === SlotUse.held || use === SlotUse.inFlight) === reached.has(slot), `slot ${slot}, use ${use}, is ${reached.has(slot) ? "" : "not "}in the tree`);
  }
}

function checkRights(kernel: Kernel, say: Say): void {
  const { ram, spaces } = kernel;
  const tokens = new Set<string>();
  for (let slot = 1; slot < spaces.slots.count; slot++) {
    const at = spaces.slots.at(slot);
    const use = CapabilitySlot.use.get(ram, at);
    const token = `${CapabilitySlot.token.high(ram, at)}.${CapabilitySlot.token.low(ram, at)}`;
    say((token === "0.0") === (use !== SlotUse.held), `slot ${slot}, use ${use}, has token ${token}`);
    if (use === SlotUse.held) say(!tokens.has(token), `token ${token} twice`);
    tokens.add(token);
    const parent = CapabilitySlot.parent.get(ram, at);
    if (parent === 0) continue;
    const above = spaces.slots.at(parent);
    say((CapabilitySlot.rights.get(ram, at) & ~CapabilitySlot.rights.get(ram, above)) === 0, `slot ${slot} has a right that its parent ${parent} has not`);
    say(CapabilitySlot.object.get(ram, at) === CapabilitySlot.object.get(ram, above) && CapabilitySlot.objectType.get(ram, at) === CapabilitySlot.objectType.get(ram, above), `slot ${slot} names another object than its parent`);
  }
}

function checkTables(kernel: Kernel, say: Say): void {
  const { ram, spaces } = kernel;
  const size = 1 << spaces.tableBits;
  let pooled = 0;
  for (let free = CapabilityState.freeTable.get(ram, spaces.state); free !== -1 && pooled <= spaces.tables.count; free = CapabilityTable.nextTable.get(ram, spaces.tables.at(free))) pooled += 1;
  for (let number = 0; number < spaces.tables.count; number++) {
    const table = spaces.tables.at(number);
    const owner = CapabilityTable.owner.get(ram, table);
    let used = 0;
    for (let slot = 1 + number * size; slot < 1 + (number + 1) * size; slot++) {
      if (CapabilitySlot.use.get(ram, spaces.slots.at(slot)) === SlotUse.free) continue;
      used += 1;
      say(CapabilitySlot.holder.get(ram, spaces.slots.at(slot)) === owner, `slot ${slot} lies in a table of ${owner} and is held by another`);
    }
    let free = 0;
    for (let slot = CapabilityTable.freeSlot.get(ram, table); slot !== 0 && free <= size; slot = CapabilitySlot.nextSibling.get(ram, spaces.slots.at(slot))) free += 1;
    say(CapabilityTable.used.get(ram, table) === used && used + free === size, `table ${number}: ${used} used, ${free} free, says ${CapabilityTable.used.get(ram, table)}`);
    if (owner === -1) pooled -= 1;
    else say(tableAt(ram, spaces, owner, CapabilityTable.position.get(ram, table)) === number, `table ${number} is not where its owner looks`);
  }
  say(pooled === 0, `${pooled} tables too many in the pool`);
  for (let process = 0; process < spaces.spaces.count; process++) {
    const space = spaces.spaces.at(process);
    let used = 0;
    for (let position = 0; position < TABLES_MAX; position++) {
      const table = tableAt(ram, spaces, process, position);
      if (table !== -1) used += CapabilityTable.used.get(ram, spaces.tables.at(table));
    }
    say(CapabilitySpace.used.get(ram, space) === used && used <= CapabilitySpace.quota.get(ram, space), `process ${process} holds ${used}, says ${CapabilitySpace.used.get(ram, space)}`);
  }
}

function checkInFlight(kernel: Kernel, say: Say): void {
  const { ram, spaces } = kernel;
  let used = 0;
  for (let slot = spaces.firstInFlight; slot < spaces.slots.count; slot++) {
    const at = spaces.slots.at(slot);
    const use = CapabilitySlot.use.get(ram, at);
    if (use !== SlotUse.free) used += 1;
    say(use !== SlotUse.held && CapabilitySlot.firstChild.get(ram, at) === 0, `slot ${slot} of a message is held or has children`);
  }
  let free = 0;
  for (let slot = CapabilityState.freeInFlight.get(ram, spaces.state); slot !== 0 && free <= spaces.slots.count; slot = CapabilitySlot.nextSibling.get(ram, spaces.slots.at(slot))) free += 1;
  say(CapabilityState.inFlight.get(ram, spaces.state) === used && used + free === spaces.slots.count - spaces.firstInFlight, `${used} in messages, ${free} free, says ${CapabilityState.inFlight.get(ram, spaces.state)}`);
}
