/** Settings of a flight that its package may carry. */
export { LiveSettingsSchema } from "./live.ts";
export {
  checkMissionSettings,
  encodeMissionSettings,
  MissionSettingsSchema,
  MissionStrategiesSchema,
} from "./mission_settings.ts";
export { type NavigatorConfig, NavigatorConfigSchema } from "./navigator.ts";
