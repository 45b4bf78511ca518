/** The system call table as a Markdown page. kernel/SYSCALLS.md is this page. */

import { Cost } from "../../kernel/costs.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Argument, SystemCall } from "../../kernel/system-calls.ts";
import { SUBJECTS, UPSTREAM_ELSEWHERE } from "../../kernel/system-calls.ts";

const HEAD = `# System calls

What a process may ask of the kernel while its handler runs. This page is generated (\`veridian abi --calls\`) from
\`kernel/system-calls.ts\`; tests hold that table against the calls themselves, their costs and their errors. What a call
does stands in \`kernel/service.ts\`.

- **Numbers** are those of VeridianOS v0.25.2 where it has the call; ours begin at 2048. A form of one of its calls that
  has a number of its own names it in brackets.
- **Arguments** are grants (in bold, with the kind of need) or numbers (with what they count). A \`word\` is a whole number
  below 2^53; \`?\` marks what may be left out and is 0 then.
- **Costs** are cycles (1 cycle = 1 ns of machine time). Of two figures one is charged: a message taken at once by a receiver
  that waits for it, or queued. A refused call costs ${Cost.refused} more.
- **Errors** of a call that waits may come as the status of what is delivered when it has waited.
- **Faults** end the process. Every call may end one that overran its cycle budget (\`cycleBudget\`) or that chance lets die
  there (\`crash\`), and a grant whose address does not lie in the process's own memory is \`outside\`; none of these is
  repeated below.
- **region:write** and the like after a grant's name say the kind of need; \`target\` is where a token is written to.
`;

export function callsPage(): string {
  const elsewhere = UPSTREAM_ELSEWHERE.map(({ number, upstream, instead }) => `| ${number} | ${upstream} | ${instead} |`);
  return [
    HEAD,
    ...SUBJECTS.flatMap(({ title, calls }) => [
      `## ${title}`,
      "",
      "| number | call | right | answers | cycles | errors | faults |",
      "| ---: | --- | --- | --- | --- | --- | --- |",
      ...calls.map(rowText),
      "",
    ]),
    "## Calls of VeridianOS that need no call here",
    "",
    "| number | call | what does it instead |",
    "| ---: | --- | --- |",
    ...elsewhere,
    "",
  ].join("\n");
}

function rowText(call: SystemCall): string {
  const { number, name, upstream, right, errors, faults, answer } = call;
  const named = upstream === "" ? "" : number < 2048 ? `<br>${upstream}` : `<br>(${upstream})`;
  const refusals = errors.map((error) => `${error}&nbsp;${Errno[error]}`).join(", ");
  return `| ${number} | ${name}(${call.arguments.map(argumentText).join(", ")})${named} | ${right} | ${answer} | ${cyclesText(call)} | ${refusals} | ${faults.join(", ")} |`;
}

function argumentText({ name, kind, unit, optional }: Argument): string {
  if (kind !== "number") return `**${name}: ${kind}**`;
  const shown = unit === "number" || unit === name ? name : `${name}: ${unit}`;
  return optional ? `${shown}?` : shown;
}

/** "80 or 120", "60, and 20 for each that it ends". */
export function cyclesText({ cost, more }: SystemCall): string {
  const base = cost.map((name) => Cost[name]).join(" or ");
  return more === undefined ? base : `${base}, and ${`${more.cost === undefined ? "" : Cost[more.cost]} ${more.when}`.trim()}`;
}
