/** Packets in parts at the edges: the longest, what IPv6 alone has, the smallest room. */

import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { netTiny } from "../../../../services/limits.ts";
import type { FrameOptions } from "../../../frames.ts";
import { Client, frame } from "../../../frames.ts";
import { NetBench } from "../bench.ts";
import { expectBalanced, passed, withVip } from "../passing.ts";
import { expectSettled, get } from "./books.ts";
import { part, parts } from "./parts.ts";

const V4: FrameOptions = { source: "10.0.0.1" };
const V6: FrameOptions = { source: "fd00::1" };

describe("the longest packet", () => {
  const long = (options: FrameOptions, bytes: number): { client: Client; frames: Uint8Array[] } => {
    const client = new Client(options);
    const head = get("/long");
    const made = client.at(0, head + get("/next", 60_000).padEnd(bytes - head.length - 20, "z"));
    return { client, frames: parts(made, Array.from({ length: Math.ceil(bytes / 1400) - 1 }, (_, index) => 1400 * (index + 1))) };
  };

  test.each<[string, FrameOptions, number]>([["IPv4", V4, 65_515], ["IPv6", V6, 65_535]])("%s: all its bytes arrive", (_family, options, bytes) => {
    const bench = new NetBench();
    const { client, frames } = long(options, bytes);
    bench.offer(client.syn(), ...frames);
    expect(bench.targets()).toBe("/long /next");
    expectSettled(bench);
    const backwards = new NetBench();
    backwards.offer(client.syn(), ...frames.reverse());
    expect(backwards.targets()).toBe("/long /next");
  });

  test("IPv4: options of the first part that make it longer than 65,535 bytes in all", () => {
    const bench = new NetBench();
    const { client, frames } = long(V4, 65_515);
    const withOptions = part(frame({ ...V4, ipOptions: new Array<number>(8).fill(1), data: "x".repeat(1380) }), { from: 0, to: 1400, more: true });
    bench.offer(client.syn(), withOptions, ...frames.slice(1));
    expect(bench.counts("fragmentedWhole", "ignoredBadFragment", "total")).toEqual({ fragmentedWhole: 1, ignoredBadFragment: 1, total: 0 });
    expectSettled(bench);
  });
});

describe("IPv6 only", () => {
  const client = new Client(V6);

  test("the first part holds all headers, that of TCP too, or is left aside (RFC 7112)", () => {
    const bench = new NetBench();
    const whole = client.at(0, get("/x"), { extensions: [[60, [1, 1, 12, ...new Array<number>(12).fill(0)]]] });
    bench.offer(client.syn(), ...parts(whole, [8]), ...parts(whole, [32], { id: 8 }));
    expect(bench.counts("ignoredBadFragment", "total")).toEqual({ ignoredBadFragment: 2, total: 0 });
    bench.offer(...parts(whole, [40], { id: 9 }));
    expect(bench.targets()).toBe("/x");
  });

  test("extension headers before the fragment header, and an atomic fragment (RFC 6946) is whole, whatever waits under its number", () => {
    const bench = new NetBench();
    const atomic = client.at(0, get("/atomic"), { extensions: [[0, [0, 1, 4, 0, 0, 0, 0]], [44, [0, 0, 0, 0, 0, 0, 7]]] });
    bench.offer(client.syn(), part(client.at(get("/atomic").length, get("/parts")), { from: 0, to: 24 }), atomic);
    expect(bench.targets()).toBe("/atomic");
    bench.offer(part(client.at(get("/atomic").length, get("/parts")), { from: 24, to: 20 + get("/parts").length }));
    expect(bench.targets()).toBe("/atomic /parts");
  });

  test("a part of a part is nothing that anybody sends", () => {
    const bench = new NetBench();
    const nested = frame({ ...V6, data: get("/x"), extensions: [[44, [0, 0, 1, 0, 0, 0, 9]]] });
    bench.offer(...parts(nested, [48]));
    expect(bench.counts("ignoredBadFragment", "total")).toEqual({ ignoredBadFragment: 1, total: 0 });
    const hidden = frame({ ...V6, data: get("/x"), extensions: [[60, [0, 1, 4, 0, 0, 0, 0]], [44, [0, 0, 8, 0, 0, 0, 9]]] });
    bench.offer(...parts(hidden, [48], { id: 8 }));
    expect(bench.count("ignoredBadFragment")).toBe(2);
  });

  test("a later part that names another protocol is that protocol's; one that names an extension header counts", () => {
    const bench = new NetBench();
    const whole = client.at(0, get("/x"));
    bench.offer(client.syn(), ...parts(whole, [24], { laterProtocol: 17 }));
    expect(bench.counts("ignoredUdp", "total")).toEqual({ ignoredUdp: 1, total: 0 });
    bench.offer(...parts(whole, [24], { id: 8, laterProtocol: 60 }));
    expect(bench.targets()).toBe("/x");
  });
});

test("with the tiny limits one packet of up to 512 bytes, and with room 0 none, is put together", () => {
  const client = new Client();
  const tiny = new NetBench({ limits: netTiny });
  tiny.offer(client.syn(), ...parts(client.at(0, get("/1", 430)), [256]), ...parts(client.at(0, get("/2", 500)), [256]));
  expect([tiny.targets(), tiny.count("fragmentedCrowded"), tiny.count("ignoredFragment")]).toEqual(["/1", 1, 1]);
  const none = new NetBench({ limits: { fragmentBytes: 0 } });
  none.offer(client.syn(), ...parts(client.at(0, get("/1")), [24]));
  expect([none.targets(), none.count("ignoredFragment"), none.count("fragmentedOpened")]).toEqual(["", 2, 0]);
});

describe("the room's own size", () => {
  test.each([[64, Errno.outOfMemory], [119, Errno.outOfMemory], [120, 0], [1001, 0], [0, 0]])("%i bytes: net begins with %i", (fragmentBytes, status) => {
    const bench = new NetBench({ limits: { fragmentBytes } });
    expect(bench.count("startStatus")).toBe(status);
  });

  test("need not be a multiple of anything", () => {
    const client = new Client();
    const bench = new NetBench({ limits: { fragmentBytes: 1001, streamsBytes: 8195 } });
    bench.offer(client.syn(), ...parts(client.at(0, get("/1")), [24]), client.at(get("/1").length, "GET /2"), client.at(get("/1").length + 6, " HTTP/1.0\r\n\r\n"));
    expect(bench.targets()).toBe("/1 /2");
    expectSettled(bench);
  });
});

describe("a flow to a virtual IP", () => {
  test("is sent on what its parts make, in segments that fit, before its backend is known and after", () => {
    const bench = withVip();
    bench.policy.hold = true;
    const client = new Client({ sport: 9 });
    const text = Array.from({ length: 4000 }, (_, place) => String.fromCharCode(97 + (place % 26))).join("");
    bench.offer(client.syn(), ...parts(client.at(0, text.slice(0, 100)), [40])).release();
    bench.offer(...parts(client.at(100, text.slice(100)), [1400, 2800]).reverse());
    const sent = passed(bench).filter(({ data }) => data !== "");
    expect(sent.map(({ data }) => data).join("")).toBe(text);
    expect(Math.max(...bench.transmitted.map((frame) => frame.length))).toBeLessThanOrEqual(1514);
    expectBalanced(bench);
    expectSettled(bench);
  });
});
