/**
 * Settings of a live flight.
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";
import { LiveSettingsSchema } from "../../flight/flight_settings/mod.ts";

export const LiveConfigSchema = z.strictObject({
  /** Folder of the flight package; `--package` names another. */
  package: z.string().default(""),
  /** Flights are recorded below this folder; `--recorder` names another. */
  recorder: z.string().default("flights"),
  /** A last position of an interrupted flight is used for up to this long. */
  resumeMaxS: quantity.durationS.default(300),
  ...LiveSettingsSchema.shape,
});
export type LiveConfig = Readonly<z.infer<typeof LiveConfigSchema>>;
