/**
 * Names of engine files. A TensorRT engine runs only on the kind of GPU, the JetPack and the TensorRT
 * that it was built with, so its file name carries all of them:
 *
 *     <model>.sm<SM>.jp<JetPack>.trt<TRT>.<fp32|fp16|int8>.engine
 *     xfeat.sm87.jp6.2.trt10.3.0.fp16.engine          Jetson Orin
 *     xfeat.sm90.jpnone.trt10.16.0.fp32.engine        a workstation: no JetPack
 *
 * @module
 */
import * as z from "zod";
import { DataError } from "../../core/mod.ts";

export const ENGINE_PRECISIONS = ["fp32", "fp16", "int8"] as const;
const EnginePrecisionSchema = z.enum(ENGINE_PRECISIONS);

/** The value of `jetpack` on a host that is no Jetson. */
const NO_JETPACK = "none";

const NUMBER = "(?:0|[1-9][0-9]{0,2})";
const MODEL = "[a-z0-9][a-z0-9_-]{0,63}";
const SM = "[1-9][0-9]{1,2}";
const JETPACK = `(?:${NO_JETPACK}|${NUMBER}\\.${NUMBER}(?:\\.${NUMBER})?)`;
const TENSORRT = `${NUMBER}\\.${NUMBER}\\.${NUMBER}`;
const PATTERN = new RegExp(
  `^(${MODEL})\\.sm(${SM})\\.jp(${JETPACK})\\.trt(${TENSORRT})\\.(${
    ENGINE_PRECISIONS.join("|")
  })\\.engine$`,
);
const whole = (pattern: string) => new RegExp(`^${pattern}$`);

/** What an engine is bound to. */
const EngineHostSchema = z.strictObject({
  /** Compute capability of the GPU without its point: 87 for 8.7. */
  sm: z.int().min(10).max(999),
  /** "6.2" or "6.2.1"; "none" on a host that is no Jetson. */
  jetpack: z.string().regex(whole(JETPACK), "must be a version such as 6.2 or 6.2.1, or none"),
  /** "10.3.0": TensorRT accepts an engine of exactly its own version. */
  tensorrt: z.string().regex(whole(TENSORRT), "must be a version such as 10.3.0"),
});
export type EngineHost = Readonly<z.infer<typeof EngineHostSchema>>;

/** The parts of an engine file's name. */
const EngineNameSchema = z.strictObject({
  ...EngineHostSchema.shape,
  /** Lower case, without points. */
  model: z.string().regex(
    whole(MODEL),
    "must be 1 to 64 of a-z, 0-9, _ and -, the first a letter or a digit",
  ),
  precision: EnginePrecisionSchema,
});
export type EngineName = Readonly<z.infer<typeof EngineNameSchema>>;

/** A name that no engine file can have. Exit code 65. */
export class EngineNameError extends DataError {
  constructor(path: string, message: string) {
    super(path, message, { code: "ENGINE_NAME" });
  }
}

/** The file name. @throws EngineNameError when a part is not of the schema. */
export function buildEngineName(parts: EngineName): string {
  const parsed = EngineNameSchema.safeParse(parts);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new EngineNameError(
      String(parts.model),
      `cannot name an engine: ${issue.path.join(".") || "its parts"}: ${issue.message}`,
    );
  }
  const { model, sm, jetpack, tensorrt, precision } = parsed.data;
  return `${model}.sm${sm}.jp${jetpack}.trt${tensorrt}.${precision}.engine`;
}

/**
 * The parts of a file name (without its folder): `buildEngineName` of them is the same name again.
 *
 * @throws EngineNameError when it is not the name of an engine.
 */
export function parseEngineName(name: string): EngineName {
  const match = PATTERN.exec(name);
  if (match === null) {
    throw new EngineNameError(
      name,
      "is not the name of an engine; expected <model>.sm<SM>.jp<JetPack>.trt<TRT>." +
        "<fp32|fp16|int8>.engine, such as xfeat.sm87.jp6.2.trt10.3.0.fp16.engine",
    );
  }
  const [, model, sm, jetpack, tensorrt, precision] = match;
  return EngineNameSchema.parse({ model, sm: Number(sm), jetpack, tensorrt, precision });
}

/** Whether an engine was built for this host: same GPU architecture, JetPack and TensorRT. */
export function matchesHost(name: EngineHost, host: EngineHost): boolean {
  return hostDifferences(name, host).length === 0;
}

/** How an engine's host differs from this one, for messages: ["sm87, here sm90"]. */
export function hostDifferences(name: EngineHost, host: EngineHost): string[] {
  const differences: string[] = [];
  if (name.sm !== host.sm) differences.push(`sm${name.sm}, here sm${host.sm}`);
  if (name.jetpack !== host.jetpack) {
    differences.push(`JetPack ${name.jetpack}, here ${host.jetpack}`);
  }
  if (name.tensorrt !== host.tensorrt) {
    differences.push(`TensorRT ${name.tensorrt}, here ${host.tensorrt}`);
  }
  return differences;
}
