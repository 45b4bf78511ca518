/** Code blocks of a Markdown text, by the heading above them. */

export interface CodeBlock {
  /** What stands behind the opening fence: "ts", "text", "sh". */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks between this heading and the next one of any level, in order. */
export function blocksUnder(markdown: string, heading: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let inside = false;
  let open: { language: string; lines: string[] } | null = null;
  for (const line of markdown.split("\n")) {
    if (open !== null) {
      if (line.startsWith("```")) {
        if (inside) blocks.push({ language: open.language, text: `${open.lines.join("\n")}\n` });
        open = null;
      } else open.lines.push(line);
    } else if (line.startsWith("```")) open = { language: line.slice(3).trim(), lines: [] };
    else if (/^#+ /.test(line)) inside = line.replace(/^#+ /, "").trim() === heading;
  }
  return blocks;
}
