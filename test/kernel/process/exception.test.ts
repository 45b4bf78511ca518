import { describe, expect, test } from "vitest";
import { Panic } from "../../../hal/assert.ts";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { BootOptions } from "../../../kernel/boot.ts";
import { boot } from "../../../kernel/boot.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Context, Message } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { processesOnly } from "../bench-services.ts";

type Act = (context: Context, message: Message) => void;

function run(act: Act, options: BootOptions = {}): Machine {
  const State = layout("State", { runs: u32 });
  const one = service({ name: "one", state: State, handle: (message, context) => act(context as unknown as Context, message) });
  const other = service({ name: "other", state: State, handle: (_message, context) => void (context.state.runs += 1) });
  const line = { priority: "userNormal", arenaBytes: 512 } as const;
  const machine = boot(processesOnly({ one: { ...line, service: one as never }, other: { ...line, service: other as never } }), options);
  machine.runUntilTick(2);
  return machine;
}

describe("what a service's own code throws is a fault of its process", () => {
  test.each([
    ["an error", new Error("own")],
    ["a word", "own"],
    ["nothing at all", undefined],
    ["null", null],
    ["a range error of the language", new RangeError("Invalid array length")],
  ])("%s: the process is stopped, the others go on, and whoever asked is told", (_what, thrown) => {
    const told: unknown[] = [];
    const machine = run(() => {
      throw thrown;
    }, { onException: (process, what) => told.push(process, what) });
    expect(told).toEqual([0, thrown]);
    expect(machine.inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.exception, faultArgument: 0 });
    expect(machine.report().processes.map(({ state }) => state)).toEqual(["zombie", "blocked"]);
    expect(machine.report().processes[0]!.fault).toBe("threw an exception (0)");
    expect(machine.inspect("state.other").runs).toBe(1);
  });

  test("a stack that overflows too", () => {
    const deep = (n: number): number => deep(n + 1) + 1;
    expect(run(() => void deep(0)).inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.exception });
  });

  test("a machine that tells nobody is the same machine", () => {
    const act: Act = () => {
      throw new Error("own");
    };
    expect(run(act).hash()).toBe(run(act, { onException: () => {} }).hash());
  });
});

describe("what is not the service's own ends the run", () => {
  test("a panic", () => {
    expect(() => run(() => {
      throw new Panic("ours");
    })).toThrow("ours");
  });

  test("what a probe or a choice threw, inside a handler and outside", () => {
    const probe = (kind: number): void => {
      if (kind === 64) throw new Error("watcher's");
    };
    expect(() => run((context) => context.trace(64, 0, 0), { probe })).toThrow("watcher's");
    expect(() => run(() => {}, { probe: () => { throw new Error("watcher's"); } })).toThrow("watcher's");
    expect(() => run((context) => context.trace(64, 0, 0), { crashes: true, choose: () => { throw new Error("chooser's"); } })).toThrow("chooser's");
  });
});

describe("a crossing is where a process may die", () => {
  const crossings = (act: Act, options: BootOptions = {}): [number, Machine] => {
    const seen = { asked: 0 };
    const machine = run(act, { crashes: true, choose: (site, entity, n) => {
      if (site !== KernelChoice.processDies) return 0;
      expect([entity, n]).toEqual([0, 2]);
      seen.asked += 1;
      return 0;
    }, ...options });
    return [seen.asked, machine];
  };
  const three: Act = (context) => {
    for (let i = 0; i < 3; i++) context.trace(64, i, 0);
    context.memory.u8[300] = 1;
  };

  test("asked once at each, only where boot says so, and for nothing: the machine is the same", () => {
    const [asked, machine] = crossings(three);
    expect(asked).toBe(3);
    expect(machine.hash()).toBe(run(three).hash());
    const hal = (site: number): number => {
      if (site >= KernelChoice.processDies) throw new Error("asked");
      return 0;
    };
    expect(run(three, { choose: hal }).hash()).toBe(machine.hash());
  });

  test.each([1, 2, 3])("at crossing %d: what was done before stays done", (at) => {
    const seen = { asked: 0, done: 0 };
    const machine = run((context, message) => {
      if (message.delivery !== Delivery.start) return;
      for (let i = 1; i <= 3; i++) {
        context.trace(64, i, 0);
        seen.done = i;
      }
    }, { crashes: true, choose: (site, entity) => (site === KernelChoice.processDies && entity === 0 && ++seen.asked === at ? 1 : 0) });
    expect(seen).toEqual({ asked: at, done: at - 1 });
    expect(machine.inspect("processes", 0)).toMatchObject({ faultCode: FaultCode.crash });
  });
});
