/**
 * JSON of others: `JSON.parse` takes 70 bytes of memory for each bracket that it is given, and of a key
 * that stands twice the last value, where another reader takes the first.
 *
 * @module
 */

/** Arrays and objects within each other; a manifest has four. */
const DEPTH_MAX = 16;

/**
 * As `JSON.parse`, whose time it takes twice more.
 *
 * @throws SyntaxError, also where something is nested too deeply or a key stands twice
 */
export function parseBoundedJson(
  text: string,
  reviver?: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
): unknown {
  checkShape(text);
  return JSON.parse(text, reviver);
}

/** Leaves everything but depth and keys to `JSON.parse`. */
function checkShape(text: string): void {
  /** The keys so far of each object that is open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let isKeyDue = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = stringEnd(text, at);
        if (isKeyDue) noteKey(open.at(-1), text.slice(at, end + 1));
        isKeyDue = false;
        at = end;
        break;
      }
      case OPENING_BRACE:
      case OPENING_BRACKET:
        isKeyDue = text.charCodeAt(at) === OPENING_BRACE;
        open.push(isKeyDue ? new Set() : null);
        if (open.length > DEPTH_MAX) throw new SyntaxError(`it is nested deeper than ${DEPTH_MAX}`);
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        open.pop();
        isKeyDue = false;
        break;
      case COMMA:
        isKeyDue = open.at(-1) instanceof Set;
        break;
    }
  }
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPENING_BRACE, CLOSING_BRACE, OPENING_BRACKET, CLOSING_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Of the quote that closes the string, or the text's end. */
function stringEnd(text: string, start: number): number {
  for (let from = start + 1;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return text.length;
    let before = quote;
    while (before > from && text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote;
    from = quote + 1;
  }
}

function noteKey(keys: Set<string> | null | undefined, quoted: string): void {
  const key = quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (keys?.has(key)) throw new SyntaxError(`${JSON.stringify(key.slice(0, 80))} stands twice`);
  keys?.add(key);
}
