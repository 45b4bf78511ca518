import { describe, expect, test } from "vitest";
import { boot } from "../../../kernel/boot.ts";
import { Errno } from "../../../kernel/errno.ts";
import { ControlOperation } from "../../../services/lb/control.ts";
import { OperatorTarget } from "../../../services/operator-api.ts";
import { configure, control } from "../../../sim/balancer.ts";
import { large } from "../../../sim/machines/index.ts";
import { OperandReader, OperandWriter } from "../../../sim/operands.ts";
import { request } from "../../../sim/operator.ts";
import type { Ask } from "../../../sim/strict-balancer.ts";
import { close, open, report } from "../../../sim/strict-balancer.ts";
import type { World } from "../../../sim/world.ts";
import { worldOf } from "../../../sim/world.ts";

const ROUTES = 10_000;
const GROUPS = 50;
const MEMBERS = 20;
const MIB = 1024 * 1024;
/** What the README of the balancer states: the arena of this machine, and what of it is used at most. */
const ARENA_BYTES = 8 * MIB;
/** The same things in other places take a few bytes more or less: a block whose rest would be no block is handed out whole. */
const SLACK_BYTES = 4096;

function siteText(semantics: "veridian" | "strict"): string {
  const lines = [`semantics=${semantics}`, "default=g0"];
  for (let group = 0; group < GROUPS; group++) {
    lines.push(`group=g${group}:rr`);
    for (let member = 1; member <= MEMBERS; member++) lines.push(`member=g${group}:10.${group}.0.${member}:8080`);
  }
  for (let route = 0; route < ROUTES; route++) lines.push(`route=/api/v1/service-${route}/:host-${route % 100}.example.com:g${route % GROUPS}`);
  return `${lines.join("\n")}\n`;
}

function lbBytes(world: World): { used: number; peak: number } {
  const lb = world.machine.report().processes.find(({ name }) => name === "lb");
  return { used: lb?.usedBytes ?? -1, peak: lb?.peakBytes ?? -1 };
}

/** The address that the seed's `route` chooses. */
function routed(world: World, path: string, host: string): string {
  const { status, payload } = control(world, new OperandWriter().u8(ControlOperation.route).text(path).text(host).u16(0));
  return status === Errno.ok ? new OperandReader(payload).text() : `status ${status}`;
}

const samples = [0, 1, 49, 50, 4999, 9998, 9999];

describe(`${ROUTES} routes and ${GROUPS * MEMBERS} backends on the large machine`, () => {
  test("load, route and reload with the seed's semantics", { timeout: 120_000 }, () => {
    const world = worldOf(boot(large.manifest()));
    expect(configure(world, siteText("veridian")).status).toBe(Errno.ok);
    for (const route of samples) {
      expect(routed(world, `/api/v1/service-${route}/x`, `host-${route % 100}.example.com`)).toMatch(new RegExp(`^10\\.${route % GROUPS}\\.0\\.`));
      expect(routed(world, `/api/v1/service-${route}/x`, "elsewhere.example.com")).toMatch(/^10\.0\.0\./);
    }
    const loaded = lbBytes(world).used;
    expect(configure(world, siteText("veridian")).status).toBe(Errno.ok);
    expect(Math.abs(lbBytes(world).used - loaded)).toBeLessThan(SLACK_BYTES);
    expect(lbBytes(world).peak).toBeLessThan(ARENA_BYTES);
    expect(large.settings["arena.lb"].value).toBe(ARENA_BYTES);
  });

  test("load, route and reload strictly, and what was open stays open", { timeout: 120_000 }, () => {
    const world = worldOf(boot(large.manifest()));
    const ask: Ask = (operands) => request(world, OperatorTarget.loadBalancer, operands);
    expect(configure(world, siteText("strict")).status).toBe(Errno.ok);
    const opened = samples.map((route) => open(ask, { client: "10.9.0.1", path: `/api/v1/service-${route}/x?y`, host: `HOST-${route % 100}.example.com:80` }, 1).routed);
    expect(opened.map((to) => to?.group)).toEqual(samples.map((route) => `g${route % GROUPS}`));
    const loaded = lbBytes(world).used;
    expect(configure(world, siteText("strict")).status).toBe(Errno.ok);
    expect(Math.abs(lbBytes(world).used - loaded)).toBeLessThan(SLACK_BYTES);
    expect(report(ask, "g49", 2)?.connections).toBe(samples.filter((route) => route % GROUPS === 49).length);
    for (const to of opened) expect(close(ask, to?.connection ?? 0, "finished", 1000, 3).status).toBe(Errno.ok);
    expect(report(ask, "g49", 4)?.connections).toBe(0);
    expect(lbBytes(world).peak).toBeLessThan(ARENA_BYTES);
  });
});
