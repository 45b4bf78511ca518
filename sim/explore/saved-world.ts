/**
 * A world as a file: one line of JSON that says what it is, and behind it the bytes of the machine and of the world. It may be put
 * back into a world of the same machine, made by the same version, and into no other.
 */

import { hashBytes } from "../../hal/snapshot.ts";
import { Memory } from "../../hal/memory.ts";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { MemberReader } from "../registers/member-reader.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { World } from "../world.ts";
import { buildDigests } from "./build-digests.ts";

export const SAVED_WORLD = "veridian-world";
const HEAD_BYTES_MAX = 4096;
const RAM_BYTES_MAX = 2 ** 31;
const NAME_CHARACTERS_MAX = 200;
const NEWLINE = 0x0a;

export interface SavedWorld {
  readonly build: string;
  readonly layouts: string;
  readonly costs: string;
  /** Tick at which it was saved. */
  readonly tick: number;
  /** 32 hex digits: World.hash() of that moment. */
  readonly hash: string;
  readonly machine: Uint8Array;
  readonly world: Uint8Array;
}

/** The file of a world as it is now. `build` is the version of this program. */
export function savedWorldBytes(world: World, build: string): Uint8Array {
  const { machine, memory } = world;
  const head = { kind: SAVED_WORLD, schema: 1, build, ...buildDigests(), tick: machine.tick(), hash: world.hash(), machineBytes: machine.ram.bytes, worldBytes: memory.bytes };
  const line = encodeUtf8(`${JSON.stringify(head)}\n`);
  const file = new Uint8Array(line.length + machine.ram.bytes + memory.bytes);
  file.set(line);
  file.set(machine.ram.u8, line.length);
  file.set(memory.u8, line.length + machine.ram.bytes);
  return file;
}

/** Null, and problems in the list, for what is no such file, is cut or damaged. */
export function readSavedWorld(bytes: Uint8Array, problems: Problem[]): SavedWorld | null {
  const end = bytes.subarray(0, HEAD_BYTES_MAX).indexOf(NEWLINE);
  const value = end < 0 ? null : parse(decodeUtf8(bytes.subarray(0, end)));
  if (value === null) {
    problems.push(problem("", "this is no saved world", "a file that `veridian replay FILE --save FILE` wrote"));
    return null;
  }
  const found: Problem[] = [];
  const head = new MemberReader(value, "", found);
  if (head.get("kind") !== SAVED_WORLD) head.complain("kind", `"${SAVED_WORLD}"`);
  head.whole("schema", 1, 1);
  const machineBytes = head.whole("machineBytes", 64, RAM_BYTES_MAX, 64);
  const worldBytes = head.whole("worldBytes", 8, RAM_BYTES_MAX, 8);
  const names = ["build", "layouts", "costs", "hash"].map((name) => head.text(name, NAME_CHARACTERS_MAX));
  const tick = head.whole("tick", 0, Number.MAX_SAFE_INTEGER);
  if (found.length === 0 && bytes.length !== end + 1 + machineBytes + worldBytes) found.push(problem("", `behind the first line there are ${bytes.length - end - 1} bytes`, `${machineBytes + worldBytes}`));
  if (found.length === 0) {
    const [build, layouts, costs, hash] = names;
    const machine = bytes.slice(end + 1, end + 1 + machineBytes);
    const world = bytes.slice(end + 1 + machineBytes);
    if (hashOf(machine) + hashOf(world) === hash) return Object.freeze({ build, layouts, costs, tick, hash, machine, world });
    found.push(problem("", "its bytes are not those that were saved: their hash is another one", hash));
  }
  problems.push(...found);
  return null;
}

/** Why a saved world cannot be put back into this one; "" if it can. */
export function misfit(saved: SavedWorld, world: World): string {
  const { layouts, costs } = buildDigests();
  if (saved.layouts !== layouts || saved.costs !== costs) return `it was saved by version ${saved.build}, whose records or costs are others`;
  if (saved.machine.length !== world.machine.ram.bytes || saved.world.length !== world.memory.bytes) return "it was saved from another machine or another world";
  return "";
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function hashOf(bytes: Uint8Array): string {
  const memory = new Memory(new ArrayBuffer(bytes.length));
  memory.u8.set(bytes);
  return hashBytes(memory);
}
