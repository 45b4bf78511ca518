import { expect, test } from "vitest";
import { u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { boot } from "../../kernel/boot.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import { ManifestError, checkManifest } from "../../kernel/manifest.ts";
import type { AnyService } from "../../kernel/service.ts";
import { service } from "../../kernel/service.ts";
import { echo, processesOnly } from "./bench-services.ts";

const needy = service({
  name: "needy",
  state: layout("NeedyState", { x: u32 }),
  needs: { to: "endpoint", region: "region:read", pool: "buffers:read", device: "device", irq: "interrupt", ticks: "timer" },
  handle() {},
}) as unknown as AnyService;

const line: ProcessLine = { service: echo as unknown as AnyService, priority: "userNormal", arenaBytes: 512 };

function problemsOf(change: Partial<Manifest>): string[] {
  return checkManifest({ ...processesOnly({ echo: line }, true), ...change }).map((problem) => `${problem.place}: ${problem.text}`);
}

test("a sound manifest has no problems", () => expect(problemsOf({})).toEqual([]));

test("each thing that can be wrong is named with its place, all at once", () => {
  const problems = problemsOf({
    ramBytes: 1000,
    devices: [{ name: "box", kind: "mailbox" }, { name: "box", kind: "mailbox" }],
    regions: { r: { bytes: 0, devices: ["nothing"] } },
    pool: { name: "r", count: 9, devices: ["neither"] },
    processes: {
      "Bad Name": { ...line, priority: "urgent" as never, arenaBytes: 100, queues: { nowhere: 1, requests: 9 } },
      needy: { service: needy, priority: "idle", arenaBytes: 512, grants: { to: "echo.requests", region: "q", pool: "p", device: "d", irq: "d", surplus: "x" } },
    },
  });
  expect(problems).toEqual([
    "ramBytes: 1000 bytes of RAM; expected 64 KiB to 1 GiB, a multiple of 64",
    "devices: two are called box",
    "devices: two are called box",
    "regions.r: 0 bytes; expected a whole number above 0",
    "regions.r.devices: there is no device nothing",
    "pool.count: 9 buffers; expected 0 to 8",
    "pool.devices: there is no device neither",
    "pool.name: a region is called r too",
    "processes.Bad Name: a name is 1 to 12 of a-z, 0-9 and -, a letter first",
    "processes.Bad Name.priority: urgent; expected one of realTimeHigh, realTimeNormal, realTimeLow, systemHigh, systemNormal, userHigh, userNormal, userLow, idle",
    "processes.Bad Name.arenaBytes: 100 bytes; expected a multiple of 64 above 0",
    "processes.Bad Name.queues.nowhere: echo receives on requests",
    "processes.Bad Name.queues.requests: 9 messages; expected 1 to 8",
    "processes.needy.grants.to: there is no endpoint called echo.requests",
    "processes.needy.grants.region: there is no region called q",
    "processes.needy.grants.pool: there is no pool of buffers called p",
    "processes.needy.grants.device: there is no device called d",
    "processes.needy.grants.irq: there is no device called d",
    "processes.needy.grants.ticks: needy needs it (timer); nothing is granted",
    "processes.needy.grants.surplus: needy has no such need; it has to, region, pool, device, irq, ticks",
  ]);
});

test("too many processes, endpoints, regions, and ranges for one device's DMA", () => {
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`p${n}`, line]));
  expect(problemsOf({ processes: many })).toEqual(["processes: 13 are named, the limit is 8", "processes: they receive on 13 endpoints, the limit is 12"]);
  const regions = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`r${n}`, { bytes: 64, devices: ["box"] }]));
  expect(problemsOf({ devices: [{ name: "box", kind: "mailbox" }], regions })).toEqual(["regions: 9 with spares and pool, the limit is 8", "regions: box may reach 9 of them, the limit is 4"]);
});

test("a machine that does not fit its RAM says what it needs and what takes most", () => {
  const manifest = { ...processesOnly({ echo: { ...line, arenaBytes: 64 * 1024 } }, true) };
  expect(() => boot(manifest)).toThrow(ManifestError);
  expect(() => boot(manifest)).toThrow(/needs \d+ bytes of RAM and has 65536; the largest parts are arena.echo 65536,/);
});

test("an arena too small for the process's own records is refused", () => {
  expect(() => boot(processesOnly({ echo: { ...line, arenaBytes: 64 } }, true))).toThrow(/processes.echo.arenaBytes: 64 bytes; tokens, state and the heap's own records need \d+/);
});

test("the same manifest gives the same bytes; another one another digest", () => {
  const hash = boot(processesOnly({ echo: line }, true)).hash();
  expect(boot(processesOnly({ echo: line }, true)).hash()).toBe(hash);
  expect(boot(processesOnly({ echo: { ...line, priority: "userLow" } }, true)).hash()).not.toBe(hash);
});
