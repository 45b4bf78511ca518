/** What others say to net. Frames come in and go out as services/driver-api.ts says; decisions as services/lb/api.ts. */

export const NetOpcode = Object.freeze({
  /** operator -> net's `control`, a call: close all flows, let go of every buffer. Answers 0. */
  shutdown: 1,
});

/** Trace kinds of net (services count from 64). */
export const NetTrace = Object.freeze({
  /**
   * A request has its outcome. Argument 0: offset of its RequestDescriptor in the region "requests"; argument 1: offset
   * of the DecisionMessage-shaped record that decided it, in net's arena. Both stay valid until this handler goes on.
   */
  requestDecided: 64,
});

/** Constants of net's manifest line. */
export interface NetParameters {
  /** Only "observe" is built: receive state only, what is sent on is a copy of the request. */
  readonly mode: "observe";
  /** TCP ports that are served. */
  readonly ports: readonly number[];
  /** The machine's own MAC address: source of what is sent on. */
  readonly mac: string;
  /** Next hop by address: "10.1.0.1" -> "02:00:00:00:01:01". */
  readonly neighbours: Readonly<Record<string, string>>;
  /** Next hop of every address that is not in `neighbours`. */
  readonly gatewayMac: string;
  /** Largest IP packet sent, in bytes. */
  readonly mtu: number;
  readonly flowsMax: number;
  readonly requestsMax: number;
  /** Ticks of silence that end a flow. */
  readonly flowTimeoutTicks: number;
}
