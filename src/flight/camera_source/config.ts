/**
 * Settings of the camera.
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const CameraConfigSchema = z.strictObject({
  /** `--camera` names another; empty: the flight has no camera. */
  address: z.string().default(""),
  /** JSON file of the camera's calibration; `--calibration` names another. */
  calibration: z.string().default(""),
  /** From mid-exposure to arrival, milliseconds, of a camera whose driver stamps no picture, and of RTSP. */
  latencyMs: z.number().min(0).max(5000).default(30),
  /** From a driver's stamp to mid-exposure, milliseconds: half of the exposure, less the read-out where it
   * stamps the end of a picture. */
  stampOffsetMs: z.number().min(-1000).max(1000).default(0),
  /** Without a whole picture for so long the camera counts as lost, and is opened again. */
  lostAfterS: quantity.durationS.default(5),
  /** The same picture again and again for so long is a fault. */
  frozenAfterS: quantity.durationS.default(3),
});
export type CameraConfig = Readonly<z.infer<typeof CameraConfigSchema>>;
