/** Names and words: what lies at the top, how files are called, how they begin, which words appear nowhere. */

import { problem } from "./source.ts";

/** Exactly what lies at the top of the repository; all else has a room, or .ci/. */
export const TOP_LEVEL: readonly string[] = [
  ".ci", ".editorconfig", ".gitignore", ".npmrc", "ARCHITECTURE.md", "LICENSE", "README.md",
  "hal", "kernel", "package-lock.json", "package.json", "services", "sim", "test", "tsconfig.json",
];

export function checkTopLevel(names: readonly string[]): string[] {
  const extra = names.filter((name) => !TOP_LEVEL.includes(name)).map((name) => `${name} does not belong at the top: give it a room, or .ci/`);
  return extra.concat(TOP_LEVEL.filter((name) => !names.includes(name)).map((name) => `${name} is missing`));
}

const KEBAB = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** Pages of a folder: what a reader looks for by these names. The second and third are generated. */
const PAGE = /\/(README|SYSCALLS|LAYOUTS)\.md$/;

/** Folders and files inside the rooms: lower case, words joined by hyphens; but for a folder's pages. */
export function checkFileName(path: string): string[] {
  const parts = path.replace(PAGE, "").split("/");
  if (!path.includes("/")) return [];
  return parts.filter((part) => !KEBAB.test(part)).map((part) => `${path}: "${part}" is not in kebab-case`);
}

const CONTRACT_WORDS = 3;

/** A file of the machine or of sim says first what it is. */
export function checkContract(path: string, text: string): string[] {
  if (!/^(hal|kernel|services|sim)\/.+\.ts$/.test(path)) return [];
  const comment = /^(?:#![^\n]*\n)?\s*\/\*\*([^]*?)\*\//.exec(text)?.[1] ?? "";
  const words = comment.split(/[\s*]+/).filter((word) => word !== "");
  return words.length >= CONTRACT_WORDS ? [] : [problem(path, 1, "a file begins with its contract: a /** comment */ that says what it is and what may be relied on")];
}

interface Word {
  readonly pattern: RegExp;
  readonly why: string;
}

/** In pieces, so that this file does not hold them itself. */
const WORDS: readonly Word[] = [
  { pattern: new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`), why: "finish it, or say in the docs that it is not modelled" },
  { pattern: new RegExp(`\\b(${["for" + " now", "place" + "holder", "not yet " + "implemented"].join("|")})\\b`, "i"), why: "finish it, or say in the docs that it is not modelled" },
  { pattern: new RegExp(["/wo" + "rk/", "/ho" + "me/\\w", "/ro" + "ot/", "/Us" + "ers/\\w", "(^|[\\s\"'`(/])\\.\\./sha" + "red", "/tm" + "p/\\w"].join("|")), why: "a path of one machine; use a path inside the repository or the system's temporary folder" },
  { pattern: new RegExp(["regis" + "try[.][\\w.-]+\\.\\w", "npm" + "js\\.(org|com)", "https?://[\\w.:-]*(arti" + "factory|verda" + "ccio|ne" + "xus|pro" + "xy)"].join("|"), "i"), why: "a registry is the installing machine's affair; leave its name out" },
  { pattern: /[ \t]+$/, why: "blanks at the end of a line" },
];

export function checkWords(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, i) =>
    WORDS.flatMap(({ pattern, why }) => {
      const found = pattern.exec(line)?.[0];
      return found === undefined ? [] : [problem(path, i + 1, `${JSON.stringify(found)}: ${why}`)];
    }),
  );
}

/** The lock file names versions and digests, not the addresses that one machine loaded them from. */
export function checkLock(text: string): string[] {
  return text.split("\n").flatMap((line, i) => (/"(resolved|version)": "\w+:\/\//.test(line) ? [problem("package-lock.json", i + 1, "a download address; npm's omit-lockfile-registry-resolved leaves it out")] : []));
}
