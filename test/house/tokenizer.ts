/**
 * TypeScript source as a list of tokens: enough to judge imports, names and sizes, no more. It knows strings, template
 * literals with expressions inside, comments and regular expressions; it knows no grammar.
 */

export type TokenKind = "word" | "number" | "string" | "template" | "regex" | "punctuation" | "comment";

export interface Token {
  readonly kind: TokenKind;
  /** As written; a string without its quotes. */
  readonly text: string;
  /** From 1: where the token begins. */
  readonly line: number;
}

const WORD = /[#\w$\u0080-\uffff]+/y;
const NUMBER = /(0[xXbBoO][\da-fA-F_]+|(\d[\d_]*)?\.?\d[\d_]*([eE][+-]?\d+)?\.?)n?/y;
/** `>` stays alone, so that the ends of nested type arguments need no grammar. */
const PUNCTUATION = /===|!==|\.\.\.|=>|\?\.|\?\?|==|!=|<=|&&|\|\||\+\+|--|\*\*|[-+*/%&|^]=|[^]/y;
const REGEX = /\/((\\.|\[(\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/[a-z]*/y;
const LINE_COMMENT = /\/\/[^\n]*|#![^\n]*/y;
const BLOCK_COMMENT = /\/\*[^]*?\*\//y;
const QUOTED = /"(\\[^]|[^"\\\n])*"|'(\\[^]|[^'\\\n])*'/y;
/** Up to the next expression or the end of the template. */
const TEMPLATE_PART = /(\\[^]|\$(?!\{)|[^`\\$])*(\$\{|`)/y;
const BLANKS = /\s+/y;

const BEFORE_REGEX = new Set(["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "instanceof"]);

export function tokenize(text: string): Token[] {
  return new Scanner(text).run();
}

class Scanner {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** Open braces of each template expression around the present place. */
  readonly #templates: number[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    while (this.#at < this.#text.length) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const character = this.#text[this.#at]!;
    if (this.#skip(BLANKS)) return;
    if (character === "`") return this.#template(1);
    if (character === "}" && this.#templates.at(-1) === 0) return this.#closeExpression();
    if (this.#take("comment", BLOCK_COMMENT)) return;
    if ((character === "/" || this.#at === 0) && this.#take("comment", LINE_COMMENT)) return;
    if (character === "/" && this.#regexMayStart() && this.#take("regex", REGEX)) return;
    if ((character === '"' || character === "'") && this.#take("string", QUOTED)) return;
    if (/[\d.]/.test(character) && this.#take("number", NUMBER)) return;
    if (this.#take("word", WORD)) return;
    if (this.#templates.length > 0 && character === "{") this.#templates.push(this.#templates.pop()! + 1);
    if (this.#templates.length > 0 && character === "}") this.#templates.push(this.#templates.pop()! - 1);
    this.#take("punctuation", PUNCTUATION);
  }

  /** `opening` characters of quote or brace, then text up to the next expression or the end. */
  #template(opening: number): void {
    TEMPLATE_PART.lastIndex = this.#at + opening;
    const part = TEMPLATE_PART.exec(this.#text)?.[0] ?? this.#text.slice(this.#at + opening);
    this.#push("template", part.replace(/(\$\{|`)$/, ""), opening + part.length);
    if (!part.endsWith("${")) return;
    this.#templates.push(0);
    this.#push("punctuation", "{", 0);
  }

  #closeExpression(): void {
    this.#templates.pop();
    this.#push("punctuation", "}", 0);
    this.#template(1);
  }

  #regexMayStart(): boolean {
    const before = this.#tokens.filter((token) => token.kind !== "comment").at(-1);
    if (before === undefined) return true;
    if (before.kind === "word") return BEFORE_REGEX.has(before.text);
    return before.kind === "punctuation" && before.text !== ")" && before.text !== "]";
  }

  #take(kind: TokenKind, pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return false;
    this.#push(kind, kind === "string" ? found.slice(1, -1) : found, found.length);
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return false;
    this.#advance(found.length);
    return true;
  }

  #push(kind: TokenKind, text: string, length: number): void {
    this.#tokens.push({ kind, text, line: this.#line });
    this.#advance(length);
  }

  #advance(length: number): void {
    for (let i = 0; i < length; i++) if (this.#text[this.#at + i] === "\n") this.#line++;
    this.#at += length;
  }
}
