import { expect, test } from "vitest";
import { brokenLaws, total } from "../../sim/account.ts";
import { account } from "./host/account.ts";

test("a sound account breaks no law", () => expect(brokenLaws(account)).toEqual([]));

test("every law bites", () => {
  expect(brokenLaws({ ...account, frames: { ...account.frames, received: 1399 } })).toEqual(["1402 frames were offered, and 1401 were received or dropped"]);
  expect(brokenLaws({ ...account, requests: { ...account.requests, lost: 1 } })).toEqual(["there were 203 requests, and 204 were routed, refused or lost"]);
  expect(brokenLaws({ ...account, transport: { ...account.transport, lost: 2 } })).toEqual(["there were 31 flows to virtual IPs, and 32 were routed, refused or lost"]);
  expect(brokenLaws({ ...account, transport: { ...account.transport, packets: 389 } })).toEqual(["there were 402 segments to virtual IPs, and 401 were sent on or not"]);
  expect(brokenLaws({ ...account, connections: { ...account.connections, ended: 6 } })).toEqual(["there were 8 connections, and of 7 it was said that they are over"]);
  for (const end of ["fragmentedWhole", "fragmentedRefused", "fragmentedTimedOut", "fragmentedCrowded", "fragmentedUnfinished"]) {
    expect(brokenLaws({ ...account, net: { ...account.net, fragmentedOpened: 3, [end]: 2 } })).toEqual(["there were 3 packets in parts, and 2 were made whole or given up"]);
    expect(brokenLaws({ ...account, net: { ...account.net, fragmentedOpened: 3, [end]: 3 } })).toEqual([]);
  }
  expect(brokenLaws({ ...account, buffers: { ...account.buffers, inUse: 2 } })).toEqual(["2 DMA buffers did not come home"]);
  expect(brokenLaws({ ...account, stopped: [{ process: "net", why: "it ran wild (3)" }] })).toEqual(["process net runs no more: it ran wild (3)"]);
});

test("the sum of counts", () => expect([total({}), total({ a: 1, b: 2 })]).toEqual([0, 3]));
