/** Runs `veridian` inside the test, with a terminal that remembers. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../sim/host/main.ts";
import { plainPaint } from "../sim/host/terminal.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function veridian(...args: string[]): Ran {
  const said = { out: "", err: "" };
  const code = main(args, {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    paintOut: plainPaint,
    paintErr: plainPaint,
    program: "veridian",
    columns: 100,
  });
  return { code, ...said };
}

/** A folder that is there for as long as `use` runs. */
export function inFolder<T>(use: (path: (name: string) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "veridian-"));
  try {
    return use((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
