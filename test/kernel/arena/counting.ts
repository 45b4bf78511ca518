/** A memory that counts how often its words are read or written; filling and copying count once. */

import { Memory } from "../../../hal/memory.ts";

export interface Counting {
  readonly memory: Memory;
  count(): number;
}

export function counting(memory: Memory): Counting {
  let touched = 0;
  const i32 = new Proxy(memory.i32, {
    get: (target, key) => {
      touched += 1;
      return target[key as unknown as number];
    },
    set: (target, key, value: number) => {
      touched += 1;
      target[key as unknown as number] = value;
      return true;
    },
  });
  const once = (act: () => void): void => {
    touched += 1;
    act();
  };
  const counted = {
    bytes: memory.bytes,
    i32,
    u8: memory.u8,
    view: memory.view,
    fill: (at: number, bytes: number, value: number) => once(() => memory.fill(at, bytes, value)),
    copy: (to: number, from: number, bytes: number) => once(() => memory.copy(to, from, bytes)),
  };
  return { memory: counted as unknown as Memory, count: () => touched };
}
