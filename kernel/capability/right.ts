/** What a capability may name and allow: VeridianOS's object types (upstream `cap/object.rs`) and rights (`cap/token.rs`). */

export const ObjectType = Object.freeze({ memory: 0, process: 1, thread: 2, endpoint: 3, interrupt: 4, ioPort: 5, pageTable: 6, capabilitySpace: 7, device: 8 });

/**
 * The first three reach the object, the others govern the capability itself. Each of those is asked by one call:
 * grant by a message or an answer that carries the capability, revoke by `capabilityRevoke`, delete by
 * `capabilityDelete`, modify by `capabilityRestrict`, create by `capabilityDerive`.
 */
export const Right = Object.freeze({ read: 1 << 0, write: 1 << 1, execute: 1 << 2, grant: 1 << 3, revoke: 1 << 4, delete: 1 << 5, modify: 1 << 6, create: 1 << 7 });

/** On an endpoint the first three rights are called so. */
export const EndpointRight = Object.freeze({ receive: Right.read, send: Right.write, bind: Right.execute });

/** The rights that a manifest line may add to what the kind of a need brings. */
export const GOVERNING_RIGHTS = Object.freeze(["grant", "revoke", "delete", "modify", "create"] as const);
export type GoverningRight = (typeof GOVERNING_RIGHTS)[number];

export const ALL_RIGHTS = 0xff;

/** The timer is a device without registers. */
export const TIMER_OBJECT = 0xff;

/** A token's four flags: read 1, write 2, execute 4, grant 8 of the rights with which it was made. */
export function tokenFlags(rights: number): number {
  return rights & 0xf;
}
