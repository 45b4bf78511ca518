/** The shape of the tables of rules in this folder, and the streams that they are written with. Texts are latin-1. */

export interface Rule {
  /** RFC and section: "9112 2.2". */
  readonly section: string;
  /** What it asks of who receives a request, in our words. */
  readonly rule: string;
  /**
   * What net does about it:
   *   kept        as asked
   *   stricter    the RFC lets a recipient choose, or asks for leniency, and net refuses
   *   contract    the contract's Requests asks for something else
   *   elsewhere   net takes no part: it answers nothing, rewrites nothing, has no policy about methods and paths
   */
  readonly stand: "kept" | "stricter" | "contract" | "elsewhere";
  /** Of every stand but kept: the reason. */
  readonly why?: string;
  /**
   * Client streams, and what net makes of them: the outcomes of their heads, then how the stream ends, if not between
   * requests or by the last outcome: "more" in a head, "inBody", "badRequestLine", "badVersion", "badBody".
   */
  readonly cases: readonly (readonly [stream: string, reading: string])[];
}

/** A head of HTTP/1.1 with a Host line and these lines. */
export function post(...lines: readonly string[]): string {
  return bare("Host: a", ...lines);
}

/** A head of HTTP/1.1 with these lines and no other. */
export function bare(...lines: readonly string[]): string {
  return `POST / HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** A request with this request line, without its CRLF, and a Host line. */
export function line(requestLine: string): string {
  return `${requestLine}\r\nHost: a\r\n\r\n`;
}

/** A request with this Host value. */
export function host(value: string): string {
  return bare(`Host: ${value}`);
}

/** A chunked request whose body is this. */
export function chunked(body: string): string {
  return `${post("Transfer-Encoding: chunked")}${body}`;
}

export const NEXT = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
