/**
 * Problems: what is wrong with something that a person wrote or chose - a capture, a configuration, a command line.
 * They come as lists: everything that is wrong at once, each with its place, what was found and what was expected.
 */

export interface Problem {
  /** Where: "frame 12, byte 3456", "line 3, column 7", "--ram". Empty if the whole is meant. */
  readonly place: string;
  /** What was found, as a clause: "captured length is 70000 bytes". */
  readonly found: string;
  /** What would have been right, as a noun phrase; empty when `found` says it all. */
  readonly expected: string;
}

/** More problems than this are not listed: whoever sees so many has the wrong file. */
export const PROBLEMS_MAX = 50;

export function problem(place: string, found: string, expected = ""): Problem {
  return Object.freeze({ place, found, expected });
}

/** One line: `day.pcap: frame 12, byte 3456: captured length is 70000 bytes; expected at most 65535`. */
export function problemText(item: Problem, subject = ""): string {
  const where = [subject, item.place].filter((text) => text !== "").join(": ");
  const what = item.expected === "" ? item.found : `${item.found}; expected ${item.expected}`;
  return where === "" ? what : `${where}: ${what}`;
}

/** The same problems with their place inside a named whole, for lists that gather several sources. */
export function problemsIn(subject: string, items: readonly Problem[]): Problem[] {
  return items.map((item) => problem(item.place === "" ? subject : `${subject}: ${item.place}`, item.found, item.expected));
}
