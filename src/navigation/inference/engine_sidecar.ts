/**
 * The sidecar of an engine: `<engine>.json` beside it says what its bytes must be.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as z from "zod";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits in lower case");

export const EngineSidecarSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Name of the engine file, without its folder: a sidecar that was copied beside another is refused. */
  file: z.string(),
  bytes: z.int().positive(),
  sha256: Sha256,
  /** Of the ONNX model that it was built from. */
  modelSha256: Sha256,
});
export type EngineSidecar = Readonly<z.infer<typeof EngineSidecarSchema>>;

export function sidecarPath(enginePath: string): string {
  return `${enginePath}.json`;
}

/** What belongs into the sidecar of an engine; write it after the engine itself. */
export function describeEngine(
  file: string,
  engine: Uint8Array,
  model: Uint8Array,
): EngineSidecar {
  return {
    schemaVersion: 1,
    file,
    bytes: engine.length,
    sha256: sha256Of(engine),
    modelSha256: sha256Of(model),
  };
}

/** Lower-case hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
