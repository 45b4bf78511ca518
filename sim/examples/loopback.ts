/** The example of the loopback service. */

import { LoopbackOpcode } from "../../services/examples/loopback-api.ts";
import { loopback } from "../../services/examples/loopback.ts";
import type { Example, ExampleStep } from "./example.ts";
import { scenario } from "./example.ts";

const endpoint = "loopback.frames";

const STEPS: readonly ExampleStep[] = [
  { text: "transmit(1)", note: "a frame is four words", endpoint, opcode: LoopbackOpcode.transmit, words: [1], expected: "ok" },
  { text: "transmit(2)", endpoint, opcode: LoopbackOpcode.transmit, words: [2], expected: "ok" },
  { text: "receive()", note: "what was sent first comes back first", endpoint, opcode: LoopbackOpcode.receive, words: [], expected: "ok 1" },
  { text: "receive()", endpoint, opcode: LoopbackOpcode.receive, words: [], expected: "ok 2" },
  { text: "receive()", note: "and nothing that was not sent", endpoint, opcode: LoopbackOpcode.receive, words: [], expected: "channelEmpty" },
];

export const loopbackExample: Example = Object.freeze({
  name: "loopback",
  summary: "a network device that gives back what it was sent, in order",
  files: Object.freeze(["services/examples/loopback.ts", "sim/examples/loopback.ts"]),
  processes: Object.freeze({ loopback }),
  steps: scenario(STEPS),
});
