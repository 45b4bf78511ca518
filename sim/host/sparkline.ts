/** Numbers over time as a line of small bars, as long as there is room for. */

/** An eighth of a line high, and so on up to the whole. */
const BARS = ["\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"] as const;
/** Nothing at all: never drawn for something, however small. */
const NOTHING = "\u00b7";

/** One character for each value; the highest bar stands for `most`, so that several lines can be compared. */
export function sparkline(values: readonly number[], most: number): string {
  return values.map((value) => (value <= 0 || most <= 0 ? NOTHING : BARS[Math.min(BARS.length - 1, Math.max(0, Math.ceil((value * BARS.length) / most) - 1))])).join("");
}

/** The same values over at most `columns` columns: neighbours become their mean, each column standing for as many. */
export function condense(values: readonly number[], columns: number): number[] {
  const each = Math.max(1, Math.ceil(values.length / Math.max(1, columns)));
  const condensed: number[] = [];
  for (let at = 0; at < values.length; at += each) {
    const some = values.slice(at, at + each);
    condensed.push(some.reduce((sum, value) => sum + value, 0) / some.length);
  }
  return condensed;
}
