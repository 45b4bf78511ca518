/** Goal: a backend whose peer is gone, without a word, does not keep its connection for ever. Method: a client that says nothing more, at each point of a request. */

import { describe, expect, test } from "vitest";
import { Stage, get } from "./stage.ts";

const patience = { patienceTicks: 60 };

describe("a connection on which nothing comes", () => {
  test.each([
    ["while a request is awaited", "", 0],
    ["within a head", "GET / HT", 0],
    ["within a body", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", 1],
  ] as const)("%s is given up", (_where, text, broken) => {
    const stage = new Stage(patience);
    const seen = stage.open();
    stage.step(20);
    if (text !== "") stage.send(seen, text);
    const sent = stage.tick;
    stage.until(() => seen.ended || seen.fate !== "");
    expect(stage.tick - sent).toBeGreaterThan(30);
    expect(stage.tick - sent).toBeLessThan(70);
    stage.close(seen);
    stage.step(200);
    expect([stage.account().connections.brokenOff, stage.leaked]).toEqual([broken, 0]);
  });

  test("where it is never answered is given up", () => {
    const stage = new Stage({ ...patience, silentParts: 1_000_000 });
    const seen = stage.open();
    stage.step(5);
    stage.send(seen, get());
    const sent = stage.tick;
    stage.until(() => seen.fate !== "");
    expect(stage.tick - sent).toBeGreaterThan(60);
    expect([seen.fate, stage.leaked]).toEqual(["reset", 0]);
  });

  test("begins anew to be waited for with each piece that comes, and work takes as long as it takes", () => {
    const stage = new Stage({ ...patience, serviceTicks: { steps: [{ parts: 1_000_000, from: 200, to: 200 }] } });
    const seen = stage.open();
    stage.step(5);
    for (const piece of ["PUT / HTTP/1.1\r\nHost: a\r\n", "Content-Length: 4\r\n\r\n", "a", "b", "c", "d"]) {
      stage.send(seen, piece);
      stage.step(40);
    }
    stage.until(() => seen.text.startsWith("HTTP/1.1 200"));
    expect(seen.fate).toBe("");
  });

  test("is kept for ever where nothing is said about it", () => {
    const stage = new Stage({ silentParts: 1_000_000 });
    const [idle, asked] = [stage.open(), stage.open()];
    stage.step(5);
    stage.send(asked, get());
    stage.step(3000);
    expect([idle.ended, asked.ended, asked.fate]).toEqual([false, false, ""]);
  });
});
