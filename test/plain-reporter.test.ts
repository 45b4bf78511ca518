/** Goal: the closing line counts every failure, in tests and outside of them. Method: a run of planted test files. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "./house/source.ts";

const work = mkdtempSync(join(tmpdir(), "veridian-reporter-"));
symlinkSync(join(ROOT, "node_modules"), join(work, "node_modules"));
writeFileSync(join(work, "vitest.config.js"), "export default {};\n");
writeFileSync(join(work, "package.json"), '{ "type": "module" }');
afterAll(() => rmSync(work, { recursive: true, force: true }));

function closingLine(text: string): { line: string | undefined; status: number | null } {
  writeFileSync(join(work, "planted.test.ts"), `import { beforeAll, describe, expect, test } from "vitest";\n${text}\n`);
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--root", work, "--reporter", "default", "--reporter", join(ROOT, "test/plain-reporter.ts")];
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: work, encoding: "utf8" });
  return { line: stdout.trimEnd().split("\n").at(-1), status };
}

test.each([
  ["passed, failed and skipped tests", 'test("a", () => {}); test("b", () => expect(1).toBe(2)); test.skip("c", () => {}); test.todo("d");', "1 passed, 1 failed, 2 skipped"],
  ["only passed tests", 'test("a", () => {}); test("b", () => {});', "2 passed, 0 failed, 0 skipped"],
  ["a file that does not load", 'import "./nowhere.ts";', "0 passed, 1 failed, 0 skipped"],
  ["a file without tests", "", "0 passed, 1 failed, 0 skipped"],
  ["a failed hook of a file", 'beforeAll(() => { throw new Error("x"); }); test("a", () => {});', "0 passed, 1 failed, 1 skipped"],
  ["a failed hook of a group", 'describe("x", () => { beforeAll(() => { throw new Error("x"); }); test("a", () => {}); }); test("b", () => {});', "1 passed, 1 failed, 1 skipped"],
  ["an error that nobody caught", 'test("a", async () => { setTimeout(() => { throw new Error("late"); }, 1); await new Promise((done) => setTimeout(done, 50)); });', "1 passed, 1 failed, 0 skipped"],
])("%s", (_name, text, expected) => {
  const { line, status } = closingLine(text);
  expect(line).toBe(expected);
  expect(status === 0).toBe(expected.includes(" 0 failed"));
});
