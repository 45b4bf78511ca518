import { describe, expect, test } from "vitest";
import { Client, frame } from "../../frames.ts";
import { NetBench } from "./bench.ts";

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const client = (sport: number, initial = 1000): Client => new Client({ sport }, initial);

describe("a flow begins", () => {
  test("with a SYN; data in it counts", () => {
    const bench = new NetBench();
    bench.offer(client(1).syn({ data: get("/fast") }), client(1).at(get("/fast").length, get("/next")));
    expect(bench.seen.map(({ target, offset }) => [target, offset])).toEqual([["/fast", 0], ["/next", get("/fast").length]]);
    expect(bench.counts("flowsOpened", "midstream")).toEqual({ flowsOpened: 1, midstream: 0 });
  });

  test.each([
    ["a whole request line", "GET /x HTTP/1.0\r\n", true],
    ["a whole head and more", `${get("/y")}GET`, true],
    ["an unknown method", "BREW /x HTTP/1.1\r\n", true],
    ["a request line without its end", "GET /x HTTP/1.1\r", false],
    ["an empty line first", `\r\n${get("/x")}`, false],
    ["the rest of a head", `ost: h\r\n\r\n${get("/x")}`, false],
    ["another version", "GET /x HTTP/2.0\r\n", false],
    ["nothing", "", false],
  ])("without a SYN only when its data begins with a request line: %s", (_what, data, opens) => {
    const bench = new NetBench();
    bench.offer(client(1).at(500, data));
    expect(bench.counts("midstream", "ignoredNoFlow")).toEqual({ midstream: opens ? 1 : 0, ignoredNoFlow: opens ? 0 : 1 });
  });

  test("in the middle at offset 0, and a SYN that comes late is a duplicate", () => {
    const bench = new NetBench();
    const late = client(1);
    bench.offer(late.send(get("/1")), late.syn(), late.send(get("/2")));
    expect(bench.seen.map(({ target, offset, nth }) => [target, offset, nth])).toEqual([["/1", 0, 0], ["/2", get("/1").length, 1]]);
    expect(bench.counts("midstream", "flowsOpened", "flowsReplaced")).toEqual({ midstream: 1, flowsOpened: 1, flowsReplaced: 0 });
  });

  test("not with a reset, whatever it carries", () => {
    const bench = new NetBench();
    bench.offer(client(1).at(0, get("/x"), { flags: "R" }), client(1).at(0, "", { flags: "F" }), client(2).at(0, "", { flags: "" }), client(3).at(0, "", { flags: "FPU" }));
    expect(bench.counts("ignoredNoFlow", "flowsOpened")).toEqual({ ignoredNoFlow: 4, flowsOpened: 0 });
  });

  test("on served ports only", () => {
    const bench = new NetBench();
    for (const dport of [80, 8080, 81, 443]) bench.offer(frame({ dport, flags: "S" }));
    expect(bench.counts("ignoredOtherPort", "flowsOpened")).toEqual({ ignoredOtherPort: 2, flowsOpened: 2 });
  });

  test("for each key: addresses, ports and family tell flows apart, VLAN tags do not", () => {
    const bench = new NetBench();
    const base = { sport: 5, source: "10.0.0.1", destination: "10.0.0.80", dport: 80 };
    const variants = [base, { ...base, sport: 6 }, { ...base, source: "10.0.0.2" }, { ...base, destination: "10.0.0.81" }, { ...base, dport: 8080 }, { ...base, source: "a00:1::", destination: "a00:50::" }];
    for (const options of variants) bench.offer(new Client(options).syn(), new Client(options).at(0, "GET /"));
    expect(bench.count("flowsOpened")).toBe(variants.length);
    for (const options of variants) bench.offer(new Client({ ...options, tags: [[0x8100, 7]] }).at(5, " HTTP/1.0\r\n\r\n"));
    expect(bench.count("total")).toBe(variants.length);
  });
});

describe("a SYN", () => {
  test("with the flow's own number changes nothing, in the middle of a head too, and with data too", () => {
    const bench = new NetBench();
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/x").slice(0, 8)), one.syn(), one.syn({ data: "GET /evil HTTP/1.1\r\n" }), one.send(get("/x").slice(8)));
    expect(bench.targets()).toBe("/x");
    expect(bench.count("flowsOpened")).toBe(1);
  });

  test("with another number begins a new flow in the place of an ended or an alive one", () => {
    const bench = new NetBench();
    bench.offer(client(1).syn(), client(1).at(0, "GET /half"), client(1, 77).syn(), client(1, 77).at(0, get("/new")));
    expect(bench.targets()).toBe("/new");
    expect(bench.counts("unfinished", "flowsReplaced")).toEqual({ unfinished: 1, flowsReplaced: 1 });
    const old = client(1, 77);
    bench.offer(old.at(get("/new").length, "", { flags: "FA" }), client(1, 78).syn(), client(1, 78).at(0, get("/newer")));
    expect(bench.targets()).toBe("/new /newer");
    expect(bench.counts("unfinished", "flowsReplaced", "flowsOpened")).toEqual({ unfinished: 1, flowsReplaced: 1, flowsOpened: 3 });
  });

  test("that replaced an alive flow is not undone by the reset that answers the old one", () => {
    const bench = new NetBench();
    bench.offer(client(1, 1000).syn(), client(1, 1000).at(0, get("/old")));
    const next = client(1, 0x5000_0000);
    bench.offer(next.syn(), client(1, 1000).at(get("/old").length, "", { flags: "R" }), next.syn(), next.send(get("/new")));
    expect(bench.targets()).toBe("/old /new");
    expect(bench.count("ignoredStrayReset")).toBe(1);
  });
});

describe("a flow ends", () => {
  test.each([
    ["at a reset", (one: Client) => [one.reset()], 1],
    ["at a reset before the first missing byte", (one: Client) => [one.at(2, "", { flags: "R" })], 1],
    ["at a reset beyond a hole", (one: Client) => [one.at(65_000, "", { flags: "R" })], 1],
    ["at its FIN", (one: Client) => [one.fin()], 1],
    ["at a FIN with the last data", (one: Client) => [one.send("more", { flags: "FPA" })], 1],
  ])("%s: the head it was in stays unfinished, what follows is ignored", (_what, end, unfinished) => {
    const bench = new NetBench();
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/whole")), one.send("GET /half"), ...end(one));
    expect(bench.counts("unfinished", "ignoredEndedFlow")).toEqual({ unfinished, ignoredEndedFlow: 0 });
    bench.offer(one.send(get("/late")), one.fin(), one.syn(), one.reset());
    expect(bench.counts("total", "ignoredEndedFlow", "unfinished")).toEqual({ total: 1, ignoredEndedFlow: 4, unfinished });
    expect(bench.used("streams")).toBe(0);
  });

  test("between heads without a trace", () => {
    const bench = new NetBench();
    for (const sport of [1, 2, 3]) bench.offer(client(sport).syn(), client(sport).at(0, sport === 1 ? "" : sport === 2 ? get("/x") : `${get("/x")}\r\n`));
    for (const sport of [1, 2, 3]) bench.offer(client(sport).at(sport === 1 ? 0 : sport === 2 ? get("/x").length : get("/x").length + 2, "", { flags: "FA" }));
    expect(bench.count("unfinished")).toBe(0);
    bench.offer(client(1).at(0, "", { flags: "A" }));
    expect(bench.count("ignoredEndedFlow")).toBe(1);
  });

  test("at a FIN that came early only when all before it has come; nothing behind it counts", () => {
    const bench = new NetBench();
    const one = client(1);
    const stream = get("/1") + get("/2");
    bench.offer(one.syn(), one.at(stream.length, "", { flags: "FA" }), one.at(40, stream.slice(40) + get("/beyond")), one.at(10, stream.slice(10, 40)));
    expect(bench.counts("total", "cutSegments")).toEqual({ total: 0, cutSegments: 1 });
    bench.offer(one.at(0, stream.slice(0, 10)));
    expect(bench.targets()).toBe("/1 /2");
    bench.offer(one.at(stream.length, get("/3")));
    expect(bench.counts("total", "ignoredEndedFlow")).toEqual({ total: 2, ignoredEndedFlow: 1 });
  });

  test("at its FIN even if bytes behind it had come before it", () => {
    const bench = new NetBench();
    const one = client(1);
    const stream = get("/1");
    bench.offer(one.syn(), one.at(10, stream.slice(10) + get("/beyond")), one.at(stream.length, "", { flags: "FA" }), one.at(0, stream.slice(0, 10)));
    expect(bench.targets()).toBe("/1");
    expect(bench.counts("unfinished")).toEqual({ unfinished: 0 });
    bench.offer(one.at(stream.length, get("/3")));
    expect(bench.count("ignoredEndedFlow")).toBe(1);
    expect(bench.used("streams")).toBe(0);
  });

  test("where its first FIN said, whatever a second one says", () => {
    for (const second of [-5, 20]) {
      const bench = new NetBench();
      const one = client(1);
      const stream = get("/1") + get("/2");
      bench.offer(one.syn(), one.at(stream.length, "", { flags: "FA" }), one.at(stream.length + second, "", { flags: "FA" }), one.at(40, stream.slice(40)), one.at(0, stream.slice(0, 40)));
      expect(bench.targets()).toBe("/1 /2");
      bench.offer(one.at(stream.length, get("/3")));
      expect(bench.count("ignoredEndedFlow")).toBe(1);
    }
  });

  test("not at a FIN or a reset that cannot be its own", () => {
    const bench = new NetBench();
    const one = client(1);
    bench.offer(one.syn(), one.send(get("/1")), one.at(3, "", { flags: "FA" }), one.at(70_000, "", { flags: "FA" }), one.at(-66_000, "", { flags: "R" }), one.at(70_000, "", { flags: "R" }), one.send(get("/2")));
    expect(bench.targets()).toBe("/1 /2");
    expect(bench.count("ignoredStrayReset")).toBe(2);
  });

  test("at a bad request line or version, counted, no request", () => {
    const bench = new NetBench();
    for (const [sport, line] of [[1, "hello\r\n"], [2, "GET /x HTTP/3.0\r\n"], [3, `${get("/ok")}\r\n\r\n`]] as const) bench.offer(client(sport).syn(), client(sport).at(0, line), client(sport).at(line.length, get("/more")));
    expect(bench.counts("badRequestLine", "total", "ignoredEndedFlow", "unfinished")).toEqual({ badRequestLine: 3, total: 1, ignoredEndedFlow: 3, unfinished: 0 });
  });

  test("at a refused head, and at a faulty body", () => {
    const bench = new NetBench();
    const bad = "GET /bad HTTP/1.1\r\nNo colon\r\n\r\n";
    const chunk = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    bench.offer(client(1).syn(), client(1).at(0, bad + get("/more")), client(2).syn(), client(2).at(0, chunk + get("/more")));
    expect(bench.seen.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual(["/bad Malformed", "/c routed"]);
    expect(bench.counts("malformed", "badBody", "total", "unfinished")).toEqual({ malformed: 1, badBody: 1, total: 2, unfinished: 0 });
  });
});
