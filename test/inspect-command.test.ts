/** Goal: a machine can be stopped at any tick, looked into and compared, by command. */

import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readDump } from "../sim/inspect/dump.ts";
import { DumpRecorder } from "../sim/inspect/watchers.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { capturePath } from "./captures/index.ts";
import { setupFor } from "./captures/playing.ts";
import { inFolder, veridian } from "./commanding.ts";
import { makeScene } from "./kernel/invariants/scene.ts";

const CAPTURE = capturePath("01-curl-gets");
const TOPICS = ["processes", "endpoints", "caps", "timers", "memory", "nic", "trace"];

describe("run --dump --at", () => {
  test("writes the machine as it is when the tick has passed, and the run is the same run", () => {
    inFolder((path) => {
      const plain = veridian("run", "--capture", CAPTURE, "--json");
      for (const at of [0, 50]) {
        expect(veridian("run", "--capture", CAPTURE, "--json", "--dump", path("at"), "--at", String(at))).toEqual(plain);
        expect(JSON.parse(veridian("inspect", path("at"), "--json").out).overview.tick).toBe(at);
      }
      expect(veridian("run", "--capture", CAPTURE, "--json", "--dump", path("end")).code).toBe(0);
      expect(JSON.parse(veridian("inspect", path("end"), "--json").out).overview).toMatchObject({ tick: JSON.parse(plain.out).ticks, machine: "standard", problems: [] });
    });
  });

  test("the dump is what a run sees at that tick", () => {
    const setup = setupFor("01-curl-gets");
    const recorder = new DumpRecorder(40);
    const { world } = startRun(setup, [recorder]);
    finishRun(world, setup);
    const again = startRun(setup).world;
    again.beginReplay();
    again.runUntilTick(40);
    expect(recorder.dump).toEqual(again.machine.snapshot());
  });

  test("a tick that does not come, one without a file, none at all", () => {
    inFolder((path) => {
      expect(veridian("run", "--capture", CAPTURE, "--dump", path("x"), "--at", "99999")).toMatchObject({ code: 2, err: expect.stringMatching(/^veridian run: --at 99999: the run ended at tick \d+; expected a tick before that\n$/) as string });
      expect(veridian("run", "--at", "5")).toMatchObject({ code: 2, out: "", err: "veridian run: --at: it says when, and nothing says where to; expected --dump FILE beside it\n" });
      expect(veridian("run", "--at", "x", "--dump", path("x"), "--check", "0").err.split("\n")).toEqual(["veridian run: --check 0: this is no number of ticks; expected a whole number, 1 or more", "veridian run: --at x: this is no number of ticks; expected a whole number, 0 or more", ""]);
    });
  });
});

test("run --check changes nothing and ends with 0 where all holds", () => {
  expect(veridian("run", "--capture", CAPTURE, "--json", "--check", "10")).toEqual(veridian("run", "--capture", CAPTURE, "--json"));
});

describe("inspect", () => {
  test("prints every topic, as a page and as JSON", () => {
    inFolder((path) => {
      writeFileSync(path("scene"), makeScene().machine.snapshot());
      for (const topic of TOPICS) {
        expect(veridian("inspect", path("scene"), topic)).toMatchObject({ code: 0, err: "" });
        const { out } = veridian("inspect", path("scene"), topic, "--json");
        expect(JSON.parse(out)).toMatchObject({ schema: 1, topic, [topic]: expect.anything() as unknown });
      }
      const page = veridian("inspect", path("scene")).out;
      for (const piece of ["machine scene", "an answer of server (server.work), until tick 500", "room of server", "server.narrow  open", "2 of 4 in use", "hold"]) expect(page).toContain(piece);
      expect(page.split("\n").every((line) => line.length <= 100 || line.includes(path("scene")))).toBe(true);
      expect(veridian("inspect", path("scene"), "caps").out).toMatch(/\n {6}client {2}memory one .* client \(23\) +24 {2}read\n/);
      expect(veridian("inspect", path("scene"), "endpoints").out).toContain("hasCapability, capability 65");
      expect(veridian("inspect", path("scene"), "trace", "--last", "2").out).toMatch(/older lines not shown/);
    });
  });

  test("refuses what is no dump, no topic, no number", () => {
    inFolder((path) => {
      writeFileSync(path("text"), "no dump at all, and too short");
      expect(veridian("inspect", path("text"))).toMatchObject({ code: 2, out: "", err: `veridian inspect: ${path("text")}: this is no dump of a machine (a dump begins with a boot record of 64 bytes; there are 29); expected a file that \`veridian run --dump FILE\` wrote with this version\n` });
      expect(veridian("inspect", path("none")).err).toContain("there is none of that name");
      writeFileSync(path("scene"), makeScene().machine.snapshot());
      expect(veridian("inspect", path("scene"), "timer").err).toBe("veridian inspect: timer: there is no such topic; expected timers, perhaps\n");
      expect(veridian("inspect", path("scene"), "trace", "--last", "many").code).toBe(2);
      expect(veridian("inspect").err).toContain("FILE: it is missing");
    });
  });
});

describe("diff", () => {
  test("names each field that differs, and ends with 1; with 0 where none does", () => {
    inFolder((path) => {
      const { machine } = makeScene();
      writeFileSync(path("a"), machine.snapshot());
      expect(veridian("diff", path("a"), path("a"))).toMatchObject({ code: 0, out: `${path("a")} and ${path("a")} are equal\n` });
      machine.runUntilTick(21);
      while (machine.busy()) machine.step();
      writeFileSync(path("b"), machine.snapshot());
      const { code, out } = veridian("diff", path("a"), path("b"));
      expect(code).toBe(1);
      for (const piece of ["clock.ticks", "timers[1].deadlineTick", "processes[1].bits"]) expect(out).toContain(piece);
      const all = JSON.parse(veridian("diff", path("a"), path("b"), "--json", "--most", "1000").out) as { count: number; listed: { name: string; a: string; b: string }[]; parts: { count: number }[] };
      expect(all.listed).toHaveLength(all.count);
      expect(all.listed.find(({ name }) => name === "timers[1].deadlineTick")).toMatchObject({ a: "20", b: "40" });
      expect(all.parts.reduce((sum, part) => sum + part.count, 0)).toBe(all.count);
      const few = veridian("diff", path("a"), path("b"), "--most", "3");
      expect(few.out).toContain(`and ${all.count - 3} more places`);
    });
  });

  test("names fields of records within records, and runs of plain bytes", () => {
    inFolder((path) => {
      const { machine } = makeScene();
      const dump = readDump(machine.snapshot());
      const bytes = machine.snapshot();
      writeFileSync(path("a"), bytes);
      const arena = dump.parts.find(({ name }) => name === "arena.idle")!;
      const processes = dump.parts.find(({ name }) => name === "processes")!;
      const registers = processes.layout!.fields.find(({ name }) => name === "registers")!;
      for (const at of [arena.base + 600, arena.base + 601, arena.base + 606, arena.base + 700, processes.base + 3 * processes.layout!.size + registers.offset + 16]) bytes[at]! ^= 0xff;
      writeFileSync(path("b"), bytes);
      const { listed } = JSON.parse(veridian("diff", path("a"), path("b"), "--json").out) as { listed: { name: string; kind: string; bytes: number }[] };
      expect(listed.map(({ name, bytes: length }) => [name, length])).toEqual([["processes[3].registers.data0", 8], ["arena.idle+600", 7], ["arena.idle+700", 1]]);
    });
  });

  test("refuses machines of another shape, and files that cannot be read, with 2", () => {
    inFolder((path) => {
      writeFileSync(path("scene"), makeScene().machine.snapshot());
      expect(veridian("run", "--manifest", "tiny", "--capture", CAPTURE, "--json", "--dump", path("tiny")).code).toBe(0);
      expect(veridian("diff", path("scene"), path("tiny"))).toMatchObject({ code: 2, out: "", err: expect.stringContaining("it has 65536 bytes of RAM, the other has 131072") as string });
      writeFileSync(path("cut"), makeScene().machine.snapshot().subarray(0, 5000));
      expect(veridian("diff", path("cut"), path("none")).err.trimEnd().split("\n")).toHaveLength(2);
    });
  });
});

test("the help of each names its exit codes and shows examples", () => {
  expect(veridian("help", "diff").out).toMatch(/0 if they are equal, 1 if they differ, 2 if/);
  expect(veridian("help", "inspect").out).toContain("veridian run --dump end.dump --at 300");
});
