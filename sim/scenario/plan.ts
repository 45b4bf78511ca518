/**
 * A scenario as data: the machine, those around it, and how long it goes on. What a file says (reader), what clients and
 * backends do by it. Times are ticks (1 ms) or cycles (1 ns) as the names say, chances are parts of a million.
 */

import type { TcpLimits } from "../../services/net/tcp/limits.ts";
import type { LinkPlan } from "../inhabitants/link.ts";

/**
 * A distribution of whole numbers: a table of steps, `parts` of a million each with a value from `from` to `to`, all values
 * of a step alike. The parts add up to 1,000,000. One step of one value is a constant.
 */
export interface Distribution {
  readonly steps: readonly { readonly parts: number; readonly from: number; readonly to: number }[];
}

/** When clients begin sessions. */
export type ArrivalPlan =
  /** One every so many ticks, each client in turn. */
  | { readonly kind: "constant"; readonly everyTicks: number }
  /** Bursts of `sessions` at once, one burst every so many ticks. */
  | { readonly kind: "bursty"; readonly everyTicks: number; readonly sessions: number }
  /** Gaps drawn one by one. */
  | { readonly kind: "drawn"; readonly gapTicks: Distribution }
  /** At given ticks, in order: an access log, or a capture's requests. */
  | { readonly kind: "listed"; readonly ticks: readonly number[] };

/** What a client asks for: one of these by weight. */
export interface RequestPlan {
  readonly weight: number;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** Header lines besides Host, Content-Length and Cookie: "Name: value". */
  readonly headers: readonly string[];
  /** Bytes of the body; 0 for none. */
  readonly bodyBytes: Distribution;
  /** Whether the body goes in chunks. */
  readonly chunked: boolean;
}

export interface ClientPlan {
  /** Addresses of the clients: this one and those that follow it. */
  readonly firstAddress: string;
  readonly count: number;
  /** Where they connect to. */
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly arrival: ArrivalPlan;
  /** Requests of one session, and the pause between an answer and the next request. */
  readonly requestsPerSession: Distribution;
  readonly thinkTicks: Distribution;
  /** Sessions that keep their connection; others make one for each request. */
  readonly keepAliveParts: number;
  /** Requests sent ahead, without waiting for answers: at most so many are under way. */
  readonly pipelineMax: number;
  /** An answer that takes longer is given up (0: never); so often the request is made again. */
  readonly timeoutTicks: number;
  readonly retriesMax: number;
  /** Bytes that a slow reader takes at most each tick; 0: as they come. And how many clients are slow. */
  readonly slowBytesPerTick: number;
  readonly slowParts: number;
  readonly keepsCookies: boolean;
  /** Sessions that speak HTTP/1.0, and requests that their client gives up by a reset in the middle; absent: none. */
  readonly http10Parts?: number;
  readonly abortParts?: number;
  /** How long a client waits before it makes a request again; absent: 10. Each further time it waits twice as long. */
  readonly retryTicks?: number;
  readonly requests: readonly RequestPlan[];
  /** Each request is drawn by weight, or is the next of the list, which begins again at its end; absent: drawn. */
  readonly requestOrder?: "drawn" | "inTurn";
}

/** What changes at a backend, at a tick. */
export interface BackendEvent {
  readonly tick: number;
  /**
   * down: connections are refused and those that are open reset; silent: nothing is answered; slow: service times are
   * multiplied by `value` hundredths; errors: `value` parts of a million of all answers are 503; up: as planned again.
   */
  readonly kind: "down" | "silent" | "slow" | "errors" | "up";
  readonly value: number;
}

export interface BackendPlan {
  readonly address: string;
  readonly port: number;
  /** How long a request is worked on, and how many at once; so many wait, others are answered 503. */
  readonly serviceTicks: Distribution;
  readonly concurrency: number;
  readonly queueMax: number;
  readonly bodyBytes: Distribution;
  readonly chunkedParts: number;
  /** Answers that are 500, and answers that break off in the middle by a reset. */
  readonly failureParts: number;
  readonly resetParts: number;
  /** Answers behind which the backend closes. */
  readonly closeParts: number;
  /**
   * Further ways to be a bad backend, all of them absent or parts of a million: requests that are never answered; answers
   * that end in the middle as if they were whole; answers that are no HTTP; answers whose length nothing but the
   * connection's end says.
   */
  readonly silentParts?: number;
  readonly halfParts?: number;
  readonly garbledParts?: number;
  readonly untilCloseParts?: number;
  /** A connection without a request is closed after so many ticks; 0 or absent: never. */
  readonly idleTicks?: number;
  /**
   * A connection whose peer says nothing for so long is given up, while a request is awaited, while it comes, and where it is
   * never answered: the peer may be gone, and the news of it lost on the way. 0 or absent: never.
   */
  readonly patienceTicks?: number;
  readonly events: readonly BackendEvent[];
}

export interface ScenarioPlan {
  readonly schema: 1;
  readonly name: string;
  readonly summary: string;
  /** Bytes of RAM; absent: the model's own. */
  readonly machine: { readonly model: string; readonly settings: Readonly<Record<string, number>>; readonly configuration: string; readonly ramBytes?: number };
  readonly link: LinkPlan;
  readonly clients: readonly ClientPlan[];
  readonly backends: readonly BackendPlan[];
  /** No session begins after so many ticks; what is under way is let end. */
  readonly ticks: number;
  /** Bytes of the world's memory. */
  readonly worldBytes: number;
  /** Bounds and times of TCP on both sides of the world that are not the usual ones; absent: none. */
  readonly hosts?: Partial<TcpLimits>;
  readonly seed: number;
}
