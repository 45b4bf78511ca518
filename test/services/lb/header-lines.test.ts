import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { HeaderEntry, RequestDescriptor } from "../../../services/lb/api.ts";
import { Balancer } from "../../../services/lb/balancer.ts";
import { foldByte, foldedEqual, headerLineNext, headerLinesOpen, requestHeaderNext } from "../../../services/lb/header-lines.ts";
import { HeaderForm, RequestView } from "../../../services/lb/request-view.ts";
import type { TextAddress } from "../../../services/lb/text.ts";
import { textCreate } from "../../../services/lb/text.ts";
import { Desk } from "./desk.ts";
import { ask, putText } from "./requesting.ts";

const desk = new Desk();
const { memory, shared } = desk;
const view = Balancer.request.at(desk.balancer);

function kept(text: string): TextAddress {
  putText(desk, 0, text);
  return textCreate(desk.heap, desk.limits, shared, 0, text.length) as TextAddress;
}

const shown = (at: number, bytes: number): string => String.fromCharCode(...shared.u8.slice(at, at + bytes));
const value = (): string => shown(RequestView.valueAt.get(memory, view), RequestView.valueBytes.get(memory, view));
const name = (): string => shown(RequestView.nameAt.get(memory, view), RequestView.nameBytes.get(memory, view));

function valuesOf(text: TextAddress): string[] {
  const values: string[] = [];
  headerLinesOpen(memory, view);
  while (requestHeaderNext(memory, view, shared, text)) values.push(value());
  return values;
}

const lines = [["Host", "a.example"], ["X-Tag", "one"], ["x-tAG", ""], ["X-Tag2", "no"], ["", "empty name"], ["X-TAG", "three"]] as const;

describe.each([
  ["entries", HeaderForm.entries],
  ["operands", HeaderForm.operands],
])("header lines as %s", (_name, form) => {
  test("come in the order they were sent", () => {
    ask(desk, { headers: lines }, form);
    headerLinesOpen(memory, view);
    const seen: [string, string][] = [];
    while (headerLineNext(memory, view, shared)) seen.push([name(), value()]);
    expect(seen).toEqual(lines);
    expect(headerLineNext(memory, view, shared)).toBe(false);
  });

  test("of one name come whatever their case, and no others", () => {
    const [tag, longer, empty, none] = ["x-Tag", "X-TAG2", "", "x-ta"].map(kept);
    ask(desk, { headers: lines }, form);
    expect(valuesOf(tag)).toEqual(["one", "", "three"]);
    expect(valuesOf(longer)).toEqual(["no"]);
    expect(valuesOf(empty)).toEqual(["empty name"]);
    expect(valuesOf(none)).toEqual([]);
  });

  test("there may be none", () => {
    const tag = kept("x-tag");
    ask(desk, { headers: [] }, form);
    expect(valuesOf(tag)).toEqual([]);
  });
});

describe("an entry that lies outside its head", () => {
  /** The values of three lines, of which one field of the second was changed. */
  function valuesWith(field: typeof HeaderEntry.nameOffset, beyond: number, length: number): string[] {
    ask(desk, { headers: [["X-Tag", "one"], ["X-Tag", "two"], ["X-Tag", "three"]] }, HeaderForm.entries);
    const entry = (RequestDescriptor.size + HeaderEntry.size) as Address<"HeaderEntry">;
    field.set(shared, entry, Math.min(0xffff, RequestView.headBytes.get(memory, view) - length + beyond));
    headerLinesOpen(memory, view);
    const seen: string[] = [];
    while (headerLineNext(memory, view, shared)) seen.push(value());
    return seen;
  }

  test.each([
    ["name", HeaderEntry.nameOffset, 5, "two"],
    ["value", HeaderEntry.valueOffset, 3, "ree"],
  ] as const)("with its %s is passed over, by one byte too", (_name, field, length, last) => {
    expect(valuesWith(field, 0, length)).toEqual(["one", last, "three"]);
    expect(valuesWith(field, 1, length)).toEqual(["one", "three"]);
    expect(valuesWith(field, 0xffff, length)).toEqual(["one", "three"]);
  });
});

test("only ASCII letters are folded", () => {
  for (let byte = 0; byte < 256; byte++) {
    const capital = byte >= 0x41 && byte <= 0x5a;
    expect(foldByte(byte)).toBe(capital ? byte + 32 : byte);
  }
  putText(desk, 0, "AbC@[");
  putText(desk, 8, "aBc@[");
  putText(desk, 16, "aBc`{");
  expect(foldedEqual(shared, 0, shared, 8, 5)).toBe(true);
  expect(foldedEqual(shared, 0, shared, 16, 5)).toBe(false);
});
