/** Sequences of operations on the strict balancer, as data that fast-check shrinks, and what a number stands for in them. */

import fc from "fast-check";
import type { GroupSpec, MemberSpec } from "./model-group.ts";

/** `kind` says what is done; the other numbers choose among what there is. */
export interface Step {
  readonly kind: "reload" | "add" | "remove" | "health" | "drain" | "open" | "close" | "fail" | "retry" | "advance";
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Ticks that pass before; below 0 the operation says an earlier tick. */
  readonly delay: number;
}

const NAMES: readonly string[] = Object.freeze(["a", "b", "c"]);
const ALGORITHM_NAMES: readonly string[] = Object.freeze(["rr", "lc", "wrr", "random", "iphash", "p2c", "peakewma", "ringhash", "rendezvous", "maglev"]);

export const groupName = (number: number): string => NAMES[number % NAMES.length];

export function member(number: number): MemberSpec {
  return { address: number % 5 === 4 ? "fd00::4" : `10.0.0.${(number % 5) + 1}`, port: 80 + (number % 2), weight: 1 + (number % 3) };
}

/** A configuration's groups: which of the three there are, their members and limits. Maglev takes long to build, so it is rare. */
export function groupSpecs(a: number, b: number, c: number): readonly GroupSpec[] {
  return NAMES.filter((_, index) => ((a >> index) & 1) === 1).map((name, index) => {
    const mixed = (b * 31 + index * 17 + c) % 1009;
    const members = [0, 1, 2].filter((bit) => ((mixed >> bit) & 1) === 1).map((bit) => member(mixed + bit * 3));
    const unique = members.filter((one, position) => members.findIndex((other) => other.address === one.address && other.port === one.port) === position);
    return {
      name,
      algorithm: ALGORITHM_NAMES[mixed % 97 === 0 ? 9 : mixed % 9],
      members: unique,
      connectionsMax: (mixed >> 3) % 4 === 0 ? 0 : ((mixed >> 3) % 4) + 1,
      backendConnectionsMax: (mixed >> 5) % 3,
      pendingMax: (mixed >> 6) % 4,
      pendingTicks: 5 + (mixed % 20),
      retryPercent: (mixed % 3) * 50,
      retriesLeast: mixed % 2,
    };
  });
}

/** The configuration text of these groups: a route for each name, whether or not it has a group, and no limit by client. */
export function configurationOf(specs: readonly GroupSpec[]): string {
  const lines = ["semantics=strict", "rate_limit_rps=4294967295", "rate_limit_burst=4294967295", ...NAMES.map((name) => `route=/${name}::${name}`)];
  for (const spec of specs) {
    lines.push(`group=${spec.name}:${spec.algorithm}`);
    for (const { address, port, weight } of spec.members) lines.push(`member=${spec.name}:${address.includes(":") ? `[${address}]` : address}:${port}:${weight}`);
    if (spec.connectionsMax > 0) lines.push(`max_connections=${spec.name}:${spec.connectionsMax}`);
    if (spec.backendConnectionsMax > 0) lines.push(`backend_max_connections=${spec.name}:${spec.backendConnectionsMax}`);
    if (spec.pendingMax > 0) lines.push(`max_pending=${spec.name}:${spec.pendingMax}:${spec.pendingTicks}`);
    if (spec.retryPercent > 0 || spec.retriesLeast > 0) lines.push(`retry_budget=${spec.name}:${spec.retryPercent}:${spec.retriesLeast}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Requests and their ends are common, reloads rare. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constant("open" as const) },
      { weight: 4, arbitrary: fc.constantFrom("close" as const, "fail" as const, "retry" as const) },
      { weight: 3, arbitrary: fc.constantFrom("add" as const, "remove" as const, "health" as const, "drain" as const, "advance" as const) },
      { weight: 1, arbitrary: fc.constant("reload" as const) },
    ),
    a: fc.nat(1000),
    b: fc.nat(1000),
    c: fc.nat(1000),
    delay: fc.integer({ min: -3, max: 10 }),
  }),
  { minLength: 1, maxLength: 60 },
);
