import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { byteStringCreate } from "../../../../kernel/collections/byte-string.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { GroupPolicy, HashKey } from "../../../../services/lb/group/group-policy.ts";
import { Group, groupCreate } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { pickKey } from "../../../../services/lb/group/pick.ts";
import { mixBytes } from "../../../../services/lb/hash.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { HeaderForm, RequestView } from "../../../../services/lb/request-view.ts";
import { Desk } from "../desk.ts";

interface Asked {
  readonly path?: string;
  readonly host?: string;
  readonly client?: readonly number[];
  readonly clientText?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

interface Key {
  readonly hash: number;
  readonly keyless: boolean;
}

/** Describes the request to the balancer, its bytes in `shared`, as an operation's are. */
function describeRequest(desk: Desk, asked: Asked): void {
  const { memory, shared } = desk;
  const view = Balancer.request.at(desk.balancer);
  let at = 100;
  const put = (text: string): number => {
    shared.u8.set(Buffer.from(text, "latin1"), at);
    at += text.length;
    return at - text.length;
  };
  memory.fill(view, RequestView.size, 0);
  RequestView.pathAt.set(memory, view, put(asked.path ?? ""));
  RequestView.pathBytes.set(memory, view, (asked.path ?? "").length);
  RequestView.hostAt.set(memory, view, put(asked.host ?? ""));
  RequestView.hostBytes.set(memory, view, (asked.host ?? "").length);
  RequestView.clientAt.set(memory, view, put(asked.clientText ?? ""));
  RequestView.clientBytes.set(memory, view, (asked.clientText ?? "").length);
  RequestView.family.set(memory, view, asked.client === undefined ? 0 : asked.client.length === 4 ? 4 : 6);
  memory.u8.set(asked.client ?? [], RequestView.client.at(view));
  RequestView.headerForm.set(memory, view, HeaderForm.operands);
  RequestView.headersAt.set(memory, view, at);
  RequestView.headerCount.set(memory, view, asked.headers?.length ?? 0);
  for (const text of asked.headers?.flat() ?? []) {
    shared.view.setInt32(at, text.length, true);
    at += 4;
    put(text);
  }
}

/** What the request is known by in a group of that algorithm which hashes that. */
function keyOf(algorithm: (typeof ALGORITHMS)[number], hashKey: number, asked: Asked, name = ""): Key {
  const desk = new Desk();
  const { memory, shared, heap } = desk;
  const group = groupCreate(heap, desk.limits, shared, 0, 0, ALGORITHMS.indexOf(algorithm)) as GroupAddress;
  GroupPolicy.hashKey.set(memory, Group.policy.at(group), hashKey);
  shared.u8.set(Buffer.from(name, "latin1"), 8);
  if (name !== "") GroupPolicy.hashName.set(memory, Group.policy.at(group), byteStringCreate(heap, shared, 8, name.length));
  describeRequest(desk, asked);
  const pick = Balancer.pick.at(desk.balancer);
  memory.fill(pick, PickRequest.size, 0xee);
  pickKey(memory, desk.balancer, group, shared);
  expect(PickRequest.excluded.get(memory, pick)).toBe(0);
  return { hash: PickRequest.key.get(memory, pick), keyless: PickRequest.keyless.get(memory, pick) === 1 };
}

function crc(text: string | readonly number[]): Key {
  return { hash: crc32(Buffer.from(text as string, "latin1")) | 0, keyless: text.length === 0 };
}

function mixed(text: string | readonly number[]): Key {
  const memory = new Memory(new ArrayBuffer(64));
  memory.u8.set(Buffer.from(text as string, "latin1"));
  return { hash: mixBytes(memory, 0, text.length, 0), keyless: text.length === 0 };
}

const CLIENT6 = [0xfd, 0x20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x11];

describe("a request's key", () => {
  test("is nothing where the algorithm hashes nothing, though the client is kept", () => {
    const desk = new Desk();
    const group = groupCreate(desk.heap, desk.limits, desk.shared, 0, 0, 0) as GroupAddress;
    describeRequest(desk, { client: CLIENT6, path: "/x" });
    pickKey(desk.memory, desk.balancer, group, desk.shared);
    const pick = Balancer.pick.at(desk.balancer);
    expect([PickRequest.key.get(desk.memory, pick), PickRequest.keyless.get(desk.memory, pick), PickRequest.family.get(desk.memory, pick)]).toEqual([0, 0, 6]);
    expect([...desk.memory.u8.slice(PickRequest.client.at(pick), PickRequest.client.at(pick) + 16)]).toEqual(CLIENT6);
  });

  test("is the client's address, of its length; or its name", () => {
    expect(keyOf("RingHash", HashKey.address, { client: [10, 20, 5, 3] })).toEqual(crc([10, 20, 5, 3]));
    expect(keyOf("Maglev", HashKey.address, { client: [10, 20, 5, 3] })).toEqual(mixed([10, 20, 5, 3]));
    expect(keyOf("Rendezvous", HashKey.address, { client: CLIENT6 })).toEqual(mixed(CLIENT6));
    expect(keyOf("RingHash", HashKey.address, { clientText: "somebody" })).toEqual(crc("somebody"));
    expect(keyOf("RingHash", HashKey.address, {})).toEqual(crc(""));
  });

  test("is the whole target", () => {
    expect(keyOf("RingHash", HashKey.path, { path: "/a/B?c=d" })).toEqual(crc("/a/B?c=d"));
  });

  test("is the host, however it is written", () => {
    for (const host of ["example.test", "Example.TEST", "example.test.", "EXAMPLE.test:8080", "example.test.:80"]) {
      expect(keyOf("RingHash", HashKey.host, { host })).toEqual(crc("example.test"));
    }
    expect(keyOf("Maglev", HashKey.host, { host: "[FD20::1]:80" })).toEqual(mixed("[fd20::1]"));
    expect(keyOf("Maglev", HashKey.host, { host: "[fd20::1" })).toEqual(mixed("[fd20::1"));
    for (const host of ["", ":80", "."]) expect(keyOf("RingHash", HashKey.host, { host })).toEqual(crc(""));
  });

  test("is the first such header's value", () => {
    const headers = [["Accept", "x"], ["x-user", "first"], ["X-User", "second"]] as const;
    expect(keyOf("RingHash", HashKey.header, { headers }, "X-USER")).toEqual(crc("first"));
    expect(keyOf("RingHash", HashKey.header, { headers }, "X-Other")).toEqual(crc(""));
    expect(keyOf("RingHash", HashKey.header, { headers: [["x-user", ""]] }, "x-user")).toEqual(crc(""));
  });

  test("is the cookie's value", () => {
    const headers = [["Cookie", "a=1; VERIDIAN_SESSION=u-59"]] as const;
    expect(keyOf("RingHash", HashKey.cookie, { headers }, "VERIDIAN_SESSION")).toEqual(crc("u-59"));
    expect(keyOf("Maglev", HashKey.cookie, { headers }, "VERIDIAN_SESSION")).toEqual(mixed("u-59"));
    expect(keyOf("RingHash", HashKey.cookie, { headers }, "other")).toEqual(crc(""));
  });
});
