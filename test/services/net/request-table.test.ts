import { expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import { NO_REQUEST, PendingRequest, RequestTable, requestClose, requestFind, requestIn, requestOpen, requestTableCreate } from "../../../services/net/request-table.ts";

const TABLE = 8 as Address<"RequestTable">;

function make(slots: number, generation = 0): Memory {
  const memory = new Memory(new ArrayBuffer(8192));
  arenaFormat(memory, 1024, 7168);
  expect(requestTableCreate(arenaHeap(memory, 1024), TABLE, slots, generation)).toBe(0);
  return memory;
}

test("as many requests wait as there are slots, each found by its id and by no other", () => {
  const memory = make(3);
  const opened = [requestOpen(memory, TABLE), requestOpen(memory, TABLE), requestOpen(memory, TABLE)];
  expect(requestOpen(memory, TABLE)).toBe(NO_REQUEST);
  expect(RequestTable.pending.get(memory, TABLE)).toBe(3);
  const ids = opened.map((pending) => PendingRequest.requestId.get(memory, pending));
  expect(new Set(ids).size).toBe(3);
  expect(ids.map((id) => requestFind(memory, TABLE, id))).toEqual(opened);
  for (const wrong of [0, -1, 1, ids[0] + (1 << 12), ids[0] | 0x800, 0x7fff_ffff, -(2 ** 31)]) expect(requestFind(memory, TABLE, wrong)).toBe(NO_REQUEST);
});

test("the id of a closed request is nobody's, also when its slot is used again", () => {
  const memory = make(1);
  const stale: number[] = [];
  for (let use = 0; use < 5; use++) {
    const pending = requestOpen(memory, TABLE);
    const id = PendingRequest.requestId.get(memory, pending);
    expect(stale).not.toContain(id);
    for (const old of stale) expect(requestFind(memory, TABLE, old)).toBe(NO_REQUEST);
    PendingRequest.waiting.set(memory, pending, 5);
    requestClose(memory, TABLE, pending);
    expect(requestFind(memory, TABLE, id)).toBe(NO_REQUEST);
    expect(requestIn(memory, TABLE, 0)).toBe(NO_REQUEST);
    stale.push(id);
  }
  expect(PendingRequest.waiting.get(memory, requestOpen(memory, TABLE))).toBe(0);
});

test("ids stay positive when a slot's uses wrap, and skip 0", () => {
  const memory = make(1, 31);
  const pending = requestOpen(memory, TABLE);
  requestClose(memory, TABLE, pending);
  PendingRequest.uses.set(memory, pending, (1 << 19) - 2);
  const ids = [0, 1, 2].map(() => {
    const id = PendingRequest.requestId.get(memory, requestOpen(memory, TABLE));
    requestClose(memory, TABLE, pending);
    return id;
  });
  const first = (31 << 26) | (1 << 12);
  expect(ids).toEqual([0x7fff_f000, first, first + (1 << 12)]);
});

test("no id of one generation is an id of the next 31", () => {
  const ids = Array.from({ length: 33 }, (_, generation) => {
    const memory = make(1, generation);
    return PendingRequest.requestId.get(memory, requestOpen(memory, TABLE));
  });
  expect(new Set(ids.slice(0, 32)).size).toBe(32);
  expect(ids[32]).toBe(ids[0]);
});

test("a number of slots that ids cannot name is refused", () => {
  const memory = new Memory(new ArrayBuffer(8192));
  arenaFormat(memory, 1024, 7168);
  const heap = arenaHeap(memory, 1024);
  expect([0, 4097, -1].map((slots) => requestTableCreate(heap, TABLE, slots, 0))).toEqual([Errno.invalidArgument, Errno.invalidArgument, Errno.invalidArgument]);
  expect(requestTableCreate(heap, TABLE, 4096, 0)).toBe(Errno.outOfMemory);
});
