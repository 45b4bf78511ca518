/**
 * Control operations of the load balancer, as they lie in a large message: one byte of operation, then its operands.
 * Numbers are little-endian; a text is a u32 of bytes and the bytes (UTF-8); u64 is two words. The answer is a record
 * of the same kind, given behind each operation; a failure answers `status` LbErrno and, where the failure names
 * something, its text.
 *
 * A backend is: text address, u16 port, u32 weight, u8 healthy, u32 activeConnections (a dumped one: and u64 totalRequests).
 * A header list is: u16 count, then text name, text value each.
 */

export const ControlOperation = Object.freeze({
  /** A fresh balancer: everything forgotten. -> nothing */
  fresh: 1,
  /** text name, u8 algorithm, u16 count, backends -> nothing */
  addGroup: 2,
  /** text default, u16 count, routes {text prefix, text host, header list, text group} -> nothing */
  addRule: 3,
  /** text path, text host, header list -> text address, u16 port */
  route: 4,
  /** u32 requests per tick, u32 burst -> nothing */
  setDefaults: 5,
  /** text client, u64 tick -> nothing */
  rate: 6,
  /** text session, u64 index -> nothing */
  stickySet: 7,
  /** text session -> u8 known, u64 index */
  stickyGet: 8,
  /** -> u32 groups, u32 rules */
  counts: 9,
  /** text name -> u8 known, text name, u8 algorithm, u16 count, dumped backends */
  dumpGroup: 10,
  /** text configuration: replaces everything or nothing. -> u16 problems, each {u16 code, u32 line, u32 column, text argument} */
  configure: 11,
  /** -> u16 count, group names in the order that `DecisionMessage.group` counts */
  listGroups: 12,
});

/** Algorithms by number, as upstream's enum and the vectors name them. */
export const ALGORITHMS = Object.freeze(["RoundRobin", "LeastConnections", "WeightedRoundRobin", "Random", "IpHash"] as const);

/** Refusals of the balancer, by the seed's error names. */
export const LbErrno = Object.freeze({
  noRouteMatch: -64,
  backendGroupNotFound: -65,
  noHealthyBackend: -66,
  rateLimitExceeded: -67,
  /** The operation is unknown or its operands do not decode. */
  badOperation: -68,
  /** The configuration has problems; the answer lists them. */
  badConfiguration: -69,
  /** A table at its bound (groups, routes, limiters, sessions). */
  tableFull: -70,
});
