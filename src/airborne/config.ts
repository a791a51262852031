/**
 * Configuration of `airborne`: the strategies, and their settings.
 *
 * @module
 */
import * as z from "zod";
import { CameraConfigSchema } from "../flight/camera_source/mod.ts";
import { FlightControllerConfigSchema } from "../flight/flight_controller/mod.ts";
import { FdrConfigSchema } from "../flight/flight_recorder/mod.ts";
import { MissionSettingsSchema, MissionStrategiesSchema } from "../flight/flight_settings/mod.ts";
import { FlightTilesConfigSchema } from "../tiles/orthorectification/mod.ts";
import { InferenceConfigSchema } from "../navigation/inference/mod.ts";
import { Okvis2ConfigSchema } from "../navigation/vio/mod.ts";
import { LiveConfigSchema } from "./live/config.ts";
import { TrustConfigSchema } from "./trust/config.ts";
import { ThermalAdaptationConfigSchema } from "./work_limits.ts";

export const AirborneConfigSchema = z.strictObject({
  ...MissionSettingsSchema.shape,
  strategies: z.strictObject({
    ...MissionStrategiesSchema.shape,
    flightController: z.string().default("ardupilot"),
  }).prefault({}),
  modelPath: z.string().default(""),
  okvis2: Okvis2ConfigSchema.prefault({}),
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
