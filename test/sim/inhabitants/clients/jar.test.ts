import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../../kernel/arena.ts";
import type { JarAddress } from "../../../../sim/inhabitants/clients/jar.ts";
import { Jar, Kept, jarCreate, jarKeep, jarText } from "../../../../sim/inhabitants/clients/jar.ts";
import { JAR_BYTES } from "../../../../sim/inhabitants/clients/limits.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { ok } from "./exchange.ts";
import { Stage, asked } from "./stage.ts";

const MEMORY_BYTES = 8192;
const SEED = 4;

class Cookies {
  readonly #memory = new Memory(new ArrayBuffer(MEMORY_BYTES));
  readonly #source = new Memory(new ArrayBuffer(MEMORY_BYTES));
  readonly #jar: JarAddress;

  constructor() {
    arenaFormat(this.#memory, 0, MEMORY_BYTES);
    this.#jar = jarCreate(arenaHeap(this.#memory, 0)) as JarAddress;
  }

  keep(value: string): number {
    for (let i = 0; i < value.length; i++) this.#source.u8[i] = value.charCodeAt(i);
    return jarKeep(this.#memory, this.#jar, this.#source, 0, value.length);
  }

  get text(): string {
    const at = jarText(this.#jar);
    return Buffer.from(this.#memory.u8.subarray(at, at + Jar.bytes.get(this.#memory, this.#jar))).toString("latin1");
  }
}

describe("a jar", () => {
  it.each([
    [["a=1"], "a=1"],
    [["a=1", "b=2"], "a=1; b=2"],
    [["a=1", "a=22"], "a=22"],
    [["a=1", "b=2", "a=3"], "b=2; a=3"],
    [["a=1; Path=/; HttpOnly", "b=2 ; Secure"], "a=1; b=2"],
    [["  a=1  "], "a=1"],
    [["a="], "a="],
    [["a=b=c"], "a=b=c"],
    [["ab=1", "a=2"], "ab=1; a=2"],
    [["a=1", "b=2", "c=3", "b=; Max-Age=0"], "a=1; c=3"],
    [["a=1", "b=2", "b=; max-age=-1"], "a=1"],
    [["a=1", "a=2; Max-Age=000; Path=/"], ""],
    [["a=1", "a=2; Max-Age=10"], "a=2"],
    [["a=1", "a=2; Max-Age="], "a=2"],
    [["a=1", "a=2; Max-Age=-"], "a=2"],
    [["a=1", "a=2; Max-Agent=0"], "a=2"],
    [["a=1", "a=2; Path=/; Max-Age=0"], ""],
    [["b=; Max-Age=0"], ""],
    [["", "=1", "noequals", "; a=1", "a b=1"], ""],
  ])("that is given %j holds %j", (values, text) => {
    const cookies = new Cookies();
    for (const value of values) cookies.keep(value);
    expect(cookies.text).toBe(text);
  });

  it("takes what fits to the last byte, and drops what does not, the old value staying", () => {
    const cookies = new Cookies();
    expect(cookies.keep("a=1")).toBe(Kept.kept);
    const room = JAR_BYTES - "a=1".length - "; ".length;
    expect(cookies.keep(`b=${"x".repeat(room - 1)}`)).toBe(Kept.dropped);
    expect(cookies.keep(`b=${"x".repeat(room - 2)}`)).toBe(Kept.kept);
    expect(cookies.text.length).toBe(JAR_BYTES);
    expect(cookies.keep("c=1")).toBe(Kept.dropped);
    expect(cookies.keep(`a=${"y".repeat(9)}`)).toBe(Kept.dropped);
    expect(cookies.text.startsWith("a=1; b=x")).toBe(true);
    expect(cookies.keep("a=; Max-Age=0")).toBe(Kept.removed);
    expect(cookies.keep("c=1")).toBe(Kept.kept);
  });

  it("holds what a map would hold", () => {
    const name = fc.constantFrom("a", "b", "ab", "session", "c");
    const value = fc.oneof(fc.constantFrom("", "1", "a=2", "b"), fc.constant("v".repeat(100)));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value, fc.boolean()), { maxLength: 30 }), (given) => {
        const cookies = new Cookies();
        const model = new Map<string, string>();
        for (const [key, text, over] of given) {
          const kept = cookies.keep(`${key}=${text}${over ? "; Max-Age=0" : ""}; Path=/`);
          expect(kept === Kept.removed).toBe(over);
          if (kept === Kept.dropped) continue;
          model.delete(key);
          if (!over) model.set(key, text);
          expect(cookies.text).toBe([...model].map(([one, other]) => `${one}=${other}`).join("; "));
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe("clients that keep cookies", () => {
  const answer = (nth: number): string => (nth === 0 ? "Set-Cookie: s=x1; Path=/\r\nset-cookie: t=2\r\n" : "");

  it("send back what they were given, for as long as they live, each its own", () => {
    const stage = new Stage([{ count: 2, keepsCookies: true, arrival: { kind: "constant", everyTicks: 50 }, requestsPerSession: constantly(2) }], { stopTick: 100 });
    stage.server.reply = (seen) => ({ text: ok(seen, 1, seen.from === "10.1.0.7" ? answer(seen.nth) : "") });
    stage.run();
    expect(stage.server.seen.map((seen) => [seen.from, seen.field("cookie")])).toEqual([
      ["10.1.0.7", undefined], ["10.1.0.7", "s=x1; t=2"], ["10.1.0.8", undefined], ["10.1.0.8", undefined], ["10.1.0.7", "s=x1; t=2"], ["10.1.0.7", "s=x1; t=2"],
    ]);
    expect(stage.account.counters).toMatchObject({ cookiesKept: 4, cookiesDropped: 0, failures: 0 });
  });

  it("are those that are planned", () => {
    const stage = new Stage([{ requestsPerSession: constantly(2) }]);
    stage.server.reply = (seen) => ({ text: ok(seen, 1, answer(0)) });
    stage.run();
    expect(stage.server.seen.map((seen) => seen.field("cookie"))).toEqual([undefined, undefined]);
    expect(stage.account.counters.cookiesKept).toBe(0);
  });

  it("count what they could not keep", () => {
    const stage = new Stage([{ keepsCookies: true }]);
    stage.server.reply = (seen) => ({ text: ok(seen, 1, `Set-Cookie: s=${"x".repeat(JAR_BYTES)}\r\nSet-Cookie: nothing\r\nSet-Cookie: a=1; Max-Age=0\r\n`) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ cookiesKept: 0, cookiesDropped: 2, answers: 1 });
  });

  it("do not change their mind in the middle of a head", () => {
    const long = { ...asked, headers: Array.from({ length: 40 }, (_, i) => `X-${i}: ${"y".repeat(60)}`) };
    const stage = new Stage([{ keepsCookies: true, pipelineMax: 2, requestsPerSession: constantly(12), requests: [long] }], { limits: { sendBytesMax: 2048 } });
    stage.server.reply = (seen) => ({ text: ok(seen, 1, `Set-Cookie: n${seen.nth}=${"z".repeat(seen.nth)}\r\n`) });
    stage.run();
    expect(stage.account.counters).toMatchObject({ answers: 12, failures: 0 });
    expect(stage.account.counters.cookiesDropped + stage.account.counters.cookiesKept).toBe(12);
    expect(stage.account.counters.cookiesDropped).toBeGreaterThan(0);
  });
});
