/** A dump read from a file, plain or gzip: what is wrong with it is a problem with a place. */

import { DumpError } from "../../hal/boot-record.ts";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { readBytes } from "./files.ts";

/** What `read` makes of the file's bytes; null, and a problem in the list, if it is no dump. */
export function readDumpFile<T>(path: string, read: (bytes: Uint8Array) => T, problems: Problem[]): T | null {
  const bytes = readBytes(path, path, problems);
  if (bytes === null) return null;
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof DumpError)) throw error;
    problems.push(problem(path, `this is no dump of a machine (${error.message})`, "a file that `veridian run --dump FILE` wrote with this version"));
    return null;
  }
}
