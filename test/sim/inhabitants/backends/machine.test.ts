import { expect, test } from "vitest";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import type { BackendPlan } from "../../../../sim/scenario/plan.ts";
import { Town } from "./machine.ts";
import type { Talk } from "./machine.ts";
import { answersIn, get, planned } from "./stage.ts";

const ALL = 1_000_000;

function backend(number: number, more: Partial<BackendPlan> = {}): BackendPlan {
  return { ...planned, address: `10.3.0.${number}`, port: 8000 + number, serviceTicks: constantly(2), ...more };
}

function configuration(algorithm: string, count: number, more = ""): string {
  const members = Array.from({ length: count }, (_, i) => `member=g:10.3.0.${i + 1}:${8001 + i}\n`).join("");
  return `semantics=strict\nrate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:${algorithm}\n${members}default=g\n${more}`;
}

test("requests of one client go through the machine to backends by turns, and their answers come whole and in order", () => {
  const town = new Town([backend(1, { bodyBytes: constantly(30_000) }), backend(2, { chunkedParts: ALL, bodyBytes: constantly(10_000) }), backend(3, { untilCloseParts: ALL })], configuration("roundrobin", 3));
  const talk = town.open();
  for (let i = 1; i <= 9; i++) town.send(talk, get("/", `X-Label: 0000000${i}0000000${i}\r\n`));
  town.until(() => talk.ended || whole(talk) === 9);
  // An answer that only its connection's end ends goes on to the client in chunks, or ends its connection too.
  const answers = answersIn(talk.text);
  expect(answers.map(({ lines }) => Number(lines["x-backend"]))).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2].slice(0, answers.length));
  expect(answers.length).toBeGreaterThanOrEqual(3);
  answers.forEach((answer, i) => expect(answer).toMatchObject({ status: 200, sound: true, whole: true, lines: { "x-label": `0000000${i + 1}0000000${i + 1}` } }));
  town.close(talk);
  town.until(() => talk.gone);
  const accounts = town.accounts();
  expect(accounts.map(({ requests }) => requests).reduce((sum, count) => sum + count)).toBe(answers.length);
  for (const { connections, bodiesWrong } of accounts) expect([connections.opened - connections.closed - connections.open, connections.brokenOff, bodiesWrong]).toEqual([0, 0, 0]);
});

test.each([["leastconn", 2], ["p2c", 2], ["peakewma", 2], ["roundrobin", 0]] as const)("a backend that is ten times slower gets less from those who follow load: %s", (algorithm, times) => {
  const slow = { events: [{ tick: 0, kind: "slow" as const, value: 1000 }] };
  const wide = { serviceTicks: constantly(2), concurrency: 64 };
  const town = new Town([backend(1, wide), backend(2, { ...wide, ...slow })], configuration(algorithm, 2));
  const sent = ask(town, 8, 200);
  const [fast, other] = town.accounts();
  expect(fast.requests + other.requests).toBe(sent);
  if (times > 0) expect(fast.requests).toBeGreaterThan(times * other.requests);
  else expect(Math.abs(fast.requests - other.requests)).toBeLessThanOrEqual(1);
  expect(other.workTicks / other.requests).toBeGreaterThan(5 * (fast.workTicks / fast.requests));
});

/** So many clients ask, each for the next as soon as it has its answer, until so many requests are made; how many were. */
function ask(town: Town, clients: number, requests: number): number {
  const talks: Talk[] = Array.from({ length: clients }, (_, i) => town.open(i + 1));
  const asked = new Map<Talk, number>();
  let sent = 0;
  while (sent < requests) {
    for (const talk of talks) {
      if (count(talk) !== (asked.get(talk) ?? 0)) continue;
      town.send(talk, get());
      asked.set(talk, (asked.get(talk) ?? 0) + 1);
      sent += 1;
    }
    town.world.step();
  }
  town.until(() => talks.every((talk) => count(talk) === asked.get(talk)));
  return sent;
}

/** Answers that have begun; bodies hold no such text. */
function count({ text }: Talk): number {
  return text.split("HTTP/1.1 ").length - 1;
}

/** Answers that are whole. */
function whole({ text }: Talk): number {
  try {
    return answersIn(text).filter((answer) => answer.whole).length;
  } catch {
    return 0;
  }
}

test("what goes wrong at a backend shows at the client within bounds, and in the account", () => {
  const events = [{ tick: 1000, kind: "down" as const, value: 0 }, { tick: 2000, kind: "up" as const, value: 0 }, { tick: 3000, kind: "errors" as const, value: ALL }];
  const town = new Town([backend(1, { events })], configuration("roundrobin", 1));
  const statusAt = (tick: number): number => {
    town.until(() => town.tick >= tick);
    return town.ask();
  };
  expect([statusAt(500), statusAt(1100), statusAt(2100), statusAt(3100)]).toEqual([200, 502, 200, 503]);
  const [account] = town.accounts();
  expect(account.answers).toMatchObject({ ok: 2, error: 1, answered: 3 });
  expect(account.connections.refused).toBeGreaterThan(0);
  expect(account.load.reduce((sum, stretch) => sum + stretch.requests, 0)).toBe(account.requests);
});

test("a backend of IPv6 serves a client of IPv4", () => {
  const town = new Town([backend(1, { address: "fd00::99" })], configuration("roundrobin", 1).replace("10.3.0.1", "[fd00::99]"));
  expect(town.ask()).toBe(200);
  expect(town.accounts()[0]).toMatchObject({ name: "[fd00::99]:8001", requests: 1, answers: { ok: 1 } });
});
