/** The cookies that a client sends: its own, or by way of abuse what it has no right to, or what makes no sense. */

import type { Memory } from "../../../hal/memory.ts";
import { putBytes, putText } from "../../../services/net/http/head-writer.ts";
import type { JarAddress } from "./jar.ts";
import { Jar, jarText } from "./jar.ts";
import type { ClientAddress, PendingAddress } from "./records.ts";
import { Client, ClientsState, PendingRequest } from "./records.ts";
import type { ClientSide } from "./side.ts";
import { clientAt } from "./side.ts";

const NAME = "VERIDIAN_SESSION";
const LONG_BYTES = 500;
const MANY = 20;

/** Values of PendingRequest.cookies beyond `own` that are texts. */
const TEXTS: readonly string[] = Object.freeze([
  "",
  `${NAME}=${"0123456789abcdef".repeat(4)}`,
  `${NAME}=${"a".repeat(LONG_BYTES)}`,
  Array.from({ length: MANY }, (_, i) => `${NAME}=${i}`).join("; "),
  `=;;=${NAME};;${NAME}==;"`,
]);

/** The others: a neighbour's cookies, and the own ones without their last byte. */
const Borrowed = Object.freeze({ neighbours: TEXTS.length, cut: TEXTS.length + 1 });

/** Answers of SimSite.sessionAbused; 0 is a client's own cookies. */
export const ABUSES = TEXTS.length + 2;

const WORDS: readonly string[] = Object.freeze(["its own cookies", "a session that never was", "a session longer than any", `${MANY} sessions at once`, "cookies that make no sense", "the session of the next client", "its own cookies without their last byte"]);

export function abuseWords(number: number): string {
  return WORDS[number] ?? "cookies";
}

/** Writes the field line, if there is one; the address behind it. */
export function putCookies(side: ClientSide, client: ClientAddress, pending: PendingAddress, at: number): number {
  const { memory, state } = side;
  const abuse = PendingRequest.cookies.get(memory, pending);
  if (abuse === Borrowed.neighbours) {
    const next = clientAt(side, (Client.number.get(memory, client) + 1) % ClientsState.clients.get(memory, state));
    return putJar(memory, at, Client.jar.get(memory, next) as JarAddress, 0);
  }
  if (abuse === 0 || abuse === Borrowed.cut) return putJar(memory, at, Client.jar.get(memory, client) as JarAddress, abuse === 0 ? 0 : 1);
  return putText(memory, putText(memory, putText(memory, at, "Cookie: "), TEXTS[abuse]), "\r\n");
}

/** All of a jar but its last bytes. */
function putJar(memory: Memory, at: number, jar: JarAddress, without: number): number {
  const bytes = jar === 0 ? 0 : Jar.bytes.get(memory, jar) - without;
  if (bytes <= 0) return at;
  return putText(memory, putBytes(memory, putText(memory, at, "Cookie: "), memory, jarText(jar), bytes), "\r\n");
}
