/**
 * Converts values that JSON cannot represent, following the JSON mapping of Protocol Buffers.
 *
 * | value | in the file |
 * | --- | --- |
 * | `NaN`, `±Infinity` | `"NaN"`, `"Infinity"`, `"-Infinity"` |
 * | `bigint` | a number where a double holds it exactly, else its digits as text |
 * | `Uint8Array`, `ArrayBuffer`, `DataView` | Base64 text |
 * | other typed arrays, `Set` | an array |
 * | `Date` | ISO 8601 text; `"Invalid Date"` |
 * | `Error` | `{name, message}` |
 * | `RegExp` | its source text |
 * | `undefined`, a function | the key is left out; `null` in an array |
 * | `Map` | an object (by msgpackr, as it encodes) |
 * | an instance of another class | what its `toJSON()` gives, else its own fields (likewise) |
 * | half of a surrogate pair | U+FFFD three times (likewise) |
 *
 * Circular references and symbols are refused when the record is made.
 *
 * @module
 */

/** The value itself when it is JSON already; objects and arrays are changed in place. */
export function jsonValue(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object":
      return value === null ? null : jsonObject(value);
    default:
      return undefined;
  }
}

function jsonObject(value: object): unknown {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = jsonValue(value[i]) ?? null;
    return value;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return jsonOfClass(value);
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const before = fields[key];
    const after = jsonValue(before);
    if (after === undefined) delete fields[key];
    else if (after !== before) fields[key] = after;
  }
  return fields;
}

function jsonOfClass(value: object): unknown {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  }
  if (value instanceof Uint8Array) return value.toBase64();
  if (value instanceof ArrayBuffer) return new Uint8Array(value).toBase64();
  if (value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).toBase64();
  }
  if (ArrayBuffer.isView(value)) return jsonObject([...value as Float64Array]);
  if (value instanceof Set) return jsonObject([...value]);
  if (value instanceof Error) return { name: value.name, message: value.message };
  return String(value);
}
