import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LbErrno } from "../../../services/lb/control.ts";
import { decimal, decodeAnswer } from "../../../sim/conform/decode.ts";
import { encodeOperation } from "../../../sim/conform/encode.ts";
import { OperandWriter } from "../../../sim/operands.ts";

const nothing = new Uint8Array(0);

test("64 bits as digits", () => {
  expect(decimal(0, 0)).toBe("0");
  expect(decimal(0xffff_ffff, 0xffff_ffff)).toBe("18446744073709551615");
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      expect(decimal(Number(value & 0xffff_ffffn), Number(value >> 32n))).toBe(String(value));
    }),
    { seed: 1, numRuns: 500 },
  );
});

describe("answers", () => {
  test("errors have upstream's names, with their text where there is one", () => {
    const route = { op: "route", path: "/", host: "", headers: [] } as const;
    expect(decodeAnswer(route, LbErrno.noRouteMatch, nothing)).toEqual({ err: "NoRouteMatch" });
    expect(decodeAnswer(route, LbErrno.noHealthyBackend, nothing)).toEqual({ err: "NoHealthyBackend" });
    expect(decodeAnswer(route, LbErrno.backendGroupNotFound, new OperandWriter().text("").bytes())).toEqual({ err: "BackendGroupNotFound", arg: "" });
  });

  test("refusals that no script knows have our names", () => {
    expect(decodeAnswer({ op: "new" }, -5, nothing)).toEqual({ err: "outOfMemory" });
    expect(decodeAnswer({ op: "new" }, LbErrno.tableFull, nothing)).toEqual({ err: "service error -70" });
  });

  test("an unknown session is not session 0", () => {
    const answer = (known: number) => decodeAnswer({ op: "sticky_get", session: "s" }, 0, new OperandWriter().u8(known).u64(0).bytes());
    expect([answer(0), answer(1)]).toEqual([{ ok: null }, { ok: 0 }]);
  });
});

describe("operations", () => {
  test("that the balancer does not have are refused here", () => {
    expect(() => encodeOperation({ op: "no_such_thing" } as never)).toThrow(RangeError);
    expect(() => encodeOperation({ op: "add_group", name: "g", algorithm: "Fastest", backends: [] })).toThrow(RangeError);
  });
});
