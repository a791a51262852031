/** Which odometry child tests start. */
import { existsSync } from "node:fs";
import {
  Odometer,
  Okvis2,
  Okvis2ConfigSchema,
  PlanarKlt,
  PlanarKltConfigSchema,
} from "../../src/navigation/vio/mod.ts";
import type { VisionLibrary } from "../../src/native/vision/mod.ts";
import { REPOSITORY } from "./paths.ts";

/** Optical flow over flat ground, with the protocol of OKVIS2's child. */
export const REFERENCE_ODOMETRY = `${REPOSITORY}/build/test_lib/gdn_okvis2_reference`;
const OKVIS2_ODOMETRY = `${REPOSITORY}/build/bin/gdn_okvis2`;

/** A busy machine must not look like a child that hangs. */
const PATIENT = { hangMs: 20_000 };

export async function openOkvis2(
  vision: VisionLibrary,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly vio: Okvis2; readonly odometer: Odometer }> {
  const config = Okvis2ConfigSchema.parse({
    program: REFERENCE_ODOMETRY,
    allowReference: true,
    spares: 0,
    ...PATIENT,
    ...settings,
  });
  const odometer = await Odometer.open(config);
  const plane = new PlanarKlt(vision, PlanarKltConfigSchema.parse({}));
  return { vio: new Okvis2({ vision, odometer, plane, config }), odometer };
}

/** Its program and vocabulary (GDN_OKVIS2__VOCABULARY); why it cannot run here, else "". */
export function realOkvis2(): {
  readonly program: string;
  readonly vocabulary: string;
  readonly absent: string;
} {
  const vocabulary = Deno.env.get("GDN_OKVIS2__VOCABULARY") ?? "";
  const absent = !existsSync(OKVIS2_ODOMETRY)
    ? "OKVIS2 is not installed"
    : vocabulary === ""
    ? "GDN_OKVIS2__VOCABULARY names no vocabulary"
    : "";
  const required = Deno.env.get("REQUIRE_BACKENDS")?.split(",") ?? [];
  if (absent !== "" && required.includes("okvis2")) {
    throw new Error(`okvis2 is required: ${absent}`);
  }
  return { program: OKVIS2_ODOMETRY, vocabulary, absent };
}
