/**
 * What can be said about a line of configuration. Below 64 it is a fault: the whole text is refused. From 64 on it is a
 * note: the line has no effect, or not the one that its author may expect.
 */
export const ConfigProblem = Object.freeze({
  /** Upstream's four errors; the argument is the one that upstream's error carries. */
  invalidLine: 1,
  invalidPort: 2,
  unknownAlgorithm: 3,
  missingField: 4,
  /** The group's name is empty. */
  emptyName: 5,
  /** A group of this name was defined before. */
  duplicateGroup: 6,
  /** A member of a group that no line defines. */
  unknownGroup: 7,
  /** Brackets that do not hold an IPv6 literal, or an empty address. */
  invalidAddress: 8,
  invalidWeight: 9,
  /** The rule has a default already. */
  duplicateDefault: 10,
  /** Neither "veridian" nor "strict". */
  unknownSemantics: 11,
  /** One more than the balancer has room for: the argument names the key. */
  tooMany: 12,
  /** A text longer than the balancer keeps; the argument names the key. */
  textTooLong: 13,
  /** More problems follow than the answer has room for; line 0. */
  more: 14,
  /** The key, or this algorithm, is for semantics=strict. */
  needsStrict: 15,
  /** A line that refines a route (method, header) and no route before it in its rule. */
  noRoute: 16,
  /** A number that is none, or out of its range; the argument is its text. */
  invalidNumber: 17,
  /** One of a few words was expected; the argument is what stands there. */
  invalidWord: 18,
  /** The host pattern is neither a name, an address, nor "*." and a name. */
  invalidHost: 19,
  /** The path or prefix does not begin with "/". */
  invalidPath: 20,
  /** A second line for what only one may say. */
  duplicateKey: 21,
  /** A second member of this group with the same address and port. */
  duplicateMember: 22,
  /** A virtual IP that a vip= line before has. */
  duplicateVip: 23,
  /** A backend= line whose virtual IP no vip= line has. */
  unknownVip: 24,
  /** A header or method name that is no token (RFC 9110 5.6.2). */
  invalidToken: 25,
  /** The name of a group that a target cannot name: it holds "," or "@". */
  invalidName: 26,
  /** Shares none of which is above 0. */
  noShare: 27,
  /** The table that the group's algorithm makes of its members and weights would exceed the balancer's bound; the argument is the group or virtual IP. */
  tableTooLarge: 28,
  /** More members in all groups than the balancer can tell apart, those in force included; the argument is the group or virtual IP where they end. */
  tooManyMembers: 29,

  /** The key is none of ours: the line is skipped, as upstream does. */
  unknownKey: 64,
  /** No "=": the line is skipped, as upstream does. */
  noEquals: 65,
  /** Read and found correct, and not acted on. */
  notActedOn: 66,
  /** A route or a default names a group that no line defines: such requests are refused BackendGroupNotFound. */
  groupNotDefined: 67,
  /** A group without members: requests are refused NoHealthyBackend. */
  groupWithoutMembers: 68,
  /** A virtual IP without backends: flows to it are refused. */
  vipWithoutBackends: 69,
  /** A rate limit by session, and no session= line says which cookie that is: it applies to no request. */
  noSessions: 70,
  /** An option that the algorithm of the group, which is the argument, does not go by. */
  otherAlgorithm: 71,
  /** backend_max_pending of the group that is the argument: nothing waits for one backend without session= and max_pending=. */
  nobodyWaits: 72,
});
