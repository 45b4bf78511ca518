/**
 * The key that says how everything else is read: semantics. It may stand anywhere, so it is looked for before anything
 * is judged.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Balancer } from "../balancer.ts";
import { configEntry } from "./entry.ts";
import { ConfigLine, LineKind, fault, lineNext } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { Semantics } from "../policy.ts";
import { spanIs, wordNamed } from "./value.ts";

const KEY = "semantics";
/** By position as Semantics. */
const WORDS: readonly string[] = Object.freeze(["veridian", "strict"]);

export const semantics = configEntry({
  name: KEY,
  words: WORDS,
  judge(memory, line, source) {
    const value = ConfigLine.value.at(line);
    return wordNamed(memory, value, source, WORDS) < 0 ? fault(memory, line, value, ConfigProblem.unknownSemantics) : 0;
  },
  build(heap, _limits, balancer) {
    const line = Balancer.line.at(balancer);
    const first = ConfigLine.semanticsLine.get(heap.memory, line) === ConfigLine.line.get(heap.memory, line);
    return first ? 0 : fault(heap.memory, line, ConfigLine.key.at(line), ConfigProblem.duplicateKey);
  },
});

/**
 * Looks through the lines, which the caller has opened, for the first that names the key, and leaves what it says in the
 * ConfigLine. What it says wrongly counts as strict: the text is refused in any case, and its other keys are not to be
 * taken for faults because of one word.
 */
export function findSemantics(memory: Memory, line: ConfigLineAddress, source: Memory): void {
  ConfigLine.semantics.set(memory, line, Semantics.veridian);
  ConfigLine.semanticsLine.set(memory, line, 0);
  for (let kind = lineNext(memory, line, source); kind !== LineKind.end; kind = lineNext(memory, line, source)) {
    if (kind !== LineKind.entry || !spanIs(memory, ConfigLine.key.at(line), source, KEY)) continue;
    const word = wordNamed(memory, ConfigLine.value.at(line), source, WORDS);
    ConfigLine.semantics.set(memory, line, word < 0 ? Semantics.strict : word);
    ConfigLine.semanticsLine.set(memory, line, ConfigLine.line.get(memory, line));
    return;
  }
}
