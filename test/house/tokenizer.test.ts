import { describe, expect, test } from "vitest";
import { parse } from "./source.ts";
import { tokenize } from "./tokenizer.ts";

const kinds = (text: string): string[] => tokenize(text).map((token) => `${token.kind}:${token.text}`);

describe("the tokenizer", () => {
  test("keeps what stands in strings, comments and templates apart from code", () => {
    expect(kinds(`a("Date", 'it\\'s') // Date\n/* Date\n */ b`)).toEqual([
      "word:a", "punctuation:(", "string:Date", "punctuation:,", "string:it\\'s", "punctuation:)",
      "comment:// Date", "comment:/* Date\n */", "word:b",
    ]);
  });

  test("sees the code inside template expressions, nested braces and templates included", () => {
    expect(kinds("`a ${f({ x: `in ${y}` })} $b \\` c` + d")).toEqual([
      "template:a ", "punctuation:{", "word:f", "punctuation:(", "punctuation:{", "word:x", "punctuation::",
      "template:in ", "punctuation:{", "word:y", "punctuation:}", "template:",
      "punctuation:}", "punctuation:)", "punctuation:}", "template: $b \\` c", "punctuation:+", "word:d",
    ]);
  });

  test("tells a regular expression from a division", () => {
    expect(kinds("x = /[/'\"]+\\/`/g;")[2]).toBe("regex:/[/'\"]+\\/`/g");
    expect(kinds("return /a/.test(b)")[1]).toBe("regex:/a/");
    expect(kinds("a / b / c").filter((kind) => kind.startsWith("regex"))).toEqual([]);
    expect(kinds("(a) / b / c").filter((kind) => kind.startsWith("regex"))).toEqual([]);
  });

  test("reads numbers, private names and long operators as one token", () => {
    expect(kinds("0x1_0000n 1_000.5e3 .5 #end => ?.").slice(0, 6)).toEqual([
      "number:0x1_0000n", "number:1_000.5e3", "number:.5", "word:#end", "punctuation:=>", "punctuation:?.",
    ]);
    expect(kinds("a?.b ...c x.y")).toEqual([
      "word:a", "punctuation:?.", "word:b", "punctuation:...", "word:c", "word:x", "punctuation:.", "word:y",
    ]);
    expect(kinds("1..toString 1.toFixed 2 .x")[0]).toBe("number:1.");
  });

  test("counts lines through every kind of token", () => {
    const text = "/*\n*/`\n${\na}\n`\n// x\nb";
    expect(tokenize(text).filter((token) => token.kind === "word").map((token) => [token.text, token.line])).toEqual([["a", 4], ["b", 7]]);
  });
});

test("brackets find their partners, also across template expressions", () => {
  const source = parse("x.ts", "f([`${g(1)}`], { a })");
  expect(source.partner[1]).toBe(source.tokens.length - 1);
  expect(source.tokens.map((token, i) => (source.partner[i] === -1 ? "" : token.text)).join("")).toBe("([{()}]{})");
  expect(source.depth[source.tokens.findIndex((token) => token.text === "1")]).toBe(4);
});
