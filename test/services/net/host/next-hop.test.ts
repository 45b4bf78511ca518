/** Who frames go to: fixed neighbours, the link by its prefix, gateways (RFC 1122, 3.3.1.1; RFC 4861, 5.2). */

import { describe, expect, test } from "vitest";
import type { NetParameters } from "../../../../services/net/api.ts";
import { HostBench } from "./bench.ts";
import { EVERYBODY, arpAnswer } from "./link.ts";

const asks = (address: string): string => `10.20.0.2 asks where ${address} is, to ${EVERYBODY}`;
const asks6 = (address: string, group: string, mac: string): string => `fd00::2 asks where ${address} is, to ${group} at ${mac}`;
const sent = (address: string, mac: string): string => `SA from ${address.includes(":") ? "fd00::2" : "10.20.0.2"} to ${address} at ${mac}`;
const GATEWAY = "02:00:00:00:00:fe";
const BARE = { addresses: ["10.20.0.2", "fd00::2"], gateways: [] };
const FIXED = "02:00:00:00:00:77";

describe("the first word to an address, and to whom", () => {
  test.each<[string, Partial<NetParameters>, string, string[]]>([
    ["a fixed neighbour on the link", {}, "10.20.0.77", [sent("10.20.0.77", FIXED)]],
    ["a fixed neighbour that is not on the link", { neighbours: { "10.99.0.1": FIXED } }, "10.99.0.1", [sent("10.99.0.1", FIXED)]],
    ["the first address of the link", {}, "10.20.0.0", [asks("10.20.0.0")]],
    ["the last one", {}, "10.20.255.255", [asks("10.20.255.255")]],
    ["the one behind it: the gateway is asked for", {}, "10.21.0.0", [asks("10.20.0.1")]],
    ["the one before", {}, "10.19.255.255", [asks("10.20.0.1")]],
    ["a prefix within a byte, inside", { addresses: ["10.20.0.2/13"] }, "10.23.255.255", [asks("10.23.255.255")]],
    ["a prefix within a byte, outside", { addresses: ["10.20.0.2/13"] }, "10.24.0.0", [asks("10.20.0.1")]],
    ["a link of one", { addresses: ["10.20.0.2/32"] }, "10.20.0.3", [asks("10.20.0.1")]],
    ["a second address's link", { addresses: ["10.20.0.2/24", "10.30.0.2/24"] }, "10.30.0.9", [`10.30.0.2 asks where 10.30.0.9 is, to ${EVERYBODY}`]],
    ["IPv6 on the link", {}, "fd00::9", [asks6("fd00::9", "ff02::1:ff00:9", "33:33:ff:00:00:09")]],
    ["IPv6 beyond it", {}, "fd00:0:0:1::9", [asks6("fd00::1", "ff02::1:ff00:1", "33:33:ff:00:00:01")]],
    ["a fixed gateway", { neighbours: { "10.20.0.1": FIXED } }, "10.21.0.9", [sent("10.21.0.9", FIXED)]],
    ["a gateway's MAC address goes before its address", { gatewayMac: GATEWAY }, "10.21.0.9", [sent("10.21.0.9", GATEWAY)]],
    ["and is not for whom the prefix shows to be on the link", { gatewayMac: GATEWAY }, "10.20.0.9", [asks("10.20.0.9")]],
    ["no gateway", { gateways: [] }, "10.21.0.9", []],
    ["no gateway of that family", { gateways: ["10.20.0.1"] }, "fd01::9", []],
    ["no prefix and no gateway: all are on the link", BARE, "192.0.2.1", [asks("192.0.2.1")]],
    ["no prefix and no gateway, IPv6", BARE, "2001:db8::9", [asks6("2001:db8::9", "ff02::1:ff00:9", "33:33:ff:00:00:09")]],
    ["no prefix, a gateway's MAC address: all go there", { ...BARE, gatewayMac: GATEWAY }, "10.20.0.9", [sent("10.20.0.9", GATEWAY)]],
    ["no prefix, a gateway: all go there", { addresses: ["10.20.0.2"] }, "10.20.0.9", [asks("10.20.0.1")]],
  ])("%s", (_, parameters, address, said) => {
    const bench = new HostBench({ parameters });
    const destination = (parameters.addresses ?? [])[1]?.startsWith("10.30") === true ? "10.30.0.2" : undefined;
    expect(bench.syn(address, destination === undefined ? {} : { destination })).toEqual(said);
    expect(bench.count("framesUnreachable")).toBe(said.length === 0 ? 1 : 0);
  });
});

test("the gateway is one neighbour, however many are behind it", () => {
  const bench = new HostBench();
  bench.syn("10.21.0.9");
  bench.says(arpAnswer("10.20.0.1", GATEWAY));
  expect(bench.syn("192.0.2.7")).toEqual([sent("192.0.2.7", GATEWAY)]);
  expect(bench.count("neighboursAsked")).toBe(1);
});

test("a gateway need not be on the link by the prefix", () => {
  const bench = new HostBench({ parameters: { addresses: ["10.20.0.2/32"], gateways: ["10.99.0.1"] } });
  expect(bench.syn("10.21.0.9")).toEqual([asks("10.99.0.1")]);
  expect(bench.says(arpAnswer("10.99.0.1", GATEWAY))).toEqual([sent("10.21.0.9", GATEWAY)]);
});

describe("net does not start", () => {
  test.each<[string, Partial<NetParameters>]>([
    ["an address with a prefix of 0", { addresses: ["10.20.0.2/0"] }],
    ["with 33", { addresses: ["10.20.0.2/33"] }],
    ["with 129", { addresses: ["fd00::2/129"] }],
    ["with nothing", { addresses: ["10.20.0.2/"] }],
    ["with a sign", { addresses: ["10.20.0.2/+8"] }],
    ["with two", { addresses: ["10.20.0.2/16/16"] }],
    ["a name", { addresses: ["here"] }],
    ["seventeen addresses", { addresses: Array.from({ length: 17 }, (_, index) => `10.20.0.${index}`) }],
    ["a gateway that is none", { gateways: ["there"] }],
    ["a gateway's MAC address that is none", { gatewayMac: "there" }],
    ["no MAC address of a gateway where net only looks on", { mode: "observe" }],
  ])("%s", (_, parameters) => {
    expect(new HostBench({ parameters }).net("startStatus")).toBe(-17);
  });

  test("it does with prefixes of 1, 32 and 128, and sixteen addresses", () => {
    expect(new HostBench({ parameters: { addresses: ["10.20.0.2/1", "10.20.0.3/32", "fd00::2/128"] } }).net("startStatus")).toBe(0);
    expect(new HostBench({ parameters: { addresses: Array.from({ length: 16 }, (_, index) => `10.20.0.${index}`) } }).net("startStatus")).toBe(0);
  });
});

describe("segments that are not taken", () => {
  test.each([
    ["to another address", { destination: "10.20.0.3" }, "packetsForOthers"],
    ["an answer to another address, which a reset would answer", { destination: "10.20.0.3", flags: "A" }, "packetsForOthers"],
    ["of the machine itself", { source: "10.20.0.2" }, "packetsFromNobody"],
    ["of a group", { source: "230.0.0.1" }, "packetsFromNobody"],
    ["of everybody", { source: "255.255.255.255" }, "packetsFromNobody"],
    ["of nobody", { source: "0.0.0.0" }, "packetsFromNobody"],
    ["of loopback", { source: "127.0.0.1" }, "packetsFromNobody"],
    ["of an IPv6 group", { source: "ff02::1", destination: "fd00::2" }, "packetsFromNobody"],
    ["of nobody, IPv6", { source: "::0", destination: "fd00::2" }, "packetsFromNobody"],
  ] as const)("%s", (_, options, counter) => {
    const bench = new HostBench();
    expect(bench.syn("10.20.0.9", options)).toEqual([]);
    expect(bench.counts()).toEqual({ [counter]: 1 });
  });
});
