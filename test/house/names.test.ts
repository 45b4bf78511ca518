import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkContract, checkFileName, checkLock, checkTopLevel, checkWords, TOP_LEVEL } from "./names.ts";
import { isIgnored, listFiles, ROOT } from "./source.ts";

const TEXT = /(\.(ts|mjs|json|md|yml|conf|txt)|LICENSE|\/run|\.gitignore|\.editorconfig|\.npmrc)$/;
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test("the top level is exactly what it should be", () => {
  expect(checkTopLevel(readdirSync(ROOT).filter((name) => !isIgnored(name)))).toEqual([]);
});

test("files are called in kebab-case", () => {
  expect(listFiles().flatMap(checkFileName)).toEqual([]);
});

test("every file of hal, kernel, services and sim begins with its contract", () => {
  expect(listFiles().filter((path) => path.endsWith(".ts")).flatMap((path) => checkContract(path, read(path)))).toEqual([]);
});

test("no text holds a word that promises, or a name of one machine", () => {
  expect(listFiles().filter((path) => TEXT.test(path)).flatMap((path) => checkWords(path, read(path)))).toEqual([]);
});

test("the lock file names no download address", () => {
  expect(checkLock(read("package-lock.json"))).toEqual([]);
});

describe("the rules catch", () => {
  test("what lies at the top without leave, and what is missing", () => {
    expect(checkTopLevel(TOP_LEVEL)).toEqual([]);
    expect(checkTopLevel([...TOP_LEVEL, "vitest.config.ts"])).toHaveLength(1);
    expect(checkTopLevel(TOP_LEVEL.filter((name) => name !== "README.md"))).toEqual(["README.md is missing"]);
  });

  test.each(["hal/ramPlan.ts", "hal/Ram.ts", "services/e1000_driver/driver.ts", "test/Hal/x.test.ts", "sim/a--b.ts", "kernel/NOTES.md"])("the name %s", (path) => {
    expect(checkFileName(path)).toHaveLength(1);
  });

  test.each(["README.md", "services/lb/README.md", "kernel/SYSCALLS.md", "services/LAYOUTS.md", "hal/ram-plan.ts", "test/hal/ram-plan.test.ts", "sim/captures/13b-200-clients.pcap.gz", ".ci/run", ".ci/tsconfig.build.json", "test/captures/10-net-dup.truth.jsonl.gz"])(
    "not the name %s",
    (path) => {
      expect(checkFileName(path)).toEqual([]);
    },
  );

  test("a file without a contract", () => {
    expect(checkContract("hal/a.ts", "import x;\n")).toHaveLength(1);
    expect(checkContract("sim/host/a.ts", "// What it is, in a line comment.\n")).toHaveLength(1);
    expect(checkContract("hal/a.ts", "/** Things. */\n")).toHaveLength(1);
    expect(checkContract("hal/a.ts", "/**\n * What it is, and what may be relied on.\n */\n")).toEqual([]);
    expect(checkContract("sim/host/a.ts", "#!/usr/bin/env node\n/** What it is, and what may be relied on. */\n")).toEqual([]);
    expect(checkContract("test/a.ts", "import x;\n")).toEqual([]);
  });

  test.each([
    "// TO" + "DO: later", "/* FIX" + "ME */", "good enough for" + " now", "const a = '/wo" + "rk/main';", "see ../sha" + "red/captures", "in /tm" + "p/x",
    "https://regis" + "try.example.org/x", "from npm" + "js.com", "https://my-arti" + "factory.local/x", "ends in blanks ",
  ])("the words %j", (line) => {
    expect(checkWords("a.ts", `fine\n${line}\nfine`)).toHaveLength(1);
  });

  test("no harmless word", () => {
    expect(checkWords("a.ts", "a shared/region; the networks/ of work; registry; homework/a; tmp; proxy: https://example.org/ xXXx")).toEqual([]);
  });

  test("a lock file with an address", () => {
    expect(checkLock('{\n"resolved": "https://example.org/a.tgz",\n}')).toHaveLength(1);
    expect(checkLock('{\n"version": "1.0.0",\n"funding": {\n"url": "https://example.org/a"\n}\n}')).toEqual([]);
  });
});
