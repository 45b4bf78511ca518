/**
 * Goal: a scenario file is judged whole: each thing that is wrong has its place and says what would be right, whatever else is
 * wrong; a small file is enough; nothing that a file holds makes the reader fail. Method: one row for each rule, plans of
 * small files looked at, and random JSON.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanLink } from "../../../sim/inhabitants/link.ts";
import { PROBLEMS_MAX } from "../../../sim/problem.ts";
import { ScenarioBounds } from "../../../sim/scenario/bounds.ts";
import { planWith, readText, readWith } from "./reading.ts";

describe("a small file is enough", () => {
  test("everything but schema, clients and backends has a default", () => {
    const { plan, problems } = readText('{"schema":1,"clients":[{}],"backends":[{"count":3}]}');
    expect(problems).toEqual([]);
    expect(plan).toMatchObject({ name: "unnamed", summary: "", ticks: 10_000, seed: 1, link: cleanLink, machine: { model: "proxy", settings: {} } });
    expect(plan?.clients[0]).toMatchObject({ firstAddress: "10.1.0.1", count: 16, serverAddress: "10.20.0.2", serverPort: 80, arrival: { kind: "constant", everyTicks: 10 }, pipelineMax: 1, retriesMax: 0 });
    expect(plan?.clients[0]?.requests).toEqual([{ weight: 1, method: "GET", target: "/", host: "www.example.test", headers: [], bodyBytes: { steps: [{ parts: 1_000_000, from: 0, to: 0 }] }, chunked: false }]);
    expect(plan?.backends.map(({ address, port }) => `${address}:${port}`)).toEqual(["10.30.0.1:8080", "10.30.0.2:8080", "10.30.0.3:8080"]);
    expect(plan?.machine.configuration).toContain("member=app:10.30.0.3:8080\n");
  });

  test("several kinds of clients have addresses of their own, and so have several lines of backends", () => {
    const plan = planWith({ clients: [{}, {}, {}], backends: [{ count: 2 }, {}, { address: "10.31.0.255", count: 2 }] });
    expect(plan.clients.map(({ firstAddress }) => firstAddress)).toEqual(["10.1.0.1", "10.1.1.1", "10.1.2.1"]);
    expect(plan.backends.map(({ address }) => address)).toEqual(["10.30.0.1", "10.30.0.2", "10.30.0.3", "10.31.0.255", "10.31.1.0"]);
  });

  test("a plan is frozen to its last list", () => {
    const plan = planWith({ clients: [{ arrival: { kind: "listed", ticks: [1, 2] }, requests: [{ headers: ["A: b"] }] }], backends: [{ events: [{ tick: 1, kind: "down" }] }] });
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      for (const one of Object.values(value)) walk(one);
    };
    walk(plan);
  });

  test("IPv6 members stand in brackets in the configuration that is made", () => {
    expect(planWith({ backends: [{ address: "fd00:30::1" }] }).machine.configuration).toContain("member=app:[fd00:30::1]:8080\n");
  });

  test("settings may be written as on the command line", () => {
    const { machine } = planWith({ machine: { ram: "32M", settings: { "arena.lb": "1M", buffers: 256 }, configuration: ["# one", "# two"] } });
    expect(machine).toEqual({ model: "proxy", ramBytes: 32 * 1024 * 1024, settings: { "arena.lb": 1024 * 1024, buffers: 256 }, configuration: "# one\n# two\n" });
    expect(planWith({ machine: { configuration: "# text" } }).machine.configuration).toBe("# text");
  });

  test("events happen in the order of their ticks, slow readers are all clients unless it says how many", () => {
    const plan = planWith({ clients: [{ slowBytesPerTick: 9 }, { slowBytesPerTick: 9, slowParts: 5 }], backends: [{ events: [{ tick: 9, kind: "up" }, { tick: 3, kind: "slow", value: 200 }] }] });
    expect(plan.backends[0]?.events).toEqual([{ tick: 3, kind: "slow", value: 200 }, { tick: 9, kind: "up", value: 0 }]);
    expect(plan.clients.map(({ slowParts }) => slowParts)).toEqual([1_000_000, 5]);
  });
});

/** Members in place of the sound ones, and the one complaint about them. */
const WRONG: readonly (readonly [members: object, complaint: string])[] = [
  [{ schema: 2 }, "schema: this is 2; expected 1, which says how the rest is read"],
  [{ schema: undefined }, "schema: it is missing; expected 1, which says how the rest is read"],
  [{ tikcs: 5 }, "tikcs: this member means nothing; expected ticks, perhaps"],
  [{ zzzzzzzz: 5 }, "zzzzzzzz: this member means nothing; expected one of schema, name, summary, machine, link, clients, backends, ticks, worldBytes, seed, hosts"],
  [{ ticks: 0 }, "ticks: this is 0; expected a whole number of 1 to 3600000"],
  [{ ticks: 1.5 }, "ticks: this is 1.5; expected a whole number of 1 to 3600000"],
  [{ ticks: "9" }, 'ticks: this is "9"; expected a whole number of 1 to 3600000'],
  [{ ticks: null }, "ticks: this is null; expected a whole number of 1 to 3600000"],
  [{ seed: -1 }, "seed: this is -1; expected a whole number of 0 to 4294967295"],
  [{ worldBytes: 64 }, "worldBytes: this is 64; expected a whole number of 262144 to 1073741824"],
  [{ worldBytes: 262145 }, "worldBytes: this is 262145; expected a multiple of 64"],
  [{ name: 7 }, "name: this is 7; expected a text of at most 100 characters"],
  [{ summary: "x".repeat(1001) }, `summary: this is "${"x".repeat(39)}...; expected a text of at most 1000 characters`],
  [{ machine: [] }, "machine: this is a list of 0; expected an object with model, ram, settings, configuration"],
  [{ machine: { model: "standard" } }, 'machine.model: this is "standard"; expected one of proxy, tiny-proxy'],
  [{ machine: { model: "porxy" } }, 'machine.model: this is "porxy"; expected "proxy", perhaps'],
  [{ machine: { ram: "20X" } }, 'machine.ram: this is "20X"; expected 64K to 1G, a multiple of 64'],
  [{ machine: { ram: {} } }, "machine.ram: this is an object; expected a size such as 20M"],
  [{ machine: { settings: 5 } }, 'machine.settings: this is 5; expected an object such as { "arena.lb": "1M" }'],
  [{ machine: { settings: { "arena.bl": 1 } } }, 'machine.settings.arena.bl: machine proxy has no setting "arena.bl"; expected arena.lb, perhaps'],
  [{ machine: { settings: { buffers: 513 } } }, 'machine.settings.buffers: the value is "513"; expected a whole number of 1 to 512'],
  [{ machine: { settings: { buffers: [5] } } }, 'machine.settings.buffers: the value is "?"; expected a whole number of 1 to 512'],
  [{ machine: { configuration: 5 } }, "machine.configuration: this is 5; expected a list of 1 to 20000"],
  [{ machine: { configuration: ["a", 5] } }, "machine.configuration[1]: this is 5; expected one line of a configuration"],
  [{ machine: { configuration: ["a\nb"] } }, 'machine.configuration[0]: this is "a\\nb"; expected one line of a configuration'],
  [{ link: { lossParts: 1_000_001 } }, "link.lossParts: this is 1000001; expected a whole number of 0 to 1000000"],
  [{ link: { framesMax: 0 } }, "link.framesMax: this is 0; expected a whole number of 1 to 65536"],
  [{ link: { delay: 5 } }, "link.delay: this member means nothing; expected one of delayCycles, cyclesPerByte, framesMax, lossParts, reorderParts, reorderCycles, duplicateParts, corruptParts"],
  [{ clients: [] }, "clients: this is a list of 0; expected a list of 1 to 64"],
  [{ clients: {} }, "clients: this is an object; expected a list of 1 to 64"],
  [{ clients: [5] }, /^clients\[0\]: this is 5; expected an object with firstAddress, count/.source],
  [{ clients: [{ count: 0 }] }, "clients[0].count: this is 0; expected a whole number of 1 to 65534"],
  [{ clients: [{ count: 60000 }, { count: 60000, firstAddress: "10.9.0.1" }] }, "clients: together they are 120000 clients; expected at most 65534"],
  [{ clients: [{ cuont: 1 }] }, "clients[0].cuont: this member means nothing; expected count, perhaps"],
  [{ clients: [{ keepsCookies: 1 }] }, "clients[0].keepsCookies: this is 1; expected true or false"],
  [{ clients: [{ requestOrder: "inturn" }] }, 'clients[0].requestOrder: this is "inturn"; expected "inTurn", perhaps'],
  [{ clients: [{ pipelineMax: 65 }] }, "clients[0].pipelineMax: this is 65; expected a whole number of 1 to 64"],
  [{ clients: [{ requestsPerSession: 0 }] }, "clients[0].requestsPerSession: this is 0; expected a whole number of 1 to 1000000, [least, most], or an object with steps or heavyTailed"],
  [{ clients: [{ arrival: 5 }] }, "clients[0].arrival: this is 5; expected an object with kind, everyTicks"],
  [{ clients: [{ arrival: { kind: "bursti" } }] }, 'clients[0].arrival.kind: this is "bursti"; expected "bursty", perhaps'],
  [{ clients: [{ arrival: { kind: "bursty", gapTicks: 5 } }] }, "clients[0].arrival.gapTicks: this member means nothing; expected one of kind, everyTicks, sessions"],
  [{ clients: [{ arrival: { kind: "listed" } }] }, "clients[0].arrival.ticks: it is missing; expected a list of 1 to 1000000"],
  [{ clients: [{ arrival: { kind: "listed", ticks: [1, 5, 4] } }] }, "clients[0].arrival.ticks[2]: this is 4; expected a tick, not before the one in front of it: 5 to 3600000"],
  [{ clients: [{ arrival: { kind: "accessLog" } }] }, "clients[0].arrival.file: it is missing; expected the name of a file, from where this one lies"],
  [{ clients: [{ requests: [] }] }, "clients[0].requests: this is a list of 0; expected a list of 1 to 100000"],
  [{ clients: [{ requests: [{ weight: 0 }] }] }, "clients[0].requests: this is a list of 1; expected a weight above 0 in one of them"],
  [{ clients: [{ requests: [{ method: "get" }] }] }, 'clients[0].requests[0].method: this is "get"; expected a method of capital letters'],
  [{ clients: [{ requests: [{ method: "CONNECT" }] }] }, 'clients[0].requests[0].method: this is "CONNECT"; expected a method that asks for a resource: a tunnel is none'],
  [{ clients: [{ requests: [{ target: "/a b" }] }] }, 'clients[0].requests[0].target: this is "/a b"; expected a path that begins with "/", "*", or a whole http URI, without blanks'],
  [{ clients: [{ requests: [{ target: "/a\r\nX: y" }] }] }, 'clients[0].requests[0].target: this is "/a\\r\\nX: y"; expected a path that begins with "/", "*", or a whole http URI, without blanks'],
  [{ clients: [{ requests: [{ host: "a b" }] }] }, 'clients[0].requests[0].host: this is "a b"; expected a name or address, with a port perhaps'],
  [{ clients: [{ requests: [{ headers: ["X: y\r\nZ: 1"] }] }] }, 'clients[0].requests[0].headers[0]: this is "X: y\\r\\nZ: 1"; expected "Name: value", of printable characters'],
  [{ clients: [{ requests: [{ headers: [" X: y"] }] }] }, 'clients[0].requests[0].headers[0]: this is " X: y"; expected "Name: value", of printable characters'],
  [{ clients: [{ requests: [{ headers: ["Content-length: 5"] }] }] }, 'clients[0].requests[0].headers[0]: this is "Content-length: 5"; expected any other field: clients write content-length themselves, or not at all'],
  [{ clients: [{ requests: [{ headers: Array.from({ length: 6 }, () => `X: ${"y".repeat(8000)}`) }] }] }, "clients[0].requests[0].headers: together they have 48030 characters; expected at most 40000: a head is no longer"],
  [{ backends: [] }, "backends: this is a list of 0; expected a list of 1 to 256"],
  [{ backends: [{ count: 256 }, { count: 2 }] }, "backends: together they are 258 backends; expected at most 256"],
  [{ backends: [{ concurrency: 0 }] }, "backends[0].concurrency: this is 0; expected a whole number of 1 to 65535"],
  [{ backends: [{ events: [{ tick: 5 }] }] }, "backends[0].events[0].kind: it is missing; expected one of down, silent, slow, errors, up"],
  [{ backends: [{ events: [{ kind: "up" }] }] }, "backends[0].events[0].tick: it is missing; expected the tick at which it happens"],
  [{ backends: [{ events: [{ tick: 5, kind: "slow" }] }] }, "backends[0].events[0].value: it is missing; expected service times in hundredths: 300 is three times as slow"],
  [{ backends: [{ events: [{ tick: 5, kind: "errors", value: 1_000_001 }] }] }, "backends[0].events[0].value: this is 1000001; expected a whole number of 0 to 1000000"],
  [{ backends: [{ events: [{ tick: 5, kind: "down", value: 1 }] }] }, "backends[0].events[0].value: down has no value; expected none"],
];

describe("what is wrong has its place", () => {
  test.each(WRONG.map(([members, complaint]) => [complaint, members] as const))("%s", (complaint, members) => {
    const { plan, problems } = readWith(members);
    expect(plan).toBeNull();
    if (complaint.startsWith("^")) expect(problems.join("\n")).toMatch(new RegExp(complaint));
    else expect(problems).toEqual([complaint]);
  });

  test("everything at once", () => {
    const { problems } = readWith({ ticks: 0, seed: -1, link: { lossParts: -1 }, clients: [{ count: 0 }], backends: [{ port: 0 }] });
    expect(problems.map((line) => line.split(": ")[0])).toEqual(["clients[0].count", "backends[0].port", "link.lossParts", "ticks", "seed"]);
  });

  test("but no more than a person reads", () => {
    const { problems } = readWith({ backends: Array.from({ length: 200 }, () => ({ port: 0 })) });
    expect(problems.length).toBe(PROBLEMS_MAX);
  });
});

describe("what is no scenario at all", () => {
  test.each([["{", /^this is no JSON/], ["", /^this is no JSON/], ["[]", /^this is a list of 0; expected an object/], ["5", /^this is 5/], ["null", /^this is null/], ['"text"', /^this is "text"/]])("%s", (text, complaint) => {
    const { plan, problems } = readText(text);
    expect(plan).toBeNull();
    expect(problems.length).toBe(1);
    expect(problems[0]).toMatch(complaint);
  });

  test("a text of too many characters is not even parsed", () => {
    expect(readText(" ".repeat(ScenarioBounds.fileCharactersMax + 1)).problems[0]).toMatch(/^it has 4194305 characters; expected at most 4194304/);
  });

  test("what objects inherit is no member", () => {
    expect(readText('{"schema":1,"__proto__":{"ticks":5},"clients":[{}],"backends":[{}]}').problems).toEqual([expect.stringMatching(/^__proto__: this member means nothing/)]);
    expect(readWith({ constructor: 5 }).problems).toEqual([expect.stringMatching(/^constructor: this member means nothing/)]);
  });

  test("nothing that JSON can say makes the reader fail", () => {
    const member = fc.constantFrom("schema", "name", "machine", "model", "settings", "configuration", "link", "clients", "backends", "arrival", "kind", "ticks", "requests", "headers", "events", "steps", "bodyBytes", "heavyTailed", "count", "__proto__");
    const leaf = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.constantFrom("listed", "drawn", "slow", "10.0.0.1", "::1", "proxy", 1));
    const { value } = fc.letrec((tie) => ({ value: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(member, tie("value"), { maxKeys: 6, noNullPrototype: true })) }));
    fc.assert(fc.property(fc.dictionary(member, value, { noNullPrototype: true }), (file) => {
      const { plan, problems } = readWith({ ...file });
      expect(plan === null).toBe(problems.length > 0);
    }), { seed: 7, numRuns: 2000 });
  });
});
