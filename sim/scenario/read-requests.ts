/**
 * What clients ask for. Whatever a file says here becomes bytes of a request's head: nothing that would make two lines of
 * one, or no request of it, comes through.
 */

import type { LoggedRequest } from "./access-log.ts";
import { ScenarioBounds } from "./bounds.ts";
import { brief, complain, Members } from "./members.ts";
import type { Problem } from "../problem.ts";
import type { RequestPlan } from "./plan.ts";
import { always, readDistribution } from "./read-distribution.ts";

const METHOD = /^[A-Z][A-Z_-]{0,31}$/;
const TARGET = /^(\/[!-~]*|\*|https?:\/\/[!-~]+)$/;
const HOST = /^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t -~]*)$/;
/** Lines that a client writes itself, and those that would change what a request is. */
const OWN_FIELDS: readonly string[] = Object.freeze(["host", "content-length", "transfer-encoding", "cookie", "connection", "expect", "upgrade", "x-content", "x-label"]);

const DEFAULT_HOST = "www.example.test";
const NO_BODY = always(0);
/** Of 65,536 bytes of a head, so much is left beside target, Host, cookies and what clients add. */
const HEADERS_CHARACTERS_MAX = 40_000;

export const DEFAULT_REQUEST: RequestPlan = Object.freeze({ weight: 1, method: "GET", target: "/", host: DEFAULT_HOST, headers: Object.freeze([]), bodyBytes: NO_BODY, chunked: false });

const MEMBERS = ["weight", "method", "target", "host", "headers", "bodyBytes", "chunked"];

export function readRequests(client: Members): readonly RequestPlan[] {
  if (!client.has("requests")) return Object.freeze([DEFAULT_REQUEST]);
  const requests = client.list("requests", 1, ScenarioBounds.requestPlansMax).map(([value, place]) => readRequest(value, place, client.problems));
  if (requests.length > 0 && requests.every(({ weight }) => weight === 0)) client.refuse("requests", "a weight above 0 in one of them");
  return Object.freeze(requests);
}

/** The requests of a log or a capture as plans: those that it makes sense to ask for again. */
export function loggedPlans(logged: readonly LoggedRequest[]): RequestPlan[] {
  return logged.map(({ method, target, host }) => Object.freeze({ ...DEFAULT_REQUEST, method, target, host: host === "" ? DEFAULT_HOST : host }));
}

/** Whether a client can ask so: CONNECT makes a tunnel, and TRACE has no answer of its own. */
export function isAskable({ method, target, host }: LoggedRequest): boolean {
  return METHOD.test(method) && method !== "CONNECT" && TARGET.test(target) && (host === "" || HOST.test(host)) && target.length <= ScenarioBounds.textCharactersMax;
}

function readRequest(value: unknown, place: string, problems: Problem[]): RequestPlan {
  const request = new Members(value, place, problems, MEMBERS);
  const { textCharactersMax, weightMax, bodyBytesMax, headersMax } = ScenarioBounds;
  const matching = (name: string, otherwise: string, pattern: RegExp, expected: string): string => {
    const text = request.text(name, otherwise, textCharactersMax);
    if (pattern.test(text)) return text;
    request.refuse(name, expected);
    return otherwise;
  };
  const method = matching("method", "GET", METHOD, "a method of capital letters");
  if (method === "CONNECT") request.refuse("method", "a method that asks for a resource: a tunnel is none");
  const headers = request.list("headers", 0, headersMax).map(([line, at]) => readHeader(line, at, request));
  const headerCharacters = headers.reduce((sum, line) => sum + line.length + 2, 0);
  if (headerCharacters > HEADERS_CHARACTERS_MAX) complain(problems, request.at("headers"), `together they have ${headerCharacters} characters`, `at most ${HEADERS_CHARACTERS_MAX}: a head is no longer`);
  return Object.freeze({
    weight: request.whole("weight", 1, 0, weightMax),
    method,
    target: matching("target", "/", TARGET, 'a path that begins with "/", "*", or a whole http URI, without blanks'),
    host: matching("host", DEFAULT_HOST, HOST, "a name or address, with a port perhaps"),
    headers: Object.freeze(headers),
    bodyBytes: readDistribution(request, "bodyBytes", NO_BODY, 0, bodyBytesMax),
    chunked: request.flag("chunked", false),
  });
}

function readHeader(value: unknown, place: string, request: Members): string {
  const line = typeof value === "string" && value.length <= ScenarioBounds.textCharactersMax ? value : "";
  const name = HEADER.exec(line)?.[1].toLowerCase() ?? "";
  const expected = name === "" ? '"Name: value", of printable characters' : OWN_FIELDS.includes(name) ? `any other field: clients write ${name} themselves, or not at all` : "";
  if (expected === "") return line;
  complain(request.problems, place, `this is ${brief(value)}`, expected);
  return "";
}
