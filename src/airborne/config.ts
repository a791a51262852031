/**
 * Configuration of `airborne`: the strategies, and their settings.
 *
 * @module
 */
import * as z from "zod";
import { CameraConfigSchema } from "../flight/camera_source/mod.ts";
import { FlightControllerConfigSchema } from "../flight/flight_controller/mod.ts";
import { FdrConfigSchema } from "../flight/flight_recorder/mod.ts";
import {
  FeaturesConfigSchema,
  OnnxMatcherConfigSchema,
  StructuralConfigSchema,
} from "../navigation/matcher/mod.ts";
import { FlightTilesConfigSchema } from "../tiles/orthorectification/mod.ts";
import { InferenceConfigSchema } from "../navigation/inference/mod.ts";
import { PlaceRecognitionConfigSchema } from "../navigation/place_recognition/mod.ts";
import { PoseConfigSchema } from "../navigation/pose/mod.ts";
import { EskfConfigSchema } from "../navigation/state_estimator/mod.ts";
import { Okvis2ConfigSchema, PlanarKltConfigSchema } from "../navigation/vio/mod.ts";
import { LiveConfigSchema } from "./live/config.ts";
import { NavigatorConfigSchema } from "./navigator_config.ts";
import { TrustConfigSchema } from "./trust/config.ts";
import { ThermalAdaptationConfigSchema } from "./work_limits.ts";

export const AirborneConfigSchema = z.strictObject({
  /** Names of the strategies; see `src/airborne/compose.ts` for what is linked. */
  strategies: z.strictObject({
    vio: z.string().default("planar_klt"),
    placeRecognition: z.string().default("adaptive"),
    matcher: z.string().default("structural"),
    pose: z.string().default("planar_pose"),
    stateEstimator: z.string().default("eskf"),
    flightController: z.string().default("ardupilot"),
  }).prefault({}),
  /**
   * Neural model (.onnx) of the strategies that need one: a file of the flight package, such as
   * models/xfeat.onnx, or a path; `--model` names another.
   */
  modelPath: z.string().default(""),
  planarKlt: PlanarKltConfigSchema.prefault({}),
  okvis2: Okvis2ConfigSchema.prefault({}),
  placeRecognition: PlaceRecognitionConfigSchema.prefault({}),
  structural: StructuralConfigSchema.prefault({}),
  features: FeaturesConfigSchema.prefault({}),
  onnxMatcher: OnnxMatcherConfigSchema.prefault({}),
  pose: PoseConfigSchema.prefault({}),
  eskf: EskfConfigSchema.prefault({}),
  navigator: NavigatorConfigSchema.prefault({}),
  inference: InferenceConfigSchema.prefault({}),
  thermalAdaptation: ThermalAdaptationConfigSchema.prefault({}),
  flightController: FlightControllerConfigSchema.prefault({}),
  camera: CameraConfigSchema.prefault({}),
  live: LiveConfigSchema.prefault({}),
  trust: TrustConfigSchema.prefault({}),
  flightTiles: FlightTilesConfigSchema.prefault({}),
  fdr: FdrConfigSchema.prefault({}),
});
export type AirborneConfig = Readonly<z.infer<typeof AirborneConfigSchema>>;
