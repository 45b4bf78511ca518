import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { FaultCode } from "../../../kernel/fault.ts";
import { checkInvariants } from "../../../kernel/invariants/invariants.ts";
import { Wait } from "../../../kernel/process.ts";
import type { Grant } from "../../../kernel/service.ts";
import { Delivery } from "../../../kernel/service.ts";
import type { Actor } from "../ipc/stage.ts";
import { Stage } from "../ipc/stage.ts";

const CLIENT = 0;
const SERVER = 1;

/** A client of a server, and a keeper that may restart the server. */
function makeStage(onMessage: (context: Actor) => void = (context) => void context.reply(0, 7)): Stage {
  return new Stage(
    {
      client: { needs: { server: "endpoint", ticks: "timer" }, grants: { server: "server.in", ticks: "ticks" } },
      server: { needs: { back: "endpoint", ticks: "timer" }, receives: ["in"], grants: { back: "keeper.in", ticks: "ticks" }, onMessage },
      keeper: { needs: { server: "process", ticks: "timer", other: "endpoint" }, receives: ["in"], grants: { server: "server", ticks: "ticks", other: "server.in" } },
    },
    { onException: () => {} },
  );
}

const needed = (context: Actor, name: string): Grant<any> => (context.needs as Record<string, Grant>)[name]!;
const end = (stage: Stage): void => stage.play("server", (context) => context.exit());
const restart = (stage: Stage): number => stage.play("keeper", (context) => context.processRestart(needed(context, "server")));
const send = (stage: Stage): number => stage.play("client", (context) => context.send(needed(context, "server"), 1));
const sound = (stage: Stage): void => expect(checkInvariants(stage.machine)).toEqual([]);

describe("a process that ended is begun anew", () => {
  test("with the next generation, a zeroed arena, and its start handler", () => {
    const stage = makeStage();
    stage.play("server", (context) => {
      context.memory.u8[context.allocate(8)] = 0x77;
      context.memory.u8.fill(0x55, 200, 300);
    });
    const before = stage.machine.report().processes[SERVER]!;
    expect(before).toMatchObject({ restarts: 0 });
    expect(before.usedBytes).toBeGreaterThan(0);
    end(stage);
    stage.look("server");
    expect(restart(stage)).toBe(0);
    expect(stage.look("server").map(({ delivery }) => delivery)).toEqual([Delivery.start]);
    expect(stage.machine.report().processes[SERVER]).toMatchObject({ restarts: 1, usedBytes: 0, state: "blocked" });
    expect(stage.play("server", (context) => [context.generation, context.memory.u8[250]])).toEqual([1, 0]);
    sound(stage);
  });

  test("its statistics go on", () => {
    const stage = makeStage();
    for (let i = 0; i < 5; i++) stage.play("server", () => 0);
    const { handled, cyclesUsed } = stage.machine.report().processes[SERVER]!;
    stage.play("server", (context) => context.span(3 as Grant<any>, 0, 1));
    restart(stage);
    const after = stage.machine.report().processes[SERVER]!;
    expect(after.handled).toBe(handled + 2);
    expect(after.cyclesUsed).toBeGreaterThan(cyclesUsed);
    expect(after.fault).toContain("reached outside");
  });

  test("its peers hear that it closed, are refused meanwhile, and hear that it is back", () => {
    const stage = makeStage();
    expect(send(stage)).toBe(0);
    end(stage);
    expect(stage.look("client")).toMatchObject([{ delivery: Delivery.closed, data: [0, 0, 0, 0] }]);
    expect(send(stage)).toBe(Errno.endpointNotFound);
    restart(stage);
    expect(stage.look("client").map(({ delivery }) => delivery)).toEqual([Delivery.reopened]);
    expect(send(stage)).toBe(0);
    sound(stage);
  });

  test("who looks only afterwards hears both, in that order", () => {
    const stage = makeStage();
    stage.play("client", (context) => context.sleep(3));
    end(stage);
    restart(stage);
    stage.pass(4);
    expect(stage.look("client").map(({ delivery }) => delivery)).toEqual([Delivery.closed, Delivery.reopened, Delivery.timeout]);
  });

  test("of an endpoint that closes, opens and closes again before anybody looks, the last is told", () => {
    const stage = makeStage();
    stage.play("client", (context) => context.sleep(3));
    end(stage);
    restart(stage);
    end(stage);
    stage.pass(4);
    expect(stage.look("client").map(({ delivery }) => delivery)).toEqual([Delivery.closed, Delivery.timeout]);
    sound(stage);
  });

  test("tokens of before are stale for good, also after 256 beginnings", () => {
    const stage = makeStage();
    const kept: Record<string, number[]> = {};
    const tokenOf = (context: Actor): number[] => [...context.memory.i32.slice(0, 2)];
    kept.first = stage.play("client", tokenOf);
    for (let times = 0; times < 300; times++) {
      end(stage);
      expect(restart(stage)).toBe(0);
      const present: number[] = stage.play("client", tokenOf);
      expect(present).not.toEqual(kept.first);
      if (times < 250 || times > 260) continue;
      const tried = stage.play("client", (context) => {
        const at = 400;
        context.memory.i32.set(kept.first!, at >> 2);
        return context.send(at as Grant<"endpoint">, 1);
      });
      expect(tried).toBe(Errno.invalidCapability);
      expect(send(stage)).toBe(0);
    }
    expect(stage.machine.report().processes[SERVER]).toMatchObject({ restarts: 300 });
    sound(stage);
  });

  test("what a peer wrote over its token does not keep it from getting the new one", () => {
    const stage = makeStage();
    stage.play("client", (context) => context.memory.i32.fill(0, 0, 2));
    expect(send(stage)).toBe(Errno.invalidCapability);
    end(stage);
    restart(stage);
    expect(stage.look("client").map(({ delivery }) => delivery)).toEqual([Delivery.closed, Delivery.reopened]);
    expect(send(stage)).toBe(0);
  });

  test("what of its needs is closed or has ended when it begins, it is told after its start", () => {
    const stage = new Stage({
      a: { needs: { b: "endpoint", c: "process" }, grants: { b: "b.in", c: "c" } },
      b: { receives: ["in"] },
      c: {},
      keeper: { needs: { a: "process" }, grants: { a: "a" } },
    });
    for (const name of ["b", "c", "a"]) stage.play(name, (context) => context.exit());
    stage.look("a");
    expect(stage.play("keeper", (context) => context.processRestart(needed(context, "a")))).toBe(0);
    expect(stage.look("a").map(({ delivery }) => delivery)).toEqual([Delivery.start, Delivery.closed, Delivery.ended]);
    expect(stage.play("a", (context) => context.send(needed(context, "b"), 1))).toBe(Errno.endpointNotFound);
    sound(stage);
  });
});

describe("who may restart whom", () => {
  test("a process that has not ended is busy; a grant that is none names no process", () => {
    const stage = makeStage();
    expect(restart(stage)).toBe(Errno.resourceBusy);
    expect(stage.play("keeper", (context) => context.processRestart(needed(context, "other")))).toBe(Errno.processNotFound);
    expect(stage.play("client", (context) => context.processRestart(needed(context, "server")))).toBe(Errno.processNotFound);
    expect(stage.machine.report().processes.map(({ restarts }) => restarts)).toEqual([0, 0, 0]);
  });

  test("a right that was narrowed to reading does not restart", () => {
    const stage = makeStage();
    end(stage);
    const answers = stage.play("keeper", (context) => {
      const at = context.allocate(8) as Grant<any>;
      return [context.capabilityDerive(needed(context, "server"), 1, at), context.processRestart(at)];
    });
    expect(answers).toEqual([0, Errno.permissionDenied]);
  });
});

describe("the end of a process", () => {
  test("is told to who holds it: 0 for an exit, else the fault; then it is no zombie any more", () => {
    const stage = makeStage();
    end(stage);
    expect(stage.look("keeper").filter(({ delivery }) => delivery === Delivery.ended)).toMatchObject([{ data: [0, 0, 0, 0] }]);
    restart(stage);
    stage.play("keeper", (context) => context.sleep(2));
    stage.play("server", () => {
      throw new Error("own");
    });
    expect(stage.machine.report().processes[SERVER]).toMatchObject({ state: "zombie" });
    stage.pass(3);
    expect(stage.look("keeper").filter(({ delivery }) => delivery === Delivery.ended)).toMatchObject([{ data: [0, FaultCode.exception, 0, 0] }]);
    expect(stage.machine.report().processes[SERVER]).toMatchObject({ state: "dead" });
  });

  test("answers who called it with endpointNotFound: the call still queued, or in its hands", () => {
    const stage = makeStage((context) => void context.exit());
    stage.play("server", (context) => context.sleep(5));
    stage.play("client", (context) => context.call(needed(context, "server"), 1));
    expect(stage.record("processes", CLIENT)).toMatchObject({ waitsFor: Wait.reply });
    stage.pass(6);
    expect(stage.look("client").find(({ delivery }) => delivery === Delivery.reply)).toMatchObject({ opcode: Errno.endpointNotFound });
    expect(stage.record("processes", CLIENT)).toMatchObject({ waitsFor: Wait.receive });
    restart(stage);
    stage.play("server", (context) => context.sleep(5));
    stage.play("client", (context) => context.call(needed(context, "server"), 1));
    stage.poke("server", (context) => context.exit());
    stage.pass(6);
    expect(stage.look("client").find(({ delivery }) => delivery === Delivery.reply)).toMatchObject({ opcode: Errno.endpointNotFound });
    sound(stage);
  });

  test("a message that it was about to be given counts as dropped, and its timers ring no more", () => {
    const stage = makeStage();
    stage.play("server", (context) => context.timerStart(needed(context, "ticks"), 3, 0, 1));
    stage.poke("client", (context) => context.send(needed(context, "server"), 1));
    stage.poke("server", (context) => context.exit());
    stage.rest();
    expect(stage.record("endpoints", 0)).toMatchObject({ open: 0 });
    restart(stage);
    stage.look("server");
    stage.pass(5);
    expect(stage.look("server")).toEqual([]);
    sound(stage);
  });
});
