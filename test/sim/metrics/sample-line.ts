/**
 * One line of OpenMetrics 1.0 text by the specification's ABNF, read character by character: written from the grammar,
 * without a look at what we write. Where the grammar lets an exposer do what it SHOULD NOT (undefined escapes, reserved
 * names), this reader does not.
 */

export class Violation extends Error {
  override readonly name = "Violation";
}

export interface SampleLine {
  readonly metric: string;
  /** In the order of the line. */
  readonly labels: ReadonlyMap<string, string>;
  /** As written. */
  readonly text: string;
  readonly value: number;
  readonly timestamp: number | null;
  readonly hasExemplar: boolean;
}

const METRIC_NAME = /^[a-zA-Z][a-zA-Z0-9_]*/;
const LABEL_NAME = /^[a-zA-Z][a-zA-Z0-9_]*/;
const REAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|[0-9]*\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const EXEMPLAR_CHARACTERS_MAX = 128;

/** What is left of a line. */
class Cursor {
  #rest: string;

  constructor(line: string) {
    this.#rest = line;
  }

  get done(): boolean {
    return this.#rest === "";
  }

  begins(text: string): boolean {
    return this.#rest.startsWith(text);
  }

  take(pattern: RegExp, what: string): string {
    const found = pattern.exec(this.#rest)?.[0];
    if (found === undefined) throw new Violation(`${what} is missing at "${this.#rest.slice(0, 20)}"`);
    this.#rest = this.#rest.slice(found.length);
    return found;
  }

  skip(text: string): void {
    if (!this.begins(text)) throw new Violation(`"${text}" is missing at "${this.#rest.slice(0, 20)}"`);
    this.#rest = this.#rest.slice(text.length);
  }
}

/** `sample = metricname [labels] SP number [SP timestamp] [exemplar]` */
export function readSample(line: string): SampleLine {
  const cursor = new Cursor(line);
  const metric = cursor.take(METRIC_NAME, "a metric name");
  const labels = cursor.begins("{") ? readLabels(cursor) : new Map<string, string>();
  cursor.skip(" ");
  const text = cursor.take(/^[^ ]*/, "a number");
  const value = readNumber(text);
  const timestamp = cursor.begins(" ") && !cursor.begins(" #") ? readTimestamp(cursor) : null;
  const hasExemplar = cursor.begins(" #");
  if (hasExemplar) skipExemplar(cursor);
  if (!cursor.done) throw new Violation("the line goes on");
  return { metric, labels, text, value, timestamp, hasExemplar };
}

/** `# TYPE|UNIT|HELP metricname SP rest`, or null for another line that begins with "#". */
export function readDescriptor(line: string): { readonly keyword: string; readonly metric: string; readonly rest: string } | null {
  const found = /^# (TYPE|UNIT|HELP) ([a-zA-Z][a-zA-Z0-9_]*) (.*)$/su.exec(line);
  return found === null ? null : { keyword: found[1]!, metric: found[2]!, rest: found[3]! };
}

/** An escaped-string without its escapes. */
export function unescape(text: string): string {
  let plain = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') throw new Violation("a quote is not escaped");
    if (text[i] !== "\\") plain += text[i];
    else {
      const escaped = new Map([["n", "\n"], ['"', '"'], ["\\", "\\"]]).get(text[++i] ?? "");
      if (escaped === undefined) throw new Violation(`"\\${text[i] ?? ""}" is no escape`);
      plain += escaped;
    }
  }
  return plain;
}

/** The number that a text is by the grammar, "+Inf" and "NaN" included. */
export function readNumber(text: string): number {
  if (REAL.test(text)) return Number(text);
  if (INFINITE.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  throw new Violation(`"${text}" is no number`);
}

function readLabels(cursor: Cursor): Map<string, string> {
  const labels = new Map<string, string>();
  cursor.skip("{");
  while (!cursor.begins("}")) {
    if (labels.size > 0) cursor.skip(",");
    const name = cursor.take(LABEL_NAME, "a label name");
    if (labels.has(name)) throw new Violation(`the label ${name} comes twice`);
    cursor.skip('="');
    labels.set(name, unescape(cursor.take(/^(?:[^"\\]|\\.)*/su, "a label value")));
    cursor.skip('"');
  }
  cursor.skip("}");
  return labels;
}

function readTimestamp(cursor: Cursor): number {
  cursor.skip(" ");
  const text = cursor.take(/^[^ ]*/, "a timestamp");
  if (!REAL.test(text)) throw new Violation(`"${text}" is no timestamp`);
  return Number(text);
}

/** `exemplar = SP HASH SP labels SP number [SP timestamp]` */
function skipExemplar(cursor: Cursor): void {
  cursor.skip(" # ");
  const labels = readLabels(cursor);
  const characters = [...labels].flatMap(([name, value]) => [...name, ...value]).length;
  if (characters > EXEMPLAR_CHARACTERS_MAX) throw new Violation("the exemplar's labels are too long");
  cursor.skip(" ");
  readNumber(cursor.take(/^[^ ]*/, "a number"));
  if (cursor.begins(" ")) readTimestamp(cursor);
}
