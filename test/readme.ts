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

/** Lines of `shown` that are not in `printed`, in this order; "..." stands for any lines, and numbers, bars and blanks may differ. */
export function missingLines(shown: string, printed: string): string[] {
  const lines = printed.split("\n").map(shape);
  let from = 0;
  return shown.split("\n").filter((line) => {
    if (line.trim() === "..." || line.trim() === "") return false;
    const at = lines.indexOf(shape(line), from);
    if (at < 0) return true;
    from = at + 1;
    return false;
  });
}

function shape(line: string): string {
  return line.replace(/\b[0-9a-f]{16}\b/g, "H").replace(/\d[\d.,]*/g, "N").replace(/[·▁▂▃▄▅▆▇█]+/g, "").replace(/─+/g, "─").replace(/\s+/g, " ").trim();
}

/** Targets of a Markdown text's links. */
export function linksOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
}

/** File names that a Markdown text has in backquotes. */
export function pathsIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([\w./-]+\.(?:ts|md|json))`/g)].map((match) => match[1]!);
}
