/**
 * The balancer's own world: three rules, routes by host and by prefix, weights, turns and load, a limit of rate, and twelve
 * clients who come at once, one after the other and too often. Little breaks: what is watched is who goes where.
 */

import { parseMac } from "../address-text.ts";
import type { Capture } from "../capture/pcap.ts";
import { readCapture } from "../capture/pcap.ts";
import { CaptureWriter } from "../capture/pcap-writer.ts";
import type { Experiment, Surroundings } from "../explore/experiment.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import { BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import { tiny } from "../machines/index.ts";
import { DEFAULT_MAC } from "../machines/model.ts";
import { rule } from "./rule.ts";

const KIB = 1024;
const NANOS_PER_TICK = 1_000_000;
const FIRST_PORT = 41_000;
const SEQUENCE = 1000;

const CONFIGURATION = `semantics=strict
rate_limit_rps=20
rate_limit_burst=5
limiter_full=evict
group=web:weighted
member=web:10.30.0.1:8080:3
member=web:10.30.0.2:8080:1
group=shop:roundrobin
member=shop:10.30.1.1:8080
member=shop:10.30.1.2:8080
group=api:leastconn
member=api:10.30.2.1:8080
member=api:10.30.2.2:8080
route=/one::web
default=web
rule=
route=/:shop.example:shop
rule=
route=/api::api
`;

const SETTINGS: Readonly<Record<string, number>> = Object.freeze({ "lb.groups": 3, "lb.rules": 3, "lb.routes": 3, "lb.directory": 24, "lb.connections": 16, "lb.limiters": 16, "net.flows": 16, "arena.lb": 24 * KIB, "arena.net": 12 * KIB, "region.configuration": KIB });

/** Requests of the clients in turn: path and host. */
const ASKED: readonly (readonly [path: string, host: string])[] = Object.freeze([
  ["/one", "web.example"],
  ["/", "shop.example"],
  ["/api/users", "web.example"],
  ["/", "Shop.Example:80"],
  ["/apiary", "web.example"],
  ["/else", "web.example"],
  ["/api", "shop.example"],
  ["/one/more", "web.example"],
]);

const CLIENTS = 12;
const REQUESTS = 3;
/** The last client asks twice a tick for so long that it meets its limit. */
const BUSY_REQUESTS = 16;

function traffic(): Capture {
  const writer = new CaptureWriter();
  const add = (tick: number, frame: Uint8Array): void => writer.add(0, tick * NANOS_PER_TICK, frame);
  const source = (client: number): string => `10.0.2.${client + 1}`;
  let asked = 0;
  for (let client = 0; client < CLIENTS; client++) {
    const sport = FIRST_PORT + client;
    let sequence = SEQUENCE;
    add(2 * client, frameOf({ source: source(client), sport, sequence, flags: Flag.syn }));
    sequence += 1;
    const busy = client === CLIENTS - 1;
    for (let i = 0; i < (busy ? BUSY_REQUESTS : REQUESTS); i++) {
      const [path, host] = ASKED[asked++ % ASKED.length]!;
      const data = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      add(2 * client + (busy ? i >> 1 : 0), frameOf({ source: source(client), sport, sequence, flags: Flag.ack | Flag.push, data }));
      sequence += data.length;
    }
    add(2 * client + (busy ? BUSY_REQUESTS : 1), frameOf({ source: source(client), sport, sequence, flags: Flag.rst }));
  }
  const { capture } = readCapture(writer.file());
  if (capture === null) throw new TypeError("the balancer's traffic is a sound capture");
  return capture;
}

function surroundings(): Surroundings {
  return Object.freeze({
    manifest: tiny.manifest({ ramBytes: 128 * KIB, settings: SETTINGS, neighbours: BUILT_IN_NEIGHBOURS }),
    capture: traffic(),
    captureName: "the balancer's traffic",
    mac: parseMac(DEFAULT_MAC),
    configuration: CONFIGURATION,
    configurationName: "the balancer's configuration",
  });
}

export const balancer: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "balancer",
  summary: "twelve clients at a balancer with three rules, weights, load and a limit, on a cable that is not quite sound",
  surroundings,
  faults: Object.freeze([rule("wire.duplicate", 30_000), rule("wire.reorder", 30_000), rule("process.order", 10_000), rule("process.slow", 500)]),
  troubleTicks: 100,
  recoveryTicks: 300,
  marks: Object.freeze(["wire.duplicate", "wire.reorder", "process.order", "process.slow"]),
});
