/** Probes of health over the wire: what counts as an answer, what is left behind, and who may die meanwhile. */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { probedResult, probedSerial, probedWord, probeSerial } from "../../../../services/lb/probe-api.ts";
import { ProxyProbes } from "../../../../services/net/proxy/probe-records.ts";
import { configure, queryGroups } from "../../../../sim/balancer.ts";
import { OperatorTarget } from "../../../../services/operator-api.ts";
import type { Listener, Peer } from "./peer.ts";
import type { StageOptions } from "./stage.ts";
import { NOTHING, Stage } from "./stage.ts";

const MEMBERS = "member=g:10.3.0.1:8001\nmember=g:10.3.0.2:8002\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function configuration(health: string, members = MEMBERS): string {
  return `semantics=strict\nrate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:roundrobin\n${members}default=g\n${health === "" ? "" : `health=g:${health}\n`}`;
}

function set(stage: Stage, text: string): void {
  expect(configure(stage.world, text)).toEqual({ status: 0, remarks: [] });
}

/** A stage without probes, and then with them: so that what is held is counted from before. */
function probing(health: string, options: StageOptions = {}, members = MEMBERS): Stage {
  const stage = new Stage({ wholeConfig: configuration("", members), ...options });
  set(stage, configuration(health, members));
  return stage;
}

function healthy(stage: Stage): boolean[] {
  return queryGroups(stage.world).groups[0].backends.map((one) => one.healthy);
}

function probesOf(stage: Stage): ReturnType<typeof ProxyProbes.view> {
  const part = stage.machine.parts.find(({ name }) => name === "arena.net");
  const memory = stage.machine.ram.window(part?.base ?? 0, part?.bytes ?? 0);
  return ProxyProbes.view(memory, stage.count("probes") as Address<"ProxyProbes">);
}

/** When everything has come to an end nothing is held, and no record either. */
function settled(stage: Stage, ticks = 4000): void {
  expect(stage.rest(ticks)).toEqual(NOTHING);
  expect(probesOf(stage).inUse).toBe(0);
}

function counts(stage: Stage): Record<string, number> {
  const view = probesOf(stage);
  return { asked: view.probesAsked, passed: view.probesPassed, failed: view.probesFailed, notMade: view.probesNotMade, unreached: view.probesUnreached, late: view.probesLate };
}

/** Answers when a whole request has come, then does that. */
function answer(text: string, then: (peer: Peer) => void = (peer) => peer.close()): Listener {
  return (peer) => {
    peer.onChange = () => {
      if (!peer.received.endsWith("\r\n\r\n") || peer.gone) return;
      peer.onChange = () => undefined;
      peer.send(text);
      then(peer);
    };
  };
}

const lingers = (): void => undefined;
const head = (status: number, lines = ""): string => `HTTP/1.1 ${status} X\r\n${lines}\r\n`;

describe("a backend is well that answers", () => {
  test.each<readonly [string, Listener, boolean]>([
    ["200", answer(OK), true],
    ["200 in HTTP/1.0, until the end", answer("HTTP/1.0 200 OK\r\n\r\nok"), true],
    ["204", answer(head(204)), true],
    ["301", answer(head(301, "Location: /x\r\n")), true],
    ["399", answer(head(399)), true],
    ["103, then 200", answer(`${head(103)}${head(102, "A: b\r\n")}${OK}`), true],
    ["103 and nothing else", answer(head(103)), false],
    ["400", answer(head(400)), false],
    ["503", answer(head(503)), false],
    ["no HTTP", answer("SSH-2.0-x\r\n\r\n"), false],
    ["two lengths", answer(head(200, "Content-Length: 1\r\nContent-Length: 2\r\n")), false],
    ["half a head", answer(head(200).slice(0, -2)), false],
    ["a head without an end", answer(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(34_000)}`, lingers), false],
    ["nothing", answer(""), false],
    ["with a reset", answer("", (peer) => peer.reset()), false],
    ["200 at once, and resets", (peer) => peer.send(OK).reset(), true],
    ["200, and does not close", answer(OK, lingers), true],
    ["200, and never stops", answer(`${head(200)}${"x".repeat(200_000)}`), true],
  ])("%s", (_name, listener, well) => {
    const stage = probing("100000:50:0:1:1", { backend: listener });
    stage.run(45);
    expect(stage.backends).toHaveLength(2);
    expect(healthy(stage)).toEqual([well, well]);
    expect(counts(stage)).toEqual({ asked: 2, passed: well ? 2 : 0, failed: well ? 0 : 2, notMade: 0, unreached: 0, late: 0 });
    expect(stage.backends[0].received).toMatch(/^(GET \/ HTTP\/1\.1\r\nHost: 10\.3\.0\.1:8001\r\nUser-Agent: veridian-health\r\nConnection: close\r\n\r\n)?$/);
    // Nobody's requests, and nothing of theirs.
    expect(stage.counts("total", "routed", "upstreamsOpened")).toEqual({ total: 0, routed: 0, upstreamsOpened: 0 });
    settled(stage);
  });

  test.each([[60_000, "closed"], [70_000, "reset"]])("200 and %i bytes, at whose end it is %s", (bytes, fate) => {
    const stage = probing("100000:50:0:1:1", { backend: answer(`${head(200)}${"x".repeat(bytes)}`) });
    stage.run(45);
    expect(stage.backends.map((peer) => peer.fate)).toEqual([fate, fate]);
    expect(counts(stage)).toMatchObject({ passed: 2, failed: 0 });
  });

  test("piece by piece, in time", () => {
    const stage = probing("100000:2000:0:1:1");
    stage.onBackend((peer) => (peer.onChange = () => undefined));
    stage.until(() => stage.backends.length === 2 && stage.backends.every(({ received }) => received.endsWith("\r\n\r\n")), 100);
    for (const byte of OK) {
      for (const peer of stage.backends) peer.send(byte);
      stage.run(2);
    }
    expect(counts(stage)).toMatchObject({ passed: 2, failed: 0 });
    for (const peer of stage.backends) peer.close();
    settled(stage);
  });
});

describe("a backend is not well", () => {
  test("that refuses the connection", () => {
    const stage = probing("100000:50:0:1:1");
    stage.accepting(() => 0);
    stage.run(20);
    expect(healthy(stage)).toEqual([false, false]);
    expect(counts(stage)).toMatchObject({ asked: 2, failed: 2, unreached: 2, late: 0 });
    settled(stage);
  });

  test.each([["the connection", -1], ["the request", 1]])("that does not answer %s, from the time on that its group says", (_name, accepts) => {
    const stage = new Stage({ wholeConfig: configuration("") });
    stage.accepting(() => accepts);
    set(stage, configuration("100000:50:0:1:1"));
    const began = stage.machine.tick();
    stage.world.runUntilTick(began + 47);
    expect(healthy(stage)).toEqual([true, true]);
    stage.world.runUntilTick(began + 53);
    expect(healthy(stage)).toEqual([false, false]);
    // Net looks less often, and then lets go.
    stage.run(1100);
    expect(counts(stage)).toMatchObject({ failed: 2, late: 2 });
    settled(stage, 8000);
  });

  test("whose address is a name", () => {
    const stage = probing("100000:50:0:1:1", {}, "member=g:backend.example:8001\nmember=g:10.3.0.2:8002\n");
    stage.onBackend(answer(OK));
    stage.run(30);
    expect(healthy(stage)).toEqual([false, true]);
    expect(stage.backends).toHaveLength(1);
  });
});

test("a backend of IPv6 is asked like others", () => {
  const stage = probing("100000:50:0:1:1", { backend: answer(OK) }, "member=g:[fd00::99]:8001\nmember=g:10.3.0.2:8002\n");
  stage.run(30);
  expect(healthy(stage)).toEqual([true, true]);
  expect(stage.backends.some(({ received }) => /\r\nHost: \[fd00:.*99\]:8001\r\n/.test(received))).toBe(true);
});

test("each is asked when it is due, and the machine is quiet in between", () => {
  const ticks: number[][] = [[], []];
  const stage = new Stage({ wholeConfig: configuration(""), backend: answer(OK) });
  stage.accepting((port) => (ticks[port - 8001].push(stage.machine.tick()), 1));
  set(stage, configuration("200:50:30"));
  stage.run(10_000);
  for (const times of ticks) {
    const gaps = times.slice(1).map((tick, i) => tick - times[i]);
    expect(times[0]).toBeLessThan(40);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(199);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(232);
    expect(new Set(gaps).size).toBeGreaterThan(5);
  }
  expect(stage.until(() => stage.machine.quiet(), 100)).toBe(true);
  // Taken away, no timer and no probe is left.
  set(stage, configuration(""));
  const before = ticks.flat().length;
  stage.run(1000);
  expect(ticks.flat()).toHaveLength(before);
  settled(stage);
});

test("who finds no room is asked again soon, and is not to blame", () => {
  const stage = probing("100000:500:0:1:1", { limits: { probesMax: 1 } });
  stage.onBackend(answer(OK, (peer) => peer.close()));
  stage.run(60);
  expect(healthy(stage)).toEqual([true, true]);
  const { asked, passed, failed, notMade } = counts(stage);
  expect([passed, failed]).toEqual([2, 0]);
  expect(notMade).toBeGreaterThan(0);
  expect(asked).toBe(passed + notMade);
  settled(stage);
});

test("probes of a backend that never answers do not pile up", () => {
  const stage = probing("60:50:0:1:1");
  stage.run(3000);
  expect(stage.backends.length).toBeGreaterThan(80);
  expect(stage.count("inUse")).toBeLessThanOrEqual(4);
  set(stage, configuration(""));
  expect(stage.clear(8000)).toEqual(NOTHING);
});

test("what comes of a backend that was taken away is passed over", () => {
  const stage = probing("100000:500:0:1:1");
  stage.run(20);
  set(stage, configuration("100000:500:0:1:1", "member=g:10.3.0.2:8002\nmember=g:10.3.0.3:8003\n"));
  for (const peer of stage.backends) peer.send(head(500)).close();
  stage.run(20);
  // The second one stayed, and its answer counts; the third one has not answered.
  expect(healthy(stage)).toEqual([false, true]);
});

describe("probing goes on when one dies:", () => {
  test.each(["net", "lb"] as const)("%s", (name) => {
    const stage = new Stage({ wholeConfig: configuration("100:50:0:2:2"), mortal: true, backend: answer(OK) });
    stage.run(520);
    expect(healthy(stage)).toEqual([true, true]);
    stage.kill(name);
    stage.run(500);
    const before = stage.backends.length;
    stage.run(1000);
    expect(stage.backends.length - before).toBeGreaterThanOrEqual(18);
    expect(healthy(stage)).toEqual([true, true]);
    stage.accepting(() => 0);
    stage.run(400);
    expect(healthy(stage)).toEqual([false, false]);
  });
});

test("a probe under way ends with net", () => {
  const stage = probing("100000:500:0:1:1");
  stage.run(20);
  expect(stage.backends).toHaveLength(2);
  stage.ask(OperatorTarget.shutdown);
  stage.run(20);
  expect(stage.backends.map(({ fate }) => fate)).toEqual(["reset", "reset"]);
});

test("a word holds serial and result", () => {
  for (const serial of [0, 1, 0xff_ffff]) for (const result of [0, 1, 2]) expect([probedSerial(probedWord(serial, result)), probedResult(probedWord(serial, result))]).toEqual([serial, result]);
  expect(probeSerial(2 ** 24 + 5)).toBe(5);
});
