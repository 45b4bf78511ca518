import { describe, expect, test } from "vitest";
import type { Family } from "../../../sim/metrics/exposition.ts";
import { expositionText, secondsText, thresholdText } from "../../../sim/metrics/exposition.ts";
import { readOpenMetrics } from "./open-metrics.ts";

const read = (families: readonly Family[]) => readOpenMetrics(new TextEncoder().encode(expositionText(families)));

/** The digits of a number that say more than its size. */
const significant = (number: string): string => number.replace(/e.*/, "").replace(".", "").replace(/^0+|0+$/g, "");

describe("times", () => {
  test.each([
    [0, "0.0"],
    [1, "0.000000001"],
    [10, "0.00000001"],
    [999_999_999, "0.999999999"],
    [1_000_000_000, "1.0"],
    [1_500_000_000, "1.5"],
    [9_000_000_000_000_001, "9000000.000000001"],
    [8_999_999_999_999_999, "8999999.999999999"],
    [Number.MAX_SAFE_INTEGER, "9007199.254740991"],
  ])("%i nanoseconds are %s seconds, exactly", (nanoseconds, text) => {
    expect(secondsText(nanoseconds)).toBe(text);
  });

  test.each([
    [0, "0.0"],
    [1, "1e-09"],
    [15, "1.5e-08"],
    [10_000, "1e-05"],
    [99_999, "9.9999e-05"],
    [100_000, "0.0001"],
    [1_000_000, "0.001"],
    [95_000_000, "0.095"],
    [1_000_000_000, "1.0"],
    [4_294_967_295, "4.294967295"],
    [10_000_000_000, "10.0"],
  ])("%i nanoseconds as a threshold are %s", (nanoseconds, text) => {
    expect(thresholdText(nanoseconds)).toBe(text);
  });

  test("thresholds are the numbers that they stand for, each the shortest text that is", () => {
    for (let power = 0; power <= 9; power++) {
      for (let digits = 1; digits <= 99; digits += 7) {
        const nanoseconds = digits * 10 ** power;
        const text = thresholdText(nanoseconds);
        expect(Number(text)).toBe(nanoseconds / 1e9);
        expect(significant(text)).toBe(significant(String(Number(text))));
      }
    }
  });
});

describe("families", () => {
  test("nothing is the end alone", () => {
    expect(expositionText([])).toBe("# EOF\n");
  });

  test("have type, unit, help and samples with the suffix of their type", () => {
    const families: Family[] = [
      { type: "info", name: "a", help: "A.", samples: [{ labels: [["version", "1"]], value: 1 }] },
      { type: "gauge", name: "b_bytes", unit: "bytes", help: "B.", samples: [{ labels: [], value: 17 }] },
      { type: "counter", name: "c_seconds", unit: "seconds", help: "C.", samples: [{ labels: [["x", "1"], ["y", "2"]], value: { nanoseconds: 1_250_000_000 } }] },
    ];
    expect(expositionText(families)).toBe(
      '# TYPE a info\n# HELP a A.\na_info{version="1"} 1\n# TYPE b_bytes gauge\n# UNIT b_bytes bytes\n# HELP b_bytes B.\nb_bytes 17\n' +
        '# TYPE c_seconds counter\n# UNIT c_seconds seconds\n# HELP c_seconds C.\nc_seconds_total{x="1",y="2"} 1.25\n# EOF\n',
    );
    expect(read(families).map(({ name, type, unit }) => [name, type, unit])).toEqual([["a", "info", ""], ["b_bytes", "gauge", "bytes"], ["c_seconds", "counter", "seconds"]]);
  });

  test("a histogram is cumulative, and its count is its last bucket", () => {
    const family: Family = { type: "histogram", name: "d_seconds", unit: "seconds", help: "D.", buckets: [[7, 1], [15, 3], [1_000_000, 3]], count: 4, sumNanoseconds: 2_000_000_030 };
    const lines = expositionText([family]).split("\n").slice(3);
    expect(lines).toEqual(['d_seconds_bucket{le="7e-09"} 1', 'd_seconds_bucket{le="1.5e-08"} 3', 'd_seconds_bucket{le="0.001"} 3', 'd_seconds_bucket{le="+Inf"} 4', "d_seconds_count 4", "d_seconds_sum 2.00000003", "# EOF", ""]);
    expect(() => read([family])).not.toThrow();
    expect(() => read([{ ...family, count: 2 }])).toThrow(/not cumulative/);
  });

  test("whatever a label or a help says comes back as it was", () => {
    for (const value of ["", '"', "\\", "\\\\n", "\n", 'a"b\\c\nd', "\\\"", "\u00fcber \u{1f600} {x=\"1\"} #", "\0\t\r\u2028", " "]) {
      const [family] = read([{ type: "gauge", name: "e", help: `${value}.`, samples: [{ labels: [["x", value], ["y", "z"]], value: 0 }] }]);
      expect([family!.help, [...family!.samples[0]!.labels]]).toEqual([`${value}.`, [["x", value], ["y", "z"]]]);
    }
  });
});
