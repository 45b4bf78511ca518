/**
 * Goal: each grant of each call must be held and carry the right that the row names, and the row says how it is refused
 * else. Method: the call with a capability that lacks just this right, then with a token of nothing.
 */

import { describe, expect, test } from "vitest";
import { Errno } from "../../kernel/errno.ts";
import { FAULT_WORDS, FaultCode } from "../../kernel/fault.ts";
import type { Grant } from "../../kernel/service.ts";
import { EndpointRight, Right } from "../../kernel/service.ts";
import type { ArgumentKind, SystemCall } from "../../kernel/system-calls.ts";
import { SYSTEM_CALLS } from "../../kernel/system-calls.ts";
import type { NEEDS, Prober } from "./system-call-probes.ts";
import { place, played, PROBES } from "./system-call-probes.ts";

type Need = keyof typeof NEEDS;

/** The need that the probes use for an argument of this kind. */
const NEED_OF: Readonly<Record<Exclude<ArgumentKind, "any" | "target" | "number">, Need>> = {
  endpoint: "peer", region: "region", "region:write": "region", pool: "pool", "pool:write": "pool", device: "device", interrupt: "irq",
  timer: "ticks", process: "other", "channel:send": "into", "channel:receive": "from",
};

interface Trial {
  readonly call: SystemCall;
  readonly need: Need;
  /** Name of the right that this grant must carry. */
  readonly right: string;
}

const TRIALS: readonly Trial[] = SYSTEM_CALLS.flatMap((call) => {
  const rights = call.right.split(", ");
  const grants = call.arguments.filter(({ kind }) => kind !== "number" && kind !== "target");
  return grants.map(({ name, kind }, index) => {
    // Where a call hands a capability on, the probes hand on `self`.
    const need = kind === "any" ? (name === "capability" ? "self" : "peer") : NEED_OF[kind as keyof typeof NEED_OF];
    return { call, need, right: rights[index]! };
  });
});

const RIGHTS: Readonly<Record<string, number>> = { ...Right, ...EndpointRight };

/** The same context, but for one grant. */
function withGrant(context: Prober, need: Need, grant: Grant): Prober {
  return Object.create(context, { needs: { value: { ...context.needs, [need]: grant } } }) as Prober;
}

/** The call of the trial with another grant in the place of the need's. */
function tryWith({ call, need }: Trial, grant: (context: Prober) => Grant): { readonly result: number; readonly fault: string | null } {
  const probe = PROBES[call.name];
  return played({ ...probe, run: (context, prepared) => probe.run(withGrant(context, need, grant(context)), prepared) });
}

function expectRefusal({ call }: Trial, { result, fault }: { result: number; fault: string | null }, errors: readonly (keyof typeof Errno)[], faultName: "readOnly" | "forgedToken"): void {
  const told = errors.find((name) => result === Errno[name]);
  if (fault === null) {
    expect(told, `${call.name} answered ${result}`).toBeDefined();
    expect(call.errors, call.name).toContain(told);
  } else {
    expect(fault).toContain(FAULT_WORDS[FaultCode[faultName]]);
    expect(call.faults, call.name).toContain(faultName);
  }
}

describe("a capability without the right", () => {
  test.each(TRIALS.filter(({ right }) => right !== "any").map((trial) => [trial.call.name, trial.need, trial.right, trial] as const))("%s: %s without %s", (_name, need, right, trial) => {
    const outcome = tryWith(trial, (context) => {
      expect(context.capabilityDerive(context.needs[need], 0xff & ~RIGHTS[right]!, place(context, "second"))).toBe(Errno.ok);
      return place(context, "second");
    });
    expectRefusal(trial, outcome, ["permissionDenied"], "readOnly");
  });

  test.each(TRIALS.filter(({ right }) => right !== "any").map((trial) => [trial.call.name, trial.need, trial.right, trial] as const))("%s: %s with nothing but %s, and CREATE", (name, need, right, trial) => {
    // Of a region and of the pool whoever may write must be able to read: the rows say so by "write" alone.
    const read = need === "region" || need === "pool" ? Right.read : 0;
    const { result, fault } = tryWith(trial, (context) => {
      expect(context.capabilityDerive(context.needs[need], RIGHTS[right]! | Right.create | read, place(context, "second"))).toBe(Errno.ok);
      return place(context, "second");
    });
    expect([name, fault, Math.min(result, 0)]).toEqual([name, null, 0]);
  });
});

describe("a token of nothing", () => {
  test.each(TRIALS.map((trial) => [trial.call.name, trial.need, trial] as const))("%s: %s", (_name, _need, trial) => {
    expectRefusal(trial, tryWith(trial, (context) => place(context, "nothing")), ["invalidCapability", "processNotFound"], "forgedToken");
  });
});
