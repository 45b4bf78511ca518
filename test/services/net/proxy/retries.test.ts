/** What is tried once more: where nothing has been done or seen, within the balancer's budget, and elsewhere. */

import { describe, expect, test } from "vitest";
import { answering, answeringOnce } from "./answering.ts";
import { GET, OK, POST, shortStage, statuses } from "./faults.ts";
import type { Stage } from "./stage.ts";
import { NOTHING } from "./stage.ts";

const BUDGET = "retry_budget=g:100:10\n";

function settled(stage: Stage): void {
  expect(stage.clear(20_000)).toEqual(NOTHING);
  const { total, routed, connectionsNamed, connectionsEnded } = stage.counts("total", "routed", "connectionsNamed", "connectionsEnded");
  expect([total, connectionsNamed]).toEqual([routed, connectionsEnded]);
}

describe("with a budget", () => {
  test.each([["GET", GET], ["POST", `${POST}0123456789`]])("a port that refuses: %s goes to the other backend", (_name, request) => {
    const stage = shortStage({ config: BUDGET, backend: answering(OK) });
    stage.accepting((port) => (port === 8001 ? 0 : 1));
    const client = stage.client().send(request);
    expect(stage.until(() => statuses(client) === "200")).toBe(true);
    expect(stage.counts("total", "routed", "retries", "retriesRefused", "upstreamsFailed", "badGateway")).toEqual({ total: 1, routed: 1, retries: 1, retriesRefused: 0, upstreamsFailed: 1, badGateway: 0 });
    settled(stage);
  });

  test("a port that keeps silent: the other backend gets the request when the time is over", () => {
    const stage = shortStage({ config: BUDGET, backend: answering(OK) });
    stage.accepting((port) => (port === 8001 ? -1 : 1));
    const client = stage.client().send(`${POST}0123456789`);
    expect(stage.until(() => statuses(client) === "200", 3000)).toBe(true);
    expect(stage.counts("connectTimeouts", "retries")).toEqual({ connectTimeouts: 1, retries: 1 });
    settled(stage);
  });

  test.each([["GET", GET, "200"], ["DELETE", GET.replace("GET", "DELETE"), "200"], ["POST without a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "502"], ["PUT whose body has gone out", `${POST.replace("POST", "PUT")}0123456789`, "502"]])("a backend that resets: %s", (_name, request, wanted) => {
    const stage = shortStage({ config: BUDGET });
    stage.onBackend((peer) => (stage.backends.length === 1 ? answeringOnce(OK, 0) : answering(OK))(peer));
    const client = stage.client().send(request);
    expect(stage.until(() => statuses(client) !== "")).toBe(true);
    expect([statuses(client), stage.count("retries")]).toEqual([wanted, wanted === "200" ? 1 : 0]);
    settled(stage);
  });

  test("no more often than the limits say, and never to the one that failed", () => {
    const stage = shortStage({ config: BUDGET, limits: { triesMax: 3 } });
    const ports: number[] = [];
    stage.accepting((port) => (ports.push(port), 0));
    const client = stage.client().send(GET);
    expect(stage.until(() => statuses(client) === "502")).toBe(true);
    expect([ports, stage.counts("retries", "retriesRefused", "badGateway")]).toEqual([[8001, 8002, 8001], { retries: 2, retriesRefused: 0, badGateway: 1 }]);
    settled(stage);
  });

  test("what interim responses have gone out for is not tried again", () => {
    const stage = shortStage({ config: BUDGET });
    const client = stage.client().send(GET);
    const backend = stage.backend(0);
    stage.run(3);
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\n");
    stage.run(3);
    backend.reset();
    stage.run(5);
    expect([statuses(client), stage.count("retries")]).toEqual(["103 502", 0]);
    settled(stage);
  });
});

test("without a budget nothing is tried again, and with the seed's semantics, which counts nothing", () => {
  const veridian = "rate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:roundrobin\nmember=g:10.3.0.1:8001\nmember=g:10.3.0.2:8002\ndefault=g\n";
  for (const [options, refused] of [[{}, 1], [{ wholeConfig: veridian }, 0]] as const) {
    const stage = shortStage(options);
    stage.accepting(() => 0);
    const client = stage.client().send(GET);
    expect(stage.until(() => statuses(client) === "502")).toBe(true);
    expect(stage.counts("retries", "retriesRefused", "badGateway", "routed")).toEqual({ retries: 0, retriesRefused: refused, badGateway: 1, routed: 1 });
    settled(stage);
  }
});

test("a kept connection that ends when it is used says nothing of its backend: a new one gets the request", () => {
  const stage = shortStage({ config: "eject=g:1:100000:100\n" });
  stage.onBackend((peer) => (stage.backends.length <= 2 ? answeringOnce(OK) : answering(OK))(peer));
  const client = stage.client();
  for (let sent = 1; sent <= 2; sent++) {
    client.send(GET);
    stage.run(10);
  }
  client.send(GET);
  stage.run(20);
  expect([statuses(client), stage.counts("resent", "retries", "upstreamsFailed", "badGateway")]).toEqual(["200 200 200", { resent: 1, retries: 0, upstreamsFailed: 1, badGateway: 0 }]);
  // What may not be done twice is not, whoever ended the connection.
  settled(stage);
});

test("5xx counts as failed, and what a client does does not", () => {
  const stage = shortStage({ config: "eject=g:2:100000:50\n", backend: answering("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n") });
  const client = stage.client();
  for (let sent = 0; sent < 6; sent++) {
    client.send(GET);
    stage.run(10);
  }
  // After two failures in a row one of the two is out, and the other takes the rest.
  const requests = stage.backends.map((backend) => backend.received.split("GET").length - 1);
  expect([statuses(client), requests]).toEqual(["500 500 500 500 500 500", [2, 4]]);
  settled(stage);
});
