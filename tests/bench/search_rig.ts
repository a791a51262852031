/**
 * What the benches of the exhaustive search share: a package, a recorded flight with its truth, and the
 * errors of the controller's attitude and height.
 *
 * @module
 */
import { radiansFromDegrees } from "../../src/core/mod.ts";
import { openFlightPackage, packageFrame } from "../../src/flight/flight_package/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import {
  ExhaustiveSearch,
  PlaceRecognitionConfigSchema,
} from "../../src/navigation/place_recognition/mod.ts";
import { readTruth } from "./flight_truth.ts";

export const SEARCH_OPTIONS = {
  package: { type: "string" },
  flight: { type: "string" },
  "tilt-sigma": { type: "string", default: "0.7" },
  "heading-sigma": { type: "string", default: "3" },
  "height-sigma": { type: "string", default: "2" },
  config: { type: "string", default: "{}" },
} as const;

interface SearchValues {
  readonly package?: string;
  readonly flight?: string;
  readonly "tilt-sigma": string;
  readonly "heading-sigma": string;
  readonly "height-sigma": string;
  readonly config: string;
}

/** Ends the program where `bench` was not told what to read. */
export async function openSearchRig(bench: string, values: SearchValues) {
  if (values.package === undefined || values.flight === undefined) {
    console.error(`${bench} needs --package DIR and --flight DIR`);
    Deno.exit(64);
  }
  const vision = openVision();
  const flightPackage = await openFlightPackage(values.package);
  const localFrame = packageFrame(flightPackage.manifest);
  const map = new TileMap(vision, flightPackage.tiles, localFrame);
  const config = PlaceRecognitionConfigSchema.parse(JSON.parse(values.config));
  const { eastMinM, eastMaxM, northMinM, northMaxM } = map.bounds;
  return {
    vision,
    search: new ExhaustiveSearch(vision, map, config),
    /** The map's diagonal: all of it is searched. */
    reachM: Math.hypot(eastMaxM - eastMinM, northMaxM - northMinM),
    truth: await readTruth(`${values.flight}/truth.csv`, localFrame),
    flight: await openRecordedFlight(values.flight),
    sigmaTiltRad: radiansFromDegrees(Number(values["tilt-sigma"])),
    sigmaHeadingRad: radiansFromDegrees(Number(values["heading-sigma"])),
    sigmaHeightM: Number(values["height-sigma"]),
  };
}
