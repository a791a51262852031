/**
 * Groups of record kinds, one for each component; together they are the registry.
 *
 * @module
 */
import type { z } from "zod";
import { FdrKindError } from "../errors.ts";

/** Payload schemas by kind. A payload is a loose object: unknown keys are kept. */
type KindGroup = Readonly<Record<string, z.ZodObject>>;

type Intersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends
  (value: infer All) => void ? All : never;

/**
 * Joins all groups into one map.
 *
 * @throws FdrKindError for a kind that two groups register: the meaning of a name never changes.
 */
export function joinKinds<const Groups extends Readonly<Record<string, KindGroup>>>(
  groups: Groups,
): Readonly<Intersection<Groups[keyof Groups]>> {
  const joined: Record<string, z.ZodObject> = {};
  const groupOfKind = new Map<string, string>();
  for (const [name, group] of Object.entries(groups)) {
    for (const [kind, schema] of Object.entries(group)) {
      const other = groupOfKind.get(kind);
      if (other !== undefined) {
        throw new FdrKindError(kind, `it is registered by ${other} and by ${name}`);
      }
      groupOfKind.set(kind, name);
      joined[kind] = schema;
    }
  }
  return Object.freeze(joined) as Readonly<Intersection<Groups[keyof Groups]>>;
}
