/** The catalogue as a Markdown page: each record with offsets and widths, each table of numbers. services/LAYOUTS.md is this page. */

import type { LayoutInfo } from "../../hal/layout.ts";
import type { AbiSection, NumberTable } from "./catalogue.ts";
import { fieldType, isBigEndian } from "./field-type.ts";

const HEAD = `# Layouts

Every record and every number that crosses a boundary between processes, kernel, devices and the outside. This page is
generated (\`veridian abi --markdown\`) from the declarations in the files it names, and a test compares it with them;
\`veridian abi --rust\` prints the same as \`repr(C)\` items.

Numbers are little-endian unless a field says otherwise; offsets and widths are in bytes. The kind of a field says what it
means when two machines are compared: \`state\` counts as it is, \`time\` relative to now, \`identity\` by order of first use;
\`statistic\` and \`scratch\` are left out. What the fields mean stands with their declarations. Opcode and flags of a message are signed here and
unsigned in VeridianOS: the same 32 bits.
`;

export function layoutsPage(sections: readonly AbiSection[]): string {
  return [HEAD, ...sections.map(sectionText)].join("\n");
}

function sectionText({ title, path, layouts, tables }: AbiSection): string {
  return [`## ${title}\n\n\`${path}\`\n`, ...layouts.map(layoutText), ...tables.map(tableText)].join("\n");
}

function layoutText({ layoutName, size, fields }: LayoutInfo): string {
  const rows = fields.map((field) => `| ${field.offset} | ${field.width} | ${field.name} | ${fieldType(field)}${isBigEndian(field) ? ", network byte order" : ""} | ${field.kind} |`);
  return `${[`### ${layoutName}, ${size} bytes\n`, "| offset | bytes | field | type | kind |", "| ---: | ---: | --- | --- | --- |", ...rows].join("\n")}\n`;
}

function tableText({ tableName, type, entries }: NumberTable): string {
  return `${[`### ${tableName} (${type})\n`, "| value | name |", "| ---: | --- |", ...entries.map(([name, value]) => `| ${value} | ${name} |`)].join("\n")}\n`;
}
