/** What is not held has no token, in no place; and a token that was taken away never works again. */

import { EndpointRight, ObjectType } from "../capability/right.ts";
import { CapabilitySlot, CapabilitySpace, SlotUse } from "../capability/slot.ts";
import { CacheEntry } from "../ipc/token-cache.ts";
import { ProcessRecord } from "../process.ts";
import { tokenText } from "./capability-places.ts";
import type { Say, Seen } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";
import { nextNumber, tokenNumber } from "./tokens-unique.ts";
import { isAlive } from "./waiting.ts";

export const revokedStaysRevoked = checker("revoked-stays-revoked", "only held slots have tokens, of living holders; a token once gone is gone", check);

function check(tables: KernelTables, say: Say, seen: Seen | null): void {
  const { ram, slots, spaces } = tables;
  // Slot 0 stands for the manifest: no process holds it.
  for (let slot = 0; slot < slots.count; slot++) {
    const at = slots.at(slot);
    const low = CapabilitySlot.token.low(ram, at);
    const high = CapabilitySlot.token.high(ram, at);
    if (CapabilitySlot.use.get(ram, at) !== SlotUse.held) {
      if (low !== 0 || high !== 0) say(`capability ${slot}: token`, `${tokenText(low, high)} stands in a slot that is not held`);
      continue;
    }
    const holder = CapabilitySlot.holder.get(ram, at);
    if (!isAlive(tables, holder)) say(`capability ${slot}: holder`, `process ${holder} is not alive`);
    cameBack(slot, low, high, seen, say);
  }
  if (seen !== null && nextNumber(tables) < seen.tokenNumber) say("capabilities: nextLow", `the next number is ${nextNumber(tables)}, and was ${seen.tokenNumber}: tokens would come again`);
  for (let process = 0; process < spaces.count; process++) checkArrived(tables, process, say);
  checkCache(tables, say);
}

function cameBack(slot: number, low: number, high: number, seen: Seen | null, say: Say): void {
  if (seen === null || tokenNumber(low, high) >= seen.tokenNumber || seen.tokens.has(tokenText(low, high))) return;
  say(`capability ${slot}: token`, `${tokenText(low, high)} was not valid before, and is too old to be new`);
}

/** The capability that came with the message in the registers is the process's own. */
function checkArrived({ ram, slots, spaces, processes }: KernelTables, process: number, say: Say): void {
  const arrived = CapabilitySpace.arrived.get(ram, spaces.at(process));
  if (arrived === 0) return;
  const own = has(slots, arrived) && CapabilitySlot.use.get(ram, slots.at(arrived)) === SlotUse.held && CapabilitySlot.holder.get(ram, slots.at(arrived)) === process;
  if (!own) say(`space ${process}: arrived`, `it is ${arrived}, which process ${process} (generation ${ProcessRecord.generation.get(ram, processes.at(process))}) does not hold`);
}

/** The cache answers only what the slot would: a token that its process holds, for this endpoint, with the right to send. */
function checkCache({ ram, slots, spaces, tokenCache }: KernelTables, say: Say): void {
  const held = new Map<string, number>();
  for (let slot = 1; slot < slots.count; slot++) {
    const at = slots.at(slot);
    const sends = CapabilitySlot.objectType.get(ram, at) === ObjectType.endpoint && (CapabilitySlot.rights.get(ram, at) & EndpointRight.send) !== 0;
    if (sends && CapabilitySlot.use.get(ram, at) === SlotUse.held) held.set(`${CapabilitySlot.holder.get(ram, at)} ${tokenText(CapabilitySlot.token.low(ram, at), CapabilitySlot.token.high(ram, at))}`, CapabilitySlot.object.get(ram, at));
  }
  const perProcess = tokenCache.count / spaces.count;
  for (let entry = 0; entry < tokenCache.count; entry++) {
    const at = tokenCache.at(entry);
    const low = CacheEntry.low.get(ram, at);
    const high = CacheEntry.high.get(ram, at);
    if (low === 0 && high === 0) continue;
    const process = Math.floor(entry / perProcess);
    const endpoint = CacheEntry.endpoint.get(ram, at);
    if (held.get(`${process} ${tokenText(low, high)}`) !== endpoint) say(`process ${process}: cache ${entry % perProcess}`, `${tokenText(low, high)} for endpoint ${endpoint} is not what its space says`);
  }
}

/** All tokens that are valid now, as text. */
export function validTokens({ ram, slots }: KernelTables): Set<string> {
  const tokens = new Set<string>();
  for (let slot = 1; slot < slots.count; slot++) {
    const at = slots.at(slot);
    if (CapabilitySlot.use.get(ram, at) === SlotUse.held) tokens.add(tokenText(CapabilitySlot.token.low(ram, at), CapabilitySlot.token.high(ram, at)));
  }
  return tokens;
}
