/** A real browser, where there is one: it opens a page that this process serves on the loopback, and says what stands in it. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Nothing is asked of any network, and nothing of an earlier page is there. */
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Milliseconds of the page's own clock: its scripts run to their end before it is read. */
const PAGE_TIME_MS = 60_000;

export function hasChromium(): boolean {
  return existsSync(CHROMIUM);
}

/** The page's document when its scripts have run: `html` at "/", and the files of a folder beside it. */
export async function documentOf(html: string, folder: string): Promise<string> {
  const server = createServer((asked, answer) => {
    const path = normalize((asked.url ?? "/").split("?")[0]!);
    if (path === "/") answer.setHeader("content-type", "text/html; charset=utf-8").end(html);
    else if (path.endsWith(".js") && existsSync(join(folder, path))) answer.setHeader("content-type", "text/javascript; charset=utf-8").end(readFileSync(join(folder, path)));
    else answer.writeHead(404).end();
  });
  const port = await listening(server);
  const profile = mkdtempSync(join(tmpdir(), "veridian-profile-"));
  try {
    return await dump([...FLAGS, `--user-data-dir=${profile}`, `--virtual-time-budget=${PAGE_TIME_MS}`, "--dump-dom", `http://127.0.0.1:${port}/`]);
  } finally {
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

function dump(arguments_: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const browser = spawn(CHROMIUM, arguments_, { stdio: ["ignore", "pipe", "pipe"] });
    const [out, complaints]: [Buffer[], Buffer[]] = [[], []];
    browser.stdout.on("data", (data: Buffer) => out.push(data));
    browser.stderr.on("data", (data: Buffer) => complaints.push(data));
    browser.on("error", reject);
    browser.on("close", (code) => (code === 0 ? resolve(Buffer.concat(out).toString()) : reject(new Error(`${CHROMIUM} ended with ${code}: ${Buffer.concat(complaints).toString().slice(-2000)}`))));
  });
}
