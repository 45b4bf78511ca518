/** Probes that the balancer sends by itself, to a stand-in for net. */

import { expect, test } from "vitest";
import { MessageFlag } from "../../../../kernel/message.ts";
import { ProbeOpcode, ProbeResult, probeSerial, probedWord } from "../../../../services/lb/probe-api.ts";
import { queryGroups } from "../../../../sim/balancer.ts";
import { Stage } from "../stand-in-net.ts";

interface Sent {
  readonly tick: number;
  readonly handle: number;
  readonly serial: number;
  readonly port: number;
  readonly timeout: number;
}

function configuration(members: number, health: string): string {
  return `semantics=strict\ngroup=g:roundrobin\n${Array.from({ length: members }, (_, i) => `member=g:10.0.0.${i + 1}:${8001 + i}\n`).join("")}default=g\n${health === "" ? "" : `health=g:${health}\n`}`;
}

function alone(members: number, health: string, decisionsQueue = 256): Stage {
  const stage = new Stage({ limits: { probesByNet: true }, decisionsQueue });
  expect(stage.configure(configuration(members, health))).toBe(0);
  return stage;
}

/** The probes that came since this was asked last; every other message would be a fault. */
function sent(stage: Stage): Sent[] {
  return stage.decisions.splice(0).map(({ opcode, flags, requestId, group, backend, port, outcome }) => {
    expect([opcode, flags & MessageFlag.urgent]).toEqual([ProbeOpcode.probe, MessageFlag.urgent]);
    return { tick: stage.machine.tick(), handle: requestId, serial: group | (backend << 16), port, timeout: outcome };
  });
}

/** Each tick's probes, for so many ticks. */
function watch(stage: Stage, ticks: number): Sent[][] {
  return Array.from({ length: ticks }, () => {
    stage.world.runUntilTick(stage.machine.tick() + 1);
    return sent(stage);
  });
}

function answer(stage: Stage, handle: number, serial: number, result: number): void {
  const before = [...stage.decisions];
  stage.play((context) => void context.send(context.needs.balancer, ProbeOpcode.probed, handle, probedWord(serial, result)));
  stage.decisions.unshift(...before);
}

function healthy(stage: Stage): boolean[] {
  return queryGroups(stage.world).groups[0].backends.map((one) => one.healthy);
}

test("a machine whose net makes none sends none", () => {
  const stage = new Stage();
  expect(stage.configure(configuration(2, "100:50:0"))).toBe(0);
  stage.world.runUntilTick(stage.machine.tick() + 500);
  expect(stage.decisions).toEqual([]);
});

test("a probe says whom to ask and for how long, and is sent again after its interval", () => {
  const stage = alone(1, "100:40:0:1:1");
  stage.world.runUntilTick(stage.machine.tick() + 3);
  expect(stage.decisions[0].address.slice(0, 4)).toEqual([10, 0, 0, 1]);
  const [first] = sent(stage);
  expect(first).toMatchObject({ port: 8001, timeout: 40 });
  const began = first.tick;
  answer(stage, first.handle, first.serial, ProbeResult.passed);
  expect(watch(stage, began + 90 - stage.machine.tick()).flat()).toEqual([]);
  const [second] = watch(stage, 15).flat();
  expect(second.tick - began).toBeGreaterThanOrEqual(97);
  expect(second.tick - began).toBeLessThanOrEqual(100);
  expect(second.serial - first.serial).toBe(100);
  expect(second.handle).toBe(first.handle);
  // Its tick of failure, which nobody hears of by itself, is the serial.
  expect([probeSerial(second.tick + 39), probeSerial(second.tick + 40)]).toContain(second.serial);
  expect(healthy(stage)).toEqual([true]);
  stage.world.runUntilTick(second.tick + 41);
  expect(healthy(stage)).toEqual([false]);
});

test("results count for the probe that is awaited, and for no other", () => {
  const stage = alone(2, "1000:500:0:1:1");
  stage.world.runUntilTick(stage.machine.tick() + 3);
  const [one, other] = sent(stage);
  answer(stage, one.handle, one.serial - 1, ProbeResult.failed);
  answer(stage, 0, one.serial, ProbeResult.failed);
  answer(stage, one.handle ^ (1 << 20), one.serial, ProbeResult.failed);
  expect(healthy(stage)).toEqual([true, true]);
  answer(stage, one.handle, one.serial, ProbeResult.failed);
  expect(healthy(stage)).toEqual([false, true]);
  answer(stage, one.handle, one.serial, ProbeResult.passed);
  answer(stage, other.handle, other.serial, ProbeResult.passed);
  expect(healthy(stage)).toEqual([false, true]);
  expect(sent(stage)).toEqual([]);
});

test("one that net could not make is sent again soon", () => {
  const stage = alone(1, "1000:500:0:1:1");
  stage.world.runUntilTick(stage.machine.tick() + 3);
  const [first] = sent(stage);
  answer(stage, first.handle, first.serial, ProbeResult.notMade);
  const [again] = watch(stage, 4).flat();
  expect(again.handle).toBe(first.handle);
  expect(again.serial).not.toBe(first.serial);
  answer(stage, first.handle, first.serial, ProbeResult.failed);
  expect(healthy(stage)).toEqual([true]);
  answer(stage, again.handle, again.serial, ProbeResult.failed);
  expect(healthy(stage)).toEqual([false]);
});

test("no more than so many go out at once, and those that find net's queue full go later", () => {
  for (const [queue, most] of [[256, 16], [4, 8]] as const) {
    const stage = new Stage({ limits: { probesByNet: true }, decisionsQueue: queue });
    expect(stage.configure(configuration(40, "10000:5000:0:1:1"))).toBe(0);
    const before = sent(stage);
    const ticks = [before, ...watch(stage, 14)].map((probes) => probes.length).filter((count) => count > 0);
    expect(ticks.reduce((sum, count) => sum + count)).toBe(40);
    // A turn may fall into a tick together with the end of the one before.
    expect(Math.max(...ticks)).toBeLessThanOrEqual(most);
    expect(ticks.length).toBeGreaterThanOrEqual(40 / most);
    expect(healthy(stage)).toEqual(new Array(40).fill(true));
  }
});

test("the balancer wakes when something is due, and not otherwise", () => {
  const handled = (stage: Stage): number => stage.machine.report().processes.find(({ name }) => name === "lb")?.handled ?? -1;
  const stage = alone(1, "100:50:0");
  for (let i = 0; i < 8; i++) {
    while (stage.decisions.length === 0) stage.world.runUntilTick(stage.machine.tick() + 1);
    const [probe] = sent(stage);
    answer(stage, probe.handle, probe.serial, ProbeResult.passed);
  }
  const before = handled(stage);
  stage.world.runUntilTick(stage.machine.tick() + 60);
  expect(handled(stage)).toBe(before);
  // An answer that is awaited for longer than the interval: nobody looks before it is too late.
  stage.configure(configuration(1, "10:500:0"));
  stage.world.runUntilTick(stage.machine.tick() + 200);
  const waiting = handled(stage);
  stage.world.runUntilTick(stage.machine.tick() + 200);
  expect(handled(stage)).toBe(waiting);
});

test("the timer goes with the line that asked for it", () => {
  const stage = alone(2, "100:50:0");
  expect(stage.inspect()["probeTimer"]).toBeGreaterThan(0);
  stage.configure(configuration(2, ""));
  expect(stage.inspect()["probeTimer"]).toBe(0);
  stage.configure("semantics=veridian\ngroup=g:rr\nmember=g:10.0.0.1:80\ndefault=g\n");
  expect(stage.inspect()["probeTimer"]).toBe(0);
});
