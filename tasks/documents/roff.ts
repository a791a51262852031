/**
 * Text for manual pages: man(7) macros, as groff and mandoc take them.
 *
 * @module
 */

/** Plain text: neither a macro at its beginning nor an escape anywhere; ASCII only. */
export function plain(text: string): string {
  return guarded(escaped(text).replaceAll(/\s+/g, " ").trim());
}

/** A word as it is typed: a hyphen stays one that can be copied. */
export function bold(text: string): string {
  return `\\fB${literal(text)}\\fR`;
}

/** A word that stands for a value. */
export function italic(text: string): string {
  return `\\fI${literal(text)}\\fR`;
}

/** A block whose lines stay as they are. */
export function example(lines: readonly string[]): string[] {
  return [".RS 4", ".EX", ...lines.map((line) => guarded(literal(line)) || "\\&"), ".EE", ".RE"];
}

/** A term and what it means; `head` holds roff already. */
export function item(head: string, text: string): string[] {
  return [".TP", head, plain(text)];
}

export function heading(title: string): string {
  return `.SH ${title.toUpperCase()}`;
}

/**
 * Paragraphs, parted by empty lines; lines that are indented stay as they are. The text of a
 * command's `about`.
 */
export function paragraphs(text: string): string[] {
  return text.trim().split(/\n{2,}/).flatMap((paragraph, i) => [
    ...(i === 0 ? [] : [".PP"]),
    ...filled(paragraph.split("\n")),
  ]);
}

function filled(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => /^\s/.test(line));
  if (first < 0) return [plain(lines.join(" "))];
  const end = lines.findIndex((line, i) => i > first && !/^\s/.test(line));
  const rest = end < 0 ? [] : lines.slice(end);
  const kept = lines.slice(first, end < 0 ? undefined : end);
  const indent = Math.min(...kept.map((line) => line.length - line.trimStart().length));
  return [
    ...(first === 0 ? [] : [plain(lines.slice(0, first).join(" "))]),
    ...example(kept.map((line) => line.slice(indent))),
    ...(rest.length === 0 ? [] : filled(rest)),
  ];
}

function literal(text: string): string {
  return escaped(text).replaceAll("-", "\\-");
}

/** Backslashes, and what is not ASCII as \[uXXXX]. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll(
    /[^\x20-\x7e\n]/gu,
    (character) =>
      `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** A line that begins with a dot or an apostrophe would be a macro. */
function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
