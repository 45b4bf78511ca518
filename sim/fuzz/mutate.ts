/** Small changes to frames and to lists of actions: what a hostile or broken network, cable or neighbour makes of them. */

import type { Draws } from "./draws.ts";
import { mendChecksums } from "./frames.ts";
import type { FuzzAction } from "./input.ts";

/** Bytes that mean something to a head, a header or a length. */
const TELLING: readonly number[] = Object.freeze([0, 1, 9, 10, 13, 32, 44, 58, 64, 127, 128, 255]);
const HEADERS_AT = 12;
const HEADERS_BYTES = 60;
const PROCESSES = 5;
const CROSSINGS_MAX = 400;
const MILLISECOND = 1_000_000;

/** Another frame: some bytes changed, cut short or drawn out; most with their checksums mended. */
export function mutateFrame(draws: Draws, frame: Uint8Array): Uint8Array {
  const kind = draws.below(8);
  if (kind === 0) return frame.slice(0, draws.below(frame.length + 1));
  if (kind === 1) return Uint8Array.from([...frame, ...draws.bytes(draws.small(1500))]);
  const changed = Uint8Array.from(frame);
  if (changed.length === 0) return changed;
  for (let changes = 1 + draws.small(4); changes > 0; changes--) {
    const at = draws.oneIn(2) ? draws.below(changed.length) : Math.min(changed.length - 1, HEADERS_AT + draws.below(HEADERS_BYTES));
    changed[at] = draws.oneIn(2) ? draws.below(256) : draws.of(TELLING);
  }
  if (!draws.oneIn(4)) mendChecksums(changed);
  return changed;
}

/** The same actions with some frames changed, left out, doubled or late; one in `oneIn`. */
export function mutateActions(draws: Draws, actions: readonly FuzzAction[], oneIn: number): FuzzAction[] {
  const made: FuzzAction[] = [];
  for (const action of actions) {
    if (!draws.oneIn(oneIn)) {
      made.push(action);
      continue;
    }
    const change = draws.below(5);
    if (change === 0) continue;
    if (change === 1) made.push(action, action);
    else if (change === 2) made.splice(draws.below(made.length + 1), 0, action);
    else if (action.op === "frame") made.push({ op: "frame", bytes: mutateFrame(draws, action.bytes) });
    else made.push(action, trouble(draws));
  }
  return made;
}

/** Something that happens to a machine beside its traffic. */
export function trouble(draws: Draws): FuzzAction {
  switch (draws.below(12)) {
    case 0:
    case 1:
    case 2:
      return { op: "plug", value: draws.below(2) };
    case 3:
      return { op: "crash", process: draws.below(PROCESSES - 1), after: 1 + draws.small(CROSSINGS_MAX) };
    case 4:
      return draws.oneIn(4) ? { op: "shutdown" } : pause(draws);
    default:
      return pause(draws);
  }
}

/** From a moment to, seldom, as long as flows and packets in parts may be silent on the tiny machine. */
export function pause(draws: Draws): FuzzAction {
  return { op: "wait", cycles: draws.oneIn(8) ? draws.below(80 * MILLISECOND) : draws.small(200_000) };
}

/** The cable many times in one cycle. */
export function flutter(draws: Draws): FuzzAction[] {
  return Array.from({ length: 2 + draws.small(200) }, (_, i) => ({ op: "plug", value: i & 1 }) as const);
}
