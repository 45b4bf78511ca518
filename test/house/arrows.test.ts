import { describe, expect, test } from "vitest";
import { checkArrows, checkCycles, importsOf } from "./arrows.ts";
import { listFiles, parse, sources } from "./source.ts";

const anything = (): boolean => true;
const judge = (path: string, text: string): string[] => checkArrows(parse(path, text), anything);

test("imports go along the arrows, in every file", () => {
  const files = new Set(listFiles());
  expect(sources().flatMap((source) => checkArrows(source, (path) => files.has(path)))).toEqual([]);
});

test("no module needs itself", () => {
  expect(checkCycles(sources())).toEqual([]);
});

describe("finding imports", () => {
  test("sees every form", () => {
    const text = `import "./a.ts"; import b, { type from } from "./b.ts"; import type { C } from "./c.ts"; import * as d from "./d.ts";
      export { e } from "./e.ts"; export * from "./f.ts"; export type { G } from "./g.ts"; const h = await import("./h.ts");
      type I = import("./i.ts").I; export const x = "./no.ts"; export { x as y }; const t = import.meta.url; // import "./no.ts"`;
    expect(importsOf(parse("x.ts", text)).map((one) => one.specifier)).toEqual([..."abcdefghi"].map((name) => `./${name}.ts`));
    expect(importsOf(parse("x.ts", text)).filter((one) => one.typeOnly).map((one) => one.specifier)).toEqual(["./c.ts", "./g.ts"]);
  });
});

describe("the arrows catch", () => {
  test.each([
    ["hal/board.ts", `import { Errno } from "../kernel/errno.ts";`],
    ["kernel/boot.ts", `import type { X } from "../services/driver-api.ts";`],
    ["services/lb/lb.ts", `export * from "../../sim/world/world.ts";`],
    ["sim/world/world.ts", `const helper = import("../../test/helper.ts");`],
    ["sim/world/world.ts", `import { f } from "../faults/loss.ts";`],
    ["sim/faults/loss.ts", `import { f } from "../explore/explore.ts";`],
    ["sim/explore/explore.ts", `import { f } from "../cli/options.ts";`],
    ["sim/cli/run.ts", `import { f } from "../host/files.ts";`],
    ["sim/index.ts", `import { f } from "./host/files.ts";`],
    ["sim/unheard-of/run.ts", `import { f } from "../world/world.ts";`],
    ["sim/cli/run.ts", `import { f } from "../unheard-of/x.ts";`],
    ["sim/text.ts", `import { f } from "./faults/loss.ts";`],
    ["sim/world/world.ts", `import { f } from "../index.ts";`],
    ["services/net/net.ts", `import { f } from "../lb/routes.ts";`],
    ["services/driver-api.ts", `import { f } from "./net/tcp.ts";`],
    ["services/net/net.ts", `import { f } from "../index.ts";`],
    ["services/net/net.ts", `import { f } from "../gateway.ts";`],
    ["services/gateway.ts", `import { f } from "./e1000-driver/receive.ts";`],
    ["services/net/net.ts", `import { f } from "../../kernel/scheduler.ts";`],
    ["services/net/net.ts", `import { f } from "../../hal/board.ts";`],
    ["hal/board.ts", `import { readFileSync } from "node:fs";`],
    ["sim/world/world.ts", `import { readFileSync } from "node:fs";`],
    ["sim/host/files.ts", `import { x } from "lodash";`],
    ["hal/board.ts", `import { x } from "../.ci/build.ts";`],
  ])("%s with %s", (path, text) => {
    expect(judge(path, text)).toHaveLength(1);
  });

  test("a file that is not there, or is named without .ts", () => {
    expect(checkArrows(parse("hal/a.ts", `import "./b"; import "./c.ts";`), (path) => path === "hal/c.ts")).toEqual([
      'hal/a.ts:1: import of "./b": there is no hal/b (relative imports name the file, with its .ts)',
    ]);
  });

  test("a circle of values, but not one of types", () => {
    const circle = [parse("hal/a.ts", `import { b } from "./b.ts";`), parse("hal/b.ts", `export * from "./c.ts";`), parse("hal/c.ts", `import "./a.ts";`)];
    expect(checkCycles(circle)).toEqual(["imports in a circle: hal/a.ts -> hal/b.ts -> hal/c.ts -> hal/a.ts"]);
    expect(checkCycles([circle[0]!, parse("hal/b.ts", `import type { A } from "./a.ts";`)])).toEqual([]);
  });
});

describe("the arrows let through", () => {
  test.each([
    ["kernel/boot.ts", `import { Board } from "../hal/board.ts";`],
    ["services/net/net.ts", `import { LbOpcode } from "../lb/api.ts"; import { X } from "../driver-api.ts"; import { y } from "./tcp.ts";`],
    ["services/net/net.ts", `import { m } from "../../kernel/collections/map.ts"; import { layout } from "../../hal/layout.ts";`],
    ["services/e1000-driver/driver.ts", `import { R } from "../../hal/nic/e1000-registers.ts";`],
    ["services/e1000-driver.ts", `import { f } from "./e1000-driver/receive.ts"; import { g } from "./gateway-api.ts"; import { h } from "./address-literal.ts";`],
    ["services/index.ts", `export * from "./net/net.ts";`],
    ["sim/cli/run.ts", `import { f } from "../world/world.ts";`],
    ["sim/world/world.ts", `import { f } from "../text.ts";`],
    ["sim/index.ts", `export * from "./cli/run.ts";`],
    ["sim/host/veridian.ts", `import { parseArgs } from "node:util"; import { run } from "../cli/run.ts";`],
    ["test/x.test.ts", `import { test } from "vitest"; import fs from "node:fs"; import { f } from "../sim/host/files.ts";`],
  ])("%s with %s", (path, text) => {
    expect(judge(path, text)).toEqual([]);
  });
});
