/**
 * A second HTTP/1 parser for the tests: slow, written from RFC 9112 and the contract alone, by splitting strings and with
 * regular expressions. Texts are one code point a byte.
 */

export interface ReferenceHead {
  readonly kind: "head";
  readonly skipped: number;
  /** Request line through blank line. */
  readonly bytes: number;
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly host: string | null;
  readonly cookie: string;
  readonly outcome: "routed" | "malformed" | "uriTooLong" | "headTooLarge" | "unsupportedCoding";
  /** Only of routed heads. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: { readonly kind: "none" } | { readonly kind: "length"; readonly bytes: number } | { readonly kind: "chunked" };
}

export type ReferenceAnswer = { readonly kind: "more" | "badRequestLine" | "badVersion" } | ReferenceHead;

const HEAD_MAX = 65536;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST_LINE = /^([A-Z_-]+) ([^ \r\n]+) HTTP\/([0-9])\.([0-9])$/;
/** Every beginning of a request line that is not whole yet. */
const PARTIAL = /^(?:[A-Z_-]*|[A-Z_-]+ [^ \r\n]*|[A-Z_-]+ [^ \r\n]+ (?:|H|HT|HTT|HTTP|HTTP\/|HTTP\/[0-9]|HTTP\/[0-9]\.|HTTP\/[0-9]\.[0-9]\r?))$/;

/** What the first request of the stream is. */
export function referenceHead(stream: string): ReferenceAnswer {
  const skipped = stream.startsWith("\r\n") ? 2 : 0;
  if (stream === "" || stream === "\r" || stream === "\r\n") return { kind: "more" };
  const text = stream.slice(skipped, skipped + HEAD_MAX);
  const feed = text.indexOf("\n");
  const line = feed < 0 ? text : text.slice(0, feed);
  if (feed < 0) return PARTIAL.test(line) && text.length < HEAD_MAX ? { kind: "more" } : { kind: "badRequestLine" };
  const match = line.endsWith("\r") ? REQUEST_LINE.exec(line.slice(0, -1)) : null;
  if (match === null) return { kind: "badRequestLine" };
  const [, method = "", target = "", major, minor] = match;
  if (major !== "1" || (minor !== "0" && minor !== "1")) return { kind: "badVersion" };
  const blank = text.indexOf("\r\n\r\n");
  if (blank < 0 && text.length < HEAD_MAX) return { kind: "more" };
  const section = blank < 0 ? text.slice(feed + 1) : text.slice(feed + 1, blank + 2);
  const head = { method, target, minor: Number(minor), section, whole: blank >= 0 };
  return { kind: "head", skipped, bytes: blank < 0 ? HEAD_MAX : blank + 4, ...head, ...judge(head) };
}

interface Parts {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly section: string;
  readonly whole: boolean;
}

function judge(head: Parts): Pick<ReferenceHead, "host" | "cookie" | "outcome" | "headers" | "body"> {
  const lines = head.section === "" ? [] : head.section.split("\r\n").slice(0, -1);
  const fields = lines.map((line): [string, string] | null => {
    const match = /^([^:]*):[ \t]*([^]*?)[ \t]*$/.exec(line);
    if (match === null || !TOKEN.test(match[1]!) || /[\0-\x08\x0a-\x1f\x7f]/.test(match[2]!)) return null;
    return [match[1]!, match[2]!];
  });
  const sound = fields.every((field) => field !== null);
  const values = (name: string): string[] => fields.flatMap((field) => (field !== null && field[0].toLowerCase() === name ? [field[1]] : []));
  const outcome = judgeOutcome(head, sound, values);
  const routed = outcome === "routed";
  const length = values("content-length")[0];
  return {
    host: lenientHost(head.section),
    cookie: sound ? (values("cookie")[0] ?? "") : "",
    outcome,
    headers: routed ? (fields as [string, string][]) : [],
    body: !routed
      ? { kind: "none" }
      : values("transfer-encoding").length > 0
        ? { kind: "chunked" }
        : length !== undefined && Number(length) > 0
          ? { kind: "length", bytes: Number(length) }
          : { kind: "none" },
  };
}

function judgeOutcome(head: Parts, sound: boolean, values: (name: string) => string[]): ReferenceHead["outcome"] {
  if (!head.whole) return "headTooLarge";
  if (head.target.length > 8192) return "uriTooLong";
  if (countLines(head.section) > 512) return "headTooLarge";
  if (!sound || !isTarget(head.method, head.target)) return "malformed";
  const [hosts, lengths, codings] = [values("host"), values("content-length"), values("transfer-encoding")];
  if (hosts.length > 1 || (hosts.length === 0 && head.minor === 1)) return "malformed";
  if (hosts.some((host) => !isAuthority(host))) return "malformed";
  if (lengths.length > 1 || lengths.some((value) => !/^[0-9]+$/.test(value) || BigInt(value) >= 2n ** 53n)) return "malformed";
  if (codings.length === 0) return "routed";
  if (codings.length > 1 || lengths.length > 0 || head.minor === 0) return "malformed";
  return judgeCoding(codings[0]!);
}

/** Lines that a line feed ends. */
function countLines(section: string): number {
  return section.split("\n").length - 1;
}

function judgeCoding(value: string): "routed" | "malformed" | "unsupportedCoding" {
  const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
  const parameter = `[ \\t]*;[ \\t]*${token}[ \\t]*=[ \\t]*(?:${token}|"(?:[^"\\\\]|\\\\[^])*")`;
  const coding = `(${token})((?:${parameter})*)`;
  const names: { name: string; parameters: string }[] = [];
  let rest = value;
  for (;;) {
    const match = new RegExp(`^${coding}[ \\t]*(,[ \\t]*|$)`).exec(rest);
    if (match === null) return "malformed";
    names.push({ name: match[1]!.toLowerCase(), parameters: match[2]! });
    rest = rest.slice(match[0].length);
    if (!match[3]!.startsWith(",")) break;
  }
  const chunked = names.filter(({ name }) => name === "chunked");
  if (chunked.some(({ parameters }) => parameters !== "")) return "malformed";
  if (chunked.length > 1 || (chunked.length === 1 && names.at(-1)!.name !== "chunked")) return "malformed";
  return names.length === 1 && chunked.length === 1 ? "routed" : "unsupportedCoding";
}

function isTarget(method: string, target: string): boolean {
  if (/[\0-\x20\x7f#]/.test(target)) return false;
  if (method === "CONNECT") {
    const match = /^([^]*):([0-9]+)$/.exec(target);
    return match !== null && isAuthority(match[1]! + ":1") && Number(match[2]) >= 1 && Number(match[2]) <= 65535;
  }
  if (target.startsWith("/") || target === "*") return true;
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?]*)([/?][^]*)?$/.exec(target);
  return match !== null && isAuthority(match[1]!);
}

/** uri-host [ ":" port ], the host not empty. */
export function isAuthority(text: string): boolean {
  const literal = /^\[([^\]]*)\](?::[0-9]*)?$/.exec(text);
  if (literal !== null) return isIpv6(literal[1]!) || /^[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+$/.test(literal[1]!);
  return /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+(?::[0-9]*)?$/.test(text);
}

/** RFC 3986, 3.2.2, its nine alternatives in one: with the "::" written out as the groups it stands for. */
export function isIpv6(text: string): boolean {
  const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])";
  const dotted = new RegExp(`(^|:)${octet}\\.${octet}\\.${octet}\\.${octet}$`);
  const words = text.replace(dotted, "$10:0");
  const parts = words.split("::");
  if (parts.length > 2) return false;
  const groups = parts.map((part) => (part === "" ? [] : part.split(":")));
  if (!groups.flat().every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const count = groups.flat().length;
  return parts.length === 2 ? count <= 7 : count === 8;
}

/** The first Host line as a reader finds it that lets bare CR and LF end lines, and stops at an empty one. */
function lenientHost(section: string): string | null {
  const lines = section.split(/\r\n|\r|\n/).slice(0, -1);
  const empty = lines.indexOf("");
  const seen = empty < 0 ? lines : lines.slice(0, empty);
  const host = seen.find((line) => /^host:/i.test(line));
  return host === undefined ? null : host.slice(5).replace(/^[ \t]+|[ \t]+$/g, "");
}
