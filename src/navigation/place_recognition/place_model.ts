/**
 * The file of a package that says which model described its places. Packages without one were described
 * without a model.
 *
 * @module
 */
import * as z from "zod";
import { DataError, messageOf, parseBoundedJson } from "../../core/mod.ts";

const BYTES_MAX = 64 * 1024;

const PlaceModelSchema = z.strictObject({
  format: z.literal("gdn-place-model"),
  formatVersion: z.literal(1),
  /** File name of the model, for people. */
  name: z.string().min(1).max(200),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the finished descriptors. */
  elementType: z.enum(["float32", "float16"]),
});
type PlaceModel = Readonly<z.infer<typeof PlaceModelSchema>>;

export function encodePlaceModel(
  model: Omit<PlaceModel, "format" | "formatVersion">,
): Uint8Array<ArrayBuffer> {
  const document = { format: "gdn-place-model", formatVersion: 1, ...model };
  return new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
}

/** @throws DataError naming `path` when it is anything else */
export function decodePlaceModel(bytes: Uint8Array, path: string): PlaceModel {
  try {
    if (bytes.length > BYTES_MAX) throw new RangeError(`it has ${bytes.length} bytes`);
    return PlaceModelSchema.parse(parseBoundedJson(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new DataError(path, `not the model of a package's places: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
