/** The EEPROM as drivers read it: a word at a time by EERD (manual 13.4.4), bit by bit by EECD (13.4.3, 5.3). */

import { describe, expect, test } from "vitest";
import { E1000Register as Register } from "../../../hal/nic/e1000-registers.ts";
import { EepromControlBit as Bit } from "../../../hal/nic/eeprom-port.ts";
import { eepromWords, macBytes } from "../../../hal/nic/eeprom.ts";
import { Bench, MAC } from "./bench.ts";

describe("EEPROM by EERD (13.4.4, 5)", () => {
  const readWord = (bench: Bench, word: number): number => {
    bench.write(Register.EERD, (word << 8) | 1);
    return bench.read(Register.EERD);
  };

  test("words 0 to 2 are the MAC address, done at once", () => {
    const bench = new Bench();
    expect([0, 1, 2].map((word) => readWord(bench, word))).toEqual([0x0002_0010, 0x0000_0110, 0x0100_0210]);
  });

  test("without START nothing is read", () => {
    const bench = new Bench();
    bench.write(Register.EERD, 0x200);
    expect(bench.read(Register.EERD)).toBe(0x200);
  });
  test("a word beyond the EEPROM reads 0, done", () => expect(readWord(new Bench(), 0xff)).toBe(0xff10));

  test.each([MAC, "52:54:00:12:34:56", "ff:fe:fd:fc:fb:fa"])("all words sum up to 0xbaba (%s)", (mac) => {
    const words = eepromWords(macBytes(mac));
    expect(words.length).toBe(64);
    expect(words.reduce((sum, word) => (sum + word) & 0xffff, 0)).toBe(0xbaba);
  });

  test("what is no MAC address is refused", () => {
    expect(() => macBytes("02:00:00:00:00")).toThrow("no MAC address");
    expect(() => macBytes("02:00:00:00:00:0g")).toThrow("no MAC address");
  });
});

test("EERD: the data field of a write is not looked at, and DONE is the device's", () => {
  const bench = new Bench();
  bench.write(Register.EERD, 0xffff_0001);
  expect(bench.read(Register.EERD)).toBe(0x0002_0010);
  bench.write(Register.EERD, 0xffff_0110);
  expect(bench.read(Register.EERD)).toBe(0x0100);
});

/** Drives the serial port as the manual's timing diagrams show it. */
class SerialPort {
  readonly #bench: Bench;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  select(): void {
    this.#bench.write(Register.EECD, Bit.REQ | Bit.CS);
  }

  deselect(): void {
    this.#bench.write(Register.EECD, Bit.REQ);
  }

  /** The most significant of `count` bits first. */
  shift(bits: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      const data = ((bits >> i) & 1) === 1 ? Bit.DI : 0;
      this.#bench.write(Register.EECD, Bit.REQ | Bit.CS | data);
      this.#bench.write(Register.EECD, Bit.REQ | Bit.CS | data | Bit.SK);
      this.#bench.write(Register.EECD, Bit.REQ | Bit.CS | data);
    }
  }

  /** Sixteen bits: the output after each falling edge. */
  word(): number {
    let word = 0;
    for (let i = 0; i < 16; i++) {
      word = (word << 1) | ((this.#bench.read(Register.EECD) & Bit.DO) !== 0 ? 1 : 0);
      this.#bench.write(Register.EECD, Bit.REQ | Bit.CS | Bit.SK);
      this.#bench.write(Register.EECD, Bit.REQ | Bit.CS);
    }
    return word;
  }

  /** Start bit, opcode and address: READ is 110. */
  command(opcode: number, address: number): void {
    this.select();
    this.shift(opcode, 3);
    this.shift(address, 6);
  }
}

const READ = 6;
const words = eepromWords(macBytes(MAC));

describe("EEPROM by its serial port", () => {
  test("every word comes out as EERD gives it", () => {
    const port = new SerialPort(new Bench());
    const read = words.map((_, address) => {
      port.command(READ, address);
      const word = port.word();
      port.deselect();
      return word;
    });
    expect(read).toEqual(words);
  });

  test("the words after it follow, and after the last the first", () => {
    const port = new SerialPort(new Bench());
    port.command(READ, 62);
    expect([port.word(), port.word(), port.word(), port.word()]).toEqual([words[62], words[63], words[0], words[1]]);
  });

  test("bits before the start bit are passed over", () => {
    const port = new SerialPort(new Bench());
    port.select();
    port.shift(0, 4);
    port.shift((READ << 6) | 2, 9);
    expect(port.word()).toBe(words[2]);
  });

  test.each([
    ["write enable", 4, 0x30],
    ["write", 5, 0],
    ["erase", 7, 0],
  ])("%s does nothing: the output stays high, the EEPROM as it is", (_name, opcode, address) => {
    const port = new SerialPort(new Bench());
    port.command(opcode, address);
    port.shift(0, 16);
    expect(port.word()).toBe(0xffff);
    port.deselect();
    port.command(READ, 0);
    expect(port.word()).toBe(words[0]);
  });

  test("without chip select the clock moves nothing; a new selection begins anew", () => {
    const bench = new Bench();
    const port = new SerialPort(bench);
    port.command(READ, 1);
    port.deselect();
    for (let i = 0; i < 20; i++) {
      bench.write(Register.EECD, Bit.SK);
      bench.write(Register.EECD, 0);
    }
    port.command(READ, 0);
    expect(port.word()).toBe(words[0]);
  });

  test("reset in the middle of a word", () => {
    const bench = new Bench();
    const port = new SerialPort(bench);
    port.command(READ, 1);
    bench.write(Register.CTRL, 1 << 26);
    expect(bench.read(Register.EECD)).toBe(0x188);
  });
});
