/**
 * Goal: a service that remembers outside its arena does not pass --verify, wherever what it remembers shows. Method: the
 * real machine and a real capture, with a load balancer that costs a little more time when it remembers something.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Context, Message } from "../../kernel/service.ts";
import { Delivery } from "../../kernel/service.ts";
import { loadBalancer } from "../../services/lb/service.ts";
import { ROOT } from "../house/source.ts";
import type { Divergence, Observer, RunSetup, World } from "../../sim/index.ts";
import { BUILT_IN_CONFIGURATION, finishRun, macText, ownMac, readCapture, standard, startRun, TickRecorder, verify } from "../../sim/index.ts";

const capture = readCapture(gunzipSync(readFileSync(join(ROOT, "test/captures/01-curl-gets.pcap.gz")))).capture!;
const mac = ownMac(capture, [80, 8080]);

/** What happens ahead of each message that the balancer handles. */
type Before = (message: Message, context: Context) => void;

function setupWith(before: Before): RunSetup {
  const handle = loadBalancer.handle as unknown as Before;
  const service = Object.freeze({
    ...loadBalancer,
    handle: (message: Message, context: Context) => {
      before(message, context);
      handle(message, context);
    },
  });
  const manifest = standard.manifest({ mac: macText(mac) });
  const processes = { ...manifest.processes, lb: { ...manifest.processes["lb"]!, service } };
  return { manifest: { ...manifest, processes }, capture, captureName: "", mac, seed: 1, configuration: BUILT_IN_CONFIGURATION, configurationName: "" };
}

function runWith(before: Before, observers: readonly Observer[] = []): World {
  const setup = setupWith(before);
  const { world } = startRun(setup, observers);
  finishRun(world, setup);
  return world;
}

function verifyWith(before: Before): Divergence | null {
  const recorder = new TickRecorder();
  const world = runWith(before, [recorder]);
  const setup = setupWith(before);
  return verify({ start: (observers) => startRun(setup, observers).world, finish: (other) => void finishRun(other, setup) }, world, recorder);
}

describe("verify", () => {
  test("finds nothing in a machine as it should be", () => {
    expect(verifyWith(() => {})).toBeNull();
    expect(verifyWith((_message, context) => void context.uptimeTicks())).toBeNull();
  });

  test("finds what is remembered from one machine to the next", () => {
    let messages = 0;
    const found = verifyWith((_message, context) => {
      messages++;
      if (messages > 20) context.uptimeTicks();
    });
    expect(found).toMatchObject({ run: "second run" });
    expect(found!.tick).toBeGreaterThan(0);
  });

  test("finds what is forgotten at every start and kept when a machine is put back", () => {
    let messages = 0;
    let wholeRun = Number.POSITIVE_INFINITY;
    const count = (message: Message, context: Context): void => {
      messages = message.delivery === Delivery.start ? 0 : messages + 1;
      if (messages > wholeRun) context.uptimeTicks();
    };
    runWith(count);
    wholeRun = messages;
    const found = verifyWith(count);
    expect(found?.run).toContain("once more from the snapshot");
    expect(found?.difference).not.toBeNull();
  });
});
