/** What the balancer tells of its counts: whole, in pages of any size, and unmoved by whoever asks wrongly. */

import { beforeEach, describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { ControlOperation, LbErrno } from "../../../../services/lb/control.ts";
import { MeasureName, MetricKind } from "../../../../services/lb/metrics-api.ts";
import { BUCKETS, bucketOf } from "../../../../services/lb/metrics/histogram.ts";
import { decisionMeasured, measuresCreate } from "../../../../services/lb/metrics/measured.ts";
import { OperandReader, OperandWriter } from "../../../../sim/operands.ts";
import { Desk } from "../desk.ts";

const ROOM = 64 * 1024;
const route = (path_prefix: string, backend_group: string, host = "") => ({ path_prefix, host, headers: [], backend_group });

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  measuresCreate(desk.heap, desk.balancer);
  const backends = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => ({ address, port: 80, weight: 1, healthy: address !== "10.0.0.2", active_connections: 0 }));
  desk.run({ op: "add_group", name: "app", algorithm: "RoundRobin", backends });
  desk.run({ op: "add_group", name: "empty", algorithm: "RoundRobin", backends: [] });
  desk.run({ op: "add_rule", routes: [route("/a", "app"), route("/b", "empty", "h.example")], default_backend: "" });
  desk.run({ op: "add_rule", routes: [], default_backend: "app" });
  desk.run({ op: "add_rule", routes: [route("/c", "app")], default_backend: "" });
  for (const path of ["/a", "/a/x", "/b", "/other"]) desk.run({ op: "route", path, host: "h.example", headers: [] });
});

const MANY = 0xffff;

/** All entries of an operation, asked page by page with so much room and at most so many a page. */
function pages<T>(ask: (first: number) => OperandWriter, read: (reader: OperandReader) => T[], room: number, most = MANY): T[] {
  const entries: T[] = [];
  for (;;) {
    const { status, payload } = desk.operate(ask(entries.length).u16(most).bytes(), room);
    expect(status).toBe(0);
    const reader = new OperandReader(payload);
    const page = read(reader);
    expect([reader.done, page.length <= most]).toEqual([true, true]);
    if (page.length === 0) return entries;
    entries.push(...page);
  }
}

const many = <T>(reader: OperandReader, read: () => T): T[] => Array.from({ length: reader.u16() }, read);

describe("counters and gauges", () => {
  const ask = (first: number): OperandWriter => new OperandWriter().u8(ControlOperation.metrics).u16(first);
  const read = (reader: OperandReader) => {
    reader.u16();
    return many(reader, () => ({ name: reader.text(), kind: reader.u8(), value: reader.u64() }));
  };

  test("are every statistic of the record, by name, and how full the tables are", () => {
    Balancer.undelivered.set(desk.memory, desk.balancer, 2 ** 40);
    desk.run({ op: "rate", client: "10.9.9.9", tick: 1 });
    const all = pages(ask, read, ROOM);
    const statistics = Balancer.fields.filter((field) => field.kind === "statistic").map((field) => field.name);
    const counters = all.filter(({ kind }) => kind === MetricKind.counter).map(({ name }) => name);
    expect(counters).toEqual([...statistics, "connectionsOpened", "connectionsRefused"]);
    expect(new Set(all.map(({ kind, name }) => `${kind} ${name}`)).size).toBe(all.length);
    const value = (name: string) => all.find((metric) => metric.name === name)?.value;
    expect([value("undelivered"), value("limiters"), value("sessions"), value("connections")]).toEqual([2 ** 40, 1, 0, 0]);
    expect(new OperandReader(desk.operate(ask(0).u16(MANY).bytes()).payload).u16()).toBe(all.length);
  });

  test("come whole in pages of any size that holds the longest", () => {
    const whole = pages(ask, read, ROOM);
    const longest = 4 + 4 + 9 + Math.max(...whole.map(({ name }) => name.length));
    for (const room of [longest, longest + 1, 100, 333]) expect(pages(ask, read, room)).toEqual(whole);
    for (const most of [1, 2, 7]) expect(pages(ask, read, ROOM, most)).toEqual(whole);
    expect(desk.operate(ask(0).u16(MANY).bytes(), 20).status).toBe(Errno.messageTooLarge);
  });
});

describe("routes", () => {
  const ask = (first: number): OperandWriter => new OperandWriter().u8(ControlOperation.routeHits).u32(first);
  const read = (reader: OperandReader) => {
    expect(reader.u32()).toBe(3);
    return many(reader, () => [reader.u16(), reader.u8(), reader.text(), reader.text(), reader.u64(), ...Array.from({ length: reader.u8() }, () => [reader.text(), reader.u64()])]);
  };

  test("of all rules in order, with what they took", () => {
    const expected = [[0, 0, "/a", "", 2, ["app", 2]], [0, 0, "/b", "h.example", 1, ["empty", 1]], [2, 0, "/c", "", 0, ["app", 0]]];
    for (const room of [ROOM, 60, 54]) expect(pages(ask, read, room)).toEqual(expected);
    expect(pages(ask, read, ROOM, 2)).toEqual(expected);
    expect(read(new OperandReader(desk.operate(ask(1).u16(MANY).bytes()).payload))).toEqual(expected.slice(1));
    expect(desk.operate(ask(0).u16(MANY).bytes(), 20).status).toBe(Errno.messageTooLarge);
    for (const first of [3, 4, 0xffff_ffff]) expect(desk.operate(ask(first).u16(MANY).bytes()).payload).toEqual(new OperandWriter().u32(3).u16(0).bytes());
  });
});

describe("a group", () => {
  const ask = (name: string) => (first: number): OperandWriter => new OperandWriter().u8(ControlOperation.groupMetrics).text(name).u16(first);
  const readCounts = (reader: OperandReader) => ({ known: reader.u8(), routed: reader.u64(), refused: reader.u64(), overloaded: reader.u64(), retried: reader.u64(), retriesRefused: reader.u64(), waiting: reader.u32(), all: reader.u16() });
  const read = (reader: OperandReader) => {
    readCounts(reader);
    return many(reader, () => [reader.text(), reader.u16(), reader.u8(), reader.u32(), reader.u64(), reader.u64(), reader.u32()]);
  };

  test("tells what it took and refused, and of each backend whether it is in service and what it took", () => {
    const none = { known: 1, refused: 0, overloaded: 0, retried: 0, retriesRefused: 0, waiting: 0 };
    expect(readCounts(new OperandReader(desk.operate(ask("app")(0).u16(MANY).bytes()).payload))).toEqual({ ...none, routed: 3, all: 3 });
    expect(readCounts(new OperandReader(desk.operate(ask("empty")(0).u16(MANY).bytes()).payload))).toEqual({ ...none, routed: 0, refused: 1, all: 0 });
    const backends = [["10.0.0.1", 80, 1, 2, 2, 0, 0], ["10.0.0.2", 80, 0, 0, 0, 0, 0], ["10.0.0.3", 80, 1, 1, 1, 0, 0]];
    for (const room of [ROOM, 140, 95]) expect(pages(ask("app"), read, room)).toEqual(backends);
    expect(pages(ask("app"), read, ROOM, 2)).toEqual(backends);
    expect(desk.operate(ask("app")(0).u16(MANY).bytes(), 80).status).toBe(Errno.messageTooLarge);
  });

  test("that does not exist is said to be unknown", () => {
    expect(desk.operate(ask("ap")(0).u16(MANY).bytes())).toEqual({ status: 0, payload: Uint8Array.of(0) });
  });
});

describe("a measure", () => {
  const ask = (name: number, first: number, most = MANY): Uint8Array => new OperandWriter().u8(ControlOperation.measure).u8(name).u16(first).u16(most).bytes();
  function measured(name: number, room: number, most = MANY) {
    const pairs: [number, number][] = [];
    for (;;) {
      const reader = new OperandReader(desk.operate(ask(name, (pairs.at(-1)?.[0] ?? -1) + 1, most), room).payload);
      const books = [reader.u8(), reader.u64(), reader.u64(), reader.u32()];
      const page = many(reader, (): [number, number] => [reader.u16(), reader.u32()]);
      if (page.length === 0) return { books, pairs };
      pairs.push(...page);
    }
  }

  test("is the buckets that have values, in pages of any size", () => {
    const values = [0, 5, 5, 900, 1_000_000, 2 ** 33, -1];
    for (const value of values) decisionMeasured(desk.memory, desk.balancer, value);
    const expected = { books: [1, 6, 1_000_910 + 2 ** 33, 1], pairs: [[0, 1], [5, 2], [bucketOf(900), 1], [bucketOf(1_000_000), 1], [BUCKETS - 1, 1]] };
    for (const room of [ROOM, 23 + 6, 23 + 13]) expect(measured(MeasureName.decision, room)).toEqual(expected);
    for (const most of [1, 2]) expect(measured(MeasureName.decision, ROOM, most)).toEqual(expected);
    expect(measured(MeasureName.connection, ROOM)).toEqual({ books: [1, 0, 0, 0], pairs: [] });
    expect(desk.operate(ask(MeasureName.decision, 0), 23 + 5).status).toBe(Errno.messageTooLarge);
    expect(desk.operate(ask(MeasureName.decision, BUCKETS)).status).toBe(0);
  });

  test("is not there where there was no memory for it", () => {
    Balancer.measures.set(desk.memory, desk.balancer, 0);
    expect(desk.operate(ask(MeasureName.decision, 0))).toEqual({ status: 0, payload: Uint8Array.of(0) });
  });
});

test("operands that are short, long or unknown are refused, and nothing changes", () => {
  const { metrics, routeHits, groupMetrics, measure } = ControlOperation;
  const wrong = [[metrics], [metrics, 0, 0, 9], [metrics, 0, 0, 9, 0, 0], [routeHits, 0, 0, 0, 0, 9], [routeHits, 0, 0, 0, 0, 9, 0, 0], [groupMetrics, 9, 0, 0, 0, 65, 0, 0, 9, 0], [groupMetrics, 1, 0, 0, 0, 65, 0, 0], [measure, 0, 0, 0], [measure, 2, 0, 0, 9, 0], [measure + 1], [255]];
  const before = desk.memory.u8.slice();
  for (const operands of wrong) expect([operands, desk.operate(Uint8Array.from(operands)).status]).toEqual([operands, LbErrno.badOperation]);
  for (const asked of [new OperandWriter().u8(metrics).u16(0).u16(MANY), new OperandWriter().u8(groupMetrics).text("app").u16(0).u16(MANY), new OperandWriter().u8(routeHits).u32(0).u16(MANY)]) desk.operate(asked.bytes());
  const scratch = Balancer.fields.filter((field) => field.kind === "scratch").flatMap((field) => Array.from({ length: field.width }, (_, i) => field.offset + i));
  const changed = [...before.keys()].filter((at) => before[at] !== desk.memory.u8[at] && !scratch.includes(at));
  expect(changed).toEqual([]);
});
