/** Goal: whoever ports a service reads the machine's records as they are: docs and Rust are what the layouts say, and Rust agrees. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bytes, i32be, nested, u16, u16be, u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { SYSTEM_CALLS } from "../../../kernel/system-calls.ts";
import type { AbiSection } from "../../../sim/abi/catalogue.ts";
import { ABI } from "../../../sim/abi/catalogue.ts";
import { fieldType } from "../../../sim/abi/field-type.ts";
import { layoutsPage } from "../../../sim/abi/layouts-page.ts";
import { rustText, snakeCase } from "../../../sim/abi/rust.ts";
import { inFolder, veridian } from "../../commanding.ts";
import { UPDATE } from "../../house/golden.ts";
import { exportedLayouts, loadModules, statedLayouts } from "../../house/layouts.ts";
import { sources } from "../../house/source.ts";

const RUST = new URL("../../golden/abi.rs", import.meta.url);
const PAGE = new URL("../../../services/LAYOUTS.md", import.meta.url);

function compareWithRecorded(file: URL, actual: string): void {
  if (UPDATE) {
    mkdirSync(dirname(fileURLToPath(file)), { recursive: true });
    writeFileSync(file, actual);
  }
  expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(actual);
}

test("test/golden/abi.rs is what the layouts give (UPDATE_GOLDEN=1 writes it anew)", () => compareWithRecorded(RUST, rustText(ABI)));
test("services/LAYOUTS.md is what the layouts give (UPDATE_GOLDEN=1 writes it anew)", () => compareWithRecorded(PAGE, layoutsPage(ABI)));

/** Files in which others look up what they may say: api files, and what kernel and devices fix. */
const BOUNDARY = /^(services\/(.+\/)?([\w-]+-)?api\.ts|services\/lb\/control\.ts|kernel\/message\.ts|hal\/(.+\/)?[\w-]+-registers\.ts|hal\/nic\/([\w-]+-)?descriptors\.ts|hal\/nic\/virtio\/(split-ring|net-layouts)\.ts)$/;
/** Files with such a name that declare no record and no table of numbers. */
const EMPTY = ["hal/nic/virtio/queue-registers.ts", "services/lb/vips-api.ts"];
/** What owners of TCP connections call: an interface within one process, nothing crosses it. */
const WITHIN = ["services/net/tcp/api.ts"];

describe("nothing that crosses a boundary is left out", () => {
  const all = sources();

  test("every file of the boundary is a section, and every section has something to say", async () => {
    const paths = all.map(({ path }) => path).filter((path) => BOUNDARY.test(path));
    const sections = ABI.map(({ path }) => path);
    expect(paths.filter((path) => !sections.includes(path) && !EMPTY.includes(path) && !WITHIN.includes(path))).toEqual([]);
    expect(sections.filter((path) => !all.some((source) => source.path === path))).toEqual([]);
    expect(ABI.filter(({ layouts, tables }) => layouts.length + tables.length === 0).map(({ path }) => path)).toEqual([]);
    const empty = exportedLayouts(await loadModules(EMPTY));
    expect(empty.map(({ exportName }) => exportName)).toEqual([]);
    expect(EMPTY.filter((path) => sections.includes(path))).toEqual([]);
  });

  test("each record of theirs is there once, and its size is stated", () => {
    const names = ABI.flatMap(({ layouts }) => layouts.map(({ layoutName }) => layoutName));
    expect(new Set(names).size).toBe(names.length);
    const stated = new Set(all.flatMap(statedLayouts).map(({ name }) => name));
    expect(names.filter((name) => !stated.has(name))).toEqual([]);
    for (const name of ["SmallMessage", "LargeMessage", "RequestDescriptor", "DecisionMessage", "ReceivedFrameMessage", "TransmitFrameMessage", "MailboxRequest", "RxDescriptor", "TxDescriptor"]) expect(names).toContain(name);
  });

  test("errors, flags, opcodes and the numbers of calls are there", () => {
    const text = rustText(ABI);
    for (const line of [
      "pub const INVALID_CAPABILITY: i32 = -1;", "pub const FOREIGN_POINTER: i32 = -21;", "pub const URGENT: i32 = 1;", "pub const HAS_CAPABILITY: i32 = 16;",
      "pub const RECEIVED: i32 = 1;", "pub const PHY_RST: u32 = 2147483648;", "pub const NO_ROUTE_MATCH: i32 = -64;", "pub const SEND_MESSAGE: u32 = 0;", "pub const UPTIME_TICKS: u32 = 100;",
    ]) expect(text).toContain(line);
    for (const { name, number } of SYSTEM_CALLS) expect(text).toContain(`pub const ${snakeCase(name).toUpperCase()}: u32 = ${number};`);
  });
});

const PLANTED: AbiSection = {
  title: "Planted",
  path: "nowhere.ts",
  layouts: [layout("Inner", 8, { low: u32, high: u32 }), layout("Outer", 32, { inner: nested({ layoutName: "Inner", size: 8 }), port: u16be, type: u16, address: i32be, tail: bytes(8), last: u64 })],
  tables: [{ tableName: "PlantedFlag", type: "u8", entries: [["isMarked", 1], ["DD", 2]] }],
};

describe("in Rust", () => {
  test("records have their fields, nested ones by name, network order as bytes; names are Rust's", () => {
    const text = rustText([PLANTED]);
    expect(text).toContain("pub inner: Inner,\n    /// Network byte order.\n    pub port: [u8; 2],\n    pub type_: u16,\n    /// Network byte order.\n    pub address: [u8; 4],\n    pub tail: [u8; 8],\n    pub last: u64,\n}");
    expect(text).toContain("const _: () = assert!(core::mem::size_of::<Outer>() == 32);");
    expect(text).toContain("const _: () = assert!(core::mem::offset_of!(Outer, address) == 12);");
    expect(text).toContain("pub mod planted_flag {\n    pub const IS_MARKED: u8 = 1;\n    pub const DD: u8 = 2;\n}");
    expect(text).toContain("#![no_std]");
    expect(["frameBytes", "HeadPlace", "IXSM", "vipsVersion", "match", "data0"].map(snakeCase)).toEqual(["frame_bytes", "head_place", "ixsm", "vips_version", "match_", "data0"]);
  });

  test("a field of a type without a name is not passed over", () => {
    expect(() => fieldType({ name: "odd" } as never)).toThrow("odd");
  });

  const installed = spawnSync("rustc", ["--version"]).status === 0;
  const compiles = (text: string): string =>
    inFolder((path) => {
      writeFileSync(path("abi.rs"), text);
      return spawnSync("rustc", ["--crate-type", "lib", "--edition", "2021", "--emit", "metadata", "--out-dir", path("."), path("abi.rs")], { encoding: "utf8" }).stderr;
    });

  test.skipIf(!installed)("rustc agrees on every size and offset (skipped where there is no rustc)", () => {
    expect(compiles(rustText(ABI))).toBe("");
    expect(compiles(rustText([PLANTED]))).toBe("");
  });

  test.skipIf(!installed)("rustc finds a size and an offset that are not so (skipped where there is no rustc)", () => {
    const text = rustText([PLANTED]);
    expect(compiles(text.replace("<Outer>() == 32", "<Outer>() == 40"))).toContain("error");
    expect(compiles(text.replace("(Outer, tail) == 16", "(Outer, tail) == 24"))).toContain("error");
    expect(compiles(text.replace("pub port: [u8; 2]", "pub port: u64"))).toContain("error");
  });
});

describe("veridian abi", () => {
  test("prints each form, one at a time", () => {
    expect(veridian("abi", "--rust")).toEqual({ code: 0, out: rustText(ABI), err: "" });
    expect(veridian("abi", "--markdown")).toEqual({ code: 0, out: layoutsPage(ABI), err: "" });
    const { code, out } = veridian("abi");
    expect(code).toBe(0);
    for (const { layouts, tables } of ABI) for (const name of [...layouts.map((one) => `${one.layoutName}, ${one.size} bytes`), ...tables.map((one) => one.tableName)]) expect(out).toContain(name);
    for (const { name, number } of SYSTEM_CALLS) expect(out).toMatch(new RegExp(`^ *${number}  ${name} `, "m"));
    expect(veridian("abi", "--calls").out).toContain("| 0 | sendMessage(");
    expect(veridian("abi", "--rust", "--calls")).toMatchObject({ code: 2, out: "" });
  });

  test("is the same from the program itself", () => {
    const out = execFileSync(process.execPath, ["--import", "tsx", "sim/host/veridian.ts", "abi", "--rust"], { encoding: "utf8" });
    expect(out).toBe(rustText(ABI));
  });
});
