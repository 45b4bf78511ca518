/** Bounds of the proxy that one may want to change, as settings of its machine. */

import type { ProxyLimits } from "../../services/net/proxy/limits.ts";
import type { Setting } from "./model.ts";

const TICKS_MAX = 1_000_000_000;

/** The settings of a machine with these bounds. */
export function proxySettings(limits: ProxyLimits): Readonly<Record<string, Setting>> {
  const count = (value: number, most: number, help: string): Setting => ({ value, unit: "count", least: 1, most, help });
  const ticks = (value: number, help: string): Setting => ({ value, unit: "ticks", least: 1, most: TICKS_MAX, help });
  return Object.freeze({
    "proxy.clients": count(limits.clientsMax, 65_536, "client connections that the proxy has at once"),
    "proxy.upstreams": count(limits.upstreamsMax, 65_536, "connections to backends at once"),
    "proxy.idleUpstreams": count(limits.idleUpstreamsMax, 65_536, "connections to backends that are kept without a request"),
    "proxy.tries": count(limits.triesMax, 100, "times that one request is given to a backend"),
    "proxy.connections": count(limits.tcp.connectionsMax, 65_536, "TCP connections of both sides, those that wait out their time included"),
    "proxy.connectTimeout": ticks(limits.connectTicks, "how long a connection to a backend may take to open"),
    "proxy.headTimeout": ticks(limits.headTicks, "how long a request's head may take"),
    "proxy.idleTimeout": ticks(limits.idleTicks, "how long a client may be silent between requests"),
    "proxy.responseTimeout": ticks(limits.responseTicks, "how long nothing may move of a request or its response"),
    "proxy.upstreamIdle": ticks(limits.upstreamIdleTicks, "how long a connection to a backend is kept without a request"),
    "proxy.finWait": ticks(limits.tcp.finWaitTicks, "how long a peer may take to close its side of a connection"),
    "proxy.timeWait": ticks(limits.tcp.timeWaitTicks, "how long a TCP connection that has ended is remembered"),
  });
}

/** The bounds with the values that were chosen. */
export function chosenProxyLimits(limits: ProxyLimits, value: (name: string) => number): ProxyLimits {
  return {
    ...limits,
    clientsMax: value("proxy.clients"),
    upstreamsMax: value("proxy.upstreams"),
    idleUpstreamsMax: value("proxy.idleUpstreams"),
    triesMax: value("proxy.tries"),
    connectTicks: value("proxy.connectTimeout"),
    headTicks: value("proxy.headTimeout"),
    idleTicks: value("proxy.idleTimeout"),
    responseTicks: value("proxy.responseTimeout"),
    upstreamIdleTicks: value("proxy.upstreamIdle"),
    tcp: { ...limits.tcp, connectionsMax: value("proxy.connections"), finWaitTicks: value("proxy.finWait"), timeWaitTicks: value("proxy.timeWait") },
  };
}
