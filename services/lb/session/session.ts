/** The records of sessions that requests make (semantics=strict); what is done with them is in session-store.ts. */

import type { Address } from "../../../hal/field.ts";
import { i32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

export const SessionStore = layout("SessionStore", 24, {
  /** Map from group and cookie value to Session, 0 while empty. */
  sessions: i32,
  /** Ends of the order of last use, as links: slot + 1, 0 for none. */
  oldest: i32("identity"),
  newest: i32("identity"),
  /** Groups that were given a number (Group.sessionSpace) so far. */
  spaces: i32("identity"),
  /** Slot at which the last search for a session without a backend ended. */
  hand: i32,
  reserved: i32("scratch"),
});
export type SessionStoreAddress = Address<"SessionStore">;

export const Session = layout("Session", 24, {
  /** Name of the backend it is bound to (connection/directory.ts). */
  backend: i32("identity"),
  /** Neighbours in the order of last use, as links: slot + 1, 0 for none. */
  older: i32("identity"),
  newer: i32("identity"),
  /** PendingEntry that binds it once it is let in, 0 for none. One that was refused means nothing any more. */
  waiting: i32("identity"),
  /** Of the latest request; none is earlier than that of an older neighbour. */
  lastUsedTick: u64("time"),
});
export type SessionAddress = Address<"Session">;
