/** Files of the host, read and written for commands: what goes wrong is a problem with a place, never an exception. */

import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";

const GZIP_MAGIC = [0x1f, 0x8b];

/** A file's bytes, unpacked if it is gzip; null, and a problem in the list, if it cannot be read. */
export function readBytes(path: string | URL, name: string, problems: Problem[]): Uint8Array | null {
  try {
    const bytes = readFileSync(path);
    return bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1] ? gunzipSync(bytes) : bytes;
  } catch (error) {
    problems.push(problem(name, `the file cannot be read (${reason(error)})`, "a file that can"));
    return null;
  }
}

/**
 * A file's text, judged as one: at most `bytesMax` bytes (unpacked, if it is gzip), UTF-8, no byte 0. Null, and a problem
 * in the list, if it is none.
 */
export function readSoundText(path: string, name: string, bytesMax: number, problems: Problem[]): string | null {
  const bytes = readBoundedBytes(path, name, bytesMax, problems);
  const fault = bytes === null ? "" : textFault(bytes);
  if (fault !== "") problems.push(problem(name, fault, "text (UTF-8)"));
  return bytes === null || fault !== "" ? null : bytes.toString("utf8");
}

/** A file's bytes, unpacked if it is gzip, and at most `bytesMax` of them; null, and a problem in the list, if there are more or none. */
export function readBoundedBytes(path: string, name: string, bytesMax: number, problems: Problem[]): Buffer | null {
  const expected = `at most ${bytesMax}: is this the right file?`;
  try {
    const { size } = statSync(path);
    const bytes = size > bytesMax ? null : readFileSync(path);
    const unpacked = bytes !== null && bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1] ? gunzipSync(bytes, { maxOutputLength: bytesMax }) : bytes;
    if (unpacked !== null && unpacked.length <= bytesMax) return unpacked;
    problems.push(problem(name, `the file has ${unpacked?.length ?? size} bytes`, expected));
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    problems.push(tooLarge ? problem(name, "unpacked, the file has too many bytes", expected) : problem(name, `the file cannot be read (${reason(error)})`, "a file that can"));
  }
  return null;
}

/** What keeps the bytes from being a text; empty if nothing does. */
function textFault(bytes: Buffer): string {
  const zero = bytes.indexOf(0);
  if (zero >= 0) return `byte ${zero} is 0`;
  const again = Buffer.from(bytes.toString("utf8"), "utf8");
  if (again.equals(bytes)) return "";
  let at = 0;
  while (again[at] === bytes[at]) at++;
  return `byte ${at} is no UTF-8`;
}

/** A file's text (UTF-8). */
export function readText(path: string | URL, name: string, problems: Problem[]): string | null {
  const bytes = readBytes(path, name, problems);
  return bytes === null ? null : Buffer.from(bytes).toString("utf8");
}

/** Looks before a long run whether a file can be written at its end; changes nothing. */
export function judgeOutput(option: string, path: string | undefined, problems: Problem[]): void {
  if (path === undefined) return;
  try {
    if (existsSync(path)) {
      if (statSync(path).isDirectory()) problems.push(problem(option, `${path} is a folder`, "a file"));
      else accessSync(path, constants.W_OK);
    } else accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    problems.push(problem(option, `${path} cannot be written (${reason(error)})`, "a file in a folder that exists"));
  }
}

/** Looks before a long run whether files can be written to a folder. */
export function judgeFolder(option: string, path: string, problems: Problem[]): void {
  try {
    if (!statSync(path).isDirectory()) problems.push(problem(option, `${path} is no folder`, "a folder"));
    else accessSync(path, constants.W_OK);
  } catch (error) {
    problems.push(problem(option, `${path} cannot be written to (${reason(error)})`, "a folder that exists"));
  }
}

/** Writes a file; a problem in the list if that fails after all. */
export function writeOutput(option: string, path: string, content: string | Uint8Array, problems: Problem[]): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    problems.push(problem(option, `${path} cannot be written (${reason(error)})`));
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const words: Readonly<Record<string, string>> = { ENOENT: "there is none of that name", EACCES: "it may not be opened", EISDIR: "it is a folder", ENOTDIR: "a part of its path is no folder" };
  return code === undefined ? String(error instanceof Error ? error.message : error) : (words[code] ?? code);
}
