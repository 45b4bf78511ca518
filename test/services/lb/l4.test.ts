/** The transport balancer at its edges; what it chooses is in the recorded scripts. */

import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { Balancer } from "../../../services/lb/balancer.ts";
import { LbErrno } from "../../../services/lb/control.ts";
import { Transport } from "../../../services/lb/l4.ts";
import { lbTiny } from "../../../services/limits.ts";
import { encodeOperation } from "../../../sim/conform/encode.ts";
import type { Operation } from "../../../sim/conform/script.ts";
import { Desk } from "./desk.ts";

const addVip = (vip: string, port = 80, algorithm = "RoundRobin"): Operation => ({ op: "add_vip", vip, port, algorithm });
const addBackend = (vip: string, address: string, weight = 1): Operation => ({
  op: "add_backend", vip, port: 80, backend: { address, port: 8080, weight, healthy: true, active_connections: 0 },
});
const select = (vip: string, client_ip = 0): Operation => ({ op: "select", vip, port: 80, client_ip });
const done = { ok: null };

describe("bounds", () => {
  test("one VIP or backend too many is refused and changes nothing; one removed makes room", () => {
    const desk = new Desk(lbTiny);
    for (let i = 0; i < lbTiny.vipsMax; i++) expect(desk.run(addVip(`v${i}`))).toEqual(done);
    for (let i = 0; i < lbTiny.backendsMax; i++) expect(desk.run(addBackend("v0", `b${i}`))).toEqual(done);
    const used = desk.usedBytes();
    const dump = desk.run({ op: "dump" });
    expect(desk.run(addVip("more"))).toMatchObject({ err: `service error ${LbErrno.tableFull}` });
    expect(desk.run(addBackend("v0", "more"))).toMatchObject({ err: `service error ${LbErrno.tableFull}` });
    expect(desk.run(addVip("v0"))).toEqual({ err: "VipAlreadyExists", arg: "v0:80" });
    expect([desk.usedBytes(), desk.run({ op: "dump" })]).toEqual([used, dump]);
    expect(desk.run({ op: "remove_vip", vip: "v1", port: 80 })).toEqual(done);
    expect(desk.run({ op: "remove_backend", vip: "v0", port: 80, address: "b1" })).toEqual(done);
    expect(desk.run(addVip("more"))).toEqual(done);
    expect(desk.run(addBackend("v0", "more"))).toEqual(done);
    desk.check();
  });

  test("an address longer than a text may be", () => {
    const desk = new Desk(lbTiny);
    const long = "x".repeat(lbTiny.textBytesMax + 1);
    expect(desk.operate(encodeOperation(addVip(long))).status).toBe(Errno.messageTooLarge);
    expect(desk.usedBytes()).toBe(0);
    expect(desk.run({ op: "get_vip", vip: long, port: 80 })).toEqual(done);
    expect(desk.run(select(long))).toEqual({ err: "VipNotFound", arg: `${long}:80` });
  });

  test("an answer that does not fit is refused whole, and nothing is chosen", () => {
    const desk = new Desk(lbTiny);
    for (const operation of [addVip("v"), addBackend("v", "b")]) desk.run(operation);
    const dump = encodeOperation({ op: "dump" });
    const { payload } = desk.operate(dump);
    expect(desk.operate(dump, payload.length - 1)).toEqual({ status: Errno.messageTooLarge, payload: new Uint8Array(0) });
    expect(desk.operate(encodeOperation(select("v")), lbTiny.textBytesMax + 5).status).toBe(Errno.messageTooLarge);
    expect(desk.operate(dump).payload).toEqual(payload);
  });
});

test("whatever was removed has left the arena", () => {
  const desk = new Desk();
  const before = desk.usedBytes();
  const names = ["10.96.0.1", "10.96.0.10", "a", "", "\u{10000}", "\uffff"];
  for (const vip of names) for (const operation of [addVip(vip), addBackend(vip, "b"), addBackend(vip, "b"), addBackend(vip, "c"), select(vip)]) expect(desk.run(operation)).toHaveProperty("ok");
  const { vips } = (desk.run({ op: "dump" }) as { ok: { vips: { address: string }[] } }).ok;
  expect(vips.map((vip) => vip.address)).toEqual(["10.96.0.10", "10.96.0.1", "", "a", "\uffff", "\u{10000}"]);
  expect(desk.run({ op: "remove_backend", vip: "a", port: 80, address: "b" })).toEqual(done);
  expect(desk.run({ op: "get_vip", vip: "a", port: 80 })).toMatchObject({ ok: { healthy_count: 1, backends: [{ address: "c" }] } });
  for (const vip of names) expect(desk.run({ op: "remove_vip", vip, port: 80 })).toEqual(done);
  expect(desk.usedBytes()).toBe(before);
  desk.check();
});

test.each([addVip("w"), addBackend("v", "an address with a block of its own")])("memory may end anywhere: %j", (operation) => {
  let refusals = 0;
  for (let steps = 0; ; steps++) {
    const desk = new Desk();
    desk.run(addVip("v"));
    if (operation.op === "add_vip") desk.run({ op: "remove_vip", vip: "v", port: 80 });
    const before = [desk.usedBytes(), desk.remembered(), desk.run({ op: "dump" })];
    desk.allocationsLeft = steps;
    const { status } = desk.operate(encodeOperation(operation));
    const unspent = desk.allocationsLeft;
    desk.check();
    if (status < 0) {
      refusals++;
      expect(status).toBe(Errno.outOfMemory);
      expect([desk.usedBytes(), desk.remembered(), desk.run({ op: "dump" })]).toEqual(before);
    }
    if (status === 0 && unspent > 0) break;
  }
  expect(refusals).toBeGreaterThan(1);
});

test("the random state is that of 64-bit arithmetic", () => {
  const desk = new Desk();
  for (const operation of [addVip("v", 80, "Random"), addBackend("v", "a"), addBackend("v", "b")]) desk.run(operation);
  let state = 305419896n;
  for (let i = 0; i < 1000; i++) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & (2n ** 64n - 1n);
    expect(desk.run(select("v"))).toEqual({ ok: [(state >> 33n) % 2n === 0n ? "a" : "b", 8080] });
  }
  const transport = Balancer.transport.at(desk.balancer);
  expect([Transport.random.low(desk.memory, transport), Transport.random.high(desk.memory, transport)]).toEqual([Number(BigInt.asIntN(32, state)), Number(BigInt.asIntN(32, state >> 32n))]);
});

test.each([[0xffff_ffff, 0], [0xffff_ffff, 0xffff_ffff], [7, 0x8000_0001]])("the counter counts in 64 bits: %i, %i", (low, high) => {
  const desk = new Desk();
  for (const operation of [addVip("v", 80, "WeightedRoundRobin"), addBackend("v", "a", 0x8000_0000), addBackend("v", "b", 0x7fff_fffd)]) desk.run(operation);
  const transport = Balancer.transport.at(desk.balancer);
  Transport.counter.setWords(desk.memory, transport, low | 0, high | 0);
  const counter = (BigInt(high) << 32n) | BigInt(low);
  expect(desk.run(select("v"))).toEqual({ ok: [counter % 0xffff_fffdn < 0x8000_0000n ? "a" : "b", 8080] });
  const next = BigInt.asUintN(64, counter + 1n);
  expect([Transport.counter.low(desk.memory, transport) >>> 0, Transport.counter.high(desk.memory, transport) >>> 0]).toEqual([Number(next & 0xffff_ffffn), Number(next >> 32n)]);
});
