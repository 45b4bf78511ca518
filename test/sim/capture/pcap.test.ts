import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCapture } from "../../../sim/capture/pcap.ts";
import { problemText } from "../../../sim/problem.ts";
import { captureFile } from "./building.ts";

const two = [
  { seconds: 1000, fraction: 999_999, bytes: Uint8Array.of(1, 2, 3) },
  { seconds: 1001, fraction: 5, bytes: Uint8Array.of(4, 5), wireBytes: 60 },
];

function read(bytes: Uint8Array) {
  const { capture, problems } = readCapture(bytes);
  expect(problems).toEqual([]);
  if (capture === null) throw new Error("no capture and no problem");
  return capture;
}

function complaints(bytes: Uint8Array): string[] {
  const { capture, problems } = readCapture(bytes);
  expect(capture).toBeNull();
  return problems.map((item) => problemText(item));
}

function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

describe("a sound capture", () => {
  for (const littleEndian of [true, false]) {
    for (const nanoseconds of [true, false]) {
      test(`${littleEndian ? "little" : "big"}-endian, ${nanoseconds ? "nano" : "micro"}seconds`, () => {
        const records = nanoseconds ? two.map((record) => ({ ...record, fraction: record.fraction * 1000 + 7 })) : two;
        const capture = read(captureFile(records, { littleEndian, nanoseconds }));
        expect([capture.count, capture.littleEndian, capture.nanoseconds]).toEqual([2, littleEndian, nanoseconds]);
        expect([...capture.frame(1)]).toEqual([1, 2, 3]);
        expect([...capture.frame(2)]).toEqual([4, 5]);
        expect([capture.snapped(1), capture.snapped(2), capture.wireBytes(2)]).toEqual([false, true, 60]);
        expect(capture.timeMicros(1)).toBe(1_000_999_999);
        expect(capture.timeMicros(2)).toBe(1_001_000_005);
        expect(capture.nanosAfterFirst(1)).toBe(0);
        expect(capture.nanosAfterFirst(2)).toBe(6_000);
        expect(capture.nanos(2)).toBe(nanoseconds ? 5_007 : 5_000);
      });
    }
  }

  test("nanoseconds keep nanoseconds; what is stamped before the first frame comes with it", () => {
    const records = [
      { seconds: 7, fraction: 3, bytes: new Uint8Array(4) },
      { seconds: 7, fraction: 4, bytes: new Uint8Array(4) },
      { seconds: 6, fraction: 9, bytes: new Uint8Array(4) },
    ];
    const capture = read(captureFile(records, { nanoseconds: true }));
    expect([capture.nanosAfterFirst(2), capture.nanosAfterFirst(3)]).toEqual([1, 0]);
  });

  test("may be empty, and may hold a frame of no bytes", () => {
    expect(read(captureFile([])).count).toBe(0);
    expect(read(captureFile([{ seconds: 1, fraction: 0, bytes: new Uint8Array(0), wireBytes: 64 }])).frame(1).length).toBe(0);
  });

  test("can be cut after a frame", () => {
    const capture = read(captureFile(two));
    expect(capture.cutAfter(1).count).toBe(1);
    expect(capture.cutAfter(0).count).toBe(0);
    expect(capture.cutAfter(3)).toBe(capture);
  });

  test("holds more frames than the index first has room for", () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ seconds: i, fraction: 0, bytes: Uint8Array.of(i & 0xff) }));
    const capture = read(captureFile(many));
    expect([capture.count, capture.frame(2999)[0], capture.seconds(3000)]).toEqual([3000, 2998 & 0xff, 2999]);
  });
});

describe("what is no sound capture is refused by frame and byte", () => {
  const file = captureFile(two);

  test("no file at all", () => expect(complaints(new Uint8Array(0))).toEqual(["byte 0: the file ends after 0 bytes; expected a pcap file header of 24 bytes"]));
  test("pcapng", () => expect(complaints(patched(file, 0, 0x0a, 0x0d, 0x0d, 0x0a))[0]).toMatch(/^byte 0: this is a pcapng file; expected classic pcap/));
  test("another magic", () => expect(complaints(patched(file, 0, 0x1f, 0x8b))[0]).toMatch(/^byte 0: the file begins with 1f8bb2a1; expected the magic/));
  test("a cut file header", () => expect(complaints(file.subarray(0, 23))[0]).toBe("byte 23: the file ends inside its header, after 23 bytes; expected 24 bytes of header"));
  test("another version", () => expect(complaints(patched(file, 4, 3))[0]).toBe("byte 4: the format's version is 3.4; expected 2.4"));
  test("another link type", () => expect(complaints(captureFile(two, { network: 113 }))[0]).toBe("byte 20: the link type is 113; expected 1 (Ethernet)"));
  test("frames with check sequences", () => expect(complaints(captureFile(two, { network: 0x4400_0001 }))[0]).toMatch(/^byte 20: the link type field is 44000001/));
  test("a cut record header", () => {
    expect(complaints(file.subarray(0, file.length - 3))[0]).toBe("frame 2, byte 43: the file ends inside the record header, after 15 of its bytes; expected 16 bytes of record header");
  });
  test("a cut frame", () => expect(complaints(file.subarray(0, file.length - 1))[0]).toBe("frame 2, byte 59: the file ends inside the frame, after 1 of its bytes; expected 2 bytes"));
  test("an insane captured length", () => expect(complaints(patched(file, 43 + 8, 0xff, 0xff, 0xff, 0x7f))[0]).toBe("frame 2, byte 51: the captured length is 2147483647 bytes; expected at most 262144"));
  test("more captured than there was", () => {
    expect(complaints(captureFile([{ ...two[0], wireBytes: 2 }]))[0]).toBe("frame 1, byte 32: the captured length is 3 bytes of a frame of 2; expected at most the frame's length on the wire");
  });
  test("a fraction of more than a second, and a leap in time: all at once", () => {
    const records = [
      { seconds: 10, fraction: 1_000_000, bytes: new Uint8Array(1) },
      { seconds: 3_000_000, fraction: 0, bytes: new Uint8Array(1) },
    ];
    expect(complaints(captureFile(records))).toEqual([
      "frame 1, byte 28: the fraction of the time stamp is 1000000 us; expected less than 1000000",
      "frame 2, byte 41: the time stamp is 2999990 s after the first frame's; expected at most 2592000 s (30 days)",
    ]);
  });
  test("the list of problems is bounded", () => {
    const records = Array.from({ length: 500 }, () => ({ seconds: 1, fraction: 2_000_000, bytes: new Uint8Array(1) }));
    expect(complaints(captureFile(records))).toHaveLength(50);
  });
});

test("a damaged capture never throws: it reads, or it has problems", () => {
  const original = captureFile(Array.from({ length: 6 }, (_, i) => ({ seconds: 100 + i, fraction: i, bytes: new Uint8Array(20 + i).fill(i) })));
  let sound = 0;
  let faulty = 0;
  const damage = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(damage, fc.nat(original.length), (changes, length) => {
      const bytes = Uint8Array.from(original.subarray(0, length % 3 === 0 ? length : original.length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const { capture, problems } = readCapture(bytes);
      expect(capture === null).toBe(problems.length > 0);
      if (capture === null) {
        faulty++;
        return;
      }
      sound++;
      for (let number = 1; number <= capture.count; number++) {
        expect(capture.frame(number).length).toBe(capture.capturedBytes(number));
        expect(Number.isSafeInteger(capture.nanosAfterFirst(number))).toBe(true);
      }
    }),
    { seed: 1, numRuns: 3000 },
  );
  expect(sound).toBeGreaterThan(100);
  expect(faulty).toBeGreaterThan(100);
});
