/** Resets and SYNs in every state, as RFC 5961 judges them: only the very next number counts. */

import { row } from "../cases.ts";

/** State, next number of the peer's, our own next number, the fate that a reset brings. */
const STATES: readonly (readonly [state: string, next: number, ours: number])[] = [["established", 1, 1], ["closeWait", 2, 1], ["finWait1", 1, 2], ["finWait2", 1, 2], ["closing", 2, 2], ["lastAck", 2, 2]];

export const resets = Object.freeze([
  ...STATES.map(([state, next]) => row("9293 3.10.7.4", state, "a reset with the next number ends it", `< R ${next}`, "= closed", "! gone", "fate reset")),
  ...STATES.map(([state, next, ours]) => row("5961 3.2", state, "a reset elsewhere in the window is challenged", `< R ${next + 1}`, `> A ${ours} ${next}`, `< R ${next + 1000}`, `> A ${ours} ${next}`, `= ${state}`)),
  ...STATES.map(([state, next]) => row("5961 3.2", state, "a reset outside the window is passed over", `< R ${next - 1}`, `< R ${next + 33_000}`, `< R ${next - 40_000}`, `= ${state}`)),
  ...STATES.map(([state, next, ours]) => row("5961 4.2", state, "a SYN is challenged, whatever its number", `< S ${next}`, `> A ${ours} ${next}`, `< S ${next - 500}`, `> A ${ours} ${next}`, `< SA 0 1`, `> A ${ours} ${next}`, `= ${state}`)),
  ...STATES.map(([state, next, ours]) => row("5961 5.2", state, "an acknowledgement of what was never sent is challenged, its data not taken", `< A ${next} ${ours + 1} +5`, `> A ${ours} ${next}`, `= ${state}`, "read 0")),
  ...STATES.map(([state, next]) => row("9293 3.10.7.4", state, "a segment without ACK is passed over", `< P ${next} +5`, `< F ${next}`, `= ${state}`, "read 0")),
  ...STATES.map(([state, next, ours]) => row("9293 3.10.7.4", state, "what lies outside the window is answered", `< A ${next + 40_000} ${ours} +5`, `> A ${ours} ${next}`, `= ${state}`)),
  row("5961 3.2", "established", "the last number of the window is challenged, the one behind it passed over", "< R 5840", "> A 1 1", "< R 5841", "= established"),
  row("9293 3.10.5", "established", "given up behind a closed window: the reset has the number that counts", "< A 1 1 w0", "write 5", "tick 200", "> A 1 1 +1", "abort", "> RA 1 1", "= closed"),
  row("5961 4.2", "established", "a peer that has forgotten us proves it with a reset", "< S 7777", "> A 1 1", "< R 1", "= closed", "fate reset"),
  row("5961 5.2", "established", "an acknowledgement far behind is challenged, its data not taken", "< A 1 -66000 +5", "> A 1 1", "read 0"),
  row("5961 5.2", "established", "an old acknowledgement is passed over, its data taken", "write 5", "> A 1 1 +5", "< A 1 6", "< A 1 3 +5", "! readable", "text abcde", "tick 40", "> A 6 6"),
  row("5961 7", "established", "ten challenges in a second, and again in the next", ...Array.from({ length: 10 }, () => ["< S 500", "> A 1 1"]).flat(), "< S 500", "< R 2", "< A 40000 1", "tick 1000", "< S 500", "> A 1 1", "count challenges 11"),
  row("5961 7", "established", "a segment without bytes outside the window is a matter of challenges", "< A 40000 1", "> A 1 1", "< A 0 1", "> A 1 1", "count challenges 2"),
  row("5961 7", "established", "bytes that came before are always acknowledged", "< A 1 1 +5", "! readable", "tick 40", "> A 1 6", ...Array.from({ length: 12 }, () => ["< A 1 1 +5", "> A 1 6"]).flat(), "count challenges 0"),
  row("9293 3.10.7.4", "established", "a reset with data counts like one without", "< RA 1 1 +5", "= closed", "! gone"),
  row("9293 3.10.7.4", "established", "what came before a reset can still be read", "< A 1 1 +5", "< R 6", "= closed", "! readable gone", "fate reset", "text abcde"),
  row("9293 3.10.7.4", "established", "after a reset its key is free at once", "< R 1", "= closed", "< S 500", "> SA 0 501", "= synReceived"),
  row("9293 3.10.7.4", "established", "a reset in a closed window counts with the next number", "< A 1 1 +5", "! readable", "< R 6", "= closed"),
  row("9293 3.10.7.4", "established", "after the end what comes is reset", "abort", "> RA 1 1", "< A 1 1 +5", "> R 1", "= closed"),
]);
