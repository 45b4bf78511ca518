/**
 * Our own invariants. A failed assertion is a panic: the run stops and says what was wrong. Never used for what comes
 * from outside (frames, messages, configuration): that is answered with an errno or a list of problems.
 */

export class Panic extends Error {
  override readonly name = "Panic";
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Panic(message);
}

export function panic(message: string): never {
  throw new Panic(message);
}
