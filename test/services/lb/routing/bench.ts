/**
 * What a routing decision costs, by number and shape of routes, and what a route takes of memory. Not a test:
 *
 *     npx tsx test/services/lb/routing/bench.ts
 */

import { lbStandard } from "../../../../services/limits.ts";
import type { PlainRequest, PlainRoute } from "./plain-scan.ts";
import { RoutingDesk, ask, route } from "./routing-desk.ts";

const COUNTS = [10, 100, 1000, 10_000];
const TURNS = 1000;
/** The least of so many measurements counts: the others were disturbed. */
const MEASUREMENTS = 20;
/** Requests that are asked in turn, spread over the routes. */
const REQUESTS = 64;

interface Shape {
  readonly name: string;
  readonly route: (i: number) => PlainRoute;
  readonly request: (i: number) => PlainRequest;
}

const LINES: PlainRequest["headers"] = [["Host", "app.example.com"], ["User-Agent", "bench/1.0 (a plain client)"], ["Accept", "*/*"], ["Accept-Encoding", "gzip"], ["Cookie", "session=0123456789abcdef"]];

const SHAPES: readonly Shape[] = [
  { name: "prefix", route: (i) => route(`/api/v1/service-${i}/`, "", `group ${i % 16}`), request: (i) => ask(`/api/v1/service-${i}/items/17?page=2`, "app.example.com", LINES) },
  {
    name: "host+prefix",
    route: (i) => route(`/service-${i}/`, `app-${i % 64}.example.com`, `group ${i % 16}`),
    request: (i) => ask(`/service-${i}/items/17?page=2`, `app-${i % 64}.example.com`, LINES),
  },
  {
    name: "header",
    route: (i) => route("/", "", `group ${i % 16}`, { conditions: [{ kind: "exact", name: "X-Tenant", value: `tenant-${i}` }] }),
    request: (i) => ask("/items/17?page=2", "app.example.com", [...LINES, ["X-Tenant", `tenant-${i}`]]),
  },
];

const limits = { ...lbStandard, routesMax: 10_000 };

function nanoseconds(desk: RoutingDesk, request: PlainRequest): number {
  desk.describe(request);
  let least = Infinity;
  for (let i = 0; i < MEASUREMENTS; i++) {
    const begin = process.hrtime.bigint();
    let found = 0;
    for (let turn = 0; turn < TURNS; turn++) if (desk.target() !== 0) found++;
    least = Math.min(least, Number(process.hrtime.bigint() - begin) / TURNS);
    if (found !== TURNS) throw new Error(`${found} of ${TURNS} found`);
  }
  return least;
}

for (const strict of [false, true]) {
  for (const shape of SHAPES) {
    for (const count of COUNTS) {
      const desk = new RoutingDesk(strict, limits, 16 * 1024 * 1024);
      const begin = process.hrtime.bigint();
      const status = desk.add({ routes: Array.from({ length: count }, (_, i) => shape.route(i)), default: "" });
      const milliseconds = Number(process.hrtime.bigint() - begin) / 1e6;
      if (status !== 0) throw new Error(`status ${status}`);
      const asked = Array.from({ length: REQUESTS }, (_, i) => shape.request(Math.floor((i * count) / REQUESTS)));
      const each = asked.map((request) => nanoseconds(desk, request)).sort((a, b) => a - b);
      console.log(`${strict ? "strict  " : "veridian"} ${shape.name.padEnd(12)} ${String(count).padStart(6)} routes: ${each[REQUESTS / 2]!.toFixed(0).padStart(5)} ns a decision, ${Math.round(desk.usedBytes() / count)} bytes a route, ${milliseconds.toFixed(1)} ms to add`);
    }
  }
}
