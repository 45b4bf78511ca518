/** From a command line to a run: reads the capture, the configuration and the machine, and finds all that is wrong. */

import { basename } from "node:path";
import { ManifestError } from "../../kernel/manifest.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import { isGroupMac, macText, parseMac } from "../address-text.ts";
import { ownMac } from "../capture/own-mac.ts";
import type { Capture } from "../capture/pcap.ts";
import { readCapture } from "../capture/pcap.ts";
import { BUILT_IN_CONFIGURATION, BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import { MACHINES } from "../machines/index.ts";
import type { MachineModel } from "../machines/model.ts";
import { DEFAULT_GATEWAY_MAC, DEFAULT_SEED } from "../machines/model.ts";
import { readRamBytes, readSettings } from "../machines/settings.ts";
import type { Problem } from "../problem.ts";
import { problem, problemsIn } from "../problem.ts";
import type { RunSetup } from "../run.ts";
import { readBytes, readText } from "./files.ts";
import type { MachineFile } from "./machine-file.ts";
import { EMPTY_MACHINE_FILE, readMachineFile } from "./machine-file.ts";
import type { OptionSpec, Options } from "./options.ts";

/** TCP ports that are served. */
export const SERVED_PORTS: readonly number[] = Object.freeze([80, 8080]);

const BUNDLED_CAPTURE = "13b-200-clients.pcap";
const SEED_MAX = 0xffff_ffff;

/** The options that choose a machine. */
export const MACHINE_OPTIONS: readonly OptionSpec[] = Object.freeze([
  { name: "manifest", value: "NAME|FILE", help: `machine: ${MACHINES.map((model) => model.name).join(", ")}, or a JSON file that changes one of these` },
  { name: "ram", value: "SIZE", help: "RAM of the machine, 64K to 1G" },
  { name: "set", value: "KEY=VALUE", repeats: true, help: "a setting of the machine, such as arena.lb=4K or rx.posted=2;\nany number of times" },
]);

/** The options that say what is run, for every command that runs a capture. */
export const SETUP_OPTIONS: readonly OptionSpec[] = Object.freeze([
  { name: "capture", value: "FILE", help: "classic pcap to replay, plain or gzip (without it: a bundled one of 200 clients)" },
  ...MACHINE_OPTIONS,
  { name: "config", value: "FILE", help: "the load balancer's configuration (without it: a built-in one)" },
  { name: "mac", value: "ADDRESS", help: "the machine's own MAC address (without it: found in the capture)" },
  { name: "seed", value: "N", help: "seed of all chance: net's secret for its table of flows is drawn from it (no decision depends on that)" },
  { name: "cut-at-frame", value: "N", help: "the capture ends after frame N" },
]);

export interface SetupReading {
  readonly setup: RunSetup | null;
  readonly problems: readonly Problem[];
}

export function readSetup(options: Options): SetupReading {
  const problems: Problem[] = [];
  const capture = openCapture(options, problems);
  const configuration = openConfiguration(options, problems);
  const seed = readNumber(options, "seed", DEFAULT_SEED, SEED_MAX, problems);
  const mac = readMac(options, capture, problems);
  const manifest = readMachine(options, mac, problems, seed);
  if (problems.length > 0 || capture === null || configuration === null || manifest === null) return { setup: null, problems };
  const captureName = options.text("capture") ?? BUNDLED_CAPTURE;
  return { setup: { manifest, capture, captureName, mac, seed, configuration, configurationName: options.text("config") ?? "the built-in configuration" }, problems };
}

/** A ManifestError as a list; anything else is thrown on. */
export function manifestProblems(error: unknown, options: Options): Problem[] {
  if (!(error instanceof ManifestError)) throw error;
  const machine = options.text("manifest") ?? MACHINES[0].name;
  return error.problems.map(({ place, text }) => problem(`machine ${machine}: ${place}`, text, place === "ramBytes" && machine !== "tiny" ? "more RAM (--ram SIZE), smaller parts (--set), or --manifest tiny" : ""));
}

/** The frames that the options choose; null, and problems in the list, if they cannot be had. */
export function openCapture(options: Options, problems: Problem[]): Capture | null {
  const path = options.text("capture");
  const bytes = readBytes(path ?? new URL(`../captures/${BUNDLED_CAPTURE}.gz`, import.meta.url), path ?? BUNDLED_CAPTURE, problems);
  const cut = readNumber(options, "cut-at-frame", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, problems);
  if (bytes === null) return null;
  const reading = readCapture(bytes);
  problems.push(...problemsIn(path ?? BUNDLED_CAPTURE, reading.problems));
  return reading.capture?.cutAfter(cut) ?? null;
}

function openConfiguration(options: Options, problems: Problem[]): string | null {
  const path = options.text("config");
  return path === undefined ? BUILT_IN_CONFIGURATION : readText(path, path, problems);
}

function readMac(options: Options, capture: Capture | null, problems: Problem[]): number {
  const text = options.text("mac");
  if (text === undefined) return capture === null ? 0 : ownMac(capture, SERVED_PORTS);
  const mac = parseMac(text);
  if (mac < 0 || isGroupMac(mac)) problems.push(problem(`--mac ${text}`, mac < 0 ? "this is no MAC address" : "this is a group address", "an address such as 02:00:00:00:00:01"));
  return mac;
}

/** The machine that the options choose, with this MAC address and seed; null, and problems in the list, if there is none. */
export function readMachine(options: Options, mac: number, problems: Problem[], seed = DEFAULT_SEED): Manifest | null {
  const before = problems.length;
  const found = findMachine(options.text("manifest"), problems);
  if (found === null) return null;
  const { model, file } = found;
  const settings = readSettings(model, [...Object.entries(file.set).map(([name, value]) => `${name}=${value}`), ...options.list("set")], problems);
  const ram = options.text("ram") ?? file.ram;
  const ramBytes = ram === undefined ? model.ramBytes : readRamBytes(ram, problems);
  if (problems.length > before || mac < 0) return null;
  // In a capture nobody answers who is asked where he is.
  const made = model.manifest({ gatewayMac: DEFAULT_GATEWAY_MAC, ramBytes, mac: macText(mac), seed, settings, ports: SERVED_PORTS, neighbours: { ...BUILT_IN_NEIGHBOURS, ...file.neighbours } });
  return file.name === "" ? made : { ...made, name: file.name };
}

/** A model by name, or the model that a file names and what the file changes. */
function findMachine(name: string | undefined, problems: Problem[]): { model: MachineModel; file: MachineFile } | null {
  const byName = MACHINES.find((model) => model.name === (name ?? MACHINES[0].name));
  if (byName !== undefined) return { model: byName, file: EMPTY_MACHINE_FILE };
  const path = name ?? "";
  const known = MACHINES.map((model) => model.name).join(", ");
  if (!/[./\\]/.test(path)) {
    problems.push(problem(`--manifest ${path}`, "there is no machine of that name", `${known}, or a JSON file`));
    return null;
  }
  const text = readText(path, path, problems);
  const file = text === null ? null : readMachineFile(text, path, problems);
  if (file === null) return null;
  const model = MACHINES.find((candidate) => candidate.name === file.base);
  if (model === undefined) {
    problems.push(problem(`${path}: base`, `there is no machine "${file.base}"`, `one of ${known}`));
    return null;
  }
  return { model, file: { ...file, name: basename(path) } };
}

/** A whole number from 0 to `most`; `without` where the option is not given. */
export function readNumber(options: Options, name: string, without: number, most: number, problems: Problem[]): number {
  const text = options.text(name);
  if (text === undefined) return without;
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
  if (value >= 0 && value <= most) return value;
  problems.push(problem(`--${name} ${text}`, "this is no number that fits", `a whole number of 0 to ${most}`));
  return without;
}
