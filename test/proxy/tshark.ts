/** Wireshark's reader at the command line, as a second opinion on what the machine sends. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why tshark cannot be asked; "" if it can. */
export function tsharkMissing(): string {
  const asked = spawnSync("tshark", ["--version"], { encoding: "utf8" });
  return asked.error === undefined && asked.status === 0 ? "" : "tshark is not installed";
}

const PREFERENCES = ["tcp.check_checksum:TRUE", "ip.check_checksum:TRUE", "tcp.analyze_sequence_numbers:TRUE", "tcp.reassemble_out_of_order:TRUE"];

const HTTP = ["-d", "tcp.port==8001,http", "-d", "tcp.port==80,http"];
const FRAMES_ONLY = ["--disable-protocol", "http", "-o", "tcp.desegment_tcp_streams:FALSE"];

/**
 * The values of `fields` of all frames that the filter takes, in order. Without `streams` each frame is read for itself, up
 * to its TCP header: tshark 4.0 puts retransmissions that are cut otherwise than the first time together wrongly, and calls
 * them malformed.
 */
export function tshark(capture: Uint8Array, filter: string, fields: readonly string[], streams = true): string[][] {
  const folder = mkdtempSync(join(tmpdir(), "veridian-tshark-"));
  try {
    const file = join(folder, "sent.pcap");
    writeFileSync(file, capture);
    const options = PREFERENCES.flatMap((preference) => ["-o", preference]);
    const args = ["-r", file, "-n", ...options, ...(streams ? HTTP : FRAMES_ONLY), "-Y", filter, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
    const asked = spawnSync("tshark", args, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (asked.status !== 0) throw new Error(`tshark: ${asked.stderr}`);
    return asked.stdout.split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
