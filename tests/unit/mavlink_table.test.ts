import assert from "node:assert/strict";
import { type FieldType, MESSAGES } from "../../src/link/mavlink/messages.ts";
import { checksum } from "../../src/link/mavlink/checksum.ts";
import { KNOWN_MESSAGES } from "../../src/link/mavlink/known_messages.ts";

const BYTES: Readonly<Record<string, number>> = { 8: 1, 16: 2, 32: 4, 64: 8 };

function bytesOf(type: FieldType): number {
  const [item, count] = typeof type === "string" ? [type, 1] : type;
  if (item === "char") return count;
  if (item === "float") return 4 * count;
  if (item === "double") return 8 * count;
  return BYTES[item.replace(/\D/g, "")] * count;
}

/** As the definitions derive it from the names and types of the fields. */
function crcExtraOf(name: string, fields: Readonly<Record<string, FieldType>>): number {
  const bytes = [...`${name} `].map((each) => each.charCodeAt(0));
  for (const [camel, type] of Object.entries(fields)) {
    const [item, count] = typeof type === "string" ? [type, 0] : type;
    const field = camel === "valueName"
      ? "name"
      : camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const cType = /int/.test(item) ? `${item}_t` : item;
    bytes.push(...[...`${cType} ${field} `].map((each) => each.charCodeAt(0)));
    if (count > 0) bytes.push(count);
  }
  const last = bytes.pop() ?? 0;
  const sum = checksum(Uint8Array.from(bytes), 0, bytes.length, last);
  return (sum & 0xff) ^ (sum >> 8);
}

Deno.test("MESSAGES: every CRC extra is the one that names, types and order of the fields give", () => {
  for (const [name, { crcExtra, fields }] of Object.entries(MESSAGES)) {
    assert.equal(crcExtraOf(name, fields), crcExtra, name);
  }
});

Deno.test("MESSAGES: fields are in wire order, the widest first", () => {
  for (const [name, { fields }] of Object.entries(MESSAGES)) {
    const widths = Object.values<FieldType>(fields)
      .map((type) => bytesOf(typeof type === "string" ? type : [type[0], 1]));
    assert.deepEqual(widths, widths.toSorted((one, other) => other - one), name);
  }
});

Deno.test("MESSAGES: ids, CRC extras and lengths agree with those of all public messages", () => {
  for (const [name, definition] of Object.entries(MESSAGES)) {
    const length = (fields: Readonly<Record<string, FieldType>>) =>
      Object.values(fields).reduce((sum, type) => sum + bytesOf(type), 0);
    const lengthMin = length(definition.fields);
    const extensions = "extensions" in definition ? definition.extensions : {};
    assert.deepEqual(
      KNOWN_MESSAGES.get(definition.id),
      { crcExtra: definition.crcExtra, lengthMin, lengthMax: lengthMin + length(extensions) },
      name,
    );
  }
});
