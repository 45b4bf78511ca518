import { describe, expect, test } from "vitest";
import { wireCycles } from "../../../hal/ethernet.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import type { LinkPlan } from "../../../sim/inhabitants/link.ts";
import { Link, LinkState, cleanLink } from "../../../sim/inhabitants/link.ts";
import { Direction, NO_PACKET, Packet, packetBytesAt } from "../../../sim/inhabitants/packet-queue.ts";

const BYTES = 1024 * 1024;
const MILLION = 1_000_000;
const FRAME_BYTES = 100;

interface Arrival {
  readonly cycle: number;
  readonly direction: number;
  /** The number that the frame was sent with, and how many of its bits are not as they were. */
  readonly number: number;
  readonly wrongBits: number;
}

class Desk {
  readonly memory = new Memory(new ArrayBuffer(BYTES));
  readonly heap;
  readonly link: Link;
  readonly atRest: number;

  constructor(plan: Partial<LinkPlan>, seed = 1) {
    arenaFormat(this.memory, 0, BYTES);
    this.heap = arenaHeap(this.memory, 0);
    this.link = new Link(this.heap, { ...cleanLink, ...plan }, seed);
    this.atRest = this.used;
  }

  get used(): number {
    return arenaAccount(this.memory, 0).usedBytes;
  }

  /** A frame whose bytes are all `number`. False if the link took none. */
  send(number: number, now: number, direction: number = Direction.toMachine, frameBytes = FRAME_BYTES): boolean {
    const packet = this.link.open(direction, frameBytes);
    if (packet === NO_PACKET) return false;
    this.memory.u8.fill(number, packetBytesAt(packet), packetBytesAt(packet) + frameBytes);
    this.link.send(packet, now);
    return true;
  }

  /** All that arrives, in order. */
  arrivals(): Arrival[] {
    const found: Arrival[] = [];
    for (let cycle = this.link.nextCycle(); cycle >= 0; cycle = this.link.nextCycle()) {
      expect(this.link.arrived(cycle - 1)).toBe(NO_PACKET);
      const packet = this.link.arrived(cycle);
      const at = packetBytesAt(packet);
      const bytes = this.memory.u8.slice(at, at + Packet.frameBytes.get(this.memory, packet));
      const number = [...bytes].sort((a, b) => a - b)[bytes.length >> 1]!;
      const wrongBits = bytes.reduce((sum, byte) => sum + [...(byte ^ number).toString(2)].filter((bit) => bit === "1").length, 0);
      found.push({ cycle, direction: Packet.direction.get(this.memory, packet), number, wrongBits });
      this.heap.free(packet);
    }
    expect(this.used).toBe(this.atRest);
    return found;
  }

  count(name: "lost" | "late" | "doubled" | "damaged" | "dropped"): number {
    return LinkState[name].get(this.memory, this.link.state);
  }
}

describe("a frame takes its time", () => {
  test("its own on the line, as the machine's wire counts, and the delay", () => {
    const desk = new Desk({ delayCycles: 5000 });
    desk.send(1, 1000);
    expect(desk.arrivals().map(({ cycle }) => cycle)).toEqual([1000 + wireCycles(FRAME_BYTES) + 5000]);
  });

  test("a short one as if it were padded, and each byte as the rate says", () => {
    const desk = new Desk({ delayCycles: 0, cyclesPerByte: 80 });
    desk.send(1, 0, Direction.toMachine, 20);
    desk.send(2, 1_000_000, Direction.toMachine, 1514);
    expect(desk.arrivals().map(({ cycle }) => cycle)).toEqual([wireCycles(60) * 10, 1_000_000 + wireCycles(1514) * 10]);
  });

  test("behind the one before, in its own direction", () => {
    const desk = new Desk({ delayCycles: 7 });
    for (let number = 0; number < 4; number++) desk.send(number, 100, number < 3 ? Direction.toMachine : Direction.fromMachine);
    desk.send(4, 1_000_000);
    const time = wireCycles(FRAME_BYTES);
    const arrived = desk.arrivals().map(({ number, cycle }) => [number, cycle]);
    expect(arrived).toEqual([[0, 107 + time], [3, 107 + time], [1, 107 + 2 * time], [2, 107 + 3 * time], [4, 1_000_007 + time]]);
  });

  test("none at all on an ideal link; order is kept then too", () => {
    const desk = new Desk({ delayCycles: 0, cyclesPerByte: 0 });
    for (let number = 0; number < 20; number++) desk.send(number, 5);
    expect(desk.arrivals().map(({ number, cycle }) => [number, cycle])).toEqual(Array.from({ length: 20 }, (_, number) => [number, 5]));
  });
});

describe("a frame may", () => {
  const many = (plan: Partial<LinkPlan>, direction: number = Direction.toMachine, seed = 1): { desk: Desk; arrivals: Arrival[] } => {
    const desk = new Desk({ delayCycles: 0, ...plan }, seed);
    for (let number = 0; number < 200; number++) desk.send(number, number * 100_000, direction);
    return { desk, arrivals: desk.arrivals() };
  };

  test("be lost: then it takes its time on the line, and no memory", () => {
    const { desk, arrivals } = many({ lossParts: MILLION });
    expect([arrivals, desk.count("lost")]).toEqual([[], 200]);
    const halved = many({ lossParts: MILLION / 2 });
    expect(halved.desk.count("lost")).toBeGreaterThan(60);
    expect(halved.arrivals.length).toBe(200 - halved.desk.count("lost"));
    const slow = new Desk({ lossParts: MILLION / 2, delayCycles: 0 });
    for (let number = 0; number < 10; number++) slow.send(number, 0);
    for (const { number, cycle } of slow.arrivals()) expect(cycle).toBe((number + 1) * wireCycles(FRAME_BYTES));
  });

  test("come twice, both times whole", () => {
    const { desk, arrivals } = many({ duplicateParts: MILLION });
    expect(desk.count("doubled")).toBe(200);
    expect(arrivals.map(({ number, wrongBits }) => [number, wrongBits])).toEqual(Array.from({ length: 400 }, (_, i) => [i >> 1, 0]));
  });

  test("be late, by at most as much as the plan says", () => {
    const { desk, arrivals } = many({ reorderParts: MILLION, reorderCycles: 1_000_000 });
    expect(desk.count("late")).toBe(200);
    const late = arrivals.map(({ number, cycle }) => cycle - number * 100_000 - wireCycles(FRAME_BYTES));
    expect(Math.min(...late)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...late)).toBeLessThanOrEqual(1_000_000);
    expect(Math.max(...late)).toBeGreaterThan(900_000);
    expect(arrivals.some(({ number }, i) => i > 0 && number < arrivals[i - 1]!.number)).toBe(true);
    for (const { number, cycle } of many({ reorderParts: MILLION, reorderCycles: 1 }).arrivals) expect(cycle).toBe(number * 100_000 + wireCycles(FRAME_BYTES) + 1);
  });

  test("have one wrong bit, anywhere", () => {
    const { desk, arrivals } = many({ corruptParts: MILLION });
    expect(desk.count("damaged")).toBe(200);
    expect(arrivals.map(({ wrongBits }) => wrongBits)).toEqual(new Array(200).fill(1));
  });

  test("be doubled and damaged: then one of the two is whole", () => {
    const { arrivals } = many({ duplicateParts: MILLION, corruptParts: MILLION });
    for (let number = 0; number < 200; number++) expect(arrivals.filter((one) => one.number === number).map(({ wrongBits }) => wrongBits).sort()).toEqual([0, 1]);
  });

  test("with the same seed in the same way, with another, or the other way, in another", () => {
    const plan = { lossParts: 100_000, reorderParts: 200_000, reorderCycles: 300_000, duplicateParts: 100_000, corruptParts: 100_000 };
    const told = ({ arrivals }: { arrivals: Arrival[] }): string => arrivals.map(({ number, cycle, wrongBits }) => `${number} ${cycle} ${wrongBits}`).join();
    const first = told(many(plan));
    expect(told(many(plan))).toBe(first);
    expect(new Set([first, told(many(plan, Direction.fromMachine)), told(many(plan, Direction.toMachine, 2))]).size).toBe(3);
  });

  test("not be bothered by chances of 0: no plan changes what another one draws", () => {
    const lossOnly = many({ lossParts: 300_000 }).arrivals.map(({ number }) => number);
    const more = many({ lossParts: 300_000, corruptParts: 500_000, duplicateParts: 500_000 }).arrivals.map(({ number }) => number);
    expect([...new Set(more)]).toEqual(lossOnly);
  });
});

describe("a link is bounded", () => {
  test("in frames: what is one too many is dropped, counted and freed, and so are doubles", () => {
    const desk = new Desk({ framesMax: 5, duplicateParts: MILLION });
    for (let number = 0; number < 8; number++) desk.send(number, 0);
    // Each came with a double: two, two, one.
    expect([desk.count("dropped"), desk.arrivals().length]).toEqual([8 * 2 - 5, 5]);
  });

  test("in memory", () => {
    const desk = new Desk({});
    let sent = 0;
    while (desk.send(1, 0, Direction.toMachine, 60_000)) sent += 1;
    expect(sent).toBeGreaterThan(10);
    expect([desk.count("dropped"), desk.arrivals().length]).toEqual([1, sent]);
  });

  test("at the machine's wire too", () => {
    const desk = new Desk({ framesMax: 3 });
    for (let number = 0; number < 5; number++) desk.link.hold(desk.link.open(Direction.toMachine, FRAME_BYTES), 1000);
    expect(desk.count("dropped")).toBe(2);
    expect(desk.link.nextCycle()).toBeGreaterThan(1000);
  });

  test("and there is none without memory for it", () => {
    expect(() => new Desk({ framesMax: BYTES })).toThrow(RangeError);
  });
});

test("frames are conserved: sent and doubled, arrived, lost or dropped", () => {
  const desk = new Desk({ framesMax: 40, lossParts: 100_000, duplicateParts: 300_000, reorderParts: 500_000, reorderCycles: 50_000, delayCycles: 50_000 });
  let arrived = 0;
  for (let number = 0; number < 2000; number++) {
    desk.send(number & 0xff, number * 2000, number & 1);
    for (let packet = desk.link.arrived(number * 2000); packet !== NO_PACKET; packet = desk.link.arrived(number * 2000)) {
      arrived += 1;
      desk.heap.free(packet);
    }
  }
  arrived += desk.arrivals().length;
  expect(2000 + desk.count("doubled")).toBe(arrived + desk.count("lost") + desk.count("dropped"));
  expect(desk.count("dropped")).toBeGreaterThan(0);
});
