/**
 * Options of `operator provision` about the flight itself: camera, take-off and settings.
 *
 * @module
 */
import {
  LATITUDE_MAX_DEG,
  option,
  type OptionValues,
  readPlainTextFile,
  Refused,
  UsageError,
} from "../../core/mod.ts";
import { readCalibration } from "../../flight/camera_source/mod.ts";
import type { Manifest } from "../../flight/flight_package/mod.ts";
import { encodeMissionSettings } from "../../flight/flight_settings/mod.ts";
import type { PackageMission, ProvisionSummary } from "../../workstation/provisioning/mod.ts";

const GROUP = "Flight";
const CONFIG_BYTES_MAX = 1024 * 1024;
const HEIGHT_M = { minimum: -500, maximum: 9000 };
const SIGMA_M = { minimum: 0.01, maximum: 100_000 };
/** What a person means who points at a map, metres: horizontal and vertical. */
const SIGMAS_DEFAULT_M = [5, 10] as const;

type Takeoff = NonNullable<Manifest["takeoff"]>;

export const MISSION_OPTIONS = {
  calibration: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "calibration of the camera that it is for (JSON), or flight.json of a recorded flight; the aircraft " +
      "needs none then",
    absent: "it is for any camera",
    group: GROUP,
  }),
  takeoffOrigin: option.custom({
    form: "LAT,LON,HEIGHT: degrees, and the ground's metres over the WGS84 ellipsoid",
    read: readTakeoff,
  }, {
    placeholder: "LAT,LON,HEIGHT",
    help:
      "where it takes off: the start of a flight whose GPS is silent, or says another place. It may lie " +
      "outside of the area; without --ground-height and --terrain all ground is as high",
    example: "50.4501,30.5234,131",
    absent: "the aircraft finds out",
    group: GROUP,
  }),
  takeoffSigma: option.custom({
    form: "HORIZONTAL,VERTICAL: metres",
    read: readSigmas,
  }, {
    placeholder: "M,M",
    help: "how wrong that may be, 1 sigma: horizontally and vertically",
    absent: SIGMAS_DEFAULT_M.join(","),
    group: GROUP,
  }),
  config: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "settings of the flight, as airborne --config takes them: strategies, navigation and what is sent. " +
      "What belongs to an aircraft (addresses, keys, folders, trust) is refused",
    absent: "the aircraft's own settings",
    group: GROUP,
  }),
} as const;

function readTakeoff(text: string) {
  const [latitudeDeg, longitudeDeg, heightM, ...rest] = numbersOf(text);
  const isPlace = rest.length === 0 && Math.abs(latitudeDeg) <= LATITUDE_MAX_DEG &&
    Math.abs(longitudeDeg) <= 180 && heightM >= HEIGHT_M.minimum && heightM <= HEIGHT_M.maximum;
  return isPlace ? { latitudeDeg, longitudeDeg, heightM } : new Refused();
}

function readSigmas(text: string) {
  const sigmas = numbersOf(text);
  const isRight = sigmas.length === 2 &&
    sigmas.every((sigmaM) => sigmaM >= SIGMA_M.minimum && sigmaM <= SIGMA_M.maximum);
  return isRight ? [sigmas[0], sigmas[1]] as const : new Refused();
}

function numbersOf(text: string): number[] {
  return text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
}

/** @throws UsageError; DataError and ConfigurationError that name the file */
export async function missionOf(
  { calibration, takeoffOrigin, takeoffSigma, config }: OptionValues<typeof MISSION_OPTIONS>,
): Promise<PackageMission> {
  if (takeoffSigma !== undefined && takeoffOrigin === undefined) {
    throw new UsageError("--takeoff-sigma is of --takeoff-origin, which is not given");
  }
  return {
    takeoff: takeoffOrigin === undefined ? null : takeoffOf(takeoffOrigin, takeoffSigma),
    calibration: calibration === undefined ? null : await readCalibration(calibration),
    settings: config === undefined ? null : encodeMissionSettings({
      text: await readPlainTextFile(config, { bytesMax: CONFIG_BYTES_MAX }),
      name: config,
    }),
  };
}

function takeoffOf(
  place: Pick<Takeoff, "latitudeDeg" | "longitudeDeg" | "heightM">,
  [sigmaHorizontalM, sigmaVerticalM]: readonly [number, number] = SIGMAS_DEFAULT_M,
): Takeoff {
  return { ...place, sigmaHorizontalM, sigmaVerticalM };
}

export function missionText(
  { takeoff, takeoffOutsideM, cameraId, hasSettings }: Pick<
    ProvisionSummary,
    "takeoff" | "takeoffOutsideM" | "cameraId" | "hasSettings"
  >,
): string[] {
  const lines: string[] = [];
  if (takeoff) lines.push(`takes off at ${takeoffText(takeoff)}`);
  if (takeoffOutsideM > 0) {
    lines.push(
      `the take-off lies ${
        takeoffOutsideM.toFixed(0)
      } m outside of the map: until it is over it, nothing but ` +
        "odometry and GPS says where the aircraft is",
    );
  }
  if (cameraId !== null) lines.push(`for the camera ${cameraId}`);
  if (hasSettings) lines.push("with settings of its own, which the aircraft's override");
  return lines;
}

export function takeoffText(takeoff: Takeoff): string {
  const { latitudeDeg, longitudeDeg, heightM, sigmaHorizontalM, sigmaVerticalM } = takeoff;
  return `${latitudeDeg},${longitudeDeg} ± ${sigmaHorizontalM} m, ground ${heightM} ± ${sigmaVerticalM} m ` +
    "over the ellipsoid";
}
