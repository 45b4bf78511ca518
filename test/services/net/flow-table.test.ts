import fc from "fast-check";
import { expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import { FlowList, FlowListNumber, FlowRecord, FlowTable } from "../../../services/net/flow.ts";
import { NO_FLOW, flowFind, flowOpen, flowPlace, flowRemove, flowSilent, flowSpaceGone, flowSpaceProgressed, flowSpaceTaken, flowTableCreate } from "../../../services/net/flow-table.ts";
import { FlowKey } from "../../../services/net/segment.ts";

const TABLE = 8 as Address<"FlowTable">;
const KEY = 512 as Address<"FlowKey">;
const HEAP = 1024;
const FLOWS = 6;

function make(): Memory {
  const memory = new Memory(new ArrayBuffer(8192));
  arenaFormat(memory, HEAP, 8192 - HEAP);
  expect(flowTableCreate(arenaHeap(memory, HEAP), TABLE, FLOWS, 1, 2)).toBe(0);
  return memory;
}

function key(memory: Memory, number: number): Address<"FlowKey"> {
  memory.fill(KEY, FlowKey.size, 0);
  FlowKey.source0.set(memory, KEY, 0x0a00000a);
  FlowKey.sourcePort.set(memory, KEY, number);
  FlowKey.family.set(memory, KEY, 4);
  return KEY;
}

/** Source ports of a list's flows from first to last, walked both ways. */
function listed(memory: Memory, list: Address<"FlowList">, next: typeof FlowRecord.listNext | typeof FlowRecord.spaceNext, previous: typeof FlowRecord.listNext | typeof FlowRecord.spaceNext): number[] {
  const walk = (from: number, link: typeof next): number[] => {
    const ports: number[] = [];
    for (let flow = from as Address<"FlowRecord">; flow !== NO_FLOW; flow = link.get(memory, flow) as Address<"FlowRecord">) ports.push(FlowKey.sourcePort.get(memory, FlowRecord.key.at(flow)));
    return ports;
  };
  const forwards = walk(FlowList.first.get(memory, list), next);
  expect(walk(FlowList.last.get(memory, list), previous).reverse()).toEqual(forwards);
  expect(FlowList.count.get(memory, list)).toBe(forwards.length);
  return forwards;
}

/** What the table should hold: ports by list, in order, and those with a space. */
class Model {
  readonly lists: number[][] = [[], [], []];
  readonly spaces: number[] = [];

  knows(port: number): boolean {
    return this.lists.some((ports) => ports.includes(port));
  }

  remove(from: readonly number[][], port: number): void {
    for (const ports of from) if (ports.includes(port)) ports.splice(ports.indexOf(port), 1);
  }
}

/** Does one step to both. */
function act(memory: Memory, model: Model, step: number, port: number, list: number): void {
  const flow = flowFind(memory, TABLE, key(memory, port));
  const known = model.knows(port);
  expect(flow !== NO_FLOW).toBe(known);
  if (known) expect(FlowKey.sourcePort.get(memory, FlowRecord.key.at(flow))).toBe(port);
  if (step === 0 && !known) {
    const opened = flowOpen(memory, TABLE, key(memory, port));
    expect(opened === NO_FLOW).toBe(model.lists.flat().length === FLOWS);
    if (opened !== NO_FLOW) model.lists[0].push(port);
  } else if (step === 1 && known) {
    if (model.spaces.includes(port)) flowSpaceGone(memory, TABLE, flow);
    flowRemove(memory, TABLE, flow);
    model.remove([...model.lists, model.spaces], port);
  } else if (step === 2 && known) {
    flowPlace(memory, TABLE, flow, list);
    model.remove(model.lists, port);
    model.lists[list].push(port);
  } else if (step === 3 && known && !model.spaces.includes(port)) {
    flowSpaceTaken(memory, TABLE, flow);
    model.spaces.push(port);
  } else if (step === 4 && model.spaces.includes(port)) {
    flowSpaceProgressed(memory, TABLE, flow);
    model.remove([model.spaces], port);
    model.spaces.push(port);
  } else if (step === 5 && model.spaces.includes(port)) {
    flowSpaceGone(memory, TABLE, flow);
    model.remove([model.spaces], port);
  }
}

function compare(memory: Memory, model: Model): void {
  for (const [number, field] of [FlowTable.idle, FlowTable.partial, FlowTable.deaf].entries()) {
    expect(listed(memory, field.at(TABLE), FlowRecord.listNext, FlowRecord.listPrevious)).toEqual(model.lists[number]);
    const silent = flowSilent(memory, TABLE, number);
    expect(silent === NO_FLOW ? undefined : FlowKey.sourcePort.get(memory, FlowRecord.key.at(silent))).toBe(model.lists[number][0]);
  }
  expect(listed(memory, FlowTable.spaces.at(TABLE), FlowRecord.spaceNext, FlowRecord.spacePrevious)).toEqual(model.spaces);
}

test("the table does what a map and four ordered lists would do", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 9 }), fc.nat(2)), { maxLength: 80 }), (steps) => {
      const memory = make();
      const model = new Model();
      for (const [step, port, list] of steps) {
        act(memory, model, step, port, list);
        compare(memory, model);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("every word of a key counts", () => {
  const memory = make();
  const flow = flowOpen(memory, TABLE, key(memory, 1));
  for (let word = 0; word < FlowKey.size / 4; word++) {
    memory.i32[(key(memory, 1) >> 2) + word] ^= 0x100;
    expect(flowFind(memory, TABLE, KEY)).toBe(NO_FLOW);
  }
  expect(flowFind(memory, TABLE, key(memory, 1))).toBe(flow);
});

test("a record that is used again is another flow, with nothing left of the first", () => {
  const memory = make();
  const first = flowOpen(memory, TABLE, key(memory, 1));
  const serial = FlowRecord.serial.get(memory, first);
  FlowRecord.space.set(memory, first, 77);
  FlowRecord.finSeen.set(memory, first, 1);
  flowPlace(memory, TABLE, first, FlowListNumber.deaf);
  flowRemove(memory, TABLE, first);
  const second = flowOpen(memory, TABLE, key(memory, 2));
  expect(second).toBe(first);
  expect(FlowRecord.serial.get(memory, second)).not.toBe(serial);
  expect([FlowRecord.space.get(memory, second), FlowRecord.finSeen.get(memory, second), FlowRecord.list.get(memory, second)]).toEqual([0, 0, FlowListNumber.idle]);
});

test("a thousand flows whose keys differ in the port only stand in short chains", () => {
  const memory = new Memory(new ArrayBuffer(512 * 1024));
  arenaFormat(memory, HEAP, memory.bytes - HEAP);
  expect(flowTableCreate(arenaHeap(memory, HEAP), TABLE, 1024, 1, 2)).toBe(0);
  for (let port = 1; port <= 1024; port++) expect(flowOpen(memory, TABLE, key(memory, port))).not.toBe(NO_FLOW);
  expect(flowOpen(memory, TABLE, key(memory, 2000))).toBe(NO_FLOW);
  let longest = 0;
  const buckets = FlowTable.bucketsAt.get(memory, TABLE);
  for (let bucket = 0; bucket <= FlowTable.bucketMask.get(memory, TABLE); bucket++) {
    let length = 0;
    for (let flow = memory.i32[(buckets >> 2) + bucket] as Address<"FlowRecord">; flow !== NO_FLOW; flow = FlowRecord.hashNext.get(memory, flow) as Address<"FlowRecord">) length++;
    longest = Math.max(longest, length);
  }
  expect(longest).toBeLessThanOrEqual(8);
});

test("an arena without room is refused", () => {
  const memory = new Memory(new ArrayBuffer(2048));
  arenaFormat(memory, HEAP, 1024);
  expect(flowTableCreate(arenaHeap(memory, HEAP), TABLE, FLOWS, 1, 2)).toBe(Errno.outOfMemory);
});
