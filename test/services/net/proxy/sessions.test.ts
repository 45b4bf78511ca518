/** The cookie that binds a client to its backend: set once, with the first answer, and kept to. */

import { expect, test } from "vitest";
import { answering } from "./answering.ts";
import { OK, statuses } from "./faults.ts";
import { NOTHING, Stage } from "./stage.ts";

const SET = /^Set-Cookie: SID=([0-9a-f]{16}); Path=\/; HttpOnly; SameSite=Lax\r$/gm;

function get(cookie = ""): string {
  return `GET /x HTTP/1.1\r\nHost: a\r\n${cookie === "" ? "" : `Cookie: ${cookie}\r\n`}\r\n`;
}

/** Requests that each backend got, by the number of its connection. */
function requests(stage: Stage): number[] {
  return stage.backends.map((backend) => backend.received.split("GET").length - 1);
}

test("who brings no session's cookie gets one, and stays with the backend that answered", () => {
  const stage = new Stage({ config: "session=SID\n", backend: answering(OK) });
  const first = stage.client().send(get());
  stage.run(10);
  const [, name] = [...first.received.matchAll(SET)][0];
  expect(requests(stage)).toEqual([1]);
  // The other backend's turn, each time, but for the session.
  for (const cookie of [`SID=${name}`, `a=b; SID=${name}`, `a=b ;  SID = ${name} ;c`]) {
    first.send(get(cookie));
    stage.run(10);
  }
  expect([statuses(first), requests(stage), [...first.received.matchAll(SET)].length, stage.count("sessionsBegun")]).toEqual(["200 200 200 200", [4], 1, 1]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("names of sessions are all different, and an empty one is none", () => {
  const stage = new Stage({ config: "session=SID\n", backend: answering(OK) });
  for (const cookie of ["", "SID=", "sid=x", "SIDE=x; XSID=y"]) {
    for (let count = 0; count < 2; count++) stage.client([10, 1, 0, count + 1]).send(get(cookie) + get(cookie));
    stage.run(10);
  }
  const names = stage.clients.flatMap((client) => [...client.received.matchAll(SET)].map(([, name]) => name));
  expect([names.length, new Set(names).size, stage.count("sessionsBegun")]).toEqual([16, 16, 16]);
  expect(stage.clear()).toEqual(NOTHING);
});

test("no cookie is set by refusals, interim responses, other semantics, or where no line asks for it", () => {
  const stage = new Stage({ config: "session=SID\n", backend: answering(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`) });
  const client = stage.client().send(get());
  stage.run(10);
  expect(client.received.indexOf("Set-Cookie")).toBeGreaterThan(client.received.indexOf("HTTP/1.1 200"));
  const refused = new Stage({ wholeConfig: "semantics=strict\nsession=SID\ngroup=g:rr\nmember=g:10.3.0.1:8001\nroute=/yes::g\n" });
  const other = refused.client().send(get());
  refused.run(10);
  expect([statuses(other), other.received.includes("Set-Cookie")]).toEqual(["404", false]);
  const plain = new Stage({ backend: answering(OK) });
  const third = plain.client().send(get());
  plain.run(10);
  expect([statuses(third), third.received.includes("Set-Cookie")]).toEqual(["200", false]);
});

test("a session whose request waited is bound to the backend that took it", () => {
  const stage = new Stage({ config: "session=SID\nmax_connections=g:1\nmax_pending=g:5:100000\n" });
  const [one, two] = [stage.client().send(get()), stage.client().send(get())];
  stage.backend(0);
  stage.run(5);
  stage.backends[0].send(OK);
  const second = stage.backend(1);
  stage.run(5);
  second.send(OK);
  stage.run(5);
  const names = [one, two].map((client) => [...client.received.matchAll(SET)][0][1]);
  for (const [index, client] of [two, one].entries()) {
    client.send(get(`SID=${names[1 - index]}`));
    stage.run(5);
    stage.backends[1 - index].send(OK);
    stage.run(5);
  }
  expect([statuses(one), statuses(two), requests(stage)]).toEqual(["200 200", "200 200", [2, 2]]);
  expect(stage.clear()).toEqual(NOTHING);
});
