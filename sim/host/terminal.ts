/**
 * Where a command's words go. Results on stdout, progress and complaints on stderr. Colours only where a person reads:
 * `util.styleText` looks at the stream and at NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR.
 */

import { styleText } from "node:util";

/** Colours and weights that the reports use. Node 20 validates the stream only for a single format, so they are single. */
export type Tone = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "blue" | "magenta";

export type Paint = (tone: Tone, text: string) => string;

export interface Terminal {
  /** For results. */
  out(text: string): void;
  /** For progress and complaints. */
  err(text: string): void;
  readonly paintOut: Paint;
  readonly paintErr: Paint;
  /** How this program is called, for command lines that a person may paste. */
  readonly program: string;
  /** Columns of the results' stream: what the terminal has, 100 at most, 80 where there is none. */
  readonly columns: number;
}

const COLUMNS_DEFAULT = 80;
const COLUMNS_MAX = 100;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that has seen enough (`veridian run | head`) closes the pipe: no fault of ours.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    paintOut: painter(process.stdout),
    paintErr: painter(process.stderr),
    // npm sets this for its scripts: then there is no `veridian` on the path.
    program: process.env["npm_lifecycle_event"] === undefined ? "veridian" : "npm run -s veridian --",
    columns: Math.min(COLUMNS_MAX, process.stdout.columns ?? COLUMNS_DEFAULT),
  };
}

function painter(stream: NodeJS.WriteStream): Paint {
  return (tone, text) => styleText(tone, text, { validateStream: true, stream });
}

export const plainPaint: Paint = (_tone, text) => text;
