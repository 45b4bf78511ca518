/** Plans of clients, as a scenario file writes them: every member of ClientPlan by its name, all of them optional. */

import type { Problem } from "../problem.ts";
import { MILLION, ScenarioBounds } from "./bounds.ts";
import { Members } from "./members.ts";
import type { ClientPlan } from "./plan.ts";
import { readArrival } from "./read-arrival.ts";
import { always, readDistribution } from "./read-distribution.ts";
import { readRequests } from "./read-requests.ts";
import type { ScenarioFiles } from "./scenario-files.ts";

const MEMBERS = [
  "firstAddress", "count", "serverAddress", "serverPort", "arrival", "requestsPerSession", "thinkTicks", "keepAliveParts", "pipelineMax", "timeoutTicks",
  "retriesMax", "slowBytesPerTick", "slowParts", "keepsCookies", "http10Parts", "abortParts", "retryTicks", "requests", "requestOrder",
];

/** What is asked for where nobody says otherwise. */
const SERVER_ADDRESS = "10.20.0.2";
const LITERAL_CHARACTERS_MAX = 64;
const PORT_MAX = 65_535;
const COUNT = 16;
const TIMEOUT_TICKS = 10_000;
const RETRY_TICKS = 10;

/** The plan at `place`, number `index` of the scenario. Addresses are judged when all plans are known. */
export function readClient(value: unknown, place: string, index: number, files: ScenarioFiles, problems: Problem[]): ClientPlan {
  const client = new Members(value, place, problems, MEMBERS);
  const { clientsMax, ticksMax, requestsPerSessionMax, pipelineMax, retriesMax, bodyBytesMax } = ScenarioBounds;
  const { arrival, requests } = readArrival(client, files);
  if (requests !== null) for (const name of ["requests", "requestOrder", "requestsPerSession"]) if (client.has(name)) client.refuse(name, "nothing: the arrivals say what is asked for");
  return Object.freeze({
    firstAddress: client.text("firstAddress", `10.1.${index}.1`, LITERAL_CHARACTERS_MAX),
    count: client.whole("count", COUNT, 1, clientsMax),
    serverAddress: client.text("serverAddress", SERVER_ADDRESS, LITERAL_CHARACTERS_MAX),
    serverPort: client.whole("serverPort", 80, 1, PORT_MAX),
    arrival,
    requestsPerSession: requests === null ? readDistribution(client, "requestsPerSession", always(1), 1, requestsPerSessionMax) : always(1),
    thinkTicks: readDistribution(client, "thinkTicks", always(0), 0, ticksMax),
    keepAliveParts: client.whole("keepAliveParts", MILLION, 0, MILLION),
    pipelineMax: client.whole("pipelineMax", 1, 1, pipelineMax),
    timeoutTicks: client.whole("timeoutTicks", TIMEOUT_TICKS, 0, ticksMax),
    retriesMax: client.whole("retriesMax", 0, 0, retriesMax),
    slowBytesPerTick: client.whole("slowBytesPerTick", 0, 0, bodyBytesMax),
    slowParts: client.whole("slowParts", client.has("slowBytesPerTick") ? MILLION : 0, 0, MILLION),
    keepsCookies: client.flag("keepsCookies", false),
    http10Parts: client.whole("http10Parts", 0, 0, MILLION),
    abortParts: client.whole("abortParts", 0, 0, MILLION),
    retryTicks: client.whole("retryTicks", RETRY_TICKS, 1, ticksMax),
    requests: requests ?? readRequests(client),
    requestOrder: requests === null ? client.word("requestOrder", "drawn", ["drawn", "inTurn"]) : "inTurn",
  });
}
