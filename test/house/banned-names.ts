/**
 * Names that may not appear, room by room, each with what to use instead. hal, kernel, services and sim (but sim/host)
 * run anywhere and always the same: no clock, no chance, no host but the machine's own.
 */

import type { Source } from "./source.ts";
import { problem } from "./source.ts";
import type { Token } from "./tokenizer.ts";

interface Ban {
  /** Path prefixes. */
  readonly where: readonly string[];
  readonly name: RegExp;
  /** Which tokens are judged; words unless stated. */
  readonly kind?: Token["kind"];
  /** What must hold around the word besides; `i` is its index. */
  readonly when?: (tokens: readonly Token[], i: number) => boolean;
  readonly instead: string;
}

const EVERYWHERE = ["hal/", "kernel/", "services/", "sim/", "test/"];
const PORTABLE = ["hal/", "kernel/", "services/", "sim/"];
const MACHINE = ["hal/", "kernel/", "services/"];

const text = (tokens: readonly Token[], i: number): string => (tokens[i]?.kind === "string" ? "" : (tokens[i]?.text ?? ""));
const isGlobal = (tokens: readonly Token[], i: number): boolean => !/^\??\.$/.test(text(tokens, i - 1)) && text(tokens, i + 1) !== ":";
const isMember = (tokens: readonly Token[], i: number): boolean => /^\??\.$/.test(text(tokens, i - 1));
const ofMath = (tokens: readonly Token[], i: number): boolean => isMember(tokens, i) && text(tokens, i - 2) === "Math";

const NODE_PROCESS = /^(argv|env|exit|exitCode|nextTick|hrtime|memoryUsage|cpuUsage|stdout|stderr|stdin|cwd|uptime|on|once|emit|version|versions|platform|pid|kill)$/;
const INEXACT = /^(a?(sin|cos|tan)h?|atan2|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot)$/;

const BANS: readonly Ban[] = [
  { where: PORTABLE, name: /^Date$/, when: isGlobal, instead: "the machine's own time: board.now() in cycles, context.uptimeTicks() in ticks" },
  { where: PORTABLE, name: /^random$/, when: ofMath, instead: "choose(site, entity, n): the one place where chance comes in" },
  { where: PORTABLE, name: /^performance$/, when: isGlobal, instead: "the cycle clock; wall time is measured in sim/host" },
  { where: PORTABLE, name: /^((set|clear)(Timeout|Interval|Immediate)|queueMicrotask|requestAnimationFrame)$/, when: isGlobal, instead: "board.schedule() in hal, context.timerStart() in a service" },
  { where: PORTABLE, name: /^(Promise|async|await)$/, when: isGlobal, instead: "plain calls; waiting is kernel data (blocked on what, until when)" },
  { where: PORTABLE, name: /^yield$/, when: isGlobal, instead: "a record in RAM that says how far the work has come" },
  { where: PORTABLE, name: /^function$/, when: (tokens, i) => text(tokens, i + 1) === "*", instead: "a record in RAM that says how far the work has come" },
  { where: PORTABLE, name: /^console$/, when: isGlobal, instead: "the trace ring in the machine; text as a return value in sim; printing belongs to sim/host" },
  { where: PORTABLE, name: /^process$/, when: (tokens, i) => isGlobal(tokens, i) && isMember(tokens, i + 2) && NODE_PROCESS.test(text(tokens, i + 2)), instead: "arguments; the host's process belongs to sim/host" },
  { where: PORTABLE, name: /^(BigInt|Big(Int|Uint)64Array|[gs]etBig(Int|Uint)64)$/, instead: "u64 fields: a number below 2^53, or low and high words" },
  { where: PORTABLE, name: /^[\da-fA-FxobXOB_]+n$/, kind: "number", instead: "u64 fields: a number below 2^53, or low and high words" },
  { where: PORTABLE, name: /^(Intl|toLocale\w*|localeCompare)$/, instead: "comparison of code units; a format of our own" },
  { where: PORTABLE, name: /^(globalThis|WeakRef|FinalizationRegistry|SharedArrayBuffer|Atomics|fetch|crypto|navigator|Buffer)$/, when: isGlobal, instead: "nothing of the host: bytes and numbers are handed in" },
  { where: EVERYWHERE, name: /^require$/, when: (tokens, i) => isGlobal(tokens, i) && text(tokens, i + 1) === "(" && tokens[i + 2]?.kind === "string", instead: "import" },
  { where: MACHINE, name: INEXACT, when: ofMath, instead: "integer arithmetic: these differ between engines" },
  { where: MACHINE, name: /^(?!0x)[\d_]*\.[\d_]*([eE]|\d|$)|^(?!0x)[\d._]+[eE]-/, kind: "number", instead: "integers: a share is a numerator and a denominator" },
  { where: MACHINE, name: /^(parseFloat|toFixed|toPrecision|toExponential)$/, instead: "integers: a share is a numerator and a denominator" },
  { where: ["kernel/", "services/"], name: /^buffer$/, when: isRawBuffer, instead: "memory.u8, memory.i32 or a field; a part of memory is memory.window()" },
  { where: ["services/"], name: /^(ArrayBuffer|DataView)$/, when: isGlobal, instead: "context.memory, context.shared and the fields of layouts" },
  { where: EVERYWHERE, name: /^(eval|Function)$/, when: isGlobal, instead: "a function" },
  { where: EVERYWHERE, name: /^enum$/, when: startsDeclaration, instead: "Object.freeze({ name: number }) and a type of the same name" },
  { where: EVERYWHERE, name: /^(namespace|module)$/, when: startsDeclaration, instead: "a module" },
];

/** The bytes of a memory; not a context's `buffer(...)`, nor a constant or field of that name. */
function isRawBuffer(tokens: readonly Token[], i: number): boolean {
  const owner = text(tokens, i - 2);
  const taken = text(tokens, i + 1) === "}" && text(tokens, i + 2) === "=";
  return taken || (isMember(tokens, i) && text(tokens, i + 1) !== "(" && !/^[A-Z]/.test(owner));
}

function startsDeclaration(tokens: readonly Token[], i: number): boolean {
  return isGlobal(tokens, i) && tokens[i + 1]?.kind === "word" && text(tokens, i + 2) === "{";
}

export function checkBannedNames(source: Source): string[] {
  const { path, tokens } = source;
  if (path.startsWith("sim/host/")) return judge(source, BANS.filter((ban) => ban.where === EVERYWHERE));
  return judge(source, BANS.filter((ban) => ban.where.some((prefix) => path.startsWith(prefix)))).concat(generatorMethods(path, tokens));
}

function judge(source: Source, bans: readonly Ban[]): string[] {
  const { path, tokens } = source;
  return tokens.flatMap((token, i) =>
    bans
      .filter((ban) => token.kind === (ban.kind ?? "word") && ban.name.test(token.text) && (ban.when?.(tokens, i) ?? true))
      .map((ban) => problem(path, token.line, `${token.text} is not used here; use ${ban.instead}`)),
  );
}

/** `*name() {` in a class or an object. */
function generatorMethods(path: string, tokens: readonly Token[]): string[] {
  if (path.startsWith("test/")) return [];
  return tokens.flatMap((token, i) => {
    const starts = token.kind === "punctuation" && token.text === "*" && /^[{};,]$/.test(text(tokens, i - 1));
    return starts ? [problem(path, token.line, "generators are not used here; use a record in RAM that says how far the work has come")] : [];
  });
}
