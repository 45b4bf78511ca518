/** Goal: whatever is in a file, reading it ends with a DumpError or with an answer to every topic, and never otherwise. */

import { describe, expect, test } from "vitest";
import { DumpError } from "../../../hal/boot-record.ts";
import { checkTables } from "../../../kernel/invariants/invariants.ts";
import { capsPage, memoryPage, nicPage } from "../../../sim/host/inspection/memory-page.ts";
import { overviewPage } from "../../../sim/host/inspection/overview-page.ts";
import { endpointsPage, processesPage, timersPage } from "../../../sim/host/inspection/process-page.ts";
import { tracePage } from "../../../sim/host/inspection/trace-page.ts";
import type { Terminal } from "../../../sim/host/terminal.ts";
import { plainPaint } from "../../../sim/host/terminal.ts";
import { differencesOf } from "../../../sim/inspect/differences.ts";
import type { Dump } from "../../../sim/inspect/dump.ts";
import { readDump, readParts } from "../../../sim/inspect/dump.ts";
import { LAYOUTS } from "../../../sim/inspect/layouts.ts";
import { TOPICS } from "../../../sim/inspect/topics.ts";
import { draws } from "../../captures/damage.ts";
import { makeNicScene, makeScene, makeVirtioScene } from "../../kernel/invariants/scene.ts";

const RUNS = Number(process.env["DAMAGE_RUNS"] ?? 300);
const EXTREMES = [0, 1, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0001_0000];
const terminal: Terminal = { out: () => {}, err: () => {}, paintOut: plainPaint, paintErr: plainPaint, program: "veridian", columns: 100 };

/** Everything that can be asked of a dump, as data and as pages. */
function readWhole(dump: Dump): string {
  const data = JSON.stringify(Object.values(TOPICS).map((topic) => topic(dump)));
  const pages = [
    overviewPage(terminal, "x", TOPICS.overview(dump)), processesPage(terminal, TOPICS.processes(dump)), endpointsPage(terminal, TOPICS.endpoints(dump)), capsPage(terminal, TOPICS.caps(dump)),
    timersPage(terminal, TOPICS.timers(dump)), memoryPage(terminal, TOPICS.memory(dump)), nicPage(terminal, TOPICS.nic(dump)), tracePage(terminal, TOPICS.trace(dump), 1000),
  ];
  return data + pages.flat().join("\n");
}

type Draw = ReturnType<typeof draws>;

/** Some bytes flipped, or words replaced by extreme ones, anywhere or in one part. */
function damaged(whole: Uint8Array, parts: Dump["parts"], draw: Draw): Uint8Array {
  const bytes = whole.slice();
  const view = new DataView(bytes.buffer);
  const times = 1 + draw(draw(4) === 0 ? 400 : 8);
  for (let i = 0; i < times; i++) {
    const part = parts[draw(parts.length)]!;
    const at = draw(3) === 0 ? draw(bytes.length) : part.base + draw(Math.max(1, part.bytes));
    if (draw(2) === 0) bytes[Math.min(at, bytes.length - 1)]! ^= 1 << draw(8);
    else view.setUint32(Math.min(at & ~3, bytes.length - 4), EXTREMES[draw(EXTREMES.length)]!, true);
  }
  return bytes;
}

describe.each([
  ["the scene", makeScene],
  ["the tiny machine", makeNicScene],
])("%s, damaged", (_name, make) => {
  const whole = make().machine.snapshot();
  const { parts, ram } = readDump(whole);

  test("whole, it is read", () => expect(readWhole(readDump(whole)).length).toBeGreaterThan(5000));

  test(`is read or refused, ${RUNS} times`, () => {
    const seen = { read: 0, refused: 0, told: 0 };
    for (let seed = 0; seed < RUNS; seed++) {
      const bytes = damaged(whole, parts, draws(seed));
      try {
        const dump = readDump(bytes);
        readWhole(dump);
        seen.read += 1;
        if (checkTables(dump.tables).length > 0) seen.told += 1;
        const changed = bytes.some((byte, index) => byte !== whole[index]);
        expect(differencesOf(ram, dump.ram, parts, LAYOUTS, 20).count > 0).toBe(changed);
      } catch (error) {
        if (!(error instanceof DumpError)) throw new Error(`seed ${seed}`, { cause: error });
        seen.refused += 1;
      }
    }
    // The test is worth something only if it gets both ways far enough.
    expect(seen.read).toBeGreaterThan(RUNS / 4);
    expect(seen.refused).toBeGreaterThan(RUNS / 40);
    expect(seen.told).toBeGreaterThan(RUNS / 8);
  });

  test("cut anywhere, it is refused", () => {
    const draw = draws(7);
    for (let i = 0; i < 200; i++) {
      const cut = i < 70 ? i : draw(whole.length);
      expect(() => readParts(whole.subarray(0, cut))).toThrow(DumpError);
    }
  });
});

test("a virtio device's registers, queues and rings, damaged: they are read all the same", () => {
  const whole = makeVirtioScene().machine.snapshot();
  const parts = readDump(whole).parts.filter(({ name }) => name === "nic0.registers" || name === "nic0.queues" || name === "region.rings");
  const runs = Math.ceil(RUNS / 10);
  let told = 0;
  for (let seed = 0; seed < runs; seed++) {
    const bytes = whole.slice();
    const view = new DataView(bytes.buffer);
    const draw = draws(seed);
    for (let i = 0; i < 20; i++) {
      const part = parts[draw(parts.length)];
      view.setUint32(part.base + 4 * draw(part.bytes >> 2), EXTREMES[draw(EXTREMES.length)]!, true);
    }
    const { tables } = readDump(bytes);
    if (checkTables(tables).length > 0) told += 1;
    expect(TOPICS.nic(readDump(bytes))).toHaveLength(1);
    expect(TOPICS.memory(readDump(bytes)).buffers.length).toBeGreaterThan(0);
  }
  expect(told).toBeGreaterThan(0);
});
