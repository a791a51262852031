/**
 * What a person says of photographs whose tags do not say it: options of both programs.
 *
 * @module
 */
import { option } from "../../core/mod.ts";

export const PHOTOGRAPH_OPTIONS = {
  groundAltitude: option.lengthM({
    minimum: -500,
    maximum: 9000,
    help:
      "photographs: altitude of the ground over sea level, for those whose tags have no height " +
      "over the take-off point, or a wrong one",
    absent: "the height tags count from the take-off point",
  }),
  poses: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "photographs: a table of their names, positions, altitudes, yaw, pitch and roll, in place " +
      "of tags (CSV, ODM's geo.txt, Agisoft's or Pix4D's export, senseFly's geoinfo)",
  }),
  equivalentFocalLength: option.lengthMm({
    minimum: 1,
    maximum: 2000,
    help:
      "photographs: focal length of those whose tags give none, as the 35 mm equivalent by the " +
      "diagonal",
    absent: "they are left out",
  }),
} as const;
