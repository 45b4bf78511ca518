/** The example of the name server: a visitor without any right to echo or store finds them by name, and loses them again. */

import { echo } from "../../services/examples/echo.ts";
import { NameOpcode } from "../../services/examples/name-server-api.ts";
import { nameServer } from "../../services/examples/name-server.ts";
import { VisitorOpcode, VisitEnd } from "../../services/examples/visitor-api.ts";
import { visitor } from "../../services/examples/visitor.ts";
import type { Example, ExampleStep } from "./example.ts";
import { scenario, textWords } from "./example.ts";

function publisher(number: number, operation: "register" | "unregister", name: string, expected: string, note = ""): ExampleStep {
  return { text: `publisher ${number}: ${operation}("${name}")`, note, endpoint: `names.publisher${number}`, opcode: NameOpcode[operation], words: textWords(name), expected };
}

function visit(name: string, number: number, note = ""): ExampleStep {
  return { text: `visitor: visit("${name}", ${number})`, note, endpoint: "visitor.requests", opcode: VisitorOpcode.visit, words: [...textWords(name), number], expected: "ok" };
}

function ask(expected: string, note: string): ExampleStep {
  return { text: "visitor: what came of it?", note, endpoint: "visitor.requests", opcode: VisitorOpcode.ask, words: [], expected };
}

const again = (number: number, note: string): ExampleStep => ({ text: `visitor: again(${number})`, note, endpoint: "visitor.requests", opcode: VisitorOpcode.again, words: [0, 0, number], expected: "ok" });

const STEPS: readonly ExampleStep[] = [
  visit("mirror", 5),
  ask(`ok ${VisitEnd.notFound}, 19`, "nobody is called so: notFound is -19"),
  publisher(0, "register", "mirror", "ok", "echo is published as mirror"),
  publisher(1, "register", "mirror", "resourceBusy", "the name is taken"),
  visit("mirror", 5, "the answer to its look-up brings the right to call echo"),
  ask(`ok ${VisitEnd.answered}, 0, 5`, "echo's answer"),
  again(6, "it keeps the right"),
  ask(`ok ${VisitEnd.answered}, 0, 6`, "echo's answer"),
  publisher(1, "unregister", "mirror", "permissionDenied", "it is another's name"),
  publisher(0, "unregister", "mirror", "ok", "what was handed out is revoked"),
  again(7, "the token is in its memory still"),
  ask(`ok ${VisitEnd.refused}, 1`, "and worth nothing: invalidCapability is -1"),
  visit("mirror", 8),
  ask(`ok ${VisitEnd.notFound}, 19`, "nobody is called so any more"),
];

/** GRANT hands a right on, REVOKE takes it back; DELETE goes along, so that the visitor may give up what it got. */
const RIGHTS = Object.freeze(["grant", "revoke", "delete"] as const);

export const nameServerExample: Example = Object.freeze({
  name: "name-server",
  summary: "rights found by name, and taken back",
  files: Object.freeze(["services/examples/name-server.ts", "services/examples/visitor.ts", "sim/examples/name-server.ts"]),
  processes: Object.freeze({
    echo,
    mirror: echo,
    names: Object.freeze({
      service: nameServer(2) as never,
      grants: Object.freeze({ published0: "echo.requests", published1: "mirror.requests" }),
      rights: Object.freeze({ published0: RIGHTS, published1: RIGHTS }),
      parameters: Object.freeze({ namesMax: 8 }),
    }),
    visitor: Object.freeze({ service: visitor, grants: Object.freeze({ names: "names.lookups" }) }),
  }),
  steps: scenario(STEPS),
});
