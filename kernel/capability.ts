/**
 * Capabilities: the only authority there is. A process holds one by a slot in its space, and names it by a 64-bit token
 * that it keeps where it likes; the token is worth nothing to anybody else. The parts: what a capability may be
 * (right.ts), where it is kept (slot.ts, space.ts), its token (token.ts, look-up.ts), how it comes to be (mint.ts), what
 * was derived from what (tree.ts), how it travels (in-flight.ts), how it ends (revoke.ts), and what hangs on it
 * elsewhere (dependents.ts).
 */

export { EndpointRight, ObjectType, Right, TIMER_OBJECT } from "./capability/right.ts";
export type { CapabilitySpaces, SlotOfCapability } from "./capability/slot.ts";
export { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, SlotUse } from "./capability/slot.ts";
export { formatSpaces, nextHeld } from "./capability/space.ts";
export { findHeld, lookUp } from "./capability/look-up.ts";
export { mint } from "./capability/mint.ts";
export { canQueue, decodeGranted, decodeSent, dropQueued, dropUntaken, handOver, queueSent, revokeSent, takeQueued } from "./capability/in-flight.ts";
export { clearSpace } from "./capability/revoke.ts";
