/**
 * Probes of backends' health that the balancer asks for (services/lb/probe-api.ts): `GET /` on a connection of its own, which
 * the backend is asked to close. The answer's status decides; its body is thrown away, up to a bound. An answer that comes
 * late is none, and what the balancer's queue does not take is said again at the next scan.
 */

import type { Address } from "../../../hal/field.ts";
import { Errno } from "../../../kernel/errno.ts";
import { ProbeMessage, ProbeOpcode, ProbeResult, probedWord } from "../../lb/probe-api.ts";
import { putAddress, putNumber, putText } from "../http/head-writer.ts";
import { ResponseHead, ResponseScan, parseResponseHead, scanResponseHead } from "../http/response-head.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import { copyAddress } from "../request.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpConnection, TcpEvent, TcpFate, tcpAbort, tcpClose, tcpConnect, tcpEnded, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWriteWhole } from "../tcp/api.ts";
import { noteDue } from "./due.ts";
import type { ProbeAddress, ProbesAddress } from "./probe-records.ts";
import { NO_PROBE, ProbePhase, ProxyProbe, ProxyProbes, probeAt, probeFind, probeGive, probeTake } from "./probe-records.ts";
import { ProxyState } from "./records.ts";
import { nowTick, proxyOf, setStackTime, stackOf } from "./state.ts";
import { fillKey } from "./upstream.ts";

/** Bytes of an answer's body that are thrown away; whoever sends more is reset. */
const THROWN_BYTES_MAX = 64 * 1024;

/** The balancer asks: the ProbeMessage at `messageAt` in `shared`. */
export function probeBegin(context: NetContext, messageAt: Address<"ProbeMessage">): void {
  const { memory, shared } = context;
  const probes = probesOf(context);
  const handle = ProbeMessage.handle.get(shared, messageAt);
  setStackTime(context);
  const earlier = probeFind(memory, probes, handle);
  if (earlier !== NO_PROBE) giveUp(context, earlier);
  ProxyProbes.probesAsked.add(memory, probes, 1);
  const probe = probeTake(memory, probes);
  if (probe === NO_PROBE) {
    ProxyProbes.probesNotMade.add(memory, probes, 1);
    tell(context, handle, ProbeMessage.serial.get(shared, messageAt), ProbeResult.notMade);
    return;
  }
  ProxyProbe.handle.set(memory, probe, handle);
  ProxyProbe.serial.set(memory, probe, ProbeMessage.serial.get(shared, messageAt));
  const deadline = nowTick(context) + Math.max(1, ProbeMessage.timeoutTicks.get(shared, messageAt));
  ProxyProbe.deadlineTick.set(memory, probe, deadline);
  noteDue(context, deadline);
  copyAddress(shared, ProbeMessage.address.at(messageAt), memory, ProxyProbe.address.at(probe));
  ProxyProbe.port.set(memory, probe, ProbeMessage.port.get(shared, messageAt));
  ProxyProbe.family.set(memory, probe, ProbeMessage.family.get(shared, messageAt));
  const result = connect(context, probe);
  if (result !== AWAITED) know(context, probe, result);
}

/** Something has happened to the probe's connection. */
export function probeHears(context: NetContext, probe: ProbeAddress, events: number): void {
  const { memory } = context;
  if (ProxyProbe.phase.get(memory, probe) === ProbePhase.asking) readAnswer(context, probe);
  if (ProxyProbe.phase.get(memory, probe) === ProbePhase.known) throwAway(context, probe);
  if ((events & TcpEvent.gone) === 0) return;
  const connection = ProxyProbe.connection.get(memory, probe) as ConnectionAddress;
  ProxyProbe.connection.set(memory, probe, 0);
  settle(context, probe);
  tcpRelease(context, netTcpHost, stackOf(context), connection);
}

/** Gives up what has taken too long, and tells the balancer what it has not taken yet. */
export function probesScan(context: NetContext): void {
  const { memory } = context;
  const probes = probesOf(context);
  if (ProxyProbes.inUse.get(memory, probes) === 0) return;
  for (let index = ProxyProbes.probesMax.get(memory, probes) - 1; index >= 0; index--) {
    const probe = probeAt(memory, probes, index);
    const phase = ProxyProbe.phase.get(memory, probe);
    if (phase === ProbePhase.free) continue;
    const deadline = ProxyProbe.deadlineTick.get(memory, probe);
    if (deadline > nowTick(context)) noteDue(context, deadline);
    else late(context, probe);
    if (ProxyProbe.phase.get(memory, probe) === ProbePhase.known) settle(context, probe);
  }
}

/** Net is shut down: nobody is asked any more. */
export function probesEnd(context: NetContext): void {
  const { memory } = context;
  const probes = probesOf(context);
  for (let index = ProxyProbes.probesMax.get(memory, probes) - 1; index >= 0; index--) {
    const probe = probeAt(memory, probes, index);
    if (ProxyProbe.phase.get(memory, probe) !== ProbePhase.free) giveUp(context, probe);
  }
}

const AWAITED = -1;

/** Connects and asks: one of ProbeResult, or AWAITED. */
function connect(context: NetContext, probe: ProbeAddress): number {
  const { memory } = context;
  const proxy = proxyOf(context);
  const key = ProxyState.key.at(proxy);
  // A name leads nowhere, and neither does an address of a family that the machine has none of.
  if (!fillKey(context, key, ProxyProbe.address.at(probe), ProxyProbe.port.get(memory, probe), ProxyProbe.family.get(memory, probe))) return ProbeResult.failed;
  const connection = tcpConnect(context, netTcpHost, stackOf(context), key, probe);
  if (connection < 0) return ProbeResult.notMade;
  ProxyProbe.connection.set(memory, probe, connection);
  const from = ProxyState.workAt.get(memory, proxy);
  if (tcpWriteWhole(context, netTcpHost, stackOf(context), connection as ConnectionAddress, memory, from, writeRequest(context, probe, from))) return AWAITED;
  tcpAbort(context, netTcpHost, stackOf(context), connection as ConnectionAddress);
  return ProbeResult.notMade;
}

/** Bytes of the request that were written at `at`. */
function writeRequest({ memory }: NetContext, probe: ProbeAddress, at: number): number {
  const family = ProxyProbe.family.get(memory, probe);
  let cursor = putText(memory, at, family === 6 ? "GET / HTTP/1.1\r\nHost: [" : "GET / HTTP/1.1\r\nHost: ");
  cursor = putAddress(memory, cursor, family, memory, ProxyProbe.address.at(probe));
  cursor = putText(memory, cursor, family === 6 ? "]:" : ":");
  cursor = putNumber(memory, cursor, ProxyProbe.port.get(memory, probe));
  return putText(memory, cursor, "\r\nUser-Agent: veridian-health\r\nConnection: close\r\n\r\n") - at;
}

/** Looks for the answer's head; interim ones are passed over. */
function readAnswer(context: NetContext, probe: ProbeAddress): void {
  const { memory } = context;
  const connection = ProxyProbe.connection.get(memory, probe) as ConnectionAddress;
  while (ProxyProbe.phase.get(memory, probe) === ProbePhase.asking) {
    const bytes = tcpReadBytes(memory, connection);
    const at = tcpReadAt(memory, connection);
    const head = bytes === 0 ? ResponseScan.more : scanResponseHead(memory, at, bytes, ProxyProbe.scannedBytes.get(memory, probe));
    if (head === ResponseScan.more) {
      ProxyProbe.scannedBytes.set(memory, probe, bytes);
      if (tcpEnded(memory, connection)) unanswered(context, probe, connection);
      return;
    }
    const response = ProxyProbe.response.at(probe);
    const sound = head > 0 && parseResponseHead(memory, at, head, memory, response, false);
    const status = sound ? ResponseHead.status.get(memory, response) : 0;
    if (!sound || status >= 200) return know(context, probe, status >= 200 && status < 400 ? ProbeResult.passed : ProbeResult.failed);
    ProxyProbe.scannedBytes.set(memory, probe, 0);
    tcpRead(context, netTcpHost, stackOf(context), connection, head);
  }
}

/** The connection has ended without an answer, or was never made. */
function unanswered(context: NetContext, probe: ProbeAddress, connection: ConnectionAddress): void {
  const fate = TcpConnection.fate.get(context.memory, connection);
  if (fate === TcpFate.refused || fate === TcpFate.timedOut) ProxyProbes.probesUnreached.add(context.memory, probesOf(context), 1);
  know(context, probe, ProbeResult.failed);
}

/** The result is known: nothing more is wanted of the backend but that it closes. */
function throwAway(context: NetContext, probe: ProbeAddress): void {
  const { memory } = context;
  const connection = ProxyProbe.connection.get(memory, probe) as ConnectionAddress;
  const bytes = tcpReadBytes(memory, connection);
  ProxyProbe.thrownBytes.add(memory, probe, bytes);
  tcpRead(context, netTcpHost, stackOf(context), connection, bytes);
  if (ProxyProbe.thrownBytes.get(memory, probe) > THROWN_BYTES_MAX) tcpAbort(context, netTcpHost, stackOf(context), connection);
  else if (tcpEnded(memory, connection)) tcpClose(context, netTcpHost, stackOf(context), connection);
}

function know(context: NetContext, probe: ProbeAddress, result: number): void {
  const { memory } = context;
  const counter = result === ProbeResult.passed ? ProxyProbes.probesPassed : result === ProbeResult.failed ? ProxyProbes.probesFailed : ProxyProbes.probesNotMade;
  counter.add(memory, probesOf(context), 1);
  ProxyProbe.phase.set(memory, probe, ProbePhase.known);
  ProxyProbe.result.set(memory, probe, result);
  settle(context, probe);
}

/** Tells the balancer, and frees the record once that and the connection are done with. */
function settle(context: NetContext, probe: ProbeAddress): void {
  const { memory } = context;
  if (ProxyProbe.told.get(memory, probe) === 0 && tell(context, ProxyProbe.handle.get(memory, probe), ProxyProbe.serial.get(memory, probe), ProxyProbe.result.get(memory, probe))) ProxyProbe.told.set(memory, probe, 1);
  if (ProxyProbe.told.get(memory, probe) !== 0 && ProxyProbe.connection.get(memory, probe) === 0) probeGive(memory, probesOf(context), probe);
}

/** False if it must be said again. A balancer that is gone waits for nothing. */
function tell(context: NetContext, handle: number, serial: number, result: number): boolean {
  return context.send(context.needs.balancer, ProbeOpcode.probed, handle, probedWord(serial, result)) !== Errno.channelFull;
}

/** No answer in time; or the connection does not end. */
function late(context: NetContext, probe: ProbeAddress): void {
  const { memory } = context;
  const connection = ProxyProbe.connection.get(memory, probe) as ConnectionAddress;
  if (ProxyProbe.phase.get(memory, probe) === ProbePhase.asking) {
    ProxyProbes.probesLate.add(memory, probesOf(context), 1);
    know(context, probe, ProbeResult.failed);
  }
  if (connection !== 0) tcpAbort(context, netTcpHost, stackOf(context), connection);
}

/** The probe is forgotten: nobody waits for what comes of it. */
function giveUp(context: NetContext, probe: ProbeAddress): void {
  const { memory } = context;
  const connection = ProxyProbe.connection.get(memory, probe) as ConnectionAddress;
  if (connection !== 0) {
    tcpAbort(context, netTcpHost, stackOf(context), connection);
    tcpRelease(context, netTcpHost, stackOf(context), connection);
  }
  probeGive(memory, probesOf(context), probe);
}

function probesOf(context: NetContext): ProbesAddress {
  return ProxyState.probes.get(context.memory, proxyOf(context)) as ProbesAddress;
}
