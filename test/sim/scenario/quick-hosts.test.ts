/** Goal: a scenario's file may ask for hosts in a hurry and for backends that lose patience; whoever does not has them as they always were. Method: plans are read. */

import { expect, test } from "vitest";
import { quickHosts } from "../../../sim/scenario/quick-hosts.ts";
import { planWith, readWith } from "./reading.ts";

test("hosts are patient unless a file says that they are quick", () => {
  expect(planWith({}).hosts).toBeUndefined();
  expect(planWith({ hosts: "patient" }).hosts).toBeUndefined();
  expect(planWith({ hosts: "quick" }).hosts).toBe(quickHosts);
  expect(readWith({ hosts: "hasty" }).problems).toEqual(['hosts: this is "hasty"; expected one of patient, quick']);
});

test("a backend's patience has no end unless a file says so", () => {
  expect(planWith({ backends: [{}, { patienceTicks: 600 }] }).backends.map(({ patienceTicks }) => patienceTicks)).toEqual([0, 600]);
  expect(readWith({ backends: [{ patienceTicks: -1 }] }).problems.length).toBe(1);
});
