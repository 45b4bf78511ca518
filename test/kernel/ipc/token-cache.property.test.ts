import fc from "fast-check";
import { expect, test } from "vitest";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import { forgetTokens } from "../../../kernel/ipc/token-cache.ts";
import { Delivery, Right } from "../../../kernel/service.ts";
import type { Actor, Given } from "./stage.ts";
import { Stage } from "./stage.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);

/** Two tokens to derive from, and room in the state record's place behind them for the derived ones. */
const TARGETS = ["server", "other"] as const;
const NEEDS = { server: "endpoint", other: "endpoint" } as const;
const GRANTS = { server: "server.requests", other: "other.requests" } as const;
const RIGHTS = ["grant", "revoke", "delete", "modify", "create"] as const;
const CELLS = 6;

type Step =
  | { readonly kind: "send"; readonly cell: number }
  | { readonly kind: "forge"; readonly cell: number; readonly bit: number }
  | { readonly kind: "derive"; readonly from: number; readonly to: number; readonly rights: number }
  | { readonly kind: "delete" | "revoke"; readonly cell: number }
  | { readonly kind: "restrict"; readonly cell: number; readonly rights: number }
  | { readonly kind: "end"; readonly who: number };

/** One machine, with its cache or with a cache that forgets everything before each send. */
class Played {
  readonly stage: Stage;
  readonly #forgets: boolean;
  #cells: number[] = [];

  constructor(forgets: boolean) {
    this.#forgets = forgets;
    this.stage = new Stage({
      server: { receives: ["requests"] },
      other: { receives: ["requests"] },
      client: { needs: NEEDS, grants: GRANTS, rights: { server: RIGHTS, other: RIGHTS }, arenaBytes: 1024 },
    }, { tiny: true });
    this.stage.play("client", (context) => {
      this.#cells = [context.needs.server!, context.needs.other!, ...Array.from({ length: CELLS }, () => context.allocate(8))];
    });
  }

  play(step: Step): unknown {
    if (step.kind === "end") return this.stage.play(TARGETS[step.who]!, (context) => context.exit());
    if (this.#forgets) forgetTokens(this.stage.kernel, 2);
    return this.stage.play("client", (context) => this.#act(context, step));
  }

  #act(context: Actor, step: Exclude<Step, { kind: "end" }>): unknown {
    const at = (cell: number): never => this.#cells[cell % this.#cells.length]! as never;
    switch (step.kind) {
      case "send":
        return context.send(at(step.cell), 1);
      case "forge": {
        // A token with one bit changed, and back again.
        const word = (at(step.cell) >> 2) + (step.bit >> 5);
        context.memory.i32[word]! ^= 1 << (step.bit & 31);
        const status = context.send(at(step.cell), 1);
        context.memory.i32[word]! ^= 1 << (step.bit & 31);
        return status;
      }
      case "derive":
        return context.capabilityDerive(at(step.from), step.rights, at(2 + (step.to % CELLS)));
      case "delete":
        return context.capabilityDelete(at(step.cell));
      case "revoke":
        return context.capabilityRevoke(at(step.cell));
      case "restrict":
        return context.capabilityRestrict(at(step.cell), step.rights);
    }
  }

  /** What everybody has been given since, without the client's own. */
  given(): [string, Given[]][] {
    return TARGETS.map((name) => [name, this.stage.look(name).filter((one) => one.delivery === Delivery.message)]);
  }
}

const cell = fc.nat(CELLS + 1);
const rights = fc.constantFrom(0xff, 0xff, Right.write, Right.write | Right.revoke, Right.read, 0xff & ~Right.write);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("send" as const), cell }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("forge" as const), cell, bit: fc.nat(63) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("derive" as const), from: cell, to: cell, rights }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("delete" as const, "revoke" as const), cell }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("restrict" as const), cell, rights }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), who: fc.nat(1) }) },
);

test(`with the cache of tokens and without it everything is the same (${RUNS} sequences)`, () => {
  let hits = 0;
  const property = fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
    const cached = new Played(false);
    const forgetful = new Played(true);
    for (const one of steps) {
      expect(cached.play(one)).toEqual(forgetful.play(one));
      expect(cached.given()).toEqual(forgetful.given());
      expect(checkInvariants(cached.stage.machine).filter((problem) => problem.checker === "revoked-stays-revoked")).toEqual([]);
    }
    expect(forgetful.stage.record("kernel").cacheHits).toBe(0);
    hits += cached.stage.record("kernel").cacheHits;
  });
  fc.assert(property, { seed: 7, numRuns: RUNS });
  expect(hits).toBeGreaterThan(RUNS);
});

test("hits and misses are counted: a token is looked up once, then known; another with the same remainder takes its place", () => {
  const stage = new Stage({ server: { receives: ["requests"] }, client: { needs: { server: "endpoint" }, grants: { server: "server.requests" }, rights: { server: RIGHTS } } });
  const { cacheHits: hits, cacheMisses: misses } = stage.record("kernel");
  stage.play("client", (context) => [1, 2, 3].map(() => context.send(context.needs.server!, 1)));
  expect(stage.record("kernel")).toMatchObject({ cacheHits: hits + 2, cacheMisses: misses + 1 });
  // Sixteen slots further on: the same entry.
  const cells = stage.play("client", (context) => Array.from({ length: 16 }, () => {
    const at = context.allocate(8);
    expect(context.capabilityDerive(context.needs.server!, 0xff, at as never)).toBe(0);
    return at;
  }));
  stage.play("client", (context) => [context.needs.server!, cells[15], context.needs.server!].map((at) => context.send(at, 1)));
  expect(stage.record("kernel")).toMatchObject({ cacheHits: hits + 3, cacheMisses: misses + 3 });
});
