/**
 * Builds JSON Schemas (draft 2020-12) of whole messages, within the subset that tools support.
 *
 * Foxglove's reader of JSON Schemas supports a subset and drops the whole channel for a keyword
 * outside of it: a property must have one plain `type`, an array items of one plain type, an object
 * `properties`. So a tuple of equal types is written as an array of fixed length, and properties
 * that need more (a value or null) are put in an `allOf`, which it ignores. For a validator the
 * meaning is the same.
 *
 * @module
 */
import * as z from "zod";
import { channelSchemaName, COMPRESSED_IMAGE, foxgloveSchema, LOCATION_FIX } from "./foxglove.ts";
import { FdrRecordSchema } from "./record.ts";
import { FDR_KINDS, type FdrKind } from "./registry/kinds.ts";

type Json = Readonly<Record<string, unknown>>;

const cache = new Map<FdrKind, string>();

/** JSON Schema of a whole message of this kind, Foxglove's fields included. */
export function fdrJsonSchema(kind: FdrKind): string {
  const known = cache.get(kind);
  if (known !== undefined) return known;
  const text = JSON.stringify(messageSchema(kind));
  cache.set(kind, text);
  return text;
}

function messageSchema(kind: FdrKind): Json {
  const record = FdrRecordSchema.extend({ kind: z.literal(kind), payload: FDR_KINDS[kind] });
  const { $schema, properties, required, ...rest } = plainObject(
    z.toJSONSchema(record, { io: "output" }) as Json,
  );
  const name = foxgloveSchema(kind);
  const foxglove = name === null ? NO_FIELDS : FOXGLOVE_FIELDS[name];
  return {
    $schema,
    title: channelSchemaName(kind),
    ...rest,
    properties: { ...properties as Json, ...foxglove },
    required: [...required as string[], ...Object.keys(foxglove)],
  };
}

/** An object schema whose `properties` are plain; anything else is in its `allOf`. */
function plainObject(schema: Json): Json {
  const plain: Record<string, unknown> = {};
  const other: Record<string, unknown> = {};
  for (const [name, property] of Object.entries((schema.properties ?? {}) as Json)) {
    const said = plainProperty(property as Json);
    if (said === null) other[name] = property;
    else plain[name] = said;
  }
  return {
    ...schema,
    properties: plain,
    ...(Object.keys(other).length === 0 ? {} : { allOf: [{ properties: other }] }),
  };
}

const SCALARS: readonly unknown[] = ["string", "number", "integer", "boolean"];

/** The property in the plain subset; null when that is not possible. */
function plainProperty(property: Json): Json | null {
  if (SCALARS.includes(property.type)) return property;
  if (property.type === "object") return plainObject(property);
  if (property.type !== "array") return null;
  const items = itemsOf(property);
  if (items === null) return null;
  const { prefixItems: _, ...rest } = property;
  if (items.type === "object") return { ...rest, items: plainObject(items) };
  return SCALARS.includes(items.type) && items.contentEncoding === undefined
    ? { ...rest, items }
    : null;
}

/** The type of every item of an array; null for a tuple of different types. */
function itemsOf(array: Json): Json | null {
  const tuple = array.prefixItems as readonly Json[] | undefined;
  if (tuple === undefined) return (array.items ?? null) as Json | null;
  const [first, ...others] = tuple;
  const text = JSON.stringify(first);
  return others.every((item) => JSON.stringify(item) === text) ? first : null;
}

const NO_FIELDS: Json = {};

const TIMESTAMP: Json = {
  type: "object",
  title: "time",
  properties: {
    sec: { type: "integer", minimum: 0 },
    nsec: { type: "integer", minimum: 0, maximum: 999_999_999 },
  },
  required: ["sec", "nsec"],
};

const FOXGLOVE_FIELDS: Readonly<Record<typeof LOCATION_FIX | typeof COMPRESSED_IMAGE, Json>> = {
  [LOCATION_FIX]: {
    timestamp: TIMESTAMP,
    frame_id: { type: "string" },
    latitude: { type: "number", description: "degrees" },
    longitude: { type: "number", description: "degrees" },
    altitude: { type: "number", description: "metres over the ellipsoid" },
    position_covariance: {
      type: "array",
      items: { type: "number" },
      minItems: 9,
      maxItems: 9,
      description: "m², row-major, east north up",
    },
    position_covariance_type: {
      title: "foxglove.PositionCovarianceType",
      oneOf: [
        { title: "UNKNOWN", const: 0 },
        { title: "APPROXIMATED", const: 1 },
        { title: "DIAGONAL_KNOWN", const: 2 },
        { title: "KNOWN", const: 3 },
      ],
    },
  },
  [COMPRESSED_IMAGE]: {
    timestamp: TIMESTAMP,
    frame_id: { type: "string" },
    data: { type: "string", contentEncoding: "base64", description: "the picture" },
    format: { type: "string", description: "jpeg, png or webp" },
  },
};
