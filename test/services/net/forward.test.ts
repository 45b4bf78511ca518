import { describe, expect, test } from "vitest";
import { Outcome } from "../../../services/lb/api.ts";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";
import { readSent } from "./reading.ts";

const post = (target: string, body: string, length = body.length): string => `POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n${body}`;
const client = (sport = 40_000): Client => new Client({ sport }, 5000);
const data = (bench: NetBench): string[] => bench.transmitted.map((frame) => readSent(frame).data);

describe("a routed request", () => {
  test("is sent on from the client to the backend with the client's numbers, by the neighbour's address", () => {
    const bench = new NetBench();
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "hello"), { acknowledgement: 0x8000_0001, window: 321 }));
    expect(bench.transmitted.map(readSent)).toEqual([
      { macs: "020000000099 020000000001", source: "10.0.0.1", destination: "10.9.9.9", sport: 40_000, dport: 8000, sequence: 5001, acknowledgement: 0x8000_0001, window: 321, data: post("/a", "hello") },
    ]);
    expect(bench.counts("transmitted", "unroutable", "cutShort")).toEqual({ transmitted: 1, unroutable: 0, cutShort: 0 });
  });

  test("leaves out the empty line that was skipped before it", () => {
    const bench = new NetBench();
    const one = client();
    bench.offer(one.syn(), one.send(`\r\n${post("/a", "x")}\r\n`), one.send(post("/b", "y")));
    expect(bench.seen.map(({ offset, head }) => [offset, head.slice(0, 7)])).toEqual([[2, "POST /a"], [2 + post("/a", "x").length + 2, "POST /b"]]);
    expect(bench.transmitted.map(readSent).map(({ sequence, data: text }) => [sequence, text])).toEqual([[5003, post("/a", "x")], [5005 + post("/a", "x").length, post("/b", "y")]]);
  });

  test.each([
    ["without an address literal", []],
    ["of the other family", new Array<number>(16).fill(1)],
  ])("to a backend %s stays decided, is not sent, and is counted", (_what, backend) => {
    const bench = new NetBench();
    bench.policy.backend = backend;
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "he", 5)), one.send("llo"), one.send(post("/b", "")));
    expect(bench.counts("routed", "unroutable", "transmitted")).toEqual({ routed: 2, unroutable: 2, transmitted: 0 });
    expect(bench.transmitted).toEqual([]);
    expect(bench.targets()).toBe("/a /b");
  });

  test("over IPv6", () => {
    const bench = new NetBench();
    bench.policy.backend = [0xfd, ...new Array<number>(14).fill(0), 9];
    const one = new Client({ source: "fd00::1", sport: 7 });
    bench.offer(one.syn(), one.send(post("/a", "hello")));
    expect(bench.transmitted.map(readSent)[0]).toMatchObject({ source: `fd${"0".repeat(29)}1`, destination: `fd${"0".repeat(29)}9`, data: post("/a", "hello") });
  });

  test("that is longer than the MTU goes in segments that fit it", () => {
    const bench = new NetBench();
    const one = client();
    const all = post("/a", "b".repeat(4000));
    bench.offer(one.syn(), one.send(all.slice(0, 10)), one.send(all.slice(10, 1400)), one.send(all.slice(1400, 2800)), one.send(all.slice(2800)));
    expect(data(bench).join("")).toBe(all);
    expect(Math.max(...bench.transmitted.map((frame) => frame.length))).toBeLessThanOrEqual(1514);
  });
});

describe("body bytes", () => {
  test("that come after the decision are sent on as they arrive", () => {
    const bench = new NetBench();
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "12", 6)));
    expect(data(bench)).toEqual([post("/a", "12", 6)]);
    bench.offer(one.send("34", { acknowledgement: 42, window: 43 }), one.send(`56${post("/b", "")}`));
    expect(data(bench)).toEqual([post("/a", "12", 6), "34", "56", post("/b", "")]);
    expect(readSent(bench.transmitted[1])).toMatchObject({ acknowledgement: 42, window: 43, dport: 8000, destination: "10.9.9.9", sequence: 5001 + post("/a", "12", 6).length });
  });

  test("go where their own request was routed", () => {
    const bench = new NetBench();
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "", 4)));
    bench.policy.port = 9000;
    bench.world.queue = 5;
    bench.offer(one.send(`aaaa${post("/b", "", 4)}`), one.send("bbbb"));
    expect(bench.transmitted.map(readSent).map(({ dport, data: text }) => `${dport} ${text.slice(0, 7)}`)).toEqual(["8000 POST /a", "8000 aaaa", "9000 POST /b", "9000 bbbb"]);
    expect(bench.world.transmitQueues).toEqual([0, 5, 5, 5]);
  });

  test("of a refused request are skipped", () => {
    const bench = new NetBench();
    bench.policy.outcome = Outcome.rateLimitExceeded;
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "12", 6)), one.send("3456"));
    bench.policy.outcome = Outcome.routed;
    bench.offer(one.send(post("/b", "x")));
    expect(data(bench)).toEqual([post("/b", "x")]);
  });

  test("that come before the decision wait, and follow the head in order", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    const one = client();
    const body = "x".repeat(500) + "y".repeat(1200) + "z".repeat(1300);
    bench.offer(one.syn(), one.send(post("/a", body, body.length).slice(0, -2500)), one.send(body.slice(-2500, -1300)), one.send(`${body.slice(-1300)}${post("/b", "b")}`));
    expect(bench.transmitted).toEqual([]);
    expect(bench.used("streams")).toBeGreaterThan(2500);
    bench.release();
    expect(data(bench).join("")).toBe(post("/a", body) + post("/b", "b"));
    expect(bench.counts("transmitted", "bodyGivenUp")).toEqual({ transmitted: 2, bodyGivenUp: 0 });
    expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
  });

  test("that wait beyond the bound make the request one that is not sent on; the decision stands, parsing goes on", () => {
    const bench = new NetBench({ limits: { waitingBytesMax: 1000 } });
    bench.policy.hold = true;
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "", 2001)), one.send("x".repeat(1000)));
    expect(bench.count("bodyGivenUp")).toBe(0);
    bench.offer(one.send("x"), one.send("x".repeat(1000)), one.send(post("/b", "b")));
    expect(bench.counts("bodyGivenUp", "total")).toEqual({ bodyGivenUp: 1, total: 2 });
    expect(bench.used("streams")).toBe(0);
    bench.release();
    expect(bench.counts("routed", "transmitted", "bodyGivenUp")).toEqual({ routed: 2, transmitted: 1, bodyGivenUp: 1 });
    expect(data(bench)).toEqual([post("/b", "b")]);
    expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
  });

  test("for which there is no room do the same", () => {
    const bench = new NetBench({ limits: { streamsBytes: 1024 } });
    bench.policy.hold = true;
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "", 1200)), one.send("x".repeat(1200)));
    bench.release();
    expect(bench.counts("routed", "transmitted", "bodyGivenUp")).toEqual({ routed: 1, transmitted: 0, bodyGivenUp: 1 });
    expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
  });

  test("that come after the flow ended are no body; what had come is sent on", () => {
    const bench = new NetBench();
    bench.policy.hold = true;
    const one = client();
    bench.offer(one.syn(), one.send(post("/a", "12", 6)), one.send("34"), one.reset(), one.send("56"));
    bench.release();
    expect(data(bench).join("")).toBe(post("/a", "1234", 6));
    expect(bench.counts("unfinished", "transmitted")).toEqual({ unfinished: 0, transmitted: 1 });
  });

  test("are not sent to the backend of a flow that had the same record before", () => {
    const bench = new NetBench({ limits: { flowsMax: 1 } });
    bench.policy.hold = true;
    const [one, two] = [client(1), client(2)];
    bench.offer(one.syn(), one.send(post("/a", "12", 6)), two.syn(), two.send(post("/b", "ab", 6)));
    // The first decision is for a flow that is no more.
    bench.world.releases = 1;
    bench.wait(2).offer(two.send("cd"));
    bench.release().offer(two.send("ef"));
    expect(bench.transmitted.map(readSent).map(({ sport, data: text }) => [sport, text])).toEqual([[1, post("/a", "12", 6)], [2, post("/b", "ab", 6)], [2, "cd"], [2, "ef"]]);
  });
});

test("without a free buffer what is left is not sent later, and nothing stays behind", () => {
  const bench = new NetBench({ buffers: 4 });
  bench.policy.hold = true;
  const one = client();
  bench.offer(one.syn(), one.send(post("/a", "x".repeat(1200), 6000)), one.send("x".repeat(1400)), one.send("x".repeat(1400)), one.send("x".repeat(1400)));
  bench.release();
  expect(bench.counts("routed", "transmitted", "cutShort")).toEqual({ routed: 1, transmitted: 0, cutShort: 1 });
  expect(data(bench).length).toBeGreaterThan(0);
  const sent = data(bench).length;
  bench.offer(one.send("x".repeat(600)), one.send(post("/b", "b")));
  expect(data(bench).slice(sent)).toEqual([post("/b", "b")]);
  expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
});
