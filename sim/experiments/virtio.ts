/** A virtio network device goes wrong, on a machine of 1 MiB that has few buffers: its queues run dry as a matter of course. */

import type { Experiment, Surroundings } from "../explore/experiment.ts";
import { BUILT_IN_NEIGHBOURS } from "../machines/configuration.ts";
import { virtio as model } from "../machines/index.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

const KIB = 1024;

const SETTINGS: Readonly<Record<string, number>> = Object.freeze({
  buffers: 8,
  "rx.posted": 2,
  "rx.descriptors": 8,
  "tx.descriptors": 8,
  "queue.frames": 16,
  "queue.transmit": 16,
  "arena.driver": 4 * KIB,
  "arena.net": 64 * KIB,
  "arena.lb": 160 * KIB,
  "region.streams": 16 * KIB,
  "region.requests": 16 * KIB,
  "region.control": 4 * KIB,
  "region.configuration": 2 * KIB,
  "region.fragments": 4 * KIB,
  "net.flows": 16,
  "net.requests": 8,
  "lb.limiters": 16,
  "lb.connections": 8,
});

function surroundings(): Surroundings {
  return Object.freeze({ ...smallSurroundings(), manifest: model.manifest({ ramBytes: KIB * KIB, settings: SETTINGS, neighbours: BUILT_IN_NEIGHBOURS }) });
}

export const virtioNic: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "virtio",
  summary: "a virtio network device stalls, loses interrupts, is reset, and writes back what is not so",
  surroundings,
  faults: Object.freeze([
    rule("nic.starve", 10_000),
    rule("nic.stall", 60_000),
    rule("nic.lost-interrupt", 20_000),
    rule("nic.late-interrupt", 40_000),
    rule("nic.spurious-interrupt", 2_000),
    rule("nic.lost-doorbell", 10_000),
    rule("nic.reset", 2_000),
    rule("nic.torn-write-back", 5_000),
    rule("nic.wrong-length", 10_000),
    rule("nic.wrong-index", 5_000),
    rule("wire.duplicate", 100_000),
  ]),
  troubleTicks: 150,
  // The driver asks its device for a sign of life after ten watches, a second each, and waits as long for it.
  recoveryTicks: 25_000,
  marks: Object.freeze(["nic.starve", "nic.stall", "nic.lost-interrupt", "nic.late-interrupt", "nic.spurious-interrupt", "nic.lost-doorbell", "nic.reset", "nic.torn-write-back", "nic.wrong-length", "nic.wrong-index", "nic.noDescriptor", "wire.duplicate"]),
});
