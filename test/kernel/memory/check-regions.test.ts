import { expect, test } from "vitest";
import type { Manifest } from "../../../kernel/manifest.ts";
import { checkManifest } from "../../../kernel/manifest.ts";
import { boot } from "../../../kernel/boot.ts";
import type { AnyService } from "../../../kernel/service.ts";
import { echo, processesOnly } from "../bench-services.ts";

const manifest = processesOnly({ echo: { service: echo as unknown as AnyService, priority: "userNormal", arenaBytes: 512 } }, true);

function problemsOf(change: Partial<Manifest>): string[] {
  return checkManifest({ ...manifest, ...change }).map((problem) => `${problem.place}: ${problem.text}`);
}

test("what is wrong with regions, spares and their names is said with its place", () => {
  expect(problemsOf({ regions: { r: { bytes: 64, owner: "nobody", cachePolicy: "wet" as never }, "spare.0": { bytes: 64 } }, reserve: { count: -1, bytes: 0.5 }, pool: { name: "spare.1", count: 1, devices: [] } })).toEqual([
    "regions.r.owner: there is no process nobody",
    "regions.r.cachePolicy: wet; expected one of writeBack, writeThrough, uncached, writeCombining",
    "regions.spare.0: spares are called so",
    "reserve.count: -1 spares; expected a whole number",
    "reserve.bytes: 0.5 bytes; expected a whole number above 0",
    "pool.name: spares are called so",
  ]);
  expect(problemsOf({ regions: { r: { bytes: 64 } }, reserve: { count: 8, bytes: 64 } })).toEqual(["regions: 9 with spares and pool, the limit is 8"]);
});

test("a region's owner is who the manifest names, else the first that may write it, else nobody", () => {
  const machine = boot({ ...manifest, regions: { named: { bytes: 64, owner: "echo", cachePolicy: "writeCombining" }, free: { bytes: 64 } }, reserve: { count: 1, bytes: 100 } });
  expect([0, 1, 2].map((index) => machine.inspect("regions", index))).toMatchObject([
    { owner: 0, cachePolicy: 3, permissions: 11, kind: 0, regionBytes: 64 },
    { owner: -1, cachePolicy: 0, kind: 0 },
    { owner: -1, kind: 2, regionBytes: 0, roomBytes: 128 },
  ]);
});
