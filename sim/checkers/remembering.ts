/**
 * What a watch remembers of its run, as one record of numbers, texts, lists, maps and records: then it can be kept and
 * recalled (Watch.keep) without a word from the checker.
 */

import type { Watch } from "./checker.ts";

/** A watch whose whole memory is `state`; its functions close over that record, and change what lies in it. */
export function remembering(state: object, watch: Omit<Watch, "keep" | "recall">): Watch {
  return {
    ...watch,
    keep: () => copied(state),
    recall: (kept) => {
      Object.assign(state, copied(kept));
    },
  };
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Map) return new Map([...(value as Map<unknown, unknown>)].map(([key, one]) => [key, copied(one)]));
  if (value instanceof Set) return new Set(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copied(one)]));
}
