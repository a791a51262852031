/**
 * Well-known text of coordinate systems as a tree.
 *
 * Source: OGC 01-009 (WKT 1), OGC 18-010r7 (WKT 2), clause 6
 *
 * @module
 */

export interface WktNode {
  /** In capitals. */
  readonly keyword: string;
  /** Texts and numbers that stand in it, in order. */
  readonly values: readonly (string | number)[];
  readonly children: readonly WktNode[];
}

const DEPTH_MAX = 32;
const TOKEN =
  /\s*(?:([A-Za-z_]\w*)\s*([[(])|"((?:[^"]|"")*)"|([-+]?[\d.]+(?:[eE][-+]?\d+)?)|([\w]+)|([\])]))\s*,?\s*/y;

/** null for what is no well-known text. */
export function parseWkt(text: string): WktNode | null {
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  const root = readNode(trimmed, 0);
  // Esri writes the system of heights behind it.
  while (root !== null && TOKEN.lastIndex < trimmed.length) {
    if (readNode(trimmed, 0)?.keyword !== "VERTCS") return null;
  }
  return root;
}

function readNode(text: string, depth: number): WktNode | null {
  const [, keyword] = TOKEN.exec(text) ?? [];
  return keyword === undefined || depth > DEPTH_MAX ? null : readInside(text, keyword, depth);
}

/** After the opening bracket, up to the closing one. */
function readInside(text: string, keyword: string, depth: number): WktNode | null {
  if (depth > DEPTH_MAX) return null;
  const values: (string | number)[] = [], children: WktNode[] = [];
  for (;;) {
    const token = TOKEN.exec(text);
    if (token === null) return null;
    const [, below, , quoted, number, word, end] = token;
    if (end !== undefined) return { keyword: keyword.toUpperCase(), values, children };
    if (below !== undefined) {
      const child = readInside(text, below, depth + 1);
      if (child === null) return null;
      children.push(child);
    } else if (quoted !== undefined) values.push(quoted.replaceAll('""', '"'));
    else if (number !== undefined) values.push(Number(number));
    else values.push(word);
  }
}

/** The first child by one of these keywords. */
export function childOf(node: WktNode, ...keywords: readonly string[]): WktNode | null {
  return node.children.find(({ keyword }) => keywords.includes(keyword)) ?? null;
}

/** A number at a place of a node; null where there is none. */
export function numberIn(node: WktNode | null, index: number): number | null {
  const value = Number(node?.values[index] ?? NaN);
  return Number.isFinite(value) ? value : null;
}

/** Letters and digits in lower case: writers differ in all others. */
export function plainName(value: string | number | undefined): string {
  return String(value ?? "").toLowerCase().replace(/[^a-z0-9]/g, "");
}
