/** Goal: what README and ARCHITECTURE show is so. The first service is compiled and run by package.test.ts. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { veridian } from "./commanding.ts";
import { listFiles, ROOT } from "./house/source.ts";
import { blocksUnder, linksOf, missingLines, pathsIn } from "./readme.ts";
import { planWith, readText } from "./sim/scenario/reading.ts";

const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");

test("what README says one sees is what one sees, numbers aside", () => {
  const shown = blocksUnder(read("README.md"), "What one sees")[0]?.text ?? "";
  const printed = execFileSync("npm", ["run", "-s", "veridian", "--", "run"], { cwd: ROOT, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  expect(shown.split("\n").length).toBeGreaterThan(10);
  expect(missingLines(shown, printed)).toEqual([]);
});

test("and so is what it says of a scenario", () => {
  const shown = blocksUnder(read("README.md"), "A world around it").find(({ language }) => language === "text")?.text ?? "";
  const { code, out } = veridian("run", "--scenario", "slow-backend", "--ticks", "300", "--set", "proxy.upstreamIdle=400", "--set", "proxy.timeWait=100");
  expect([code, shown.split("\n").length > 10]).toEqual([0, true]);
  expect(missingLines(shown, out)).toEqual([]);
});

test("scenarios that are shown are sound, and the page on them names every member of a plan", () => {
  const page = read("sim/scenario/README.md");
  const shown = [...blocksUnder(read("README.md"), "A world around it"), ...blocksUnder(page, "Scenarios")].filter(({ language }) => language === "json");
  expect(shown.map(({ text }) => readText(text).problems)).toEqual([[], []]);
  const plan = planWith({ clients: [{ retryTicks: 1 }], backends: [{ events: [{ tick: 1, kind: "slow", value: 2 }] }] });
  const members = [plan, plan.link, ...plan.clients, ...plan.clients[0]!.requests, ...plan.backends, ...plan.backends[0]!.events].flatMap((part) => Object.keys(part));
  expect(members.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test.each(["README.md", "ARCHITECTURE.md"])("what %s links to and names is there", (name) => {
  const files = listFiles();
  expect(linksOf(read(name)).filter((link) => !link.includes("://") && !existsSync(join(ROOT, link)))).toEqual([]);
  expect(pathsIn(read(name)).filter((path) => !files.some((file) => file === path || file.endsWith(`/${path}`)))).toEqual([]);
});

test("README's two commands are scripts of the package", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const commands = blocksUnder(read("README.md"), "Two commands")[0]?.text ?? "";
  expect(commands).toContain("npm ci && npm start");
  expect(commands).toContain("npm ci && npm test");
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["start", "test", "veridian"]));
});

describe("the checks themselves", () => {
  test("find blocks by their heading", () => {
    const text = "# A\n```ts\n1\n```\n## B\nwords\n```ts\n# no heading\n2\n```\n\n```text\n3\n```\n### C\n```ts\n4\n```\n";
    expect(blocksUnder(text, "B")).toEqual([{ language: "ts", text: "# no heading\n2\n" }, { language: "text", text: "3\n" }]);
    expect(blocksUnder(text, "none")).toEqual([]);
  });

  test("tell lines that are not printed, or not in this order", () => {
    expect(missingLines("a 1\n...\nhash 0123456789abcdef\n", "a 23\nb\nhash fedcba9876543210\n")).toEqual([]);
    expect(missingLines("a 1\nc\n", "a 1\nb\n")).toEqual(["c"]);
    expect(missingLines("b\na\n", "a\nb\n")).toEqual(["a"]);
  });

  test("find links and file names", () => {
    expect(linksOf("see [here](hal/) and [there](https://example.org)")).toEqual(["hal/", "https://example.org"]);
    expect(pathsIn("in `hal/layout.ts`, `service.ts`, `*-api.ts`, `x.y()` and `a.md`")).toEqual(["hal/layout.ts", "service.ts", "a.md"]);
  });
});
