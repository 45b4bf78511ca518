/** Goal: a dump says all there is to know from its bytes alone. Method: a small machine caught in the middle, read topic by topic. */

import { describe, expect, test } from "vitest";
import { readDump } from "../../../sim/inspect/dump.ts";
import { LAYOUTS } from "../../../sim/inspect/layouts.ts";
import { TOPICS } from "../../../sim/inspect/topics.ts";
import { MACHINES } from "../../../sim/machines/index.ts";
import { boot } from "../../../kernel/boot.ts";
import { DumpError } from "../../../hal/boot-record.ts";
import { makeNicScene, makeScene, makeVirtioScene } from "../../kernel/invariants/scene.ts";

const dump = readDump(makeScene().machine.snapshot());

describe("the scene, from its bytes", () => {
  test("what it is, and that all holds", () => {
    const overview = TOPICS.overview(dump);
    expect(overview).toMatchObject({ machine: "scene", ramBytes: 131072, tick: 2, messagesFast: 0, messagesQueued: 9, refusals: 0, faults: 0, capabilities: 12, problems: [] });
    expect(overview.checked).toBeGreaterThan(20);
    expect(overview.cycle).toBeGreaterThanOrEqual(2_000_000);
  });

  test("who waits for whom, where, since when and until when", () => {
    const [server, client, sender, idle] = TOPICS.processes(dump);
    expect(server).toMatchObject({ name: "server", service: "server", state: "sleeping", priority: "systemHigh", waitsFor: "tick 1000", deadlineTick: 1000, pending: ["8 at server.work", "1 at server.narrow"] });
    expect(client).toMatchObject({ state: "blocked", waitsFor: "an answer", waitsOn: ["server"], waitsAt: "server.work", sinceTick: 0, deadlineTick: 500, handled: 1, buffersHeld: 2, pending: [] });
    expect(client!.sinceCycle).toBeGreaterThan(server!.sinceCycle);
    expect(sender).toMatchObject({ waitsFor: "room", waitsOn: ["server"], waitsAt: "server.narrow", deadlineTick: -1 });
    expect(idle).toMatchObject({ waitsFor: "a message", waitsOn: [], generation: 0, fault: "" });
  });

  test("which messages wait where, in the order in which they will be taken", () => {
    const { endpoints, channels } = TOPICS.endpoints(dump);
    expect(endpoints.map(({ name, count, capacity }) => [name, count, capacity])).toEqual([["server.work", 8, 12], ["server.narrow", 1, 1], ["idle.in", 0, 16]]);
    const [work, narrow] = endpoints;
    expect(work!.messages.map(({ opcode }) => opcode)).toEqual([20, 21, 10, 11, 30, 40, 50, 70]);
    expect(work!.messages.map(({ flags }) => flags.join())).toEqual(["urgent", "urgent", "", "", "unordered", "movesBuffer", "hasCapability", ""]);
    expect(work!.messages.every(({ sender }) => sender === "client")).toBe(true);
    expect(work!.messages[7]).toMatchObject({ call: 1 });
    expect(narrow).toMatchObject({ sendersWaiting: ["sender"], receivers: ["server"], owner: "server", fault: "" });
    expect(channels).toMatchObject([{ name: "letters", count: 2, capacity: 4, messages: [{ opcode: 60 }, { opcode: 61 }] }]);
  });

  test("who holds which right, and from whom", () => {
    const capabilities = TOPICS.caps(dump);
    const one = capabilities.filter(({ object }) => object === "one");
    expect(one.map(({ holder, depth, use, need, rights, from }) => [holder, depth, use, need, rights.join(" "), from?.holder ?? ""])).toEqual([
      ["client", 0, "held", "region", "read write grant revoke delete modify create", ""],
      ["client", 1, "held", "", "read write grant create", "client"],
      ["client", 2, "held", "", "read", "client"],
      ["client", 2, "in a message", "", "read write create", "client"],
      ["idle", 0, "held", "looked", "read", ""],
    ]);
    expect(capabilities.find(({ need }) => need === "letters")).toMatchObject({ object: "channel letters", rights: ["send"] });
    expect(capabilities.find(({ need }) => need === "ticks")).toMatchObject({ holder: "server", type: "device", object: "ticks" });
    expect(new Set(capabilities.map(({ token }) => token)).size).toBe(capabilities.length);
  });

  test("timers in the order in which they fire", () => {
    expect(TOPICS.timers(dump).map(({ deadlineTick, inTicks, periodTicks, process, kind, bits }) => [deadlineTick, inTicks, periodTicks, process, kind, bits])).toEqual([
      [20, 18, 20, "client", "timer", 2],
      [50, 48, 0, "client", "timer", 1],
      [500, 498, 0, "client", "wait", 0],
    ]);
  });

  test("where memory has gone", () => {
    const { arenas, regions, pool, buffers, plannedBytes, ramBytes } = TOPICS.memory(dump);
    expect(arenas.map(({ name }) => name)).toEqual(["server", "client", "sender", "idle"]);
    const { books } = arenas[1]!;
    expect(books).toMatchObject({ usedBytes: 56, blocks: 2, peakBytes: 80 });
    expect(books!.overheadBytes + books!.usedBytes + books!.freeBytes).toBe(books!.sizeBytes);
    expect(regions).toMatchObject([{ name: "one", bytes: 256, owner: "client", mappedBy: ["client rw", "idle r"] }, { name: "frames", kind: "buffers", mappedBy: ["client rw"] }]);
    expect(pool).toMatchObject({ count: 4, inUse: 2, bufferBytes: 2048 });
    expect(buffers).toMatchObject([{ buffer: 0, references: 1, owner: "client", holders: [{ process: "client", references: 1 }], travelling: 0 }, { buffer: 1, references: 1, holders: [], travelling: 1 }]);
    expect(plannedBytes).toBeLessThanOrEqual(ramBytes);
  });

  test("what happened last", () => {
    const { written, records } = TOPICS.trace(dump);
    expect(written).toBeGreaterThan(15);
    expect(records.map(({ words }) => words)).toEqual(expect.arrayContaining(["runs for start (0)", "sends opcode 70 to server.work, into the queue", "tick 2"]));
    expect(records.every(({ cycle }, i) => i === 0 || cycle >= records[i - 1]!.cycle)).toBe(true);
  });
});

test("a NIC's rings, descriptor by descriptor", () => {
  const [nic] = TOPICS.nic(readDump(makeNicScene().machine.snapshot()));
  expect(nic).toMatchObject({ name: "nic0", linkUp: true });
  const [rx, tx] = nic!.rings;
  expect(rx).toMatchObject({ kind: "rx", enabled: true, head: 0, fault: "" });
  expect(rx!.posted).toBeGreaterThan(0);
  expect(rx!.descriptors.filter(({ turn }) => turn === "device").map(({ index }) => index)).toEqual(Array.from({ length: rx!.posted }, (_, index) => index));
  expect(new Set(rx!.descriptors.slice(0, rx!.posted).map(({ buffer }) => buffer)).size).toBe(rx!.posted);
  expect(rx!.descriptors.slice(0, rx!.posted).every(({ buffer }) => buffer >= 0)).toBe(true);
  expect(tx).toMatchObject({ kind: "tx", posted: 0 });
});

test("a virtio device's queues, chain by chain", () => {
  const [nic] = TOPICS.nic(readDump(makeVirtioScene().machine.snapshot()));
  expect(nic).toMatchObject({ name: "nic0", linkUp: true, causes: [], status: ["ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK"] });
  expect(nic!.features).toEqual(expect.arrayContaining(["MQ", "RSS", "EVENT_IDX", "INDIRECT_DESC", "VERSION_1"]));
  expect(nic!.rings.map(({ name, count, posted, fault }) => [name, count, posted, fault])).toEqual([["rx0", 128, 128, ""], ["tx0", 32, 0, ""], ["rx1", 128, 128, ""], ["tx1", 32, 0, ""], ["control", 2, 0, ""]]);
  const [header, buffer] = nic!.rings[0].descriptors;
  expect(header).toMatchObject({ turn: "device", buffer: -1, frameBytes: 12, bits: ["NEXT", "WRITE"] });
  expect(buffer).toMatchObject({ turn: "device", buffer: 0, frameBytes: 2048, bits: ["WRITE"] });
});

describe("every machine", () => {
  test.each(MACHINES)("$name: all parts but plain bytes have known layouts", (model) => {
    const machine = boot(model.manifest());
    for (const part of machine.parts) if (part.layout !== null) expect(LAYOUTS, part.name).toContain(part.layout);
    expect(readDump(machine.snapshot()).names.processes).toEqual(machine.processNames);
  });
});

describe("what is no dump is said so", () => {
  const bytes = makeScene().machine.snapshot();
  const changed = (at: number, value: number): Uint8Array => Uint8Array.from(bytes, (byte, index) => (index === at ? value : byte));
  test.each([
    ["nothing", new Uint8Array(0), "begins with a boot record"],
    ["text", new Uint8Array(200).fill(65), 'begins with "VERIDIAN"'],
    ["a cut one", bytes.slice(0, -64), "the dump has 131008"],
    ["another version", changed(8, 99), "has version 99"],
  ])("%s", (_name, wrong, text) => {
    expect(() => readDump(wrong)).toThrow(DumpError);
    expect(() => readDump(wrong)).toThrow(text);
  });
});
