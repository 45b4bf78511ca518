/** Groups that a machine listens to: of each IPv6 address its solicited-node group (RFC 4291, 2.7.1; RFC 2464, 7), and all nodes. */

import { expect, test } from "vitest";
import { groupMacs } from "../../../sim/machines/groups.ts";
import { proxy, standard } from "../../../sim/machines/index.ts";

const ALL_NODES = [0x33, 0x33, 0, 0, 0, 1];

test.each<[readonly string[], readonly (readonly number[])[]]>([
  [[], []],
  [["10.20.0.2", "10.20.0.3/16"], []],
  [["fd00::2"], [ALL_NODES, [0x33, 0x33, 0xff, 0, 0, 2]]],
  [["fd00::12:3456:789a/64", "10.20.0.2"], [ALL_NODES, [0x33, 0x33, 0xff, 0x56, 0x78, 0x9a]]],
  [["fd00::2", "fd01::2/64", "fd00::3"], [ALL_NODES, [0x33, 0x33, 0xff, 0, 0, 2], [0x33, 0x33, 0xff, 0, 0, 3]]],
  [["nonsense", "x".repeat(1000)], []],
])("%j", (addresses, macs) => {
  expect(groupMacs(addresses)).toEqual(macs);
});

test("only machines that end connections themselves listen to groups", () => {
  expect(standard.manifest().processes["driver"]?.parameters).not.toHaveProperty("groups");
  expect(proxy.manifest().processes["driver"]?.parameters).toHaveProperty("groups", groupMacs(["fd00::2"]));
});
