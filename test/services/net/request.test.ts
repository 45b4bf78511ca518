import { describe, expect, test } from "vitest";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const client = (sport: number): Client => new Client({ sport });

describe("a request's descriptor", () => {
  test("says who, where, when and what", () => {
    const bench = new NetBench();
    const one = new Client({ source: "10.1.2.3", sport: 1234, dport: 8080, destination: "10.0.0.99" });
    bench.world.queue = 3;
    bench.offer(one.syn()).wait(5);
    const tick = bench.machine.tick();
    bench.offer(one.send("HEAD /p?q HTTP/1.0\r\nhost:  Example.test \t\r\nCookie: a=b\r\nX:\r\n\r\n"));
    expect(bench.seen).toEqual([
      {
        ordinal: 2,
        source: "10.1.2.3:1234",
        destination: "10.0.0.99:8080",
        queue: 3,
        flow: 1,
        tick,
        cycle: expect.any(Number) as unknown as number,
        method: "HEAD",
        target: "/p?q",
        host: "Example.test",
        version: 0,
        head: "HEAD /p?q HTTP/1.0\r\nhost:  Example.test \t\r\nCookie: a=b\r\nX:\r\n\r\n",
        offset: 0,
        nth: 0,
        outcome: "routed",
        place: 0,
        headers: [["host", "Example.test"], ["Cookie", "a=b"], ["X", ""]],
      },
    ]);
    expect(bench.world.transmitQueues).toEqual([3]);
    const two = new Client({ source: "fd00::102", destination: "fd00::103", sport: 2 });
    bench.offer(two.send(get("/2")));
    expect(bench.seen[1]).toMatchObject({ source: "253.0.0.0.0.0.0.0.0.0.0.0.0.0.1.2:2", destination: "253.0.0.0.0.0.0.0.0.0.0.0.0.0.1.3:80", flow: 2 });
  });

  test("says at which cycle the head was complete: within its tick, and of several heads in one frame one after the other", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    bench.offer(client(1).syn()).wait(5);
    const before = bench.machine.now();
    bench.offer(client(1).at(0, get("/1") + get("/2")));
    const after = bench.machine.now();
    bench.wait(3).release();
    const [first, second] = bench.seen;
    expect(bench.seen.map(({ cycle }) => Math.floor(cycle / CYCLES_PER_TICK))).toEqual(bench.seen.map(({ tick }) => tick));
    expect(first!.cycle).toBeGreaterThan(before);
    expect(second!.cycle).toBeGreaterThan(first!.cycle);
    expect(second!.cycle).toBeLessThan(after);
  });

  test("leaves a head that lies in one frame there, and holds the buffer until the decision", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).at(0, get("/1").repeat(3)), client(1).at(3 * get("/1").length, get("/2")));
    expect([bench.buffersInUse(), bench.count("framesHeld"), bench.used("streams")]).toEqual([2, 4, 0]);
    bench.release();
    expect([bench.buffersInUse(), bench.count("framesHeld")]).toEqual([0, 0]);
    expect(bench.seen.map((request) => request.place)).toEqual([0, 0, 0, 0]);
  });

  test("copies heads when enough frames are held", () => {
    const bench = new NetBench({ limits: { framesHeldMax: 2 } });
    bench.policy.hold = true;
    for (const sport of [1, 2, 3, 4]) bench.offer(client(sport).syn(), client(sport).at(0, get(`/${sport}`)));
    expect([bench.buffersInUse(), bench.count("framesHeld")]).toEqual([2, 2]);
    bench.release();
    expect(bench.seen.map(({ target, place }) => [target, place])).toEqual([["/1", 0], ["/2", 0], ["/3", 1], ["/4", 1]]);
    expect([bench.buffersInUse(), bench.used("streams")]).toEqual([0, 0]);
  });
});

describe("a request is overloaded", () => {
  test("when no slot is free; its flow is read on", () => {
    const bench = new NetBench({ limits: { requestsMax: 2 } });
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).at(0, get("/1") + get("/2") + "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"));
    expect(bench.seen.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual(["/3 Overloaded"]);
    bench.release();
    bench.offer(client(1).at(2 * get("/1").length + 51, get("/4")));
    expect(bench.seen.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual(["/3 Overloaded", "/1 routed", "/2 routed", "/4 routed"]);
    expect(bench.counts("total", "overloaded", "routed")).toEqual({ total: 4, overloaded: 1, routed: 3 });
  });

  test("when the region of requests has no room for it; small ones still find some", () => {
    const bench = new NetBench({ limits: { requestsBytes: 5120, requestsMax: 8 } });
    bench.policy.hold = true;
    const many = `GET /many HTTP/1.1\r\nHost: h\r\n${"A: b\r\n".repeat(100)}\r\n`;
    bench.offer(client(1).syn(), client(1).at(0, many + get("/few")));
    bench.release();
    expect(bench.seen.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual(["/many Overloaded", "/few routed"]);
  });

  test("when the balancer's queue is full", () => {
    const bench = new NetBench({ requestsQueue: 2 });
    bench.offer(client(1).syn(), client(1).at(0, get("/x").repeat(6)));
    expect(bench.counts("total", "overloaded")).toEqual({ total: 6, overloaded: 6 - bench.count("routed") });
    expect(bench.count("routed")).toBeGreaterThanOrEqual(2);
    expect(bench.count("overloaded")).toBeGreaterThanOrEqual(3);
    expect([bench.buffersInUse(), bench.used("requests")]).toEqual([0, new NetBench().used("requests")]);
  });
});
