/**
 * What a watch remembers of its run, as one record of numbers, texts, lists, maps and records: then it can be kept and
 * recalled (Watch.keep) without a word from the checker.
 */

import type { Watch } from "./checker.ts";

/** A watch whose whole memory is `state`; its functions close over that record, or over maps and sets in it, and change what lies there. */
export function remembering(state: object, watch: Omit<Watch, "keep" | "recall">): Watch {
  return {
    ...watch,
    keep: () => copied(state),
    recall: (kept) => refill(state as Record<string, unknown>, copied(kept) as Record<string, unknown>),
  };
}

/** Maps and sets stay the same objects, with what was kept in them: whoever was handed one goes on with it. */
function refill(state: Record<string, unknown>, kept: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(kept)) {
    const own = state[name];
    if (own instanceof Map && value instanceof Map) {
      own.clear();
      for (const [key, one] of value as Map<unknown, unknown>) own.set(key, one);
    } else if (own instanceof Set && value instanceof Set) {
      own.clear();
      for (const one of value) own.add(one);
    } else state[name] = value;
  }
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Map) return new Map([...(value as Map<unknown, unknown>)].map(([key, one]) => [key, copied(one)]));
  if (value instanceof Set) return new Set(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copied(one)]));
}
