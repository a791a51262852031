/**
 * The settings that a flight package may carry: those of the navigation chain and of what is sent to the flight
 * controller. What belongs to an aircraft, its computer or its owner (addresses, keys, folders, trust) is none
 * of them.
 *
 * @module
 */
import * as z from "zod";
import { ConfigurationError, readSettings } from "../../core/mod.ts";
import {
  FeaturesConfigSchema,
  OnnxMatcherConfigSchema,
  StructuralConfigSchema,
} from "../../navigation/matcher/mod.ts";
import { PlaceRecognitionConfigSchema } from "../../navigation/place_recognition/mod.ts";
import { PoseConfigSchema } from "../../navigation/pose/mod.ts";
import { EskfConfigSchema } from "../../navigation/state_estimator/mod.ts";
import { PlanarKltConfigSchema } from "../../navigation/vio/mod.ts";
import { LiveSettingsSchema } from "./live.ts";
import { NavigatorConfigSchema } from "./navigator.ts";

/** A name of a strategy: no text in which something else could stand. */
const StrategyName = z.string().regex(/^[a-z0-9_]{1,40}$/);

export const MissionStrategiesSchema = z.strictObject({
  vio: StrategyName.default("planar_klt"),
  placeRecognition: StrategyName.default("adaptive"),
  matcher: StrategyName.default("structural"),
  pose: StrategyName.default("planar_pose"),
  stateEstimator: StrategyName.default("eskf"),
});

export const MissionSettingsSchema = z.strictObject({
  /** Names of the strategies; see `src/airborne/compose.ts` for what is linked. */
  strategies: MissionStrategiesSchema.prefault({}),
  /**
   * Neural model (.onnx) of the strategies that need one: a file of the flight package, such as
   * models/xfeat.onnx, or a path; `--model` names another.
   */
  modelPath: z.string().regex(/^(models\/[\w.-]{1,100})?$/).default(""),
  planarKlt: PlanarKltConfigSchema.prefault({}),
  placeRecognition: PlaceRecognitionConfigSchema.prefault({}),
  structural: StructuralConfigSchema.prefault({}),
  features: FeaturesConfigSchema.prefault({}),
  onnxMatcher: OnnxMatcherConfigSchema.prefault({}),
  pose: PoseConfigSchema.prefault({}),
  eskf: EskfConfigSchema.prefault({}),
  navigator: NavigatorConfigSchema.prefault({}),
  live: LiveSettingsSchema.prefault({}),
});

/** Settings of `airborne` that stay in the aircraft's own configuration. */
const AIRCRAFT_OWN = new Set([
  "camera",
  "fdr",
  "flightController",
  "flightTiles",
  "inference",
  "live.package",
  "live.recorder",
  "live.resumeMaxS",
  "okvis2",
  "strategies.flightController",
  "thermalAdaptation",
  "trust",
]);

/**
 * The bytes of a package's configuration: what was set and nothing else, so no comment either, and the same settings
 * give the same bytes.
 *
 * @throws ConfigurationError (exit code 78) also for what belongs to the aircraft; it names settings, never values
 */
export function encodeMissionSettings(
  file: { readonly text: string; readonly name: string },
): Uint8Array<ArrayBuffer> {
  const given = sorted(read(file).given);
  return new TextEncoder().encode(`${JSON.stringify(given, null, 2)}\n`);
}

/** @throws ConfigurationError where a package's configuration says what no package may say */
export function checkMissionSettings(
  file: { readonly text: string; readonly name: string },
): void {
  read(file);
}

function read(file: { readonly text: string; readonly name: string }) {
  try {
    return readSettings(MissionSettingsSchema, { file });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(
      error.problems.map((problem) =>
        AIRCRAFT_OWN.has(problem.path)
          ? { ...problem, message: "belongs to the aircraft, and stays in its own configuration" }
          : problem
      ),
    );
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
}
