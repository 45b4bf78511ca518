import { expect, test } from "vitest";
import { Stage } from "./stage.ts";

test("a request goes to a backend and its response to the client", () => {
  const stage = new Stage();
  const client = stage.client().send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const backend = stage.backend(0);
  stage.until(() => backend.received.endsWith("\r\n\r\n"));
  expect(backend.received).toBe("GET /x HTTP/1.1\r\nHost: a\r\nVia: 1.1 veridian\r\nX-Forwarded-For: 10.1.0.7\r\nX-Forwarded-Proto: http\r\nForwarded: for=10.1.0.7;proto=http\r\n\r\n");
  backend.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
  stage.until(() => client.received.endsWith("hello\n"));
  expect(client.received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nVia: 1.1 veridian\r\n\r\nhello\n");
  expect(Object.values(stage.clear()).every((n) => n === 0)).toBe(true);
});
