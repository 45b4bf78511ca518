import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { writeContent } from "../../../../sim/inhabitants/content.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { Stage, answersIn, get } from "./stage.ts";

const ALL = 1_000_000;

/** The bytes of a body that this word stands for. */
function content(word: number, bytes: number): string {
  const memory = new Memory(new ArrayBuffer((bytes + 7) & ~7));
  writeContent(memory, 0, bytes, word, 0);
  return Buffer.from(memory.u8.slice(0, bytes)).toString("latin1");
}

function post(body: string, lines: string): string {
  return `POST /p HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`;
}

describe("an answer", () => {
  test("comes when the work is done, says what its body is, and lets the connection be", () => {
    const stage = new Stage();
    const seen = stage.open();
    stage.until(() => seen.opened);
    stage.send(seen, get("/", "X-Label: 0000000700000012\r\n"));
    const began = stage.tick;
    stage.until(() => seen.text !== "");
    // There, ten ticks of work, back.
    expect(stage.tick - began).toBe(12);
    const [answer] = answersIn(seen.text);
    expect(answer).toMatchObject({ status: 200, bytes: 100, sound: true, whole: true });
    expect(answer.lines).toMatchObject({ "x-backend": "0", "x-received": "none", "x-label": "0000000700000012", "content-length": "100" });
    expect(answer.lines["x-content"]).toMatch(/^[0-9a-f]{8}\/100$/);
    expect(answer.lines.connection).toBeUndefined();
    stage.send(seen, get());
    stage.until(() => answersIn(seen.text).length === 2);
    expect(answersIn(seen.text)[1].lines["x-label"]).toBeUndefined();
    // Other requests get other bodies.
    expect(answersIn(seen.text)[1].lines["x-content"]).not.toBe(answer.lines["x-content"]);
    expect(stage.account()).toMatchObject({ requests: 2, probes: 0, bodyBytesOut: 200, bytesOut: seen.text.length, connections: { opened: 1, open: 1, brokenOff: 0 }, answers: { ok: 2, answered: 2 } });
  });

  test("of several requests that were sent ahead come in their order", () => {
    const stage = new Stage();
    const seen = stage.open();
    const labels = ["00000001", "00000002", "00000003"].map((label) => `0000000a${label}`);
    stage.send(seen, labels.map((label) => get("/", `X-Label: ${label}\r\n`)).join(""));
    stage.until(() => answersIn(seen.text).length === 3);
    expect(answersIn(seen.text).map(({ lines }) => lines["x-label"])).toEqual(labels);
    // One at a time on one connection.
    expect(stage.account()).toMatchObject({ workingMost: 1, waitingMost: 0, workTicks: 30, busyTicks: 30 });
  });

  test.each([0, 1, 4095, 4096, 4097, 8192, 100_000])("of %i bytes is whole in every coding", (bytes) => {
    for (const plan of [{}, { chunkedParts: ALL }, { untilCloseParts: ALL }]) {
      const stage = new Stage({ bodyBytes: constantly(bytes), ...plan });
      const seen = stage.open();
      stage.send(seen, get());
      stage.until(() => seen.ended || (seen.text !== "" && stage.account().answers.answered === 1 && stage.line.idle && answersIn(seen.text)[0].whole));
      const [answer, ...others] = answersIn(seen.text);
      expect(others).toEqual([]);
      expect(answer).toMatchObject({ status: 200, bytes, sound: true, whole: true });
      expect(answer.lines["transfer-encoding"]).toBe("chunkedParts" in plan ? "chunked" : undefined);
      expect(answer.lines["content-length"]).toBe(Object.keys(plan).length === 0 ? `${bytes}` : undefined);
      expect(seen.ended).toBe("untilCloseParts" in plan);
      expect(stage.account().bytesOut).toBe(seen.text.length);
    }
  });

  test("to a HEAD has no body, whatever it says", () => {
    const stage = new Stage({ chunkedParts: 500_000 });
    const seen = stage.open();
    for (let i = 0; i < 8; i++) stage.send(seen, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    stage.until(() => stage.account().answers.answered === 8 && stage.line.idle);
    const answers = answersIn(seen.text, true);
    expect(answers).toHaveLength(8);
    expect(new Set(answers.map(({ lines }) => lines["content-length"]))).toEqual(new Set(["100", undefined]));
    expect(stage.account().bodyBytesOut).toBe(0);
  });

  test("closes behind itself if so planned, or asked for, or the client speaks HTTP/1.0", () => {
    for (const [plan, request] of [[{ closeParts: ALL }, get()], [{}, get("/", "Connection: x, Close\r\n")], [{}, "GET / HTTP/1.0\r\n\r\n"]] as const) {
      const stage = new Stage(plan);
      const seen = stage.open();
      stage.send(seen, request);
      stage.until(() => seen.ended);
      expect(answersIn(seen.text)).toMatchObject([{ status: 200, lines: { connection: "close" }, whole: true }]);
      stage.close(seen);
      stage.until(() => stage.account().connections.open === 0 && seen.fate !== "");
      expect(seen.fate).toBe("closed");
      expect(stage.account().connections).toMatchObject({ opened: 1, closed: 1, brokenOff: 0, resetByBackend: 0, resetByPeer: 0 });
    }
  });
});

describe("a request's body", () => {
  test.each([
    ["nothing said", "", content(5, 300), "none"],
    ["as said", "X-Content: 00000005/300\r\n", content(5, 300), "same"],
    ["a byte is wrong", "X-Content: 00000005/300\r\n", `${content(5, 299)}${content(5, 300)[299] === "x" ? "y" : "x"}`, "other"],
    ["shorter than said", "X-Content: 00000005/301\r\n", content(5, 300), "other"],
    ["said twice", "X-Content: 00000005/300\r\nX-Content: 00000005/300\r\n", content(5, 300), "other"],
    ["another word", "X-Content: 00000004/300\r\n", content(5, 300), "other"],
    ["no such value", "X-Content: 5/300\r\n", content(5, 300), "none"],
  ])("is compared with what the request says of it: %s", (_name, said, body, received) => {
    const chunked = `12\r\n${body.slice(0, 0x12)}\r\n${(body.length - 0x12).toString(16)};x=y\r\n${body.slice(0x12)}\r\n0\r\nT: 1\r\n\r\n`;
    for (const [coding, sent] of [[`Content-Length: ${body.length}\r\n`, body], ["Transfer-Encoding: chunked\r\n", chunked]]) {
      const stage = new Stage();
      const seen = stage.open();
      const text = post(sent, said + coding);
      for (let at = 0; at < text.length; at += 37) {
        stage.send(seen, text.slice(at, at + 37));
        stage.step();
      }
      stage.until(() => seen.text !== "");
      expect(answersIn(seen.text)).toMatchObject([{ status: 200, lines: { "x-received": received } }]);
      expect(stage.account()).toMatchObject({ bodyBytesIn: 300, bytesIn: text.length, bodiesWrong: received === "other" ? 1 : 0 });
    }
  });

  test("is asked for when the client waits to be asked, and only then", () => {
    const stage = new Stage();
    const seen = stage.open();
    stage.send(seen, post("", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
    stage.until(() => seen.text !== "");
    expect(answersIn(seen.text)).toMatchObject([{ status: 100 }]);
    stage.send(seen, "abc");
    stage.until(() => answersIn(seen.text).length === 2);
    stage.send(seen, get("/", "Expect: 100-continue\r\n") + post("abc", "Content-Length: 3\r\n"));
    stage.until(() => answersIn(seen.text).length === 4);
    expect(answersIn(seen.text).map(({ status }) => status)).toEqual([100, 200, 200, 200]);
  });

  test("that never ends is given up with its connection", () => {
    const stage = new Stage();
    const seen = stage.open();
    stage.send(seen, post("ab", "Content-Length: 3\r\n"));
    stage.step(5);
    stage.close(seen);
    stage.until(() => seen.fate !== "");
    expect(seen.text).toBe("");
    expect(seen.fate).toBe("reset");
    expect(stage.account()).toMatchObject({ requests: 1, working: 0, connections: { open: 0, closed: 1, brokenOff: 1, resetByBackend: 1 } });
  });
});

describe("a request that makes no sense is answered", () => {
  test.each([
    ["no request line", "hello\r\n\r\n", 400],
    ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["a broken chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400],
    ["a head that does not fit into the window", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(33_000)}`, 431],
  ])("%s", (_name, text, status) => {
    const stage = new Stage();
    const seen = stage.open();
    for (let at = 0; at < text.length; at += 8000) {
      stage.send(seen, text.slice(at, at + 8000));
      stage.step(20);
    }
    stage.until(() => seen.ended);
    expect(answersIn(seen.text)).toMatchObject([{ status, bytes: 0, lines: { connection: "close" } }]);
    expect(stage.account()).toMatchObject({ requests: 1, working: 0, answers: { bad: 1, ok: 0 } });
    stage.close(seen);
    stage.until(() => stage.account().connections.open === 0);
    expect(stage.leaked).toBe(0);
  });
});
