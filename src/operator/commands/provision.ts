/**
 * `operator provision`: the cached tiles of an area → a flight package.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  EXIT,
  type ExitCode,
  LocalFrame,
  radiansFromDegrees,
  UsageError,
} from "../../core/mod.ts";
import {
  provisionPackage,
  type ProvisionRequest,
  type ProvisionSummary,
  type ProvisionTools,
} from "../../workstation/provisioning/mod.ts";
import type { Bbox } from "../../tiles/tile_contract/mod.ts";
import {
  CACHE_OPTIONS_HELP,
  DATA_DIRECTORY_DEFAULT,
  dateOption,
  GROUND_HEIGHT_DEFAULT_M,
  numberOption,
  parseCommandLine,
  positionOption,
} from "../options.ts";

/** What the composition root gives to the command. */
export interface ProvisionParts {
  openTools(where: { dataDirectory: string; dsn: string | null }): Promise<
    & Pick<
      ProvisionTools,
      "cache" | "freshness" | "pins" | "vision" | "openMap" | "buildDescriptorIndex"
    >
    & AsyncDisposable
  >;
}

const PLACE_SIDES_DEFAULT_M = [128, 512];
/** The camera that is meant where only a height is given: 60° across, 4:3. */
const CAMERA_FIELD_OF_VIEW_DEG = 60;
const CAMERA_ASPECT = 3 / 4;

/**
 * Imagery of two dates was matched 0.65 to 2.7 m off (medians of five places, navigation.md of the
 * specification): 1.3 m along each axis makes a median of 1.5 m.
 */
const MAP_SIGMA_DEFAULT_M = 1.3;

const HELP = `operator provision --out PACKAGE [options]

Makes a flight package of the cached tiles of an area: tiles, what places look like, and a manifest
with the SHA-256 of every file. An older package at the same place is replaced when the new one is
whole; the same tiles and options make the same package. Its tiles stay in the cache, whatever else
is imported, until the mission is let go (the package's name is the mission's).

  --out PACKAGE        folder of the package
  --area S,W,N,E       degrees; without an area: everything in the cache at that zoom
  --centre LAT,LON --radius M     the area as a middle and metres to each side
  --zoom Z             zoom of the tiles (default: the finest that the area has)
  --name TEXT          name for people
  --ground-height M    height of the ground over the WGS84 ellipsoid, metres (default ${GROUND_HEIGHT_DEFAULT_M})
  --map-sigma M        how wrong the map's own position may be, 1 sigma per axis (default ${MAP_SIGMA_DEFAULT_M})
  --agl M[,M…]         heights above ground to be flown: places are as large as the camera sees
                       (60° across; default: places of ${PLACE_SIDES_DEFAULT_M.join(" m and ")} m)
  --footprint M[,M…]   the same, as the shorter side of what the camera sees, metres
  --flight-at TIME     when it is to be flown (2026-07-01, 2026-07-01T05:00Z; default now): tiles of
                       a conflict sector that are too old then are left out, and those that become
                       too old later are not flown on from that moment
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of the summary

Examples
  operator provision --centre 50.4501,30.5234 --radius 5000 --out packages/kyiv
  operator provision --area 50.40,30.45,50.50,30.60 --zoom 18 --agl 130 --out packages/kyiv`;

const OPTIONS = {
  out: { type: "string" },
  area: { type: "string" },
  centre: { type: "string" },
  radius: { type: "string" },
  zoom: { type: "string" },
  name: { type: "string" },
  "ground-height": { type: "string" },
  "map-sigma": { type: "string" },
  agl: { type: "string" },
  footprint: { type: "string" },
  "flight-at": { type: "string" },
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export function provisionCommand(parts: ProvisionParts): Command {
  return {
    name: "provision",
    summary: "make a flight package of the cached tiles of an area",
    help: HELP,
    run: (args, io) => run(parts, parse(args), io),
  };
}

interface Request {
  readonly provision: ProvisionRequest;
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly json: boolean;
}

function parse(args: readonly string[]): Request {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) {
    throw new UsageError(`provision takes options only, got "${positionals[0]}"`);
  }
  if (!values.out) throw new UsageError("provision needs --out PACKAGE");
  const name = values.name ?? null;
  if (name !== null && (name.trim() === "" || name.length > 200)) {
    throw new UsageError("--name takes 1 to 200 characters");
  }
  const number = (option: "ground-height" | "map-sigma", minimum: number, maximum: number) =>
    numberOption(option, values[option], { minimum, maximum });
  return {
    provision: {
      out: values.out.length > 1 ? values.out.replace(/\/+$/, "") : values.out,
      area: areaOf(values),
      zoom: numberOption("zoom", values.zoom, { minimum: 0, maximum: 22, integer: true }) ?? null,
      name,
      groundHeightM: number("ground-height", -500, 9000) ?? GROUND_HEIGHT_DEFAULT_M,
      mapRegistrationSigmaM: number("map-sigma", 0.01, 1000) ?? MAP_SIGMA_DEFAULT_M,
      placeSidesM: placeSides(values.agl, values.footprint),
      flightAt: dateOption("flight-at", values["flight-at"]) ?? null,
    },
    dataDirectory: values.data ?? DATA_DIRECTORY_DEFAULT,
    dsn: values.dsn ?? null,
    json: values.json ?? false,
  };
}

function areaOf(values: { area?: string; centre?: string; radius?: string }): Bbox | null {
  const centre = positionOption("centre", values.centre);
  const radiusM = numberOption("radius", values.radius, { minimum: 1, maximum: 500_000 });
  if ((centre === undefined) !== (radiusM === undefined)) {
    throw new UsageError("--centre and --radius belong together: give both, or none");
  }
  if (values.area !== undefined && centre !== undefined) {
    throw new UsageError("give --area or --centre and --radius, not both");
  }
  if (values.area !== undefined) return boxOption(values.area);
  if (centre === undefined || radiusM === undefined) return null;
  const frame = new LocalFrame({ ...centre, heightM: 0 });
  const northEast = frame.wgsFromLocal([radiusM, radiusM, 0]);
  const southWest = frame.wgsFromLocal([-radiusM, -radiusM, 0]);
  if (southWest.longitudeDeg > northEast.longitudeDeg) throw acrossAntimeridian();
  return {
    southDeg: southWest.latitudeDeg,
    westDeg: southWest.longitudeDeg,
    northDeg: northEast.latitudeDeg,
    eastDeg: northEast.longitudeDeg,
  };
}

function boxOption(text: string): Bbox {
  const parts = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [southDeg, westDeg, northDeg, eastDeg] = parts;
  const onEarth = parts.length === 4 && Math.abs(southDeg) <= 85 && Math.abs(northDeg) <= 85 &&
    Math.abs(westDeg) <= 180 && Math.abs(eastDeg) <= 180;
  if (!onEarth || southDeg >= northDeg || westDeg === eastDeg) {
    throw new UsageError(
      `--area must be SOUTH,WEST,NORTH,EAST in degrees (latitudes within ±85), got "${text}"`,
    );
  }
  if (westDeg > eastDeg) throw acrossAntimeridian();
  return { southDeg, westDeg, northDeg, eastDeg };
}

function acrossAntimeridian(): UsageError {
  return new UsageError(
    "an area across the antimeridian does not fit one package; make one for each side of it",
  );
}

function placeSides(agl: string | undefined, footprint: string | undefined): number[] {
  if (agl !== undefined && footprint !== undefined) {
    throw new UsageError("give --agl or --footprint, not both");
  }
  const list = (option: string, text: string) =>
    text.split(",").map((part) =>
      numberOption(option, part, { minimum: 1, maximum: 20_000 }) ?? NaN
    );
  if (footprint !== undefined) return list("footprint", footprint);
  if (agl === undefined) return PLACE_SIDES_DEFAULT_M;
  const across = 2 * Math.tan(radiansFromDegrees(CAMERA_FIELD_OF_VIEW_DEG) / 2) * CAMERA_ASPECT;
  return list("agl", agl).map((heightM) => Math.round(heightM * across * 10) / 10);
}

async function run(parts: ProvisionParts, request: Request, io: CommandIo): Promise<ExitCode> {
  await using tools = await parts.openTools(request);
  const summary = await provisionPackage(request.provision, {
    cache: tools.cache,
    freshness: tools.freshness,
    pins: tools.pins,
    vision: tools.vision,
    openMap: (tiles, frame) => tools.openMap(tiles, frame),
    buildDescriptorIndex: (path) => tools.buildDescriptorIndex(path),
    progress: (label, total) => io.progress(label, total),
    signal: io.signal,
  });
  if (request.json) {
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
      `${(summary.bytes / 1e6).toFixed(1)} MB`,
  );
  const { efSearch, recall } = summary.index;
  const found = recall === null
    ? ""
    : `, finds ${(100 * recall).toFixed(1)} % of the ten most alike`;
  io.out(`index: efSearch ${efSearch}${found}`);
  io.out(`coverage ${(100 * summary.coverage).toFixed(1)} % of the area's tiles, north up:`);
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
}
