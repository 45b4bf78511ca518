/**
 * Whether a scenario's hosts can live together: every address is one that a host can have, no two hosts share one, clients
 * ask for an address of their own family, and no backend stands twice.
 */

import { OWN_ADDRESSES_MAX } from "../../services/net/host/own-addresses.ts";
import type { Problem } from "../problem.ts";
import type { ScenarioAddress } from "./host-address.ts";
import { addressAfter, compareAddresses, isHostAddress, parseScenarioAddress } from "./host-address.ts";
import { complain } from "./members.ts";
import type { BackendPlan, ClientPlan } from "./plan.ts";

/** Addresses from `first` to `last`, both included, and what to say of them. */
interface Range {
  readonly first: ScenarioAddress;
  readonly last: ScenarioAddress;
  readonly place: string;
  readonly whose: string;
}

const EXPECTED = "an address of a host, such as 10.1.0.1 or fd00::1";

export function judgeAddresses(clients: readonly ClientPlan[], backends: readonly BackendPlan[], problems: Problem[]): void {
  const servers = new Map<string, Range>();
  const ranges = clients.flatMap((client, index) => {
    const place = `clients[${index}]`;
    const server = single(client.serverAddress, `${place}.serverAddress`, "the machine's", problems);
    const own = clientRange(client, place, problems);
    if (server !== null) servers.set(client.serverAddress, server);
    if (server !== null && own !== null && server.first.family !== own.first.family) complain(problems, `${place}.firstAddress`, `it is of IPv${own.first.family}, and serverAddress of IPv${server.first.family}`, "two of one family");
    return own === null ? [] : [own];
  });
  if (servers.size > OWN_ADDRESSES_MAX) complain(problems, "clients", `they ask for ${servers.size} addresses of the machine`, `at most ${OWN_ADDRESSES_MAX}`);
  judgeOverlaps([...servers.values(), ...ranges, ...backendRanges(backends, problems)], problems);
}

function single(text: string, place: string, whose: string, problems: Problem[]): Range | null {
  const address = parseScenarioAddress(text);
  if (address !== null && isHostAddress(address)) return { first: address, last: address, place, whose };
  complain(problems, place, `this is ${JSON.stringify(text.slice(0, 64))}`, EXPECTED);
  return null;
}

function clientRange(client: ClientPlan, place: string, problems: Problem[]): Range | null {
  const first = single(client.firstAddress, `${place}.firstAddress`, `a client of ${place}`, problems);
  if (first === null) return null;
  const last = addressAfter(first.first, client.count - 1);
  if (last !== null && isHostAddress(last)) return { ...first, last };
  complain(problems, `${place}.count`, `there are no ${client.count} addresses from ${client.firstAddress} on`, "fewer, or a lower firstAddress");
  return null;
}

/** One for each address: backends that differ by their port live on one host. */
function backendRanges(backends: readonly BackendPlan[], problems: Problem[]): Range[] {
  const ranges = new Map<string, Range>();
  const seen = new Set<string>();
  for (const [index, { address, port }] of backends.entries()) {
    const place = `backends, number ${index + 1}`;
    const range = single(address, place, "a backend's", problems);
    if (range === null) continue;
    const key = range.first.bytes.join(".");
    if (seen.has(`${key}:${port}`)) complain(problems, place, `${address} and port ${port} stand twice`, "each backend once");
    seen.add(`${key}:${port}`);
    ranges.set(key, range);
  }
  return [...ranges.values()];
}

function judgeOverlaps(ranges: readonly Range[], problems: Problem[]): void {
  const sorted = [...ranges].sort((a, b) => compareAddresses(a.first, b.first));
  for (let i = 1; i < sorted.length; i++) {
    const [before, after] = [sorted[i - 1], sorted[i]];
    if (compareAddresses(before.last, after.first) >= 0) complain(problems, after.place, `an address of these is ${before.whose} too (${before.place})`, "addresses of their own");
  }
}
