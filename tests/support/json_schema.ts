/**
 * A validator of the part of JSON Schema 2020-12 that the recorder's schemas use, written from the
 * standard; a keyword that it does not know is an error, so that nothing passes unchecked.
 *
 * @module
 */
type Schema = Readonly<Record<string, unknown>>;

/** Words that assert nothing. */
const ANNOTATIONS = new Set([
  "$schema",
  "$id",
  "title",
  "description",
  "contentEncoding",
  "format",
]);

/** Every fault of `value` as "path: what"; empty when it is valid. */
export function schemaFaults(schema: Schema | boolean, value: unknown, path = "$"): string[] {
  if (typeof schema === "boolean") return schema ? [] : [`${path}: may not be there`];
  return Object.entries(schema).flatMap(([keyword, operand]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) return [`${path}: the keyword ${keyword} is not known`];
    return check(operand as never, value, path, schema);
  });
}

type Check = (operand: never, value: unknown, path: string, schema: Schema) => string[];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

/** A check of numbers. */
function numeric(holds: (value: number, operand: number) => boolean, word: string): Check {
  return (operand: number, value, path) =>
    typeof value !== "number" || holds(value, operand) ? [] : [`${path}: ${word} ${operand}`];
}

/** A check of the length of arrays. */
function lengths(holds: (length: number, operand: number) => boolean, word: string): Check {
  return (operand: number, value, path) =>
    !Array.isArray(value) || holds(value.length, operand) ? [] : [`${path}: ${word} ${operand}`];
}

function countMatches(schemas: readonly Schema[], value: unknown): number {
  return schemas.filter((schema) => schemaFaults(schema, value).length === 0).length;
}

const KEYWORDS: Readonly<Record<string, Check>> = {
  type: (operand: string | string[], value, path) =>
    [operand].flat().some((type) => TYPES[type](value)) ? [] : [`${path}: is no ${operand}`],
  const: (operand: unknown, value, path) => value === operand ? [] : [`${path}: is not ${operand}`],
  enum: (operand: unknown[], value, path) =>
    operand.includes(value) ? [] : [`${path}: is none of ${operand}`],
  minimum: numeric((value, operand) => value >= operand, "is under"),
  maximum: numeric((value, operand) => value <= operand, "is over"),
  minItems: lengths((length, operand) => length >= operand, "has items under"),
  maxItems: lengths((length, operand) => length <= operand, "has items over"),
  pattern: (operand: string, value, path) =>
    typeof value !== "string" || new RegExp(operand, "u").test(value)
      ? []
      : [`${path}: does not match ${operand}`],
  required: (operand: string[], value, path) =>
    isObject(value)
      ? operand.filter((name) => !Object.hasOwn(value, name)).map((name) => `${path}: no ${name}`)
      : [],
  properties: (operand: Record<string, Schema>, value, path) =>
    isObject(value)
      ? Object.entries(operand).flatMap(([name, schema]) =>
        Object.hasOwn(value, name) ? schemaFaults(schema, value[name], `${path}.${name}`) : []
      )
      : [],
  additionalProperties: (operand: Schema, value, path, schema) =>
    isObject(value)
      ? Object.entries(value).flatMap(([name, each]) =>
        Object.hasOwn((schema.properties ?? {}) as object, name)
          ? []
          : schemaFaults(operand, each, `${path}.${name}`)
      )
      : [],
  propertyNames: (operand: Schema, value, path) =>
    isObject(value)
      ? Object.keys(value).flatMap((name) => schemaFaults(operand, name, `${path}[${name}]`))
      : [],
  items: (operand: Schema, value, path) =>
    Array.isArray(value)
      ? value.flatMap((each, index) => schemaFaults(operand, each, `${path}[${index}]`))
      : [],
  allOf: (operand: Schema[], value, path) =>
    operand.flatMap((schema) => schemaFaults(schema, value, path)),
  anyOf: (operand: Schema[], value, path) =>
    countMatches(operand, value) > 0 ? [] : [`${path}: matches nothing of anyOf`],
  oneOf: (operand: Schema[], value, path) =>
    countMatches(operand, value) === 1 ? [] : [`${path}: does not match one of oneOf`],
};
