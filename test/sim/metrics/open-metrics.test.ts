/** The reader that judges what we write, judged by what the specification allows and by planted violations. */

import { describe, expect, test } from "vitest";
import { readOpenMetrics } from "./open-metrics.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (...lines: readonly string[]) => readOpenMetrics(bytes(`${lines.join("\n")}\n`));

const HISTOGRAM = ["# TYPE foo histogram", 'foo_bucket{le="0.0"} 0', 'foo_bucket{le="1e-05"} 0', 'foo_bucket{le="1.0"} 10', 'foo_bucket{le="1e+23"} 16', 'foo_bucket{le="+Inf"} 17', "foo_count 17", "foo_sum 324789.3"];
/** The histogram with the line of that number replaced, or taken out. */
const histogram = (number: number, ...instead: readonly string[]): string[] => [...HISTOGRAM.slice(0, number), ...instead, ...HISTOGRAM.slice(number + 1)];

describe("what the format allows is read", () => {
  test.each<[string, readonly string[]]>([
    ["nothing", ["# EOF"]],
    ["a family without metrics", ["# TYPE foo gauge", "# EOF"]],
    ["metadata in any order, empty ones too", ["# UNIT foo_seconds seconds", "# HELP foo_seconds ", "# TYPE foo_seconds counter", "# EOF"]],
    ["numbers of all forms", ["# TYPE foo gauge", ...["0042", "-1", "+1.", ".5", "1.89e-7", "1E9", "NaN", "+Inf", "-infinity"].map((number, i) => `foo{n="${i}"} ${number}`), "# EOF"]],
    ["labels with escapes, blanks and any character", ["# TYPE foo gauge", 'foo{a="x",b="escaping\\" example \\n \\\\ {},= \u00fc\u{1f600}\t"} 0', "foo{} 1", "# EOF"]],
    ["timestamps of points, one metric behind the other", ["# TYPE foo summary", ...['{a="b"}', '{a="c"}'].flatMap((labels) => [1, 2].flatMap((time) => [`foo_count${labels} 0 ${time}`, `foo_sum${labels} 0 ${time}`])), "# EOF"]],
    ["exemplars", ["# TYPE foo counter", 'foo_total 1 # {trace="x"} 0.67 1.5', "foo_created 1520430000.123", "# EOF"]],
    ["states and information", ["# TYPE foo stateset", 'foo{foo="a"} 0', 'foo{foo="b"} 1', "# TYPE bar info", 'bar_info{v="1"} 1', "# EOF"]],
    ["a histogram", [...HISTOGRAM, "# EOF"]],
  ])("%s", (_what, lines) => {
    expect(() => read(...lines)).not.toThrow();
    expect(() => readOpenMetrics(bytes(lines.join("\n")))).not.toThrow();
  });

  test("and understood", () => {
    const [foo] = read("# TYPE foo_seconds counter", "# UNIT foo_seconds seconds", '# HELP foo_seconds a \\"b\\" \\\\ \\n', 'foo_seconds_total{a="\\n\\"\\\\"} 1.50', "# EOF");
    expect(foo).toMatchObject({ name: "foo_seconds", type: "counter", unit: "seconds", help: 'a "b" \\ \n', samples: [{ metric: "foo_seconds_total", text: "1.50", value: 1.5, timestamp: null }] });
    expect([...foo!.samples[0]!.labels]).toEqual([["a", '\n"\\']]);
  });
});

describe("a violation is found:", () => {
  const family = ["# TYPE foo counter", "foo_total 1"];
  const other = ["# TYPE bar gauge", "bar 1"];
  test.each<[string, readonly string[], RegExp]>([
    ["no end", family, /does not end in # EOF/],
    ["an end in small letters", [...family, "# eof"], /does not end/],
    ["something behind the end", [...family, "# EOF", "bar 1"], /does not end/],
    ["an end in the middle", ["# EOF", ...family, "# EOF"], /is no metadata/],
    ["a blank line", [...family, "", "# EOF"], /blank line/],
    ["a blank line behind the end", [...family, "# EOF", ""], /does not end/],
    ["a comment", ["# hello", "# EOF"], /is no metadata/],
    ["two blanks", ["# TYPE foo gauge", "foo  1", "# EOF"], /is no number/],
    ["a blank at the end", ["# TYPE foo gauge", "foo 1 ", "# EOF"], /is no timestamp/],
    ["a carriage return", ["# TYPE foo gauge", "# HELP foo x\r", "# EOF"], /carriage return/],
    ["a counter without _total", ["# TYPE foo counter", "foo 1", "# EOF"], /does not belong to foo/],
    ["a counter with only _created", ["# TYPE foo counter", "foo_created 1", "# EOF"], /has no total/],
    ["another type's suffix", ["# TYPE foo gauge", "foo_total 1", "# EOF"], /does not belong to foo/],
    ["a sample without a family", ["foo 1", "# EOF"], /does not belong to any family/],
    ["a sample of an earlier family", [...family, ...other, "foo_total 2", "# EOF"], /does not belong to bar/],
    ["interleaved families", [...family, ...other, "# HELP foo late", "# EOF"], /foo was there before/],
    ["a family twice", [...family, ...other, ...family, "# EOF"], /foo was there before/],
    ["metadata behind samples", [...family, "# HELP foo late", "# EOF"], /metadata behind samples/],
    ["metadata twice", ["# TYPE foo gauge", "# TYPE foo gauge", "# EOF"], /a second TYPE/],
    ["no type", ["# HELP foo x", "# EOF"], /has no type/],
    ["an unknown type", ["# TYPE foo meter", "# EOF"], /is no type/],
    ["names that clash", ["# TYPE foo_created gauge", "# TYPE foo counter", "# EOF"], /foo_created may be of/],
    ["a unit that is no suffix", ["# TYPE foo counter", "# UNIT foo seconds", "# EOF"], /does not end in its unit/],
    ["a unit of information", ["# TYPE foo_seconds info", "# UNIT foo_seconds seconds", "# EOF"], /has a unit/],
    ["a reserved metric name", ["# TYPE _foo gauge", "# EOF"], /is no metadata/],
    ["a reserved label name", ["# TYPE foo gauge", 'foo{__a="1"} 1', "# EOF"], /a label name is missing/],
    ["a label twice", ["# TYPE foo gauge", 'foo{a="1",a="2"} 1', "# EOF"], /the label a comes twice/],
    ["a comma too many", ["# TYPE foo gauge", 'foo{a="1",} 1', "# EOF"], /a label name is missing/],
    ["a label without quotes", ["# TYPE foo gauge", "foo{a=1} 1", "# EOF"], /is missing/],
    ["an open label", ["# TYPE foo gauge", 'foo{a="1} 1', "# EOF"], /is missing/],
    ["an undefined escape", ["# TYPE foo gauge", 'foo{a="\\t"} 1', "# EOF"], /is no escape/],
    ["a quote that is not escaped in help", ["# TYPE foo gauge", '# HELP foo a "b"', "# EOF"], /a quote is not escaped/],
    ["a backslash at the end of help", ["# TYPE foo gauge", "# HELP foo a\\", "# EOF"], /is no escape/],
    ["no value", ["# TYPE foo gauge", "foo", "# EOF"], /is missing/],
    ["a hexadecimal number", ["# TYPE foo gauge", "foo 0x10", "# EOF"], /is no number/],
    ["a metric twice", ["# TYPE foo gauge", 'foo{a="1"} 1', 'foo{a="2"} 1', 'foo{a="1"} 1', "# EOF"], /comes twice, or in pieces/],
    ["the same metric with its labels in another order", ["# TYPE foo gauge", 'foo{a="1",b="2"} 1', 'foo{b="2",a="1"} 1', "# EOF"], /a sample comes twice/],
    ["points that go back in time", ["# TYPE foo gauge", "foo 1 5", "foo 1 4", "# EOF"], /back in time/],
    ["a negative counter", ["# TYPE foo counter", "foo_total -1", "# EOF"], /only grows/],
    ["a counter that is no number", ["# TYPE foo counter", "foo_total NaN", "# EOF"], /only grows/],
    ["information that is not 1", ["# TYPE foo info", "foo_info 2", "# EOF"], /not 1/],
    ["an exemplar of a gauge", ["# TYPE foo gauge", "foo 1 # {} 1", "# EOF"], /no exemplar/],
    ["an exemplar that is too long", ["# TYPE foo counter", `foo_total 1 # {a="${"x".repeat(128)}"} 1`, "# EOF"], /too long/],
  ])("%s", (_what, lines, complaint) => {
    expect(() => read(...lines)).toThrow(complaint);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["thresholds that do not grow", histogram(2, 'foo_bucket{le="2.0"} 0'), /thresholds do not grow at 1.0/],
    ["a threshold twice", histogram(2, 'foo_bucket{le="0"} 0'), /thresholds do not grow/],
    ["no +Inf", histogram(5), /no bucket \+Inf/],
    ["no bucket", [HISTOGRAM[0]!, "foo_count 17", "foo_sum 1"], /no bucket/],
    ["buckets that are not cumulative", histogram(4, 'foo_bucket{le="1e+23"} 9'), /not cumulative at 1e\+23/],
    ["half a value", histogram(3, 'foo_bucket{le="1.0"} 9.5'), /counts/],
    ["a bucket without a threshold", histogram(3, "foo_bucket 10"), /no threshold/],
    ["a threshold that is no number", histogram(3, 'foo_bucket{le="x"} 10'), /no number/],
    ["a sum with a threshold", histogram(7, 'foo_sum{le="1"} 3'), /has a threshold/],
    ["a sum without a count", histogram(6), /one of sum and count/],
    ["a count twice", histogram(6, "foo_count 17", "foo_count 17"), /comes twice/],
    ["a count that is another", histogram(6, "foo_count 16"), /count is not its bucket/],
    ["a negative sum", histogram(7, "foo_sum -1"), /only grows/],
    ["a sum over negative thresholds", histogram(1, 'foo_bucket{le="-1.0"} 0'), /negative thresholds/],
  ])("%s", (_what, lines, complaint) => {
    expect(() => read(...lines, "# EOF")).toThrow(complaint);
  });

  test("bytes that are no UTF-8, and a byte order mark", () => {
    expect(() => readOpenMetrics(Uint8Array.of(...bytes("# TYPE foo gauge\n# HELP foo "), 0xff, ...bytes("\n# EOF\n")))).toThrow(TypeError);
    expect(() => readOpenMetrics(bytes("\ufeff# EOF\n"))).toThrow(/does not end/);
  });
});
