/**
 * A program of its own: one whole run of the standard machine over the capture named first, with the host's clocks and
 * chance poisoned if the second word is `poisoned`. Prints the account as JSON. With `planted` it uses one of them.
 */

import { readFileSync, writeSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { BUILT_IN_CONFIGURATION, finishRun, macText, ownMac, readCapture, standard, startRun } from "../../sim/index.ts";
import { poison, touched } from "./poison.ts";

const [path, mode] = process.argv.slice(2);
const reading = readCapture(gunzipSync(readFileSync(path!)));
if (reading.capture === null) throw new Error(JSON.stringify(reading));
if (mode !== "plain") poison();
if (mode === "planted") Date.now();

const mac = ownMac(reading.capture, [80, 8080]);
const setup = {
  manifest: standard.manifest({ mac: macText(mac) }),
  capture: reading.capture,
  captureName: "capture",
  mac,
  seed: 1,
  configuration: BUILT_IN_CONFIGURATION,
  configurationName: "built in",
};
const { world, problems } = startRun(setup);
if (problems.length > 0) throw new Error(JSON.stringify(problems));
const { account } = finishRun(world, setup);
writeSync(1, `${JSON.stringify({ account, touched })}\n`);
