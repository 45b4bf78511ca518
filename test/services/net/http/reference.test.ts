import { describe, expect, test } from "vitest";
import { isAuthority, isIpv6, referenceHead } from "./reference.ts";

/** The judge of others is judged by hand. */
describe("the reference parser", () => {
  test.each([
    ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "routed"],
    ["GET / HTTP/1.1\r\n\r\n", "malformed"],
    ["GET / HTTP/1.0\r\n\r\n", "routed"],
    ["GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", "malformed"],
    ["GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "unsupportedCoding"],
    [`GET /${"x".repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`, "uriTooLong"],
    [`GET / HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(512)}\r\n`, "headTooLarge"],
  ])("case %#: %s", (stream, outcome) => {
    expect(referenceHead(stream)).toMatchObject({ kind: "head", outcome });
  });

  test.each(["GET / HTTP/1.1\r\nHost: a\r\n", "GET", ""])("%j needs more", (stream) => {
    expect(referenceHead(stream).kind).toBe("more");
  });

  test("authorities", () => {
    expect(["a", "a.b:80", "a:", "[::1]:80", "1.2.3.4", "%41"].every(isAuthority)).toBe(true);
    expect(["", ":80", "a/b", "a b", "a:b", "[::1", "[x]", "%4", "a@b"].some(isAuthority)).toBe(false);
    expect(["::", "::1", "1::", "1:2:3:4:5:6:7:8", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::"].every(isIpv6)).toBe(true);
    expect(["", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "::12345", "1:2:3:4:5:6:7:8:9", "::1.2.3", "1:", "1.2.3.4"].some(isIpv6)).toBe(false);
  });
});
