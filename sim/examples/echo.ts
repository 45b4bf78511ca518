/** The example of the echo service. */

import { EchoOpcode } from "../../services/examples/echo-api.ts";
import { echo } from "../../services/examples/echo.ts";
import type { Example, ExampleStep } from "./example.ts";
import { scenario } from "./example.ts";

const endpoint = "echo.requests";

const STEPS: readonly ExampleStep[] = [
  { text: "echo(41)", endpoint, opcode: EchoOpcode.echo, words: [41], expected: "ok 41" },
  { text: "echo(1, 2, 3, 4)", note: "a message carries four words", endpoint, opcode: EchoOpcode.echo, words: [1, 2, 3, 4], expected: "ok 1, 2, 3, 4" },
  { text: "opcode 99", note: "an operation that it does not know", endpoint, opcode: 99, words: [], expected: "invalidMessage" },
  { text: "count()", note: "what it remembers: a record in its arena", endpoint, opcode: EchoOpcode.count, words: [], expected: "ok 2" },
];

export const echoExample: Example = Object.freeze({
  name: "echo",
  summary: "answers with the words that came, and counts",
  files: Object.freeze(["services/examples/echo.ts", "sim/examples/echo.ts"]),
  processes: Object.freeze({ echo }),
  steps: scenario(STEPS),
});
