/**
 * Who may import whom. hal <- kernel <- services <- sim <- test: each room may import what stands to its left. Inside
 * sim: machines, captures, conformance, metrics, inspection, register scripts, inhabitants, chance and world <- faults <- checkers <- explore, experiments, fuzz <- hazards <- cli <- index, and sim/host on top, imported by tests only.
 */

import { dirname, join } from "node:path/posix";
import type { Source } from "./source.ts";
import { problem, ROOMS, roomOf } from "./source.ts";

export interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

export function importsOf(source: Source): Import[] {
  const { tokens, depth } = source;
  return tokens.flatMap((token, i) => {
    const dynamic = token.text === "import" && tokens[i + 1]?.text === "(" && tokens[i + 2]?.kind === "string";
    if (token.kind !== "word" || (token.text !== "import" && token.text !== "export")) return [];
    if (dynamic) return [{ specifier: tokens[i + 2]!.text, line: token.line, typeOnly: false }];
    if (depth[i] !== 0) return [];
    const typeOnly = tokens[i + 1]?.text === "type";
    const string = specifierIndex(source, typeOnly ? i + 2 : i + 1, token.text);
    return string < 0 ? [] : [{ specifier: tokens[string]!.text, line: token.line, typeOnly }];
  });
}

/** Index of the module name of the import or export whose clause begins at `at`; -1 if it names no module. */
function specifierIndex(source: Source, at: number, keyword: string): number {
  const { tokens, partner } = source;
  if (keyword === "export" && tokens[at]?.text !== "{" && tokens[at]?.text !== "*") return -1;
  if (tokens[at]?.kind === "string") return at;
  let i = at;
  while (i < tokens.length && tokens[i]!.text !== "from" && tokens[i]!.text !== ";") i = Math.max(partner[i]!, i) + 1;
  return tokens[i]?.text === "from" && tokens[i + 1]?.kind === "string" ? i + 1 : -1;
}

/** What of hal a service may know: layouts, register maps, memory; no device, no board. */
const HAL_FOR_SERVICES = /^hal\/((assert|field|layout|limits|memory)|(.+\/)?[\w-]*(registers|descriptors?|split-ring|net-layouts))\.ts$/;
/** What of the kernel a service may know: its interface and what it stores things in. */
const KERNEL_FOR_SERVICES = /^kernel\/((service|heap|message|errno|arena|limits)|collections\/[\w-]+)\.ts$/;
const SERVICE_API = /(^|[/-])(api|control|limits)\.ts$/;
/** Code that services share: it belongs to none of them. */
const SHARED_BY_SERVICES = new Set(["services/address-literal.ts", "services/driver-pace.ts", "services/received-frame.ts"]);

/** Left to right. Files of sim itself (but index.ts) stand with the world; a folder that is not named here has no place yet. */
const SIM_ORDER: readonly (readonly string[])[] = [
  ["machines", "world", "capture", "conform", "metrics", "abi", "examples", "inspect", "registers", "inhabitants", "scenario", "chance"],
  ["faults"],
  ["checkers"],
  ["explore", "experiments", "fuzz"],
  ["hazards"],
  ["cli"],
  ["index.ts"],
  ["host"],
];

export function checkArrows(source: Source, exists: (path: string) => boolean): string[] {
  return importsOf(source).flatMap(({ specifier, line }) => {
    const told = judge(source.path, specifier, exists);
    return told === null ? [] : [problem(source.path, line, `import of "${specifier}": ${told}`)];
  });
}

function judge(from: string, specifier: string, exists: (path: string) => boolean): string | null {
  if (!specifier.startsWith(".")) return judgePackage(from, specifier);
  const to = join(dirname(from), specifier);
  if (!exists(to)) return `there is no ${to} (relative imports name the file, with its .ts)`;
  const [own, other] = [roomOf(from)!, roomOf(to)];
  if (other === null) return "it lies outside the rooms";
  if (ROOMS.indexOf(other) > ROOMS.indexOf(own)) return `${own} may not import ${other}: the arrows go ${ROOMS.join(" <- ")}`;
  if (own === "services") return judgeService(from, to);
  if (own === "sim") return judgeSim(from, to);
  return null;
}

function judgePackage(from: string, specifier: string): string | null {
  const mayUseNode = from.startsWith("sim/host/") || from.startsWith("test/");
  if (specifier.startsWith("node:")) return mayUseNode ? null : "Node's modules belong to sim/host; take bytes or numbers as arguments instead";
  return from.startsWith("test/") ? null : "there are no run-time dependencies; write it here";
}

function judgeService(from: string, to: string): string | null {
  if (to.startsWith("hal/")) return HAL_FOR_SERVICES.test(to) ? null : "of hal a service knows layouts, fields, memory types, assert and register maps only";
  if (to.startsWith("kernel/")) return KERNEL_FOR_SERVICES.test(to) ? null : "of the kernel a service knows service.ts, heap.ts, message.ts, errno.ts, arena.ts, limits.ts and collections/ only";
  const [own, other] = [serviceOf(from), serviceOf(to)];
  if (other === own || from === "services/index.ts") return null;
  if (SERVICE_API.test(to) || SHARED_BY_SERVICES.has(to)) return null;
  return `of another service only its api file (*api.ts, control.ts, limits.ts) may be known: ${other} is reached by messages`;
}

/** The service that a file belongs to: its folder, or the name of a file in services/ itself. */
function serviceOf(path: string): string {
  return path.split("/")[1]!.replace(/(-api)?\.ts$/, "");
}

function judgeSim(from: string, to: string): string | null {
  if (!to.startsWith("sim/")) return null;
  const [own, other] = [simRank(from), simRank(to)];
  if (own < 0 || other < 0) return `${own < 0 ? from : to} has no place in sim's order; give it one in test/house/arrows.ts`;
  if (other > own) return `inside sim the arrows go ${SIM_ORDER.map((names) => names.join(", ")).join(" <- ")}`;
  return null;
}

function simRank(path: string): number {
  const [, name, ...rest] = path.split("/");
  if (rest.length === 0 && name !== "index.ts") return 0;
  return SIM_ORDER.findIndex((names) => names.includes(name!));
}

/** Cycles of value imports among these sources, each as one line; types may refer to each other. */
export function checkCycles(all: readonly Source[]): string[] {
  const edges = new Map(all.map((source) => [source.path, valueTargets(source)]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path].join(" -> "));
    if (done.has(path) || way.includes(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found.map((way) => `imports in a circle: ${way}`);
}

function valueTargets(source: Source): string[] {
  const values = importsOf(source).filter((one) => !one.typeOnly && one.specifier.startsWith("."));
  return values.map((one) => join(dirname(source.path), one.specifier));
}
