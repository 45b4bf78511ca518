/**
 * Drives the strict balancer through the mailbox beside a simple model: members come, go, fall ill and drain,
 * configurations are loaded, requests open, wait, end, fail and are tried again, in any order.
 *
 * PROPERTY_RUNS says how many sequences; `npm run test:properties` runs 10,000.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { boot } from "../../../../kernel/boot.ts";
import { Errno, errnoName } from "../../../../kernel/errno.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { configure } from "../../../../sim/balancer.ts";
import { standard } from "../../../../sim/machines/index.ts";
import { OperatorTarget } from "../../../../services/operator-api.ts";
import { request } from "../../../../sim/operator.ts";
import type { Ask } from "../../../../sim/strict-balancer.ts";
import { admitted, advance, close, memberAdd, memberDrain, memberHealth, memberRemove, open, report } from "../../../../sim/strict-balancer.ts";
import type { World } from "../../../../sim/world.ts";
import { worldOf } from "../../../../sim/world.ts";
import { BalancerModel } from "./balancer-model.ts";
import type { Step } from "./sequence.ts";
import { configurationOf, groupName, groupSpecs, member, steps } from "./sequence.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);
/** Small tables, so that their edges are reached. */
const LIMITS = { connectionsMax: 9, pendingMax: 5 };
const TEXT_OFF = "semantics=veridian\n";

const machine = boot(standard.manifest({ settings: { "lb.connections": LIMITS.connectionsMax, "lb.pending": LIMITS.pendingMax, "lb.directory": 40 } }));
machine.runUntilQuiet(10);
const fresh = machine.snapshot();

function statusName(status: number): string {
  if (status === Errno.ok) return "ok";
  return Object.entries(LbErrno).find(([, value]) => value === status)?.[0] ?? errnoName(status);
}

class Driver {
  readonly world: World;
  readonly model = new BalancerModel(LIMITS);
  readonly #ask: Ask;
  #tick = 0;

  constructor() {
    machine.restore(fresh);
    this.world = worldOf(machine);
    this.#ask = (operands) => request(this.world, OperatorTarget.loadBalancer, operands);
  }

  usedBytes(): number {
    return machine.report().processes.find(({ name }) => name === "lb")?.usedBytes ?? -1;
  }

  reload(a: number, b: number, c: number): void {
    const specs = groupSpecs(a, b, c);
    expect(configure(this.world, configurationOf(specs))).toMatchObject({ status: Errno.ok });
    this.model.reload(specs);
    this.#settle(false);
  }

  step(step: Step): void {
    this.#tick += Math.max(0, step.delay);
    const tick = Math.max(0, step.delay < 0 ? this.#tick + step.delay : this.#tick);
    this.model.hear(tick);
    this.#act(step, tick);
    this.#settle(step.kind === "advance");
    const name = groupName(step.a);
    this.model.reported(name, report(this.#ask, name, 0));
  }

  /** All that there is goes away again. */
  end(): void {
    for (const connection of this.model.connectionNames) this.#close(connection, "finished", this.#tick);
    expect(configure(this.world, TEXT_OFF)).toMatchObject({ status: Errno.ok });
    admitted(this.#ask, 100);
  }

  #act({ kind, a, b, c }: Step, tick: number): void {
    const name = groupName(a);
    const named = { group: name, ...member(b) };
    const verdict = { added: "ok", done: "ok", exists: "backendAlreadyExists", noMember: "backendNotFound", noGroup: "backendGroupNotFound" } as const;
    const judge = (expected: keyof typeof verdict, status: number): void => expect(statusName(status), kind).toBe(verdict[expected]);
    switch (kind) {
      case "reload":
        return this.reload(a, b, c);
      case "add":
        return judge(this.model.memberAdd(name, member(b)), memberAdd(this.#ask, named, member(b).weight, tick).status);
      case "remove":
        return judge(this.model.memberRemove(name, member(b)), memberRemove(this.#ask, named, tick));
      case "health":
        return judge(this.model.memberHealth(name, member(b), c % 2 === 0), memberHealth(this.#ask, named, c % 2 === 0, tick));
      case "drain": {
        const deadline = c % 4 === 0 ? 0 : tick + (c % 30);
        return judge(this.model.memberDrain(name, member(b), deadline), memberDrain(this.#ask, named, deadline, tick));
      }
      case "advance":
        expect(advance(this.#ask, tick)).toBe(Errno.ok);
        return this.model.advanced();
      case "open": {
        const answer = open(this.#ask, { client: `10.9.${b % 7}.${c % 200}`, path: `/${name}` }, tick);
        return this.model.opened(name, answer, statusName(answer.status));
      }
      default: {
        const names = this.model.connectionNames;
        const connection = names.length === 0 || c % 10 === 0 ? (b << 16) | c : names[b % names.length];
        return this.#close(connection, kind === "close" ? "finished" : kind === "fail" ? "failed" : "retry", tick);
      }
    }
  }

  #close(connection: number, end: "finished" | "failed" | "retry", tick: number): void {
    const { status, routed } = close(this.#ask, connection, end, 1000, tick);
    this.model.closed(connection, end === "retry", { status: statusName(status), routed });
  }

  #settle(everything: boolean): void {
    this.model.admitted(admitted(this.#ask, 100), everything);
  }
}

test(`the strict balancer does what the model does (${RUNS} sequences)`, { timeout: 3_600_000 }, () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), steps, (a, b, sequence) => {
      const driver = new Driver();
      const before = driver.usedBytes();
      driver.reload(a | 1, b, 7);
      for (const step of sequence) driver.step(step);
      driver.end();
      expect(driver.usedBytes(), "bytes in use after all is removed").toBe(before);
    }),
    { seed: 1, numRuns: RUNS },
  );
});
