import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { HeaderForm, RequestView } from "../../../../services/lb/request-view.ts";
import { cookieValue } from "../../../../services/lb/session/cookie.ts";
import type { TextAddress } from "../../../../services/lb/text.ts";
import { textCreate } from "../../../../services/lb/text.ts";
import { Desk } from "../desk.ts";
import { ask, putText } from "../requesting.ts";

const desk = new Desk();
const { memory, shared } = desk;
const view = Balancer.request.at(desk.balancer);

/** The cookie's value as the balancer finds it, or null. */
function cookie(name: string, headers: readonly (readonly [string, string])[], form: number): string | null {
  putText(desk, 0, name);
  const text = textCreate(desk.heap, desk.limits, shared, 0, name.length) as TextAddress;
  ask(desk, { headers }, form);
  const found = cookieValue(memory, view, shared, text);
  desk.heap.free(text);
  const at = RequestView.valueAt.get(memory, view);
  return found ? String.fromCharCode(...shared.u8.slice(at, at + RequestView.valueBytes.get(memory, view))) : null;
}

const cases: readonly (readonly [string, readonly string[], string, string | null])[] = [
  ["the only one", ["s=abc"], "s", "abc"],
  ["the first of several", ["a=1; s=abc; b=2"], "s", "abc"],
  ["the last", ["a=1; s=abc"], "s", "abc"],
  ["of one name the first counts", ["s=first; s=second"], "s", "first"],
  ["in the second Cookie line", ["a=1; b=2", "s=abc"], "s", "abc"],
  ["of two lines the first counts", ["s=first", "s=second"], "s", "first"],
  ["no blank behind the semicolon", ["a=1;s=abc;b=2"], "s", "abc"],
  ["many blanks and tabs", ["a=1 ;\t s \t= \tabc\t ;b=2"], "s", "abc"],
  ["an empty value", ["s=; a=1"], "s", ""],
  ["an empty value at the end", ["a=1; s="], "s", ""],
  ["only blanks as value", ["s= \t ; a=1"], "s", ""],
  ["quotes are part of the value", ['s="abc"'], "s", '"abc"'],
  ["an equals sign in the value", ["s=a=b=c"], "s", "a=b=c"],
  ["blanks within the value", ["s=a b; c=1"], "s", "a b"],
  ["bytes above 127", ["s=\xe9\xff"], "s", "\xe9\xff"],
  ["names in another case are other names", ["S=abc"], "s", null],
  ["a name that begins the same", ["sx=abc; s=d"], "s", "d"],
  ["a name that ends the same", ["xs=abc"], "s", null],
  ["a name without a value is no cookie", ["s"], "s", null],
  ["a name without a value, then with one", ["s; s=abc"], "s", "abc"],
  ["the equals sign of another pair does not count", ["s ; a=1"], "s", null],
  ["empty pairs", [";;; ;s=abc;"], "s", "abc"],
  ["a nameless pair", ["=x; s=abc"], "s", "abc"],
  ["an empty line", ["", "s=abc"], "s", "abc"],
  ["none", ["a=1"], "s", null],
  ["no Cookie line", [], "s", null],
  ["a long name", [`${"n".repeat(300)}=abc`], "n".repeat(300), "abc"],
];

describe.each([
  ["entries", HeaderForm.entries],
  ["operands", HeaderForm.operands],
])("a cookie, headers as %s", (_form, form) => {
  test.each(cases)("%s", (_name, lines, name, expected) => {
    expect(cookie(name, lines.map((line) => ["Cookie", line] as const), form)).toBe(expected);
  });

  test("the line's name has any case, and must be whole", () => {
    expect(cookie("s", [["cOOkIE", "s=abc"]], form)).toBe("abc");
    for (const name of ["Cookie2", "Cooki", "Set-Cookie", ""]) expect(cookie("s", [[name, "s=abc"]], form)).toBe(null);
  });

  test("a value does not run on into what follows the line", () => {
    expect(cookie("s", [["Cookie", "s=abc"], ["X", ";s=no"]], form)).toBe("abc");
    expect(cookie("s", [["Cookie", "a=1"], ["X", "; s=no"]], form)).toBe(null);
  });
});
