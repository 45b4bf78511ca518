/**
 * What holds of a stack between any two calls, whatever its peers do. Looked at from outside, through the records: each
 * function answers what is wrong, in words.
 */

import type { Memory } from "../../../../hal/memory.ts";
import type { ConnectionAddress, StackAddress } from "../../../../services/net/tcp/api.ts";
import { NO_CONNECTION, TcpConnection, TcpStack, TcpState, tcpFind } from "../../../../services/net/tcp/api.ts";
import { TcpListNumber, TcpTimer } from "../../../../services/net/tcp/connection.ts";
import { TcpList, WHEEL_SLOTS } from "../../../../services/net/tcp/stack.ts";
import { spaceBytesFor, spaceBytesOf } from "../../../../services/net/tcp/receive-buffer.ts";
import { Space, spaceBlockBytes } from "../../../../services/net/space.ts";
import type { Address } from "../../../../hal/field.ts";

const SENDING: readonly number[] = [TcpState.established, TcpState.closeWait, TcpState.finWait1, TcpState.closing, TcpState.lastAck];

/** Everything that is wrong with the stack. */
export function stackFaults(memory: Memory, stack: StackAddress): string[] {
  const records = recordsOf(memory, stack);
  const free = freeOf(memory, stack);
  const used = records.filter((connection) => !free.has(connection));
  const sum = (value: (connection: ConnectionAddress) => number): number => used.reduce((total, connection) => total + value(connection), 0);
  const faults: string[] = [];
  const wants = (name: string, actual: number, wanted: number): void => void (actual === wanted || faults.push(`${name}: ${actual} instead of ${wanted}`));
  wants("records in use", TcpStack.inUse.get(memory, stack), used.length);
  wants("bytes of buffers", TcpStack.bufferBytes.get(memory, stack), sum((connection) => bufferBytes(memory, connection)));
  wants("bytes received", TcpStack.receiveBytes.get(memory, stack), sum((connection) => spaceBytesOf(memory, connection)));
  wants("bytes promised", TcpStack.promisedBytes.get(memory, stack), sum((connection) => TcpConnection.promisedBytes.get(memory, connection)));
  const least = sum((connection) => spaceBytesFor(2 * TcpConnection.segmentBytesMax.get(memory, connection)));
  if (TcpStack.receiveBytes.get(memory, stack) + TcpStack.promisedBytes.get(memory, stack) > TcpStack.bufferBytesMax.get(memory, stack) / 2 + least) faults.push("more promised than there is");
  for (const [name, list] of [["halfOpen", TcpListNumber.halfOpen], ["timeWait", TcpListNumber.timeWait]] as const) {
    wants(name, TcpList.count.get(memory, TcpStack[name].at(stack)), used.filter((connection) => TcpConnection.list.get(memory, connection) === list).length);
  }
  wants("ready ones", readyOf(memory, stack).length, used.filter((connection) => TcpConnection.ready.get(memory, connection) !== 0).length);
  if (TcpStack.bufferBytes.get(memory, stack) > TcpStack.bufferBytesMax.get(memory, stack)) faults.push("more buffers than allowed");
  if (TcpList.count.get(memory, TcpStack.halfOpen.at(stack)) > TcpStack.backlogMax.get(memory, stack)) faults.push("more half-open connections than allowed");
  faults.push(...wheelFaults(memory, stack, used));
  for (const connection of used) faults.push(...connectionFaults(memory, stack, connection).map((fault) => `${nameOf(memory, connection)}: ${fault}`));
  return faults;
}

function connectionFaults(memory: Memory, stack: StackAddress, connection: ConnectionAddress): string[] {
  const get = (name: keyof typeof TcpConnection & string): number => (TcpConnection[name as "state"] as { get(memory: Memory, at: number): number }).get(memory, connection);
  const faults: string[] = [];
  const rule = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  const state = get("state");
  if (state === TcpState.closed) {
    rule(get("owner") !== 0, "closed, without an owner, and not free");
    rule(get("sendBuffer") === 0 && get("wheelSlot") < 0 && get("list") === 0, "closed, and still sending or waiting");
    return faults;
  }
  const underWay = (get("sendMax") - get("sendUnacknowledged")) | 0;
  const next = (get("sendNext") - get("sendUnacknowledged")) | 0;
  const unread = (get("receiveNext") - get("readNext")) | 0;
  rule(tcpFind(memory, stack, TcpConnection.key.at(connection)) === connection, "is not found by its key");
  rule(next >= 0 && next <= underWay, `next ${next} of ${underWay} under way`);
  rule(underWay <= get("sendBytes") + (get("finSent") || state < TcpState.established ? 1 : 0), `${underWay} under way, ${get("sendBytes")} held`);
  rule(get("sendBytes") <= get("sendCapacity") && get("sendCapacity") <= TcpStack.sendBytesMax.get(memory, stack), "holds more than it may");
  rule(unread >= 0 && unread <= TcpStack.receiveBytesMax.get(memory, stack) + 1, `${unread} bytes unread`);
  const offered = Math.max(0, (get("receiveEdge") - get("receiveNext")) | 0);
  const promises = offered > 0 && get("owner") !== 0 && state <= TcpState.finWait2;
  rule(get("promisedBytes") === (promises ? Math.max(0, spaceBytesFor((get("receiveEdge") - get("readNext")) | 0) - spaceBytesOf(memory, connection)) : 0), `${get("promisedBytes")} promised, ${offered} offered`);
  rule(get("beyondBytes") >= 0 && (get("beyondBytes") === 0 || get("space") !== 0), "bytes beyond a gap, and no space");
  rule(get("congestionWindow") >= get("segmentBytesMax") || state < TcpState.established, "no segment fits its congestion window");
  rule(get("retransmitTicks") >= TcpStack.retransmitTicksMin.get(memory, stack) && get("retransmitTicks") <= TcpStack.retransmitTicksMax.get(memory, stack), "time-out out of bounds");
  // Whoever has something to send or to be acknowledged has a timer: nobody waits for a word that may be lost.
  const waits = state < TcpState.established || (SENDING.includes(state) && (get("sendBytes") > 0 || get("finQueued") !== 0));
  rule(!waits || (get("timer") !== TcpTimer.none && get("retransmitTick") > 0), "waits without a timer");
  rule(state !== TcpState.timeWait || get("lifeTick") > 0, "in TIME-WAIT without end");
  rule(get("owner") !== 0 || state === TcpState.timeWait || get("lifeTick") > 0, "nobody owns it, and it has no end");
  rule(get("acknowledgeNow") === 0, "an acknowledgement is due, and was not sent");
  return faults;
}

/** Every connection with a deadline stands in a slot, once, and the slot's bit is set. */
function wheelFaults(memory: Memory, stack: StackAddress, used: readonly ConnectionAddress[]): string[] {
  const wheel = TcpStack.wheelAt.get(memory, stack) >> 2;
  const standing = new Map<number, number>();
  const faults: string[] = [];
  for (let slot = 0; slot < WHEEL_SLOTS; slot++) {
    const bit = (memory.i32[wheel + WHEEL_SLOTS + (slot >> 5)]! >>> (slot & 31)) & 1;
    if ((bit === 1) !== (memory.i32[wheel + slot] !== 0)) faults.push(`the bit of slot ${slot} is wrong`);
    for (let at = memory.i32[wheel + slot]!; at !== 0; at = TcpConnection.wheelNext.get(memory, at as ConnectionAddress)) standing.set(at, (standing.get(at) ?? 0) + 1);
  }
  for (const connection of used) {
    const [retransmit, acknowledge, life] = [TcpConnection.retransmitTick.get(memory, connection), TcpConnection.acknowledgeTick.get(memory, connection), TcpConnection.lifeTick.get(memory, connection)];
    const wanted = TcpConnection.state.get(memory, connection) !== TcpState.closed && retransmit + acknowledge + life > 0 ? 1 : 0;
    if ((standing.get(connection) ?? 0) !== wanted) faults.push(`${nameOf(memory, connection)}: stands on the wheel ${standing.get(connection) ?? 0} times`);
  }
  return faults;
}

function bufferBytes(memory: Memory, connection: ConnectionAddress): number {
  const space = TcpConnection.space.get(memory, connection) as Address<"Space">;
  return TcpConnection.sendCapacity.get(memory, connection) + (space === 0 ? 0 : spaceBlockBytes(Space.capacity.get(memory, space)));
}

function recordsOf(memory: Memory, stack: StackAddress): ConnectionAddress[] {
  return Array.from({ length: TcpStack.connectionsMax.get(memory, stack) }, (_, i) => (TcpStack.connectionsAt.get(memory, stack) + i * TcpConnection.size) as ConnectionAddress);
}

function freeOf(memory: Memory, stack: StackAddress): Set<ConnectionAddress> {
  const free = new Set<ConnectionAddress>();
  for (let at = TcpStack.freeFirst.get(memory, stack) as ConnectionAddress; at !== NO_CONNECTION && !free.has(at); at = TcpConnection.hashNext.get(memory, at) as ConnectionAddress) free.add(at);
  return free;
}

function readyOf(memory: Memory, stack: StackAddress): ConnectionAddress[] {
  const ready: ConnectionAddress[] = [];
  for (let at = TcpStack.readyFirst.get(memory, stack) as ConnectionAddress; at !== NO_CONNECTION && ready.length < 10_000; at = TcpConnection.readyNext.get(memory, at) as ConnectionAddress) ready.push(at);
  return ready;
}

function nameOf(memory: Memory, connection: ConnectionAddress): string {
  const state = TcpConnection.state.get(memory, connection);
  return `connection ${TcpConnection.serial.get(memory, connection)} (${Object.entries(TcpState).find(([, number]) => number === state)?.[0]})`;
}
