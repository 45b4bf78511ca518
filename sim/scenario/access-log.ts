/**
 * The requests of an access log, in the common and combined formats of Apache and nginx:
 *
 *     192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET /index.html HTTP/1.0" 200 2326 "referrer" "agent"
 *
 * Its times are seconds: requests of one second are spread evenly over it. Lines whose request is none of HTTP/1 (scans,
 * empty ones) are passed over; a line that is none of an access log is a problem.
 */

import type { Problem } from "../problem.ts";
import { decodeUtf8 } from "../utf8.ts";
import { complain } from "./members.ts";

export interface LoggedRequest {
  readonly tick: number;
  readonly method: string;
  readonly target: string;
  /** The host that was asked for; empty where the source does not say. */
  readonly host: string;
}

const LINE = /^\S+ \S+ .*?\[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\] "((?:[^"\\]|\\.)*)" \d{3} (?:\d+|-)/;
const REQUEST = /^([A-Z][A-Z_-]{0,31}) (\/[!-~]*|\*|https?:\/\/[!-~]+) HTTP\/1\.[01]$/;
const MONTHS: readonly string[] = Object.freeze(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]);
const LINE_CHARACTERS_MAX = 65_536;

interface Logged {
  readonly second: number;
  readonly method: string;
  readonly target: string;
}

/**
 * At most `most` requests, by time. `ticksPerSecond` ticks stand for one second of the log: 1000 is as it was, 100 ten times
 * as fast. Ticks begin with `firstTick`.
 */
export function readAccessLog(bytes: Uint8Array, place: string, ticksPerSecond: number, firstTick: number, most: number, problems: Problem[]): LoggedRequest[] {
  const logged: Logged[] = [];
  for (const [index, line] of linesOf(bytes).entries()) {
    if (line === "") continue;
    const found = readLine(line);
    if (found === null) complain(problems, `${place}, line ${index + 1}`, "this is no line of an access log", 'one such as 192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 512');
    else if (found !== undefined) logged.push(found);
    if (logged.length >= most) break;
  }
  // A log is in the order in which requests ended.
  logged.sort((a, b) => a.second - b.second);
  return spread(logged, ticksPerSecond, firstTick);
}

function linesOf(bytes: Uint8Array): string[] {
  return decodeUtf8(bytes, 0, bytes.length).split(/\r?\n/);
}

/** Null if it is no line of a log; undefined if it is, and no request of HTTP/1. */
function readLine(line: string): Logged | null | undefined {
  const match = line.length > LINE_CHARACTERS_MAX ? null : LINE.exec(line);
  if (match === null) return null;
  const [, day, month, year, hour, minute, second, sign, zoneHours, zoneMinutes, words] = match;
  const monthNumber = MONTHS.indexOf(month);
  if (monthNumber < 0) return null;
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === "-" ? -1 : 1);
  const minutes = (daysOf(Number(year), monthNumber + 1, Number(day)) * 24 + Number(hour)) * 60 + Number(minute) - zone;
  const request = REQUEST.exec(words);
  return request === null ? undefined : { second: minutes * 60 + Number(second), method: request[1], target: request[2] };
}

/** Days since 1 January 1970 in the Gregorian calendar, counted in years that begin in March. */
function daysOf(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const days = 365 * marchYear + Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return days + Math.floor((153 * marchMonth + 2) / 5) + day - 719_469;
}

function spread(logged: readonly Logged[], ticksPerSecond: number, firstTick: number): LoggedRequest[] {
  const requests: LoggedRequest[] = [];
  for (let at = 0; at < logged.length; ) {
    let end = at;
    while (end < logged.length && logged[end].second === logged[at].second) end += 1;
    const begin = firstTick + (logged[at].second - logged[0].second) * ticksPerSecond;
    for (let i = at; i < end; i++) requests.push({ tick: begin + Math.floor(((i - at) * ticksPerSecond) / (end - at)), method: logged[i].method, target: logged[i].target, host: "" });
    at = end;
  }
  return requests;
}
