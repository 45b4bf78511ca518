/** Register scripts come from files: whatever a file holds is a sound script, or a list of what is wrong with it. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../../sim/problem.ts";
import { PROBLEMS_MAX, problemText } from "../../../sim/problem.ts";
import { CLOCK_STEP_CYCLES_MAX, FRAME_BYTES_MAX, STEPS_MAX, readRegisterScript } from "../../../sim/registers/read-script.ts";
import type { RegisterScript } from "../../../sim/registers/script.ts";
import { SCRIPT_MEMORY } from "../../../sim/registers/script.ts";
import { playRegisterScript } from "../../../sim/registers/play-script.ts";
import { scriptTexts } from "../../registers/load.ts";

const HEAD = { name: "a", device: "e1000", mac: "02:00:00:00:00:01" };
const VIRTIO = { ...HEAD, device: "virtio-net-mmio" };
const { base, end } = SCRIPT_MEMORY;

function read(value: unknown): { script: RegisterScript | null; said: string[] } {
  const problems: Problem[] = [];
  const script = readRegisterScript(typeof value === "string" ? value : JSON.stringify(value), problems);
  return { script, said: problems.map((item) => problemText(item)) };
}

const step = (fields: object, head: object = HEAD): { script: RegisterScript | null; said: string[] } => read({ ...head, steps: [fields] });

describe("a whole script", () => {
  test("members that mean nothing are passed over, numbers and bytes become what they stand for", () => {
    const { script, said } = read({
      ...HEAD,
      description: "d",
      more: { of: [1] },
      steps: [
        { op: "readl", offset: 8, value: 0xffff_ffff, reg: "STATUS", note: "n" },
        { op: "mem_write", addr: base, hex: "00ff10", departs: "why" },
        { op: "expect_tx", hex: null },
      ],
    });
    expect(said).toEqual([]);
    expect(script).toEqual({
      ...HEAD,
      deviceOptions: "",
      steps: [
        { op: "readl", offset: 8, value: 0xffff_ffff, register: "STATUS", departs: false },
        { op: "mem_write", address: base, bytes: Uint8Array.of(0, 255, 16), register: "", departs: true },
        { op: "expect_tx", bytes: null, register: "", departs: false },
      ],
    });
  });

  test.each([
    ["{", "this is no JSON"],
    ["[]", "this is a list; expected an object with name, device, mac and steps"],
    ["null", "this is null; expected an object"],
    ['"' + "x".repeat(100) + '"', `this is "${"x".repeat(39)}...; expected an object`],
    [{ ...HEAD, steps: [], device: "ne2000" }, 'device is "ne2000"; expected e1000 or virtio-net-mmio'],
    [{ ...HEAD, steps: [], device: undefined }, "device is missing; expected e1000"],
    [{ ...HEAD, steps: [], mac: "02:00:00:00:00" }, 'mac is "02:00:00:00:00"; expected an address'],
    [{ ...HEAD, steps: [], mac: ["02:00:00:00:00:01"] }, "mac is a list; expected"],
    [{ ...HEAD, steps: [], name: "n".repeat(201) }, "expected a text of at most 200 characters"],
    [{ ...HEAD, steps: [], device_options: 1 }, "device_options is 1; expected a text"],
    [{ ...HEAD }, "steps is missing; expected a list"],
    [{ ...HEAD, steps: {} }, "steps is an object; expected a list"],
    [{ ...HEAD, steps: Array.from({ length: STEPS_MAX + 1 }, () => 0) }, `steps is a list; expected a list of at most ${STEPS_MAX} steps`],
  ])("%j is refused", (value, why) => {
    const { script, said } = read(value);
    expect(script).toBeNull();
    expect(said.some((text) => text.includes(why)), said.join("\n")).toBe(true);
  });

  test("an inherited member is none", () => {
    const { said } = read('{"__proto__":{"steps":[]},"name":"a","device":"e1000","mac":"02:00:00:00:00:01"}');
    expect(said).toEqual([`steps is missing; expected a list of at most ${STEPS_MAX} steps`]);
    expect(step({ op: "constructor" }).said[0]).toContain('steps[0]: op is "constructor"');
  });

  test("everything that is wrong is said at once, each with its step, up to a bound", () => {
    const { said } = read({ ...HEAD, mac: "", steps: [{ op: "irq", level: 2 }, { op: "irq", level: 0 }, 7, { op: "jump" }] });
    expect(said.map((text) => text.split(":")[0])).toEqual(['mac is ""; expected an address as in 02', "steps[0]", "steps[2]", "steps[3]"]);
    expect(read({ ...HEAD, steps: Array.from({ length: 1000 }, () => null) }).said.length).toBe(PROBLEMS_MAX);
  });

  test("no script waits for longer than ten minutes", () => {
    const minute = { op: "clock_step", ns: CLOCK_STEP_CYCLES_MAX };
    expect(read({ ...HEAD, steps: Array.from({ length: 10 }, () => minute) }).said).toEqual([]);
    expect(read({ ...HEAD, steps: [...Array.from({ length: 10 }, () => minute), { op: "clock_step", ns: 1 }] }).said[0]).toContain("steps[10]: by now 600000000001 ns have passed");
  });
});

describe("each step's edges", () => {
  test.each<[string, object, boolean, object?]>([
    ["the last register of an e1000", { op: "readl", offset: 0x1_fffc, value: 0 }, true],
    ["one beyond it", { op: "readl", offset: 0x2_0000, value: 0 }, false],
    ["an unaligned register", { op: "writel", offset: 2, value: 0 }, false],
    ["a register below 0", { op: "writel", offset: -4, value: 0 }, false],
    ["the last word of a virtio device", { op: "readl", offset: 0x1fc, value: 0 }, true, VIRTIO],
    ["one beyond it", { op: "readl", offset: 0x200, value: 0 }, false, VIRTIO],
    ["the largest value", { op: "writel", offset: 0, value: 0xffff_ffff }, true],
    ["one more", { op: "writel", offset: 0, value: 0x1_0000_0000 }, false],
    ["half a value", { op: "writel", offset: 0, value: 0.5 }, false],
    ["a value in words", { op: "writel", offset: 0, value: "1" }, false],
    ["no value", { op: "writel", offset: 0 }, false],
    ["half a word of a virtio device's configuration", { op: "readw", offset: 0x1fe, value: 0xffff }, true, VIRTIO],
    ["one that is not aligned", { op: "readw", offset: 0x101, value: 0 }, false, VIRTIO],
    ["its last byte", { op: "readb", offset: 0x1ff, value: 255 }, true, VIRTIO],
    ["a byte of 256", { op: "readb", offset: 0x1ff, value: 256 }, false, VIRTIO],
    ["a byte in front of the configuration", { op: "readb", offset: 0xff, value: 0 }, false, VIRTIO],
    ["a byte of an e1000", { op: "readb", offset: 0x100, value: 0 }, false],
    ["the first byte of memory", { op: "mem_write", addr: base, hex: "00" }, true],
    ["one before", { op: "mem_write", addr: base - 1, hex: "00" }, false],
    ["the last byte of memory", { op: "mem_read", addr: end - 1, len: 1, hex: "00" }, true],
    ["one beyond", { op: "mem_read", addr: end - 1, len: 2, hex: "0000" }, false],
    ["a length that is not the bytes'", { op: "mem_read", addr: base, len: 2, hex: "00" }, false],
    ["no length", { op: "mem_read", addr: base, hex: "00" }, false],
    ["half a byte", { op: "mem_write", addr: base, hex: "000" }, false],
    ["upper case", { op: "mem_write", addr: base, hex: "0A" }, false],
    ["no digit", { op: "mem_write", addr: base, hex: "0g" }, false],
    ["no bytes", { op: "mem_write", addr: base, hex: "" }, false],
    ["the longest frame", { op: "inject", hex: "00".repeat(FRAME_BYTES_MAX) }, true],
    ["one byte more", { op: "inject", hex: "00".repeat(FRAME_BYTES_MAX + 1) }, false],
    ["an empty frame", { op: "inject", hex: "" }, false],
    ["no frame", { op: "inject", hex: null }, false],
    ["a frame that is left out", { op: "expect_tx" }, false],
    ["no time", { op: "clock_step", ns: 0 }, true],
    ["a minute", { op: "clock_step", ns: CLOCK_STEP_CYCLES_MAX }, true],
    ["more", { op: "clock_step", ns: CLOCK_STEP_CYCLES_MAX + 1 }, false],
    ["time that goes back", { op: "clock_step", ns: -1 }, false],
    ["a level between", { op: "irq", level: 0.5 }, false],
    ["a register's name that is none", { op: "irq", level: 0, reg: 5 }, false],
    ["a reason that is none", { op: "irq", level: 0, departs: true }, false],
    ["no op", {}, false],
    ["a list", [], false],
  ])("%s", (_name, fields, sound, head = HEAD) => {
    const { script, said } = step(fields, head);
    expect(said.length === 0).toBe(sound);
    expect(script !== null).toBe(sound);
    if (!sound) for (const text of said) expect(text).toMatch(/^steps\[0\]: .+; expected .+/);
  });
});

test("recorded scripts with a member replaced by anything are read or refused, and those that are read are played", () => {
  const texts = scriptTexts().filter((text) => text.length < 8000);
  const anything = fc.oneof(fc.constantFrom<unknown>(null, -1, 0, 1, 4, 0x3820, 0xffff_ffff, 1e300, "", "00", "ff".repeat(64), [], {}, true), fc.integer(), fc.string());
  let played = 0;
  fc.assert(
    fc.property(fc.nat(texts.length - 1), fc.nat(), fc.constantFrom("op", "offset", "value", "addr", "hex", "len", "ns", "level", "departs", "reg"), anything, (which, where, member, value) => {
      const script = JSON.parse(texts[which]);
      script.steps[where % script.steps.length][member] = value;
      const { script: found, said } = read(script);
      expect(found === null).toBe(said.length > 0);
      if (found === null) return;
      played += 1;
      expect(playRegisterScript(found).notModelled).toBe(0);
    }),
    { numRuns: 400, seed: 5 },
  );
  expect(played).toBeGreaterThan(40);
});
