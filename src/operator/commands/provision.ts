/**
 * `operator provision`: builds a flight package from the cached tiles of an area.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  type GeographicBox,
  LATITUDE_MAX_DEG,
  LocalFrame,
  option,
  type OptionValues,
  radiansFromDegrees,
  UsageError,
} from "../../core/mod.ts";
import {
  provisionPackage,
  type ProvisionRequest,
  type ProvisionSummary,
  type ProvisionTools,
  type ProvisionWorkers,
} from "../../workstation/provisioning/mod.ts";
import { openHeightFile } from "../../tiles/workstation/tile_import/mod.ts";
import {
  CACHE_OPTIONS,
  type CachePlace,
  GROUND_HEIGHT_OPTIONS,
  inputsFolderOf,
  placeOf,
  refuseWithoutCache,
  WORKERS_GROUP,
  WORKERS_OPTIONS,
  workersDsn,
} from "../options.ts";
import { MISSION_OPTIONS, missionOf, missionText } from "./provision_mission.ts";
import { JOB_UNITS_MAX } from "../../workstation/work_queue/mod.ts";

/** The parts that the composition root passes to the command. */
export interface ProvisionParts {
  openTools(where: CachePlace, modelPath: string | null): Promise<
    & Pick<
      ProvisionTools,
      "cache" | "freshness" | "pins" | "vision" | "placeModel" | "openMap" | "buildDescriptorIndex"
    >
    & AsyncDisposable
  >;
  /** The queue that workers take from. */
  openQueue(
    settings: { readonly dsn: string } & Pick<CommandIo, "note" | "signal">,
  ): Promise<ProvisionWorkers["queue"]>;
}

const PLACE_SIDES_DEFAULT_M = [128, 512];
/** The camera that is assumed when only a height is given: 60° across, 4:3. */
const CAMERA_FIELD_OF_VIEW_DEG = 60;
const CAMERA_ASPECT = 3 / 4;

/**
 * Imagery of two dates matched 0.65 to 2.7 m off (medians of five places, navigation.md of the
 * specification): 1.3 m along each axis gives a median of 1.5 m.
 */
const MAP_SIGMA_DEFAULT_M = 1.3;

const ABOUT = `
Makes a flight package of the cached tiles of an area: tiles, what places look like, and a manifest
with the SHA-256 of every file. An older package at the same place is replaced when the new one is
whole; the same tiles and options make the same package. Its tiles stay in the cache, whatever else
is imported, until the mission is let go (the package's name is the mission's).`;

const AREA_GROUP = "Area, one of";
const SIDES_M = { minimum: 1, maximum: 20_000 };

const OPTIONS = {
  out: option.path({
    access: "create",
    placeholder: "PACKAGE",
    required: true,
    help: "folder of the package",
  }),
  name: option.text({ help: "name for people, 1 to 200 characters", absent: "the folder's" }),
  zoom: option.zoom({ help: "zoom of the tiles", absent: "the finest that the area has" }),
  ...GROUND_HEIGHT_OPTIONS,
  mapSigma: option.lengthM({
    minimum: 0.01,
    maximum: 1000,
    default: MAP_SIGMA_DEFAULT_M,
    help: "how wrong the map's own position may be, 1 sigma per axis; what the import told of " +
      "the imagery's datum or of photographs' tags is added",
  }),
  agl: option.lengthsM({
    ...SIDES_M,
    help: "heights above ground to be flown: places are as large as a camera of 60° sees",
    example: "130",
    absent: `places of ${PLACE_SIDES_DEFAULT_M.join(" m and ")} m`,
  }),
  footprint: option.lengthsM({
    ...SIDES_M,
    help: "the same, as the shorter side of what the camera sees",
  }),
  flightAt: option.date({
    help:
      "when it is to be flown: tiles of a conflict sector that are too old then are left out, " +
      "and those that become too old later are not flown on from that moment",
    absent: "now",
  }),
  model: option.path({
    access: "read",
    placeholder: "FILE",
    help:
      "neural model (.onnx) whose features describe the places; the flight needs the same file " +
      "(strategies.placeRecognition: onnx)",
    absent: "places are described without a model",
  }),
  ...MISSION_OPTIONS,
  area: option.area({
    latitudeMaxDeg: LATITUDE_MAX_DEG,
    help: "a box",
    absent: "everything in the cache at that zoom",
    example: "50.40,30.45,50.50,30.60",
    group: AREA_GROUP,
  }),
  centre: option.position({
    help: "the middle of a square, with --radius",
    example: "50.4501,30.5234",
    group: AREA_GROUP,
  }),
  radius: option.lengthM({
    minimum: 1,
    maximum: 500_000,
    help: "from the middle to each side of the square",
    group: AREA_GROUP,
  }),
  ...CACHE_OPTIONS,
  ...WORKERS_OPTIONS,
  placesPerJob: option.count({
    minimum: 1,
    maximum: JOB_UNITS_MAX,
    default: 2000,
    help: "places that a worker takes at once",
    group: WORKERS_GROUP,
  }),
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

export function provisionCommand(parts: ProvisionParts): Command {
  return defineCommand({
    name: "provision",
    summary: "make a flight package of the cached tiles of an area",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator provision --centre 50.4501,30.5234 --radius 5000 --out packages/kyiv",
      "operator provision --area 50.40,30.45,50.50,30.60 --zoom 18 --agl 130 --out packages/kyiv",
      "operator provision --calibration camera.json --takeoff-origin 50.45,30.52,131 --agl 130 --out packages/kyiv",
      "operator provision --workers --dsn postgresql://me@db/tiles --agl 130 --out packages/theatre",
    ],
    exitCodes: {
      3: "with --workers: jobs were set aside, and no package was made; the message says why",
    },
    run: (values, io) => run(parts, values, io),
  });
}

async function requestOf(values: Values): Promise<ProvisionRequest> {
  const name = values.name ?? null;
  if (name !== null && (name.trim() === "" || name.length > 200)) {
    throw new UsageError("--name takes 1 to 200 characters");
  }
  return {
    out: values.out,
    area: areaOf(values),
    zoom: values.zoom ?? null,
    name,
    groundHeightM: values.groundHeight ?? null,
    mapRegistrationSigmaM: values.mapSigma,
    placeSidesM: placeSides(values),
    flightAt: values.flightAt ?? null,
    mission: await missionOf(values),
  };
}

function areaOf({ area, centre, radius: radiusM }: Values): GeographicBox | null {
  if ((centre === undefined) !== (radiusM === undefined)) {
    throw new UsageError("--centre and --radius belong together: give both, or none");
  }
  if (area !== undefined && centre !== undefined) {
    throw new UsageError("give --area or --centre and --radius, not both");
  }
  if (area !== undefined) {
    if (area.westDeg > area.eastDeg) throw acrossAntimeridian();
    return area;
  }
  if (centre === undefined || radiusM === undefined) return null;
  const localFrame = new LocalFrame({ ...centre, heightM: 0 });
  const northEast = localFrame.wgsFromLocal([radiusM, radiusM, 0]);
  const southWest = localFrame.wgsFromLocal([-radiusM, -radiusM, 0]);
  if (southWest.longitudeDeg > northEast.longitudeDeg) throw acrossAntimeridian();
  return {
    southDeg: southWest.latitudeDeg,
    westDeg: southWest.longitudeDeg,
    northDeg: northEast.latitudeDeg,
    eastDeg: northEast.longitudeDeg,
  };
}

function acrossAntimeridian(): UsageError {
  return new UsageError(
    "an area across the antimeridian does not fit one package; make one for each side of it",
  );
}

function placeSides({ agl, footprint }: Values): readonly number[] {
  if (agl !== undefined && footprint !== undefined) {
    throw new UsageError("give --agl or --footprint, not both");
  }
  if (footprint !== undefined) return footprint;
  if (agl === undefined) return PLACE_SIDES_DEFAULT_M;
  const across = 2 * Math.tan(radiansFromDegrees(CAMERA_FIELD_OF_VIEW_DEG) / 2) * CAMERA_ASPECT;
  return agl.map((heightM) => Math.round(heightM * across * 10) / 10);
}

function terrainOf({ terrain, terrainDatum }: Values): ProvisionTools["openTerrain"] {
  if (terrain !== undefined) return (box) => openHeightFile(terrain, box, terrainDatum ?? null);
  if (terrainDatum === undefined) return undefined;
  throw new UsageError("--terrain-datum is of --terrain, which is not given");
}

async function run(parts: ProvisionParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const request = await requestOf(values);
  const place = placeOf(values);
  const dsn = workersDsn(values);
  if (dsn !== null && values.model !== undefined) {
    throw new UsageError(
      "--workers describe places without a model: leave --model or --workers out",
    );
  }
  const openTerrain = terrainOf(values);
  await refuseWithoutCache(place);
  await using tools = await parts.openTools(place, values.model ?? null);
  await using queue = dsn === null
    ? null
    : await parts.openQueue({ dsn, note: io.note, signal: io.signal });
  const summary = await provisionPackage(request, {
    ...queue === null ? {} : {
      workers: {
        queue,
        inputsFolder: inputsFolderOf(place),
        placesPerJob: values.placesPerJob,
      },
    },
    cache: tools.cache,
    freshness: tools.freshness,
    pins: tools.pins,
    vision: tools.vision,
    placeModel: tools.placeModel,
    ...openTerrain === undefined ? {} : { openTerrain },
    workFolder: `${place.dataDirectory}/provisioning`,
    openMap: (tiles, frame) => tools.openMap(tiles, frame),
    buildDescriptorIndex: (path) => tools.buildDescriptorIndex(path),
    progress: (label, total) => io.progress(label, total),
    signal: io.signal,
  });
  if (values.json) {
    const { holes, ...rest } = summary;
    io.out(JSON.stringify({ type: "summary", ...rest, holeCount: holes.length, holes }));
  } else describe(summary, io);
  return EXIT.ok;
}

const HOLES_LISTED = 10;

function describe(summary: ProvisionSummary, io: CommandIo): void {
  const { tiles, zoom, holes, places, placeSidesM } = summary;
  io.out(`${summary.path}: "${summary.name}"`);
  io.out(
    `${tiles} tiles at zoom ${zoom}, ${places} places of ${placeSidesM.join(" m and ")} m, ` +
      bytesText(summary.bytes),
  );
  if (summary.registrationErrorM > 0) {
    io.out(
      `map error ${summary.mapRegistrationSigmaM} m (1 sigma), of which ${summary.registrationErrorM} m ` +
        "by the datum of its imagery, or the tags of its photographs",
    );
  }
  const { terrain } = summary;
  if (terrain) {
    io.out(
      `terrain ${terrain.minimumM.toFixed(0)} to ${
        terrain.maximumM.toFixed(0)
      } m over the ellipsoid, a height ` +
        `each ${terrain.spacingM.toFixed(1)} m: ${terrain.source}`,
    );
  }
  for (const line of missionText(summary)) io.out(line);
  if (summary.placesResumed > 0) {
    io.out(`${summary.placesResumed} of them were described by a run that broke off`);
  }
  if (summary.placesByWorkers > 0) {
    io.out(`${summary.placesByWorkers} of the map's squares were described by workers`);
  }
  const { efSearch, recall } = summary.index;
  const found = recall === null ? "" : `, finds ${(100 * recall).toFixed(1)} % of the ten nearest`;
  io.out(`index: efSearch ${efSearch}${found}`);
  io.out(
    `coverage ${
      (100 * summary.coverage).toFixed(1)
    } % of the area's tiles, north up (# there, + in part, . missing):`,
  );
  for (const line of summary.coverageMap) io.out(`  ${line}`);
  if (holes.length > 0) {
    const some = holes.slice(0, HOLES_LISTED).map(({ x, y }) => `${zoom}/${x}/${y}`).join(" ");
    const more = holes.length > HOLES_LISTED ? ` and ${holes.length - HOLES_LISTED} more` : "";
    io.out(`${holes.length} tiles are missing: ${some}${more}`);
  }
  for (const { tiles, classification, reason } of summary.leftOut) {
    io.out(
      `${tiles} tiles left out for a flight on ${summary.flightAt.toISOString()}: ` +
        `${classification}, ${reason}`,
    );
  }
  if (summary.firstExpiresAt !== null) {
    io.out(`the first of its tiles becomes too old for its sector on ${summary.firstExpiresAt}`);
  }
  io.out(`manifest SHA-256 ${summary.manifestSha256}`);
  io.out(
    "it is unsigned: replays take it as it is; for an aircraft sign it with " +
      `\`operator package sign ${summary.path} --key NAME\` (\`operator keys create NAME\` makes a key)`,
  );
}
