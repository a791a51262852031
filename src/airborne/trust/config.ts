/**
 * Settings of whom the aircraft believes.
 *
 * @module
 */
import * as z from "zod";
import { AIRCRAFT_ID_PATTERN } from "../../flight/flight_package/mod.ts";

/** Where an installed aircraft has its keys; root alone writes there. */
export const TRUST_FOLDER = "/etc/gdn/trust";

export const TrustConfigSchema = z.strictObject({
  /** Folder of the public keys that packages may be signed with (`airborne keys trust`). */
  folder: z.string().min(1).default(TRUST_FOLDER),
  /** Id of this aircraft, for packages that are made for some alone; empty: it has none. */
  aircraftId: z.string().regex(AIRCRAFT_ID_PATTERN).or(z.literal("")).default(""),
  /** Part of a processor's time that verification behind a flight may take. */
  verifyShare: z.number().min(0.01).max(1).default(0.25),
});
export type TrustConfig = Readonly<z.infer<typeof TrustConfigSchema>>;
