import { expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { CapabilitySlot, ObjectType, Right, clearSlot, lookUp, mint } from "../../kernel/capability.ts";
import type { SlotOfCapability } from "../../kernel/capability.ts";
import { Errno } from "../../kernel/errno.ts";
import { KernelState } from "../../kernel/process.ts";

const QUOTA = 16;

function makeSpaces() {
  const plan = new RamPlan();
  plan.bytes("null", 64);
  const state = plan.record("state", KernelState);
  const spaces = { slots: plan.records("slots", CapabilitySlot, 2 * QUOTA), quota: QUOTA };
  const tokens = plan.bytes("tokens", 64 * 8);
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  return { ram, state, spaces, tokens };
}

test("a token is id 48, generation 8, type 4, flags 4, as upstream lays it out", () => {
  const { ram, state, spaces, tokens } = makeSpaces();
  mint(ram, state, spaces, 0, ObjectType.endpoint, 5, 0, Right.write | Right.grant | Right.revoke, tokens);
  const high = ram.i32[(tokens >> 2) + 1];
  expect((high >>> 16) & 0xff).toBe(1);
  expect((high >>> 24) & 0xf).toBe(3);
  expect(high >>> 28).toBe(2 | 8);
});

test("only the holder's token, whole, of the right type and with the rights, is answered with its slot", () => {
  const { ram, state, spaces, tokens } = makeSpaces();
  mint(ram, state, spaces, 0, ObjectType.endpoint, 5, 0, Right.write, tokens);
  expect(lookUp(ram, spaces, 0, tokens, ObjectType.endpoint, Right.write)).toBe(spaces.slots.at(0));
  expect(lookUp(ram, spaces, 1, tokens, ObjectType.endpoint, Right.write)).toBe(Errno.invalidCapability);
  expect(lookUp(ram, spaces, 0, tokens, ObjectType.memory, Right.write)).toBe(Errno.invalidCapability);
  expect(lookUp(ram, spaces, 0, tokens, ObjectType.endpoint, Right.read)).toBe(Errno.permissionDenied);
  expect(lookUp(ram, spaces, 0, tokens, ObjectType.endpoint, Right.write | Right.read)).toBe(Errno.permissionDenied);
  for (let bit = 0; bit < 64; bit++) {
    ram.i32[(tokens >> 2) + (bit >> 5)] ^= 1 << (bit & 31);
    expect(lookUp(ram, spaces, 0, tokens, ObjectType.endpoint, Right.write), `bit ${bit}`).toBe(Errno.invalidCapability);
    ram.i32[(tokens >> 2) + (bit >> 5)] ^= 1 << (bit & 31);
  }
});

test("the null token and an empty slot never match", () => {
  const { ram, spaces, tokens } = makeSpaces();
  for (let type = 0; type <= 8; type++) expect(lookUp(ram, spaces, 0, tokens, type, 0)).toBe(Errno.invalidCapability);
});

test("a stale token stays stale through more than 256 generations of its slot", () => {
  const { ram, state, spaces, tokens } = makeSpaces();
  const stale = tokens + 8;
  mint(ram, state, spaces, 0, ObjectType.endpoint, 5, 0, Right.write, stale);
  clearSlot(ram, spaces.slots.at(0));
  for (let generation = 0; generation < 600; generation++) {
    expect(mint(ram, state, spaces, 0, ObjectType.endpoint, 5, 0, Right.write, tokens)).toBe(0);
    expect(lookUp(ram, spaces, 0, tokens, ObjectType.endpoint, Right.write)).toBe(spaces.slots.at(0));
    expect(lookUp(ram, spaces, 0, stale, ObjectType.endpoint, Right.write)).toBe(Errno.invalidCapability);
    clearSlot(ram, spaces.slots.at(0));
  }
});

test("the quota's edge: as many as there are slots, then resourceExhausted, and the token is left alone", () => {
  const { ram, state, spaces, tokens } = makeSpaces();
  for (let n = 0; n < QUOTA; n++) expect(mint(ram, state, spaces, 1, ObjectType.memory, n, 1, Right.read, tokens + n * 8)).toBe(0);
  expect(mint(ram, state, spaces, 1, ObjectType.memory, 99, 1, Right.read, tokens + QUOTA * 8)).toBe(Errno.resourceExhausted);
  expect(ram.i32[(tokens + QUOTA * 8) >> 2]).toBe(0);
  for (let n = 0; n < QUOTA; n++) {
    const slot = lookUp(ram, spaces, 1, tokens + n * 8, ObjectType.memory, Right.read);
    expect(CapabilitySlot.object.get(ram, slot as SlotOfCapability)).toBe(n);
  }
});

test("the unique part carries into its second word", () => {
  const { ram, state, spaces, tokens } = makeSpaces();
  KernelState.nextCapabilityLow.set(ram, state, 0xff_ffff);
  mint(ram, state, spaces, 0, ObjectType.memory, 0, 1, Right.read, tokens);
  mint(ram, state, spaces, 0, ObjectType.memory, 1, 1, Right.read, tokens + 8);
  expect(ram.i32[(tokens >> 2) + 1] & 0xffff).toBe(0);
  expect(ram.i32[(tokens >> 2) + 3] & 0xffff).toBe(1);
});

test("a hundred thousand guesses find nothing", () => {
  const { ram, state, spaces, tokens } = makeSpaces();
  for (let n = 0; n < QUOTA; n++) mint(ram, state, spaces, 0, n % 9, n, 1, 0xff, tokens + n * 8);
  const guess = tokens + 60 * 8;
  let word = 12345;
  for (let n = 0; n < 100_000; n++) {
    word = (Math.imul(word, 1664525) + 1013904223) | 0;
    ram.i32[guess >> 2] = word;
    word = (Math.imul(word, 1664525) + 1013904223) | 0;
    ram.i32[(guess >> 2) + 1] = word;
    for (let type = 0; type <= 8; type++) if (lookUp(ram, spaces, 0, guess, type, 0) !== Errno.invalidCapability) expect.unreachable(`guess ${n}`);
  }
});
