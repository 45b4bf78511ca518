/** How tables of TCP's behaviour are written. */

/** One row: where the rule stands, what happens in which state, and the script (script.ts) that shows it. */
export interface TcpCase {
  readonly section: string;
  readonly title: string;
  /** One of OPENINGS: how the state is reached. */
  readonly state: string;
  readonly lines: readonly string[];
  /** Lines of a script's beginning. */
  readonly setup: readonly string[];
}

export function row(section: string, state: string, title: string, ...lines: readonly string[]): TcpCase {
  return { section, state, title, lines, setup: [] };
}

/** The same with other limits, numbers or addresses. */
export function rowWith(setup: readonly string[], section: string, state: string, title: string, ...lines: readonly string[]): TcpCase {
  return { section, state, title, lines, setup };
}

const synReceived = ["< S 0 m1460", "> SA 0 1", "= synReceived"];
const established = [...synReceived, "< A 1 1", "! opened", "= established"];
const closeWait = [...established, "< FA 1 1", "> A 1 2", "! ended", "= closeWait"];
const finWait1 = [...established, "close", "> FA 1 1", "= finWait1"];
const finWait2 = [...finWait1, "< A 1 2", "= finWait2"];

/** The ways into every state (RFC 9293, 3.3.2). LISTEN and CLOSED are not a connection's. */
export const OPENINGS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  listen: [],
  closed: ["listen 0"],
  synSent: ["connect", "> S 0", "= synSent"],
  synReceived,
  established,
  closeWait,
  lastAck: [...closeWait, "close", "> FA 1 2", "= lastAck"],
  finWait1,
  finWait2,
  closing: [...finWait1, "< FA 1 1", "> A 2 2", "! ended", "= closing"],
  timeWait: [...finWait2, "< FA 1 2", "> A 2 2", "! ended gone", "= timeWait", "fate closed"],
});
