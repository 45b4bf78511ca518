import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { directoryFind, directoryMove, directoryRelease, directoryTake } from "../../../../services/lb/connection/directory.ts";
import { Directory, DirectorySlot } from "../../../../services/lb/connection/records.ts";
import type { DirectorySlotAddress } from "../../../../services/lb/connection/records.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Desk } from "../desk.ts";
import { smallLimits } from "./strict-desk.ts";

/** A desk, and records that stand for backends. */
function deskOf(count: number, changes = {}): { desk: Desk; backends: BackendAddress[]; used: number } {
  const desk = new Desk(smallLimits(changes));
  const backends = Array.from({ length: count }, () => {
    const backend = desk.heap.allocate(Backend.size) as BackendAddress;
    desk.memory.fill(backend, Backend.size, 0);
    return backend;
  });
  return { desk, backends, used: desk.usedBytes() };
}

const take = ({ desk }: { desk: Desk }, backend: BackendAddress): number => directoryTake(desk.heap, desk.limits, desk.balancer, backend);
const find = ({ desk }: { desk: Desk }, handle: number): number => directoryFind(desk.memory, desk.balancer, handle);
const release = ({ desk }: { desk: Desk }, handle: number): void => directoryRelease(desk.heap, desk.balancer, handle);

describe("names of backends", () => {
  test("a name finds its backend until it is released, and never another", () => {
    const made = deskOf(3);
    const names = made.backends.map((backend) => take(made, backend));
    expect(new Set(names).size).toBe(3);
    expect(names.map((name) => find(made, name))).toEqual(made.backends);
    expect(made.backends.map((backend) => Backend.handle.get(made.desk.memory, backend))).toEqual(names);
    release(made, names[1]!);
    expect(names.map((name) => find(made, name))).toEqual([made.backends[0], 0, made.backends[2]]);
    expect(Backend.handle.get(made.desk.memory, made.backends[1]!)).toBe(0);
    const again = take(made, made.backends[1]!);
    expect(find(made, again)).toBe(made.backends[1]);
    expect(find(made, names[1]!)).toBe(0);
  });

  test("a slot comes back behind all others, and with another generation", () => {
    const made = deskOf(1, { directoryMax: 4 });
    const seen = new Set<number>();
    for (let i = 0; i < 66_000; i++) {
      const name = take(made, made.backends[0]!);
      if (!(name > 0 && name < 2 ** 31)) throw new Error(`name ${name}`);
      if (i < 65_536) seen.add(name);
      release(made, name);
    }
    expect(seen.size).toBe(65_536);
  });

  test("directoryMax is a bound, and nothing has changed beyond it", () => {
    const made = deskOf(9);
    const names = made.backends.slice(0, 8).map((backend) => take(made, backend));
    const used = made.desk.usedBytes();
    expect(take(made, made.backends[8]!)).toBe(LbErrno.tableFull);
    expect(made.desk.usedBytes()).toBe(used);
    expect(Backend.handle.get(made.desk.memory, made.backends[8]!)).toBe(0);
    expect(Directory.count.get(made.desk.memory, Balancer.directory.at(made.desk.balancer))).toBe(8);
    release(made, names[3]!);
    expect(take(made, made.backends[8]!)).toBeGreaterThan(0);
    expect(names.map((name) => find(made, name) !== 0)).toEqual([true, true, true, false, true, true, true, true]);
  });

  test("the largest directory there may be has positive names", () => {
    const made = deskOf(2, { directoryMax: 32_767 });
    const directory = Balancer.directory.at(made.desk.balancer);
    take(made, made.backends[0]!);
    Directory.freeFirst.set(made.desk.memory, directory, 32_766);
    Directory.taken.set(made.desk.memory, directory, 0xffff_fffe);
    const name = take(made, made.backends[1]!);
    expect(name).toBe(0x7fff_ffff);
    expect(find(made, name)).toBe(made.backends[1]);
  });

  test("numbers that are no names find nothing", () => {
    const made = deskOf(2);
    for (const number of [0, 1, -1]) expect(find(made, number)).toBe(0);
    const name = take(made, made.backends[0]!);
    for (const number of [0, -1, -name, 1, 8, 9, 32_767, name + 1, name - 1, name + 2 ** 15, name + 2 ** 31, name + 2 ** 32, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53, -(2 ** 31), Number.NaN, Infinity, name + 0.5]) {
      expect(find(made, number)).toBe(0);
    }
    release(made, name + 2 ** 15);
    directoryMove(made.desk.memory, made.desk.balancer, name + 2 ** 15, made.backends[1]!);
    expect(find(made, name)).toBe(made.backends[0]);
  });

  test("a name is not looked for behind the table", () => {
    const made = deskOf(1);
    take(made, made.backends[0]!);
    const behind = (Directory.slots.get(made.desk.memory, Balancer.directory.at(made.desk.balancer)) + 8 * DirectorySlot.size) as DirectorySlotAddress;
    DirectorySlot.handle.set(made.desk.memory, behind, 9);
    expect(find(made, 9)).toBe(0);
  });

  test("a name moves to another record, and what that was called before is nobody's", () => {
    const made = deskOf(3);
    const { memory, balancer } = made.desk;
    const [first, second] = made.backends.slice(0, 2).map((backend) => take(made, backend)) as [number, number];
    directoryMove(memory, balancer, first, made.backends[2]!);
    expect([find(made, first), find(made, second)]).toEqual([made.backends[2], made.backends[1]]);
    directoryMove(memory, balancer, first, made.backends[1]!);
    expect([find(made, first), find(made, second)]).toEqual([made.backends[1], 0]);
    expect(made.backends.map((backend) => Backend.handle.get(memory, backend))).toEqual([0, first, 0]);
    directoryMove(memory, balancer, first, made.backends[1]!);
    expect(Backend.handle.get(memory, made.backends[1]!)).toBe(first);
    expect(Directory.count.get(memory, Balancer.directory.at(balancer))).toBe(1);
    release(made, first);
    expect(made.desk.usedBytes()).toBe(made.used);
  });

  test("tables are made with the first name and given back with the last; without memory nothing changes", () => {
    const made = deskOf(2);
    for (let left = 0; left < 3; left++) {
      made.desk.allocationsLeft = left;
      expect(take(made, made.backends[0]!)).toBe(Errno.outOfMemory);
      expect(made.desk.usedBytes()).toBe(made.used);
      expect(Backend.handle.get(made.desk.memory, made.backends[0]!)).toBe(0);
    }
    made.desk.allocationsLeft = 3;
    const names = made.backends.map((backend) => take(made, backend));
    expect(made.desk.usedBytes()).toBeGreaterThan(made.used);
    release(made, names[0]!);
    expect(made.desk.usedBytes()).toBeGreaterThan(made.used);
    release(made, names[1]!);
    expect(made.desk.usedBytes()).toBe(made.used);
    expect(find(made, names[1]!)).toBe(0);
    made.desk.allocationsLeft = Infinity;
    expect(names).not.toContain(take(made, made.backends[0]!));
  });

  test("like a map, whatever is done in any order", () => {
    const step = fc.tuple(fc.constantFrom("take", "release", "move", "stale"), fc.nat(11), fc.nat(11));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const made = deskOf(12);
        const model = new Map<number, BackendAddress>();
        const gone: number[] = [];
        const nameOf = (backend: BackendAddress): number => [...model].find(([, other]) => other === backend)?.[0] ?? 0;
        for (const [action, one, other] of steps) {
          const backend = made.backends[one]!;
          const name = nameOf(backend);
          if (action === "take" && name === 0) {
            const taken = take(made, backend);
            if (model.size === 8) expect(taken).toBe(LbErrno.tableFull);
            else model.set(taken, backend);
          } else if (action === "release" && name !== 0) {
            release(made, name);
            model.delete(name);
            gone.push(name);
          } else if (action === "move" && name !== 0) {
            const [to, own] = [made.backends[other]!, nameOf(made.backends[other]!)];
            directoryMove(made.desk.memory, made.desk.balancer, name, to);
            if (own !== 0 && own !== name) {
              model.delete(own);
              gone.push(own);
            }
            model.set(name, to);
          } else if (action === "stale" && gone.length > 0) {
            release(made, gone[one % gone.length]!);
          }
          expect([...model.keys()].map((known) => find(made, known))).toEqual([...model.values()]);
          expect(gone.map((past) => find(made, past))).toEqual(gone.map(() => 0));
          expect(made.backends.map((at) => Backend.handle.get(made.desk.memory, at))).toEqual(made.backends.map(nameOf));
        }
        for (const name of [...model.keys()]) release(made, name);
        expect(made.desk.usedBytes()).toBe(made.used);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
