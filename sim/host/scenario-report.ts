/**
 * The account of a scenario's run as a person reads it: what clients saw, what backends did and when, what the machine did
 * in between. It is made of the account object only, so that what is printed is what `--json` says.
 */

import type { Account } from "../account.ts";
import { brokenLaws } from "../account.ts";
import type { PopulationAccount } from "../inhabitants/clients/account.ts";
import type { ScenarioAccount } from "../scenario/scenario-account.ts";
import { sizeWords } from "../size.ts";
import type { ReportOptions } from "./report.ts";
import { memoryLines, requestsLines, section, suggestionLines, timeLines } from "./report.ts";
import { condense, sparkline } from "./sparkline.ts";
import { count, leftRight, percent, tableLines } from "./text.ts";

type ScenarioRun = Account & { readonly scenario: ScenarioAccount };

const LOAD_COLUMNS = 24;
const STRETCHES_MIN = 8;
const TICKS_PER_SECOND = 1000;
const MICROS_PER_TICK = 1000;

export function scenarioReportText(account: ScenarioRun, options: ReportOptions): string {
  const { scenario } = account;
  const sections = [
    titleLines(account, options),
    section("What broke", [...brokenLaws(account), ...scenario.broken].map((law) => options.paint("red", law)), options),
    section("What clients saw", wrapped(clientLines(scenario, options), options), options),
    section("Latency in ticks", latencyLines(scenario, options), options),
    section("What backends did", backendLines(scenario, options), options),
    section("Load over time", wrapped(loadLines(scenario, options), options), options),
    section("Requests at the balancer", requestsLines(account, options), options),
    section("What the machine sent", wrapped(machineLines(scenario, options), options), options),
    section("Messages and memory", [...memoryLines(account, options), `World: ${sizeWords(scenario.world.usedBytes)} of ${sizeWords(scenario.world.sizeBytes)} in use around the machine`], options),
    section("Time and state", timeLines(account, options), options),
    section("What to try next", suggestionLines(options), options),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Sentences that are too long go on in the next line; rows of tables, whose blanks mean something, stay as they are. */
function wrapped(lines: readonly string[], { columns }: ReportOptions): string[] {
  return lines.flatMap((line) => (line.includes("  ") ? [line] : tableLines([[line]], ["left"], columns - 2)));
}

function titleLines({ scenario, manifest, machine, seed }: ScenarioRun, { paint, columns }: ReportOptions): string[] {
  const right = `machine ${manifest}, ${sizeWords(machine.ramBytes)} of RAM, seed ${seed}`;
  const title = leftRight(`${paint("bold", "veridian run")}  ${scenario.name}`, `veridian run  ${scenario.name}`.length, right, columns);
  return scenario.summary === "" ? [title] : [title, ...tableLines([["", scenario.summary]], ["left", "left"], columns)];
}

function clientLines(scenario: ScenarioAccount, options: ReportOptions): string[] {
  const { clients } = scenario;
  const head = ["clients", "sessions", "requests", "answers", "failed", "given up", "retries", "statuses"].map((text) => options.paint("dim", text));
  const rows = clients.populations.length === 1 ? [] : clients.populations.map((population, number) => clientRow(`clients[${number}]`, population));
  const { servedTicks, answersPerSecond } = scenario;
  const seconds = servedTicks / TICKS_PER_SECOND;
  return [
    ...tableLines([head, ...rows, clientRow("all", clients)], ["left", "right", "right", "right", "right", "right", "right", "left"], options.columns - 2),
    "",
    `${count(answersPerSecond)} answers a second of machine time, in ${seconds.toFixed(1)} s`,
    `Bytes: ${sizeWords(clients.bytesOut)} sent, ${sizeWords(clients.bytesIn)} received`,
    `Bodies: ${count(clients.counters.bodiesRight)} as their backend wrote them, ${count(clients.counters.bodiesWrong)} not, ${count(clients.counters.bodiesUnsaid)} of the proxy's own`,
    ...(Object.keys(clients.errors).length === 0 ? [] : [`Errors: ${Object.entries(clients.errors).map(([kind, times]) => `${count(times)} ${kind}`).join(", ")}`]),
  ];
}

function clientRow(name: string, { counters, statuses }: Pick<PopulationAccount, "counters" | "statuses">): string[] {
  const { sessions, requests, answers, failures, aborted, retries } = counters;
  return [name, ...[sessions, requests, answers, failures, aborted, retries].map(count), Object.entries(statuses).map(([status, times]) => `${status}: ${count(times)}`).join(", ")];
}

function latencyLines({ clients }: ScenarioAccount, options: ReportOptions): string[] {
  const head = ["clients", "mean", "50 %", "90 %", "99 %", "99.9 %", "longest"].map((text) => options.paint("dim", text));
  const row = (name: string, { latency }: Pick<PopulationAccount, "latency">): string[] => [name, ...[latency.meanMicros, latency.p50Micros, latency.p90Micros, latency.p99Micros, latency.p999Micros, latency.maxMicros].map(ticks)];
  const rows = clients.populations.length === 1 ? [] : clients.populations.map((population, number) => row(`clients[${number}]`, population));
  return tableLines([head, ...rows, row("all", clients)], ["left", "right", "right", "right", "right", "right", "right"], options.columns - 2);
}

/** Microseconds as ticks, in as many digits as mean something. */
function ticks(micros: number): string {
  return micros < 100 * MICROS_PER_TICK ? (micros / MICROS_PER_TICK).toFixed(2) : count(Math.round(micros / MICROS_PER_TICK));
}

function backendLines({ backends }: ScenarioAccount, options: ReportOptions): string[] {
  // The balancer's own questions are no client's requests.
  const probed = backends.backends.reduce((whole, { probes }) => whole + probes, 0);
  const head = ["backend", "requests", "share", "5xx", "broken", "busy", "waited", "opened", "reset"].map((text) => options.paint("dim", text));
  const sum = backends.backends.reduce((whole, { requests, probes }) => whole + requests - probes, 0);
  const rows = backends.backends.map(({ name, requests, probes, answers, connections, workingMost, waitingMost }) => [
    name,
    count(requests - probes),
    percent(requests - probes, sum),
    count(answers.failed + answers.error + answers.overloaded),
    count(answers.reset + answers.half + answers.garbled + answers.silent),
    count(workingMost),
    count(waitingMost),
    count(connections.opened),
    count(connections.resetByBackend + connections.refused),
  ]);
  const lines = tableLines([head, ...rows], ["left", ...Array.from({ length: head.length - 1 }, () => "right" as const)], options.columns - 2);
  return probed === 0 ? lines : [...lines, "", `Besides, ${count(probed)} probes of health`];
}

/** All backends on one scale: the busiest stretch of any of them is the highest bar. */
function loadLines({ load }: ScenarioAccount, options: ReportOptions): string[] {
  const whole = load.map(({ name, stretches }) => ({ name, stretches: withoutUnfinished(stretches) }));
  const rows = whole.map(({ name, stretches }) => ({
    name,
    requests: condense(stretches.map(({ requests }) => requests), LOAD_COLUMNS),
    busy: condense(stretches.map(({ working, waiting }) => working + waiting), LOAD_COLUMNS),
  }));
  const most = (values: readonly (readonly number[])[]): number => values.reduce((largest, row) => row.reduce((one, value) => Math.max(one, value), largest), 0);
  const [mostRequests, mostBusy] = [most(rows.map(({ requests }) => requests)), most(rows.map(({ busy }) => busy))];
  const each = load[0] === undefined ? 0 : load[0].sampleTicks * Math.max(1, Math.ceil(whole[0].stretches.length / LOAD_COLUMNS));
  const head = ["backend", "requests that came", "requests it had at once"].map((text) => options.paint("dim", text));
  return [
    ...tableLines([head, ...rows.map(({ name, requests, busy }) => [name, options.paint("cyan", sparkline(requests, mostRequests)), options.paint("yellow", sparkline(busy, mostBusy))])], ["left", "left", "left"], options.columns - 2),
    "",
    `Each column is ${count(each)} ticks; the highest ${count(Math.round((mostRequests * TICKS_PER_SECOND) / Math.max(1, load[0]?.sampleTicks ?? 1)))} requests a second, and ${(mostBusy / 100).toFixed(1)} at once.`,
  ];
}

/** The last stretch is shorter than the others: where there are many, nothing is lost without it. */
function withoutUnfinished<T>(stretches: readonly T[]): readonly T[] {
  return stretches.length < STRETCHES_MIN ? stretches : stretches.slice(0, -1);
}

function machineLines({ proxy, tcp, link, host }: ScenarioAccount, options: ReportOptions): string[] {
  const of = (numbers: Readonly<Record<string, number>>, name: string): string => count(numbers[name] ?? 0);
  const head = ["TCP of", "segments in", "out", "sent again", "out of order", "resets out", "time-outs"].map((text) => options.paint("dim", text));
  const row = (name: string, side: Readonly<Record<string, number>>): string[] => [name, ...["segmentsIn", "segmentsOut", "retransmissions", "outOfOrder", "resetsOut", "timeouts"].map((field) => of(side, field))];
  return [
    `Answers: ${of(proxy, "responses")} handed on, ${of(proxy, "ownResponses")} of its own (${of(proxy, "badGateway")} bad gateway, ${of(proxy, "gatewayTimeout")} gateway time-out)`,
    `Retries: ${of(proxy, "retries")} made, ${of(proxy, "retriesRefused")} refused by the budget`,
    `Backends: ${of(proxy, "upstreamsOpened")} connections opened, ${of(proxy, "upstreamsReused")} times one was used again, ${of(proxy, "upstreamsFailed")} failed`,
    `Neighbours: ${of(host, "neighboursAsked")} asked, ${of(host, "neighboursFound")} answered; ${of(host, "framesWaited")} frames waited for them, ${of(host, "framesResolved")} of these were sent`,
    `Link: ${of(link, "sentToMachine")} frames in, ${of(link, "sentFromMachine")} out; ${["lost", "late", "doubled", "damaged", "dropped"].map((name) => `${of(link, name)} ${name}`).join(", ")}`,
    "",
    ...tableLines([head, row("machine", tcp.machine), row("clients", tcp.clients), row("backends", tcp.backends)], ["left", "right", "right", "right", "right", "right", "right"], options.columns - 2),
  ];
}
