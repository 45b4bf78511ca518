/**
 * What a key of the configuration is: how its value is judged, and what is built from it.
 *
 * A judge looks at the present line alone and leaves in the ConfigLine what it found; it changes nothing else. A builder
 * works on what the balancer has under construction (`attempt`, `attemptPolicy`, `attemptTransport`, `draft`) and may
 * fail; whatever it leaves behind is given up with the rest.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import type { BalancerAddress } from "../balancer.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { ConfigLine, TextSpan, fault } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";
import { isNumber, numberLow, takeRest, takeToColon } from "./value.ts";

/** A number between colons, for judging it and for telling people. */
export interface NumberPart {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** What else holds for some, in words. */
  readonly but?: string;
  /** Which part of the value it is, from 0; absent if the parts from numbersFrom on are the numbers, in order. */
  readonly part?: number;
}

export interface ConfigEntry {
  /** As written before "=". */
  readonly name: string;
  /** What is answered to a value with too few parts. */
  readonly missing: string;
  /** Whether only semantics=strict knows it. */
  readonly strictOnly: boolean;
  /** The words of which one is expected, wherever one is. */
  readonly words: readonly string[];
  /** Its numbers, and how many parts stand before them. */
  readonly numbers: readonly NumberPart[];
  readonly numbersFrom: number;
  /** 0, or a ConfigProblem with `fault` saying what it is about. */
  readonly judge: (memory: Memory, line: ConfigLineAddress, source: Memory) => number;
  /** 0, a ConfigProblem with `fault` set, or the negative errno of a table or the heap. */
  readonly build: (heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory) => number;
}

const NONE: readonly never[] = Object.freeze([]);
const FOUND = Object.freeze([ConfigLine.number0, ConfigLine.number1, ConfigLine.number2, ConfigLine.number3, ConfigLine.number4]);

/** An entry of these, everything else being the usual. */
export function configEntry(given: Partial<ConfigEntry> & Pick<ConfigEntry, "name" | "judge" | "build">): ConfigEntry {
  return Object.freeze({ missing: "", strictOnly: false, words: NONE, numbers: NONE, numbersFrom: 0, ...given });
}

/** Nothing to judge, nothing to build. */
export function nothing(): number {
  return 0;
}

/** The value has too few parts. */
export function missing(memory: Memory, line: ConfigLineAddress): number {
  return fault(memory, line, ConfigLine.value.at(line), ConfigProblem.missingField);
}

/** Of the parts of a value, the number that is read into that place, from 0 to 4. */
export function foundNumber(memory: Memory, line: ConfigLineAddress, place: number): number {
  return FOUND[place].get(memory, line);
}

/**
 * Takes `parts.length` numbers, the rest of the value, into number0 and so on. From `optionalFrom` on they may be left
 * out, all of them; then those places hold 0. 0 or a ConfigProblem.
 */
export function takeNumbers(memory: Memory, line: ConfigLineAddress, source: Memory, parts: readonly NumberPart[], optionalFrom: number): number {
  const span = ConfigLine.third.at(line);
  let more = true;
  let leftOut = false;
  for (let place = 0; place < parts.length; place++) {
    FOUND[place].set(memory, line, 0);
    leftOut ||= !more && place === optionalFrom;
    if (leftOut) continue;
    if (!more) return missing(memory, line);
    more = place < parts.length - 1 && takeToColon(memory, line, source, span);
    if (!more) takeRest(memory, line, span);
    if (!isNumber(memory, line, source, span, parts[place].least, parts[place].most)) return fault(memory, line, span, ConfigProblem.invalidNumber);
    FOUND[place].set(memory, line, numberLow(memory, line));
  }
  return 0;
}

/** Whether the span is empty. */
export function isEmpty(memory: Memory, span: SpanAddress): boolean {
  return TextSpan.bytes.get(memory, span) === 0;
}
