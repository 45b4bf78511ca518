/** Goal: hosts that cannot live together are told apart, each with its place; those that can are let. Method: one row a rule, and its edge. */

import { describe, expect, test } from "vitest";
import { addressAfter, compareAddresses, isHostAddress, parseScenarioAddress, scenarioAddressText } from "../../../sim/scenario/host-address.ts";
import { readWith } from "./reading.ts";

const HOST = "expected an address of a host, such as 10.1.0.1 or fd00::1";

describe("hosts that cannot live together", () => {
  const rows: readonly (readonly [members: object, complaints: readonly string[]])[] = [
    [{ clients: [{ serverAddress: "10.20.0" }] }, [`clients[0].serverAddress: this is "10.20.0"; ${HOST}`]],
    [{ clients: [{ firstAddress: "fd00::1" }] }, ["clients[0].firstAddress: it is of IPv6, and serverAddress of IPv4; expected two of one family"]],
    [{ clients: [{ firstAddress: "127.0.0.1" }] }, [`clients[0].firstAddress: this is "127.0.0.1"; ${HOST}`]],
    [{ clients: [{ firstAddress: "223.255.255.250", count: 10 }] }, ["clients[0].count: there are no 10 addresses from 223.255.255.250 on; expected fewer, or a lower firstAddress"]],
    [{ clients: [{ firstAddress: "10.29.255.255", count: 2 }] }, []],
    [{ clients: [{ firstAddress: "10.30.0.0", count: 2 }] }, ["backends, number 1: an address of these is a client of clients[0] too (clients[0].firstAddress); expected addresses of their own"]],
    [{ clients: [{ firstAddress: "10.20.0.1", count: 2 }] }, ["clients[0].serverAddress: an address of these is a client of clients[0] too (clients[0].firstAddress); expected addresses of their own"]],
    [{ clients: [{}, { firstAddress: "10.1.0.16" }] }, ["clients[1].firstAddress: an address of these is a client of clients[0] too (clients[0].firstAddress); expected addresses of their own"]],
    [{ clients: [{}, { firstAddress: "10.1.0.17" }] }, []],
    [{ backends: [{ address: "10.20.0.2" }] }, ["backends, number 1: an address of these is the machine's too (clients[0].serverAddress); expected addresses of their own"]],
    [{ backends: [{ address: "224.0.0.1" }] }, [`backends, number 1: this is "224.0.0.1"; ${HOST}`]],
    [{ backends: [{ address: "::1" }] }, [`backends, number 1: this is "::1"; ${HOST}`]],
    [{ backends: [{}, { address: "10.30.0.1" }] }, ["backends, number 2: 10.30.0.1 and port 8080 stand twice; expected each backend once"]],
    [{ backends: [{ address: "fd00:30::1" }, { address: "fd00:30:0::1" }] }, ["backends, number 2: fd00:30:0::1 and port 8080 stand twice; expected each backend once"]],
    [{ backends: [{}, { address: "10.30.0.1", port: 8081 }] }, []],
    [{ backends: [{ address: "255.255.255.255", count: 2 }] }, ["backends[0].count: this is 2; expected fewer: there are no addresses for them", `backends, number 1: this is "255.255.255.255"; ${HOST}`, `backends, number 2: this is "255.255.255.255"; ${HOST}`]],
  ];
  test.each(rows.map(([members, complaints]) => [JSON.stringify(members), members, complaints] as const))("%s", (_, members, complaints) => {
    expect(readWith(members).problems).toEqual(complaints);
  });

  test("the machine has at most as many addresses as net knows", () => {
    const clients = (count: number) => Array.from({ length: count }, (_, i) => ({ firstAddress: `10.1.${i}.1`, serverAddress: `10.20.0.${i + 1}` }));
    expect(readWith({ clients: clients(16) }).problems).toEqual([]);
    expect(readWith({ clients: clients(17) }).problems).toEqual(["clients: they ask for 17 addresses of the machine; expected at most 16"]);
  });
});

describe("addresses", () => {
  test("are counted upwards over every byte, and not beyond the last", () => {
    const after = (text: string, by: number): string => {
      const address = addressAfter(parseScenarioAddress(text)!, by);
      return address === null ? "none" : scenarioAddressText(address);
    };
    expect(after("10.0.255.255", 1)).toBe("10.1.0.0");
    expect(after("10.0.0.1", 0)).toBe("10.0.0.1");
    expect(after("10.0.0.1", 65_536 + 256)).toBe("10.1.1.1");
    expect(after("255.255.255.254", 2)).toBe("none");
    expect(after("fd00::ffff:ffff", 1)).toBe("fd00::1:0:0");
  });

  test("of hosts are those that no rule keeps for something else", () => {
    for (const [text, host] of [["0.1.2.3", false], ["1.2.3.4", true], ["126.255.255.255", true], ["127.0.0.1", false], ["128.0.0.1", true], ["223.1.1.1", true], ["224.0.0.1", false], ["::", false], ["::1", false], ["::2", true], ["fd00::", true], ["ff02::1", false]] as const) {
      expect(isHostAddress(parseScenarioAddress(text)!), text).toBe(host);
    }
    for (const text of ["", "1.2.3", "1.2.3.4.5", "name", "[::1]", "::1%1", "1.2.3.04", "1".repeat(100)]) expect(parseScenarioAddress(text), text).toBeNull();
  });

  test("are compared by family, then by value", () => {
    const sorted = ["fd00::2", "10.2.0.1", "fd00::1", "10.1.255.1"].map((text) => parseScenarioAddress(text)!).sort(compareAddresses).map(scenarioAddressText);
    expect(sorted).toEqual(["10.1.255.1", "10.2.0.1", "fd00::1", "fd00::2"]);
  });
});
