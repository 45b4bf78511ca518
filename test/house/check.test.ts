/** Goal: `npm run check` judges every room, and keeps Node out of four of them. Method: the rooms' settings over planted files. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listFiles, ROOT } from "./source.ts";

const work = mkdtempSync(join(tmpdir(), "veridian-check-"));
const rooms = listFiles().filter((path) => path.endsWith("/tsconfig.json")).map((path) => dirname(path));
const PORTABLE = ["hal", "kernel", "services", "sim"];

/** The exit code of this room's type check when `text` is one of its files, and no other file exists. */
function check(room: string, text: string): number | null {
  const planted = join(work, room, "planted.ts");
  writeFileSync(planted, text);
  const { status } = spawnSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", room], { cwd: work });
  rmSync(planted);
  return status;
}

beforeAll(() => {
  cpSync(join(ROOT, "tsconfig.json"), join(work, "tsconfig.json"));
  writeFileSync(join(work, "package.json"), '{ "type": "module" }');
  symlinkSync(join(ROOT, "node_modules"), join(work, "node_modules"));
  for (const room of rooms) {
    mkdirSync(join(work, room), { recursive: true });
    cpSync(join(ROOT, room, "tsconfig.json"), join(work, room, "tsconfig.json"));
  }
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

test("npm run check names every room", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: { check: string } };
  expect(rooms.sort()).toEqual([...PORTABLE, "sim/host", "test"].sort());
  expect(scripts.check.split(" && ").sort()).toEqual(rooms.map((room) => `tsc -p ${room}`).sort());
});

test.each(rooms)("an error in %s fails", (room) => {
  expect(check(room, "export const planted: number = 1;\n")).toBe(0);
  expect(check(room, 'export const planted: number = "1";\n')).not.toBe(0);
  expect(check(room, "export enum Planted { one }\n")).not.toBe(0);
});

test.each(rooms)("Node's types in %s", (room) => {
  expect(check(room, "export const planted = process.argv;\n") === 0).toBe(!PORTABLE.includes(room));
});
