/**
 * What a process may learn about a capability that it holds: type, rights, and which kind of object it names, packed into
 * one number. Nothing in it is authority: no token, no slot, no address, no number of the object.
 */

/** Of memory: a plain region, or the pool of DMA buffers. Of a device: one with registers, or the timer. Of all else 0. */
export const ObjectKind = Object.freeze({ plain: 0, buffers: 1, timer: 1 });

export function packIdentity(objectType: number, rights: number, kind: number): number {
  return rights | (objectType << 8) | (kind << 16);
}

/** The rights in an answer of `capabilityIdentify` (>= 0): bits of Right. */
export function identityRights(identity: number): number {
  return identity & 0xff;
}

/** One of ObjectType. */
export function identityType(identity: number): number {
  return (identity >> 8) & 0xff;
}

/** One of ObjectKind. */
export function identityKind(identity: number): number {
  return identity >> 16;
}
