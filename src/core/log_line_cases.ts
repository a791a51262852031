/**
 * Test cases of the line schema: what is logged, and the resulting line. Programs that read the log
 * may rely on every one; the contract test checks the logger against them.
 *
 * @module
 */
import { DataError } from "./errors.ts";
import type { LogFields, LogLevel } from "./log_line.ts";

export interface LogLineCase {
  /** What the case shows. */
  readonly name: string;
  readonly level: LogLevel;
  readonly kind: string;
  readonly fields?: LogFields;
  readonly message?: string;
  /** Only for `error`. */
  readonly fault?: unknown;
  /** The line, after its time, level and component. */
  readonly line: string;
}

const ring: Record<string, unknown> = {};
ring.self = ring;

function ringOfCauses(): Error {
  const root = new RangeError("root");
  const fault = new DataError("a.yaml", "is wrong", {
    cause: new Error("middle", { cause: root }),
  });
  root.cause = fault;
  return fault;
}

export const LOG_LINE_CASES: readonly LogLineCase[] = [
  {
    name: "a kind alone: message and fields are there, and empty",
    level: "debug",
    kind: "camera.frame",
    line: '"kind":"camera.frame","message":"","fields":{}',
  },
  {
    name: "fields keep the order of the caller",
    level: "info",
    kind: "c6.open",
    fields: { tiles: 3, bytes: 12, area: { zoom: [17, 18] } },
    message: "the cache is open",
    line: '"kind":"c6.open","message":"the cache is open",' +
      '"fields":{"tiles":3,"bytes":12,"area":{"zoom":[17,18]}}',
  },
  {
    name: "one line per record: line ends and control characters are escaped",
    level: "warn",
    kind: "input",
    fields: { text: "two\nlines\r\u0000" },
    message: "a\nb",
    line: '"kind":"input","message":"a\\nb","fields":{"text":"two\\nlines\\r\\u0000"}',
  },
  {
    name: "numbers that JSON has no word for are text",
    level: "info",
    kind: "figures",
    fields: { nan: NaN, up: Infinity, down: [-Infinity], big: 12n },
    line: '"kind":"figures","message":"",' +
      '"fields":{"nan":"NaN","up":"Infinity","down":["-Infinity"],"big":"12"}',
  },
  {
    name: "binary data is told by its size; times are ISO 8601; what is undefined is left out",
    level: "info",
    kind: "values",
    fields: {
      bytes: new Uint8Array(5),
      floats: new Float64Array(2),
      at: new Date(0),
      no: undefined,
    },
    line: '"kind":"values","message":"",' +
      '"fields":{"bytes":"<5 bytes>","floats":"<16 bytes>","at":"1970-01-01T00:00:00.000Z"}',
  },
  {
    name: "a fault in the fields is said like the fault of the line",
    level: "warn",
    kind: "retry",
    fields: { last: new TypeError("bad") },
    line: '"kind":"retry","message":"",' +
      '"fields":{"last":{"type":"TypeError","message":"bad","causes":[]}}',
  },
  {
    name: "fields that cannot be said are told so; the line is written",
    level: "error",
    kind: "ring",
    fields: { ring },
    message: "still there",
    line: '"kind":"ring","message":"still there",' +
      '"fields":{"unprintable":"Converting circular structure to JSON"}',
  },
  {
    name: "an error without a fault has no key error",
    level: "error",
    kind: "link.lost",
    line: '"kind":"link.lost","message":"","fields":{}',
  },
  {
    name: "a fault with its causes, outermost first; a ring of causes ends",
    level: "error",
    kind: "config",
    fault: ringOfCauses(),
    line: '"kind":"config","message":"","fields":{},"error":{"type":"DataError(DATA)",' +
      '"message":"a.yaml: is wrong","causes":["Error: middle","RangeError: root"]}',
  },
  {
    name: "something thrown that is no Error",
    level: "error",
    kind: "thrown",
    fault: "text",
    line: '"kind":"thrown","message":"","fields":{},' +
      '"error":{"type":"string","message":"text","causes":[]}',
  },
  {
    name: "something thrown that cannot be put into words",
    level: "error",
    kind: "thrown",
    fault: Object.create(null),
    line: '"kind":"thrown","message":"","fields":{},"error":{"type":"object",' +
      '"message":"a fault that cannot be put into words","causes":[]}',
  },
];
