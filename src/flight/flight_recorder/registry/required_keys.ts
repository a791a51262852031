/**
 * Checks a record when it is made. It runs in the flight loop, so it checks keys only, not the
 * schema.
 *
 * @module
 */
import { FdrKindError } from "../errors.ts";
import { enforceOrThrow } from "../kind_policy.ts";
import { FDR_KINDS, type FdrKind } from "./kinds.ts";

/** Required keys of a payload: the top-level keys of its schema that are not optional. */
export const REQUIRED_KEYS = Object.fromEntries(
  Object.entries(FDR_KINDS).map(([kind, schema]) => [
    kind,
    Object.entries(schema.shape)
      .filter(([, value]) => !value.safeParse(undefined).success)
      .map(([key]) => key),
  ]),
) as unknown as Readonly<Record<FdrKind, readonly string[]>>;

const keysByKind: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(REQUIRED_KEYS));

/**
 * Throws unless this payload may be recorded under this kind.
 *
 * @throws RawFrameWriteForbiddenError for raw camera frames.
 * @throws FdrKindError for a kind that is not registered, and for a payload that lacks a key.
 */
export function checkProduced(kind: string, payload: object): void {
  const required = keysByKind.get(kind);
  if (required === undefined) {
    enforceOrThrow(kind);
    throw new FdrKindError(kind, "it is not registered; add it to the registry of kinds");
  }
  if (typeof payload !== "object" || payload === null) {
    throw new FdrKindError(kind, "its payload is not an object");
  }
  const values = payload as Record<string, unknown>;
  for (let i = 0; i < required.length; i++) {
    if (values[required[i]] === undefined) {
      throw new FdrKindError(kind, `its payload lacks the key "${required[i]}"`);
    }
  }
}
