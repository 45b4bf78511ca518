import { describe, expect, test } from "vitest";
import { RequestDescriptor } from "../../../../services/lb/api.ts";
import { parseHead } from "../../../../services/net/http/head.ts";
import { POISONS, STREAM_AT, descriptor, framing, head, place, readFirst, readHead, source, state } from "./harness.ts";

describe("what is read", () => {
  test("all of a plain head", () => {
    expect(readFirst("GET /a?b=c HTTP/1.1\r\nHost:  shop.test:80\t\r\nAccept:*/*\r\nCookie: a=1; b\r\nCookie: c\r\nX-Empty:\r\nx-empty: \r\n\r\n")).toEqual({
      outcome: "routed",
      method: "GET",
      target: "/a?b=c",
      minor: 1,
      host: "shop.test:80",
      cookie: "a=1; b",
      headers: [["Host", "shop.test:80"], ["Accept", "*/*"], ["Cookie", "a=1; b"], ["Cookie", "c"], ["X-Empty", ""], ["x-empty", ""]],
      body: "none",
    });
  });

  test("the first cookie counts, be it empty", () => {
    expect(readFirst(head("Host: a", "Cookie:", "Cookie: b")).cookie).toBe("");
  });

  test("names in any case", () => {
    expect(readFirst("PUT / HTTP/1.1\r\nhOST: a\r\nCOOKIE: b\r\nContent-LENGTH: 3\r\n\r\n")).toMatchObject({ host: "a", cookie: "b", body: "length 3" });
    expect(readFirst(head("Host: a", "TRANSFER-encoding: CHUNKED"))).toMatchObject({ body: "chunked" });
  });

  test("names of the same length are other names", () => {
    expect(readFirst("GET / HTTP/1.0\r\nHos-: a\r\nCookia: b\r\nContent-Lengtj: 3\r\nTransfer_Encoding: x\r\n\r\n")).toMatchObject({
      outcome: "routed", host: null, cookie: "", body: "none",
    });
    expect(readFirst("GET / HTTP/1.0\r\nMost: a\r\nRookie: b\r\nXontent-Length: 3\r\nXransfer-Encoding: x\r\n\r\n")).toMatchObject({
      outcome: "routed", host: null, cookie: "", body: "none",
    });
  });

  test("what is not there lies nowhere", () => {
    readFirst("GET / HTTP/1.0\r\n\r\n");
    expect(RequestDescriptor.view(state, descriptor)).toMatchObject({ hostPresent: 0, hostOffset: 0, hostBytes: 0, cookieOffset: 0, cookieBytes: 0, headerCount: 0 });
  });

  test("what the caller owns is left alone", () => {
    const stream = head("Host: a");
    place(stream);
    state.fill(descriptor, RequestDescriptor.size + 64, 0x77);
    parseHead(source, STREAM_AT, stream.length, state, descriptor, 1, state, framing);
    const ours = ["headBytes", "versionMinor", "hostPresent", "methodBytes", "targetOffset", "targetBytes", "hostOffset", "hostBytes", "cookieOffset", "cookieBytes", "headerCount"];
    for (const field of RequestDescriptor.fields.filter(({ name }) => !ours.includes(name))) {
      for (let i = 0; i < field.width; i++) expect(state.u8[descriptor + field.offset + i], field.name).toBe(0x77);
    }
    // One entry of room: nothing behind it is written.
    expect(state.u8[descriptor + RequestDescriptor.size + 8]).toBe(0x77);
  });

  test("a table too short for the head holds the first lines", () => {
    const stream = head("Host: a", "B: c", "D: e");
    place(stream);
    state.fill(descriptor, RequestDescriptor.size + 64, 0x77);
    parseHead(source, STREAM_AT, stream.length, state, descriptor, 2, state, framing);
    expect(state.u8[descriptor + RequestDescriptor.size + 15]).not.toBe(0x77);
    expect(state.u8[descriptor + RequestDescriptor.size + 16]).toBe(0x77);
  });

  test("nothing around the head is read", () => {
    for (const stream of ["GET / HTTP/1.0\r\n\r\n", head("Host: a", "X: y"), head("Host: a", "X y"), head("Host: a", " b")]) {
      const answers = POISONS.map((poison) => {
        place(stream, stream.length, poison);
        return readHead(STREAM_AT, stream.length);
      });
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    }
  });
});

describe("limits at their edges, and which of two faults counts", () => {
  const lines = (count: number): string[] => ["Host: a", ...Array.from({ length: count - 1 }, (_, i) => `X-${i}: y`)];
  const target = (bytes: number): string => `/${"t".repeat(bytes - 1)}`;
  const withTarget = (bytes: number, ...rest: string[]): string => head(...rest).replace("POST /", `POST ${target(bytes)}`);

  test.each([
    ["target of 8,192 bytes", withTarget(8192, "Host: a"), "routed"],
    ["target of 8,193 bytes", withTarget(8193, "Host: a"), "uriTooLong"],
    ["target of 8,193 bytes and no Host", withTarget(8193), "uriTooLong"],
    ["target of 8,193 bytes and a control byte", withTarget(8193, "Host: a").replace("/tt", "/t\x01"), "uriTooLong"],
    ["target of 8,193 bytes and 513 lines", withTarget(8193, ...lines(513)), "uriTooLong"],
    ["target of 8,193 bytes and an unsupported coding", withTarget(8193, "Host: a", "Transfer-Encoding: x"), "uriTooLong"],
    ["512 lines", head(...lines(512)), "routed"],
    ["513 lines", head(...lines(513)), "headTooLarge"],
    ["513 lines without a colon in the first", head("x", ...lines(512)), "headTooLarge"],
    ["512 lines without a colon in the first", head("x", ...lines(511)), "malformed"],
    ["513 lines, no Host", head(...lines(514).slice(1)), "headTooLarge"],
    ["513 lines, a fold in the last", head(...lines(512), " b"), "headTooLarge"],
    ["no Host and an unsupported coding", head("Transfer-Encoding: x"), "malformed"],
    ["65,536 bytes without a blank line", `POST / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_600)}`, "headTooLarge"],
    ["65,536 bytes without a blank line, malformed", `POST / HTTP/1.1\r\nHost: a\r\nX : ${"y".repeat(65_600)}`, "headTooLarge"],
    ["65,536 bytes without a blank line, a long target", `POST ${target(9000)} HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_600)}`, "headTooLarge"],
    ["65,536 bytes that end in CR x CRLF", `POST / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_536 - 33)}\rx\r\n\r\n`, "headTooLarge"],
    ["600 bare CRs, which end no line", head("Host: a", `X: ${"\ry".repeat(600)}`), "malformed"],
    ["65,536 bytes with a target of all of them", `GET ${target(65_521)} HTTP/1.1\r\n\r\n`, "headTooLarge"],
  ])("%s: %#", (_, stream, outcome) => {
    expect(readFirst(stream)).toMatchObject({ outcome });
  });

  test("a head of 65,536 bytes is read whole", () => {
    const stream = head("Host: a", `X: ${"y".repeat(65_536 - 33)}`);
    expect(stream.length).toBe(65_536);
    const answer = readFirst(stream);
    expect(answer).toMatchObject({ outcome: "routed", host: "a" });
    expect(answer.headers[1]?.[1]).toHaveLength(65_536 - 33);
  });

  test("512 lines are all in the table", () => {
    expect(readFirst(head(...lines(512))).headers).toEqual(lines(512).map((line) => line.split(": ")));
  });
});

describe("what is told of a refused head", () => {
  test.each([
    [head(" Host: a"), null],
    [head("Host : a"), null],
    [head("Host: a", "Host: b"), "a"],
    [head("Host: a/b"), "a/b"],
    [head("Host:"), ""],
    [head("X y", "Host: a"), "a"],
    [head("Host: a\nX: y"), "a"],
    [head("Host: a\rX: y"), "a"],
    [head("Host: a\0b \t"), "a\0b"],
    [head("X: y\nhost:a "), "a"],
    [head("X: y\n\nHost: a"), null],
    [head("X: y\n", "Host: a"), null],
    [head("Host: a", "X: y\n\nHost: b"), "a"],
    [`POST / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(65_600)}`, "a"],
    [`POST / HTTP/1.1\r\nX: ${"y".repeat(65_505)}\r\nHost: abcdefghijkl\r\n\r\n`, null],
  ])("case %#", (stream, host) => {
    const answer = readFirst(stream);
    expect(answer.outcome).not.toBe("routed");
    expect(answer).toMatchObject({ method: "POST", target: "/", host, headers: [], body: "none" });
  });
});
