/**
 * JSON of others: `JSON.parse` takes 70 bytes of memory for each bracket that it is given, and of a key
 * that stands twice the last value, where another reader takes the first.
 *
 * @module
 */

/** Arrays and objects within each other; a manifest has four. */
const DEPTH_MAX = 16;

/**
 * As `JSON.parse`.
 *
 * @throws SyntaxError, also where something is nested too deeply or a key stands twice
 */
export function parseBoundedJson(text: string): unknown {
  checkShape(text);
  return JSON.parse(text);
}

/** Leaves everything but depth and keys to `JSON.parse`. */
function checkShape(text: string): void {
  /** The keys so far of each object that is open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let isKeyDue = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "[" || character === "{") {
      open.push(character === "{" ? new Set() : null);
      isKeyDue = character === "{";
      if (open.length > DEPTH_MAX) throw new SyntaxError(`it is nested deeper than ${DEPTH_MAX}`);
    } else if (character === "]" || character === "}") {
      open.pop();
      isKeyDue = false;
    } else if (character === ",") {
      isKeyDue = open.at(-1) instanceof Set;
    } else if (character === '"') {
      const end = stringEnd(text, at);
      if (isKeyDue) noteKey(open.at(-1), text.slice(at, end + 1));
      isKeyDue = false;
      at = end;
    }
  }
}

/** Of the quote that closes the string, or the text's end. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function noteKey(keys: Set<string> | null | undefined, quoted: string): void {
  const key = String(JSON.parse(quoted));
  if (keys?.has(key)) throw new SyntaxError(`${JSON.stringify(key.slice(0, 80))} stands twice`);
  keys?.add(key);
}
