/**
 * Goal: what a stranger gets from the package works. Method: copy the repository without its dist/, pack it, install the
 * tarball in an empty folder without a network, compile README's first service there and run it.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isIgnored, ROOT } from "./house/source.ts";
import { blocksUnder } from "./readme.ts";

const work = mkdtempSync(join(tmpdir(), "veridian-package-"));
const source = join(work, "source");
const consumer = join(work, "consumer");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string; exports: Record<string, unknown>; dependencies?: unknown };

/** Runs a program; its output, or an error that shows it. */
function run(program: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

function npm(args: readonly string[], cwd: string): string {
  return run("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error", `--cache=${join(work, "cache")}`], cwd);
}

/** Compiles the consumer's files as strictly as can be, the package's own type files included. */
function compile(): void {
  const options = { module: "nodenext", moduleResolution: "nodenext", target: "es2022", strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, outDir: "out" };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], consumer);
}

beforeAll(() => {
  mkdirSync(source);
  mkdirSync(consumer);
  for (const name of readdirSync(ROOT)) {
    if (!isIgnored(name) && name !== "test") cpSync(join(ROOT, name), join(source, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"));
  npm(["pack", "--pack-destination", work], source);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  npm(["install", join(work, `veridian-sim-${manifest.version}.tgz`)], consumer);
}, 120_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

test("the package brings no dependency", () => {
  expect(manifest.dependencies).toBeUndefined();
  expect(JSON.parse(npm(["ls", "--omit=dev", "--all", "--json"], ROOT))).not.toHaveProperty("dependencies");
  expect(readdirSync(join(consumer, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["veridian-sim"]);
});

test("the package holds the compiled rooms and the texts, nothing else", () => {
  const installed = join(consumer, "node_modules/veridian-sim");
  expect(readdirSync(installed).sort()).toEqual(["ARCHITECTURE.md", "LICENSE", "README.md", "dist", "package.json"]);
  expect(readdirSync(join(installed, "dist")).sort()).toEqual(["hal", "kernel", "services", "sim"]);
  expect(readdirSync(join(installed, "dist/sim/captures"))).toEqual(readdirSync(join(ROOT, "sim/captures")));
});

test("every entry point has types and loads", () => {
  const names = Object.keys(manifest.exports).map((path) => `veridian-sim${path.slice(1)}`);
  const lines = names.map((name, i) => `import * as m${i} from "${name}";\nif (Object.keys(m${i}).length === 0) throw new Error("${name} is empty");`);
  writeFileSync(join(consumer, "entries.ts"), `${lines.join("\n")}\n`);
  compile();
  run(process.execPath, ["out/entries.js"], consumer);
});

test("a wrong use does not compile", () => {
  writeFileSync(join(consumer, "wrong.ts"), 'import { boot } from "veridian-sim";\nboot(1);\n');
  expect(compile).toThrow(/wrong\.ts\(2,6\)/);
  rmSync(join(consumer, "wrong.ts"));
});

test("README's first service compiles as printed there, runs, and prints what README says", () => {
  const blocks = blocksUnder(readFileSync(join(ROOT, "README.md"), "utf8"), "A first service");
  const code = blocks.find((block) => block.language === "ts");
  const output = blocks.find((block) => block.language === "text");
  writeFileSync(join(consumer, "first-service.ts"), code?.text ?? "");
  compile();
  expect(run(process.execPath, ["out/first-service.js"], consumer)).toBe(output?.text);
});

describe("the installed command", () => {
  const veridian = join(consumer, "node_modules/.bin/veridian");

  test("says its version", () => {
    expect(run(veridian, ["--version"], consumer)).toBe(`${manifest.version}\n`);
  });

  test("runs the capture that it carries, with the same outcome as from source", () => {
    const installed = JSON.parse(run(veridian, ["run", "--json"], consumer)) as { schema: number; stateHash: string };
    const fromSource = JSON.parse(run("npm", ["run", "-s", "veridian", "--", "run", "--json"], ROOT)) as { stateHash: string };
    expect(installed.schema).toBe(1);
    expect(installed).toEqual(fromSource);
  });
});
