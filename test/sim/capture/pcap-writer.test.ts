import { expect, test } from "vitest";
import { CaptureWriter } from "../../../sim/capture/pcap-writer.ts";
import { readCapture } from "../../../sim/capture/pcap.ts";

test("what is written reads back, with nanoseconds carried into seconds", () => {
  const writer = new CaptureWriter();
  const frame = Uint8Array.of(1, 2, 3);
  writer.add(10, 1_500_000_007, frame);
  frame.fill(9);
  writer.add(10, -1, frame);
  const { capture } = readCapture(writer.file());
  expect(capture?.count).toBe(2);
  expect([capture?.seconds(1), capture?.nanos(1)]).toEqual([11, 500_000_007]);
  expect([capture?.seconds(2), capture?.nanos(2)]).toEqual([9, 999_999_999]);
  expect([...(capture?.frame(1) ?? [])]).toEqual([1, 2, 3]);
  expect([...(capture?.frame(2) ?? [])]).toEqual([9, 9, 9]);
});

test("an empty file is a sound capture, and a large one grows", () => {
  expect(readCapture(new CaptureWriter().file()).capture?.count).toBe(0);
  const writer = new CaptureWriter();
  for (let i = 0; i < 300; i++) writer.add(i, 0, new Uint8Array(1500).fill(i));
  const { capture } = readCapture(writer.file());
  expect([capture?.count, capture?.frame(299)[1499]]).toEqual([300, 298 & 0xff]);
  expect(writer.count).toBe(300);
});
