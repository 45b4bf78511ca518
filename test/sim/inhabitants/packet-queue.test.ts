import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import type { Address } from "../../../hal/field.ts";
import { Agenda } from "../../../sim/inhabitants/agenda.ts";
import type { PacketAddress } from "../../../sim/inhabitants/packet-queue.ts";
import { Direction, NO_PACKET, Packet, packetBytesAt, packetNext, packetPop, packetPut, packetQueueCreate, packetTake } from "../../../sim/inhabitants/packet-queue.ts";
import { Waiting, waitingCycle, waitingFirst, waitingLater, waitingPop, waitingPut } from "../../../sim/inhabitants/waiting.ts";

const BYTES = 64 * 1024;

class Desk {
  readonly memory = new Memory(new ArrayBuffer(BYTES));
  readonly heap;
  readonly queue: Address<"Agenda">;

  constructor(slots: number) {
    arenaFormat(this.memory, 0, BYTES);
    this.heap = arenaHeap(this.memory, 0);
    this.queue = packetQueueCreate(this.heap, slots) as Address<"Agenda">;
  }

  take(name: number): PacketAddress {
    const packet = packetTake(this.heap, Direction.toMachine, 60);
    this.memory.i32[packetBytesAt(packet) >> 2] = name;
    return packet;
  }

  put(name: number, cycle: number): boolean {
    const packet = this.take(name);
    const put = packetPut(this.memory, this.queue, packet, cycle);
    if (!put) this.heap.free(packet);
    return put;
  }

  name(packet: PacketAddress): number {
    return this.memory.i32[packetBytesAt(packet) >> 2]!;
  }

  /** Name of the next packet, which is out of the queue and freed then; -1 if there is none. */
  pop(): number {
    const next = packetNext(this.memory, this.queue);
    expect(packetPop(this.memory, this.queue)).toBe(next);
    if (next === NO_PACKET) return -1;
    const name = this.name(next);
    this.heap.free(next);
    return name;
  }

  get used(): number {
    return arenaAccount(this.memory, 0).usedBytes;
  }
}

describe("a queue of packets", () => {
  test("whatever is put and popped: the earliest goes first, of equals the one that was put first", () => {
    const step = fc.oneof(fc.record({ put: fc.integer({ min: 0, max: 20 }) }), fc.constant("pop" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const desk = new Desk(40);
        const model: { name: number; cycle: number }[] = [];
        steps.forEach((one, name) => {
          if (one === "pop") {
            // A stable sort keeps the order of equals.
            model.sort((a, b) => a.cycle - b.cycle);
            expect(desk.pop()).toBe(model.shift()?.name ?? -1);
          } else if (desk.put(name, one.put)) model.push({ name, cycle: one.put });
          else expect(model.length).toBe(40);
          expect(Agenda.count.get(desk.memory, desk.queue)).toBe(model.length);
        });
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  test("holds as many as it has slots, and says so; what was refused is the caller's", () => {
    const desk = new Desk(3);
    const before = desk.used;
    for (let name = 0; name < 3; name++) expect(desk.put(name, 10 - name)).toBe(true);
    expect(desk.put(3, 1)).toBe(false);
    expect([desk.pop(), desk.pop(), desk.pop(), desk.pop()]).toEqual([2, 1, 0, -1]);
    expect([desk.used, Agenda.peak.get(desk.memory, desk.queue)]).toEqual([before, 3]);
  });

  test("counts orders past 2^31", () => {
    const desk = new Desk(8);
    Agenda.orders.set(desk.memory, desk.queue, 0x7fff_fffe);
    for (let name = 0; name < 5; name++) desk.put(name, 7);
    expect([0, 1, 2, 3, 4].map(() => desk.pop())).toEqual([0, 1, 2, 3, 4]);
  });

  test("without memory there is no packet", () => {
    const desk = new Desk(3);
    expect(packetTake(desk.heap, Direction.toMachine, BYTES)).toBe(NO_PACKET);
    expect(packetQueueCreate(desk.heap, BYTES)).toBeLessThan(0);
  });
});

describe("packets that wait", () => {
  function waitingDesk(most: number): { desk: Desk; waiting: Address<"Waiting"> } {
    const desk = new Desk(1);
    const waiting = desk.heap.allocate(Waiting.size) as Address<"Waiting">;
    desk.memory.fill(waiting, Waiting.size, 0);
    Waiting.most.set(desk.memory, waiting, most);
    return { desk, waiting };
  }

  test("are served in the order in which they came", () => {
    const { desk, waiting } = waitingDesk(10);
    const { memory } = desk;
    for (let name = 0; name < 3; name++) expect(waitingPut(memory, waiting, desk.take(name), 100)).toBe(true);
    expect(desk.name(waitingPop(memory, waiting))).toBe(0);
    waitingPut(memory, waiting, desk.take(3), 200);
    expect([1, 2, 3].map(() => desk.name(waitingPop(memory, waiting)))).toEqual([1, 2, 3]);
    expect([waitingPop(memory, waiting), waitingFirst(memory, waiting), waitingCycle(memory, waiting)]).toEqual([NO_PACKET, NO_PACKET, -1]);
    expect(waitingPut(memory, waiting, desk.take(4), 300)).toBe(true);
    expect(desk.name(waitingFirst(memory, waiting))).toBe(4);
  });

  test("are offered some time after the first of them came, or was refused again", () => {
    const { desk, waiting } = waitingDesk(10);
    waitingPut(desk.memory, waiting, desk.take(0), 100);
    const first = waitingCycle(desk.memory, waiting);
    expect(first).toBeGreaterThan(100);
    waitingPut(desk.memory, waiting, desk.take(1), 5000);
    expect(waitingCycle(desk.memory, waiting)).toBe(first);
    waitingLater(desk.memory, waiting, first);
    expect(waitingCycle(desk.memory, waiting)).toBe(2 * first - 100);
  });

  test("are no more than may", () => {
    const { desk, waiting } = waitingDesk(2);
    expect([0, 1, 2].map((name) => waitingPut(desk.memory, waiting, desk.take(name), 1))).toEqual([true, true, false]);
    expect([Waiting.count.get(desk.memory, waiting), Waiting.waited.get(desk.memory, waiting)]).toEqual([2, 2]);
  });
});

test("a packet is what it was taken for", () => {
  const desk = new Desk(1);
  const packet = packetTake(desk.heap, Direction.fromMachine, 1514);
  expect([Packet.direction.get(desk.memory, packet), Packet.frameBytes.get(desk.memory, packet), Packet.next.get(desk.memory, packet), packetBytesAt(packet) - packet]).toEqual([Direction.fromMachine, 1514, NO_PACKET, Packet.size]);
});
