import { expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { KeptAddress } from "../../../services/lb/kept-configuration.ts";
import { KeptConfiguration, keepConfiguration, keptRegionBytes } from "../../../services/lb/kept-configuration.ts";

const KEPT = 64 as KeptAddress;
const TEXT = 1024;

function memoryWith(text: string): Memory {
  const memory = new Memory(new ArrayBuffer(2048));
  for (let i = 0; i < text.length; i++) memory.u8[TEXT + i] = text.charCodeAt(i);
  return memory;
}

const textOf = (memory: Memory): string => String.fromCharCode(...memory.u8.slice(KEPT + KeptConfiguration.size, KEPT + KeptConfiguration.size + KeptConfiguration.textBytes.get(memory, KEPT)));

test("the last text is kept, whole", () => {
  const memory = memoryWith("default=app\n");
  expect(keepConfiguration(memory, KEPT, 256, TEXT, 12)).toBe(0);
  expect(textOf(memory)).toBe("default=app\n");
  expect(keepConfiguration(memory, KEPT, 256, TEXT, 7)).toBe(0);
  expect(textOf(memory)).toBe("default");
  expect(KeptConfiguration.view(memory, KEPT)).toMatchObject({ accepted: 2, unkept: 0 });
});

test.each([[0, Errno.messageTooLarge], [1, Errno.ok], [2, Errno.ok]])("with a region %i bytes longer than a text of one byte less: %i", (more, status) => {
  const memory = memoryWith("x".repeat(40));
  memory.u8[KEPT + keptRegionBytes(39) + more] = 0x55;
  expect(keepConfiguration(memory, KEPT, keptRegionBytes(39) + more, TEXT, 40)).toBe(status);
  expect(textOf(memory)).toBe(status === Errno.ok ? "x".repeat(40) : "");
  expect(KeptConfiguration.unkept.get(memory, KEPT)).toBe(status === Errno.ok ? 0 : 1);
});

test("one that does not fit leaves none: the one before is not in force any more; nothing is none", () => {
  const memory = memoryWith("y".repeat(100));
  keepConfiguration(memory, KEPT, 64, TEXT, 10);
  expect(keepConfiguration(memory, KEPT, 64, TEXT, 100)).toBe(Errno.messageTooLarge);
  expect(textOf(memory)).toBe("");
  keepConfiguration(memory, KEPT, 64, TEXT, 10);
  keepConfiguration(memory, KEPT, 64, 0, 0);
  expect(textOf(memory)).toBe("");
  expect(KeptConfiguration.view(memory, KEPT)).toMatchObject({ accepted: 3, unkept: 1 });
});
