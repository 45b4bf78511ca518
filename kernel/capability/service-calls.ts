/**
 * What a service may do with capabilities: the part of `Context` (service.ts) about them.
 *
 * A capability is a right to an object, held by a process. Its token is a number that the process keeps anywhere in its
 * memory, and a Grant says where. Copying the number copies no right, and it is worth nothing to other processes: a right
 * travels only in a message, by the three calls below or a message with HAS_CAPABILITY set. A Grant that does not lie in
 * the process's memory, at a multiple of 8, is a fault.
 */

import type { Grant } from "../service.ts";

export interface CapabilityContext {
  /**
   * As `send`, and the receiver gets a capability to the same object with the sender's rights minus GRANT: a child of the
   * sender's. Errors as `send`; -1 for a token that is not held, -9 without GRANT, -18 when too many are under way. A
   * receiver without room gets the message, flag set, without the capability.
   */
  sendCapability(to: Grant<"endpoint">, opcode: number, capability: Grant, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /** As `call`, likewise. */
  callCapability(to: Grant<"endpoint">, opcode: number, capability: Grant, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /** As `reply`, likewise. */
  replyCapability(status: number, capability: Grant, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /**
   * Writes the token of the capability that came with this handler's message to `target`. What a handler does not take is
   * deleted when it returns. 0, or -10 when none came, or it was lost on the way or taken before.
   */
  capabilityTake(target: Grant): number;
  /**
   * A second capability to the same object, a child of `source`, with those of its rights (bits of Right) that are in
   * `rights`; the token is written to `target`. 0, or -1, -9 without CREATE or when no right is left, -17 for `rights`
   * above 255, -18 for no room.
   */
  capabilityDerive(source: Grant, rights: number, target: Grant): number;
  /**
   * Ends every capability that was derived from this one, by whomever, wherever it is: in other processes, in messages
   * under way. The capability itself stays. How many there were, or -1, -9 without REVOKE.
   */
  capabilityRevoke(token: Grant): number;
  /**
   * This capability and all derived from it keep only the rights in `rights`; tokens stay as they are. How many lost a
   * right, or -1, -9 without MODIFY, -17.
   */
  capabilityRestrict(token: Grant, rights: number): number;
  /** Gives the capability up. What was derived from it stays, under its parent. 0, or -1, -9 without DELETE. */
  capabilityDelete(token: Grant): number;
  /** What the capability is, to be read with identityType, identityRights and identityKind; or -1. It tells nothing that is authority. */
  capabilityIdentify(token: Grant): number;
}
