/**
 * Shared regions beside their model: four processes share, move and copy on write what the manifest gave two of them,
 * write, give tokens up and end, in any order. After every command each process reads through each of its tokens what
 * the model says, the tables agree, and every invariant of the machine holds.
 *
 * PROPERTY_RUNS says how many sequences; `npm run test:properties` runs 10,000.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { checkInvariants, invariantText } from "../../../kernel/invariants/invariants.ts";
import { MessageFlag } from "../../../kernel/message.ts";
import type { Grant } from "../../../kernel/service.ts";
import type { ModelRegion, ModelToken, Passed } from "./region-model.ts";
import { PROBED, READ, READ_WRITE, RegionModel } from "./region-model.ts";
import type { PuppetContext } from "./puppets.ts";
import { CELLS, PUPPETS, cell, endpointOf, puppets } from "./puppets.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);
const SPARES = 2;
const PAGE = 4096;

type Command =
  | { readonly kind: "share"; readonly pick: number; readonly to: number; readonly rights: number; readonly takes: boolean }
  | { readonly kind: "move" | "copyOnWrite"; readonly pick: number; readonly to: number; readonly takes: boolean }
  | { readonly kind: "write"; readonly pick: number; readonly offset: number; readonly value: number }
  | { readonly kind: "drop"; readonly pick: number }
  | { readonly kind: "end"; readonly process: number };

/** In the order of the kernel's table: owner, and who holds what at boot, with GRANT, with DELETE. The third is larger than a spare. */
const REGIONS = [
  { name: "plain", bytes: PAGE, owner: 0, held: [[0, READ_WRITE, false, true], [1, READ_WRITE, false, false]] },
  { name: "lent", bytes: PAGE, owner: 1, held: [[1, READ_WRITE, false, true], [2, READ, true, false]] },
  { name: "large", bytes: 2 * PAGE, owner: 0, held: [[0, READ_WRITE, false, false]] },
  { name: "wide", bytes: PAGE, owner: 3, held: [[3, READ_WRITE, false, true]] },
] as const;

const machine = puppets(
  [
    { plain: ["region:write", "plain"], large: ["region:write", "large"] },
    { plain: ["region:write", "plain"], lent: ["region:write", "lent"] },
    { lent: ["region:read", "lent"] },
    { wide: ["region:write", "wide"] },
  ],
  {
    regions: { plain: { bytes: PAGE }, lent: { bytes: PAGE }, large: { bytes: 2 * PAGE }, wide: { bytes: PAGE } },
    reserve: { count: SPARES, bytes: PAGE },
  },
  [{ plain: ["delete"] }, { lent: ["delete"] }, { lent: ["grant"] }, { wide: ["delete"] }],
);

class Run {
  readonly model = new RegionModel(PUPPETS, SPARES, PAGE);
  readonly wrong: string[] = [];
  #passed: Passed | null = null;
  #takes = false;

  constructor() {
    machine.restart();
    machine.onMessage = (process, context, message) => this.#receive(process, context, message.flags);
    const acts: Record<number, (context: PuppetContext) => void> = {};
    for (let process = 0; process < PUPPETS; process++) acts[process] = (context) => this.#begin(process, context);
    machine.run(acts);
    this.compare();
  }

  /** Tokens of the manifest go to the first cells. */
  #begin(process: number, context: PuppetContext): void {
    let at = 0;
    for (const region of REGIONS) {
      const held = region.held.find(([holder]) => holder === process);
      if (held === undefined) continue;
      context.memory.copy(cell(context, at), (context.needs as unknown as Record<string, number>)[region.name]!, 8);
      this.model.tokens.push({ process, cell: at, region: this.#region(region.name), rights: held[1], grants: held[2], deletes: held[3] });
      at += 1;
    }
  }

  #region(name: string): ModelRegion {
    const known = this.model.tokens.find((token) => token.region.name === name)?.region;
    const line = REGIONS.find((region) => region.name === name)!;
    return known ?? { name, bytes: line.bytes, devices: false, content: Array<number>(PROBED).fill(0), owner: line.owner, frozen: false, copy: false };
  }

  #receive(process: number, context: PuppetContext, flags: number): void {
    const passed = this.#passed;
    this.#passed = null;
    if (passed === null || (flags & MessageFlag.hasCapability) === 0) this.wrong.push(`${process} got a message without a region`);
    else if (this.#takes) {
      const free = this.#freeCell(process);
      this.#same("capabilityTake", context.capabilityTake(cell(context, free)), 0);
      this.model.taken(process, free, passed);
    }
  }

  #freeCell(process: number): number {
    for (let at = 0; at < CELLS; at++) if (!this.model.tokens.some((token) => token.process === process && token.cell === at)) return at;
    throw new Error("there is no cell left");
  }

  execute(command: Command): void {
    if (command.kind === "end") this.#end(command.process);
    else {
      const token = this.model.tokens[command.pick % Math.max(1, this.model.tokens.length)];
      if (token !== undefined) machine.run({ [token.process]: (context) => this.#act(context, token, command) });
    }
    this.compare();
  }

  #end(process: number): void {
    if (!this.model.alive[process]) return;
    this.model.end(process);
    machine.run({ [process]: (context) => context.exit() });
  }

  #act(context: PuppetContext, token: ModelToken, command: Exclude<Command, { kind: "end" }>): void {
    const grant = cell(context, token.cell) as Grant<"region:write">;
    if (command.kind === "write") return this.#write(context, token, grant, command.offset, command.value);
    if (command.kind === "drop") {
      this.#same("delete", context.capabilityDelete(grant as never), token.deletes ? 0 : Errno.permissionDenied);
      if (token.deletes) this.model.drop(token);
      return;
    }
    const full = this.model.tokens.filter((one) => one.process === command.to).length === CELLS;
    this.#takes = command.takes && !full;
    const to = endpointOf(context, command.to);
    if (command.kind === "share") this.#sent(command.kind, token, command.to, this.model.share(token, command.rights), context.regionShare(to, 1, grant, command.rights));
    else if (command.kind === "move") this.#sent(command.kind, token, command.to, this.model.move(token), context.regionMove(to, 2, grant));
    else this.#sent(command.kind, token, command.to, this.model.copyOnWrite(token), context.regionCopyOnWrite(to, 3, grant));
  }

  /** What the call answered is what the model says, and what it brings is on its way. */
  #sent(kind: string, token: ModelToken, to: number, expected: number | Passed, answer: number): void {
    if (typeof expected === "number" || !this.model.alive[to]) {
      this.#same(kind, answer, typeof expected === "number" ? expected : Errno.endpointNotFound);
      return;
    }
    this.#same(kind, answer, 0);
    if (kind === "move") this.model.moved(expected.region, token.process);
    if (kind === "copyOnWrite") expected.region.frozen = true;
    this.#passed = expected;
  }

  #write(context: PuppetContext, token: ModelToken, grant: Grant<"region:write">, offset: number, value: number): void {
    if ((token.rights & 2) === 0) return;
    const at = context.spanForWriting(grant, 0, token.region.bytes);
    this.#same("write", Math.min(at, 0), this.model.write(token, offset, value));
    if (at >= 0) context.shared.u8[at + offset] = value;
  }

  compare(): void {
    const acts: Record<number, (context: PuppetContext) => void> = {};
    for (let process = 0; process < PUPPETS; process++) {
      if (this.model.alive[process]) acts[process] = (context) => this.#look(process, context);
    }
    machine.run(acts);
    this.#compareOwners();
    this.wrong.push(...checkInvariants(machine.machine).map(invariantText));
    expect(this.wrong).toEqual([]);
  }

  #look(process: number, context: PuppetContext): void {
    for (const token of this.model.tokens) {
      if (token.process !== process) continue;
      const grant = cell(context, token.cell) as Grant<"region:read">;
      const at = context.span(grant, 0, token.region.bytes);
      this.#same(`${process} reads ${token.region.name}`, [...context.shared.u8.slice(at, at + PROBED)], token.region.content);
      this.#same(`size of ${token.region.name}`, context.regionBytes(grant), token.region.bytes);
    }
  }

  #compareOwners(): void {
    REGIONS.forEach(({ name }, index) => {
      const region = this.model.tokens.find((token) => token.region.name === name)?.region;
      const record = machine.machine.inspect("regions", index);
      this.#same(`mappings of ${name}`, record.mappings, region === undefined ? 0 : this.model.tokensOf(region).length);
      if (region !== undefined) this.#same(`owner of ${name}`, [record.owner, record.copyOnWrite], [region.owner, region.frozen ? 1 : 0]);
    });
  }

  #same(what: string, found: unknown, expected: unknown): void {
    if (JSON.stringify(found) !== JSON.stringify(expected)) this.wrong.push(`${what}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
}

const pick = fc.nat(1000);
const to = fc.nat(PUPPETS - 1);
const takes = fc.integer({ min: 0, max: 5 }).map((n) => n > 0);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("share" as const), pick, to, rights: fc.constantFrom(READ, READ_WRITE, READ_WRITE, 2, 8), takes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("move" as const), pick, to, takes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("copyOnWrite" as const), pick, to, takes }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), pick, offset: fc.nat(PROBED - 1), value: fc.integer({ min: 1, max: 255 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), process: to }) },
);

test("regions hold what the model says for whoever maps them, and nobody else does", () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 24, size: "max" }), (commands) => {
      const run = new Run();
      for (const one of commands) run.execute(one);
    }),
    { seed: 5, numRuns: RUNS },
  );
});
