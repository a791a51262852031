/**
 * What each command of `operator` prints with `--json`: one JSON object a line, of a kind that `type`
 * names. JSON.md is made from it, and every output that a test sees is checked against it.
 *
 * @module
 */
import * as z from "zod";
import { ManifestSchema } from "../flight/flight_package/mod.ts";
import { FdrRecordSchema } from "../flight/flight_recorder/mod.ts";
import { TileMetadataSchema } from "../tiles/tile_contract/mod.ts";
import { AIRCRAFT_RESULTS } from "./json_aircraft.ts";
import { Count, line, Sha256, Utc, Verdict } from "./json_line.ts";
import { JOBS_RESULTS } from "./json_jobs.ts";
import { PACKAGE_RESULTS } from "./json_package.ts";

const Box = z.strictObject({
  southDeg: z.number(),
  westDeg: z.number(),
  northDeg: z.number(),
  eastDeg: z.number(),
});
const TileId = TileMetadataSchema.shape.tileId;
const Refusal = z.strictObject({ name: z.string(), reason: z.string() });
const TileRefusal = z.strictObject({ tileId: TileId, reason: z.string() });

const FILE = { name: z.string(), sizeBytes: Count };
const Damage = z.strictObject({
  code: z.string(),
  segment: z.string().describe("file; empty: the whole flight"),
  offset: Count.nullable().describe("bytes from the start of the file"),
  record: z.string(),
  reason: z.string(),
  losesRecords: z.boolean(),
});
/** At most 100 of each code are listed; the count is of all. */
const DAMAGE = { damage: z.array(Damage), damageCount: Count };

const Tile = {
  name: z.string().describe("SOURCE/ZOOM/X/Y, as the cache commands take it"),
  ...TileMetadataSchema.extend({ capturedAt: Utc.nullable() }).shape,
  freshnessLabel: z.string().optional(),
  votingStatus: z.string().optional(),
  quality: z.record(z.string(), z.unknown()).optional(),
  tileUuid: z.string(),
  locationHash: z.string(),
  latitudeDeg: z.number(),
  longitudeDeg: z.number(),
  createdAt: Utc,
  accessedAt: Utc.nullable(),
  uploadedAt: Utc.nullable(),
  uploadAttempts: Count,
  pins: Count.describe("missions that need it"),
};

const IMPORT = {
  kind: z.string(),
  source: z.string(),
  written: Count.describe("new in the cache"),
  kept: Count.describe("there already"),
  empty: Count.describe("without a covered pixel"),
  partial: Count.describe("of the written: covered in part"),
  refused: Count,
  refusals: z.array(Refusal).describe("the first of the refused"),
  bytes: Count,
  bounds: Box.nullable(),
};
const IMPORTED = [
  line("summary", {
    ...IMPORT,
    zoom: Count,
    gsdM: z.number(),
    notes: z.array(z.string()),
  }).describe("of a picture or photographs"),
  line("summary", { ...IMPORT, zooms: z.array(Count) }).describe("of an archive of tiles"),
];

const Rule = z.strictObject({
  classification: z.string(),
  maxAgeS: z.number().nullable(),
});
const SECTOR = { name: z.string(), classification: z.string(), bbox: Box };
const Sector = line("sector", SECTOR);
const Model = line("model", {
  file: z.string(),
  model: z.string(),
  bytes: Count,
  precision: z.string().nullable().describe("null: an ONNX model, which every host may load"),
  matchesHost: z.boolean().nullable().describe("null: not known which host"),
  hash: z.enum(["right", "wrong", "unlisted"]),
  refusal: z.string().nullable().describe("null: it may fly"),
});

const CACHE_RESULTS = {
  "cache stats": [line("stats", {
    database: z.string(),
    budgetBytes: Count,
    headroomBytes: z.int(),
    missions: z.array(z.strictObject({ mission: z.string(), tiles: Count })),
    tiles: Count,
    diskBytes: Count,
    bySourceAndZoom: z.array(
      z.strictObject({ source: z.string(), zoom: Count, tiles: Count, diskBytes: Count }),
    ),
    byFreshness: z.record(z.string(), Count),
    pendingUploads: Count,
    pinnedTiles: Count,
    pinnedBytes: Count,
    evictableBytes: Count,
    capturedOldest: Utc.nullable(),
    capturedNewest: Utc.nullable(),
    undatedTiles: Count,
    reservedBytes: Count,
    countedBytes: Count,
  })],
  "cache ls": [line("tile", Tile)],
  "cache show": [line("tile", {
    ...Tile,
    file: z.strictObject({
      path: z.string(),
      whole: z.boolean(),
      fault: z.string().nullable(),
    }),
  })],
  "cache dump": [
    line("dumped", { tile: z.string(), out: z.string(), bytes: Count, sha256: Sha256 }),
  ],
  "cache verify": [
    line("fault", {
      kind: z.string(),
      subject: z.string().describe("tile, or path in the data folder"),
      detail: z.string(),
      repaired: z.boolean(),
    }),
    line("summary", {
      tiles: Count,
      brokenTiles: Count,
      files: Count,
      faults: Count,
      repaired: Count,
      young: Count.describe("files too young to be judged"),
      diskBytes: Count,
      byKind: z.record(z.string(), Count),
      exitCode: Count,
    }),
  ],
  "cache gc": [line("summary", {
    dryRun: z.boolean(),
    evicted: z.strictObject({ tiles: Count, bytes: Count }),
    tidied: z.strictObject({ temporaryFiles: Count, orphanFiles: Count, bytes: Count }),
    left: z.strictObject({ tiles: Count, bytes: Count }),
  })],
  "cache export": [line("exported", {
    out: z.string(),
    format: z.string(),
    tiles: Count,
    pictures: Count.describe("equal ones are stored once"),
    zooms: z.array(Count),
    bytes: Count,
    bounds: Box,
  })],
  "cache freshness explain": [line("freshness", {
    at: Utc,
    tile: z.string().nullable(),
    box: Box,
    capturedAt: Utc.nullable(),
    rule: Rule,
    outcome: z.string(),
    reason: z.string(),
    ageS: z.number().nullable(),
    sectors: z.array(z.strictObject(SECTOR)),
    refusedAfter: Utc.nullable(),
  })],
  "cache freshness rules": [line("rules", { rules: z.array(Rule) })],
  "cache sector add": [Sector],
  "cache sector ls": [Sector],
  "cache sector rm": [line("removed", { name: z.string() })],
} as const;

const FLIGHT_RESULTS = {
  "fdr info": [line("info", {
    path: z.string(),
    verdict: Verdict,
    files: z.array(z.strictObject(FILE)),
    sizeBytes: Count,
    startUtc: Utc.nullable(),
    endUtc: Utc.nullable(),
    startNs: z.int().nullable(),
    endNs: z.int().nullable(),
    durationS: z.number().nullable(),
    flightIds: z.array(z.string()),
    records: Count,
    bytes: Count,
    unverified: Count.describe("records without a correct checksum"),
    header: z.record(z.string(), z.unknown()).nullable().describe("flight_header, see KINDS.md"),
    footer: z.record(z.string(), z.unknown()).nullable().describe("flight_footer, see KINDS.md"),
    droppedSegments: z.array(z.string()),
    cleanShutdown: z.boolean(),
    kinds: z.array(z.strictObject({
      kind: z.string(),
      count: Count,
      bytes: Count,
      firstNs: z.int(),
      lastNs: z.int(),
      hz: z.number().nullable(),
      medianNs: z.number().nullable(),
      isRegular: z.boolean(),
      pauses: z.array(z.strictObject({ fromNs: z.int(), toNs: z.int() })),
      pauseCount: Count,
    })),
    producers: z.record(z.string(), Count),
    overrun: z.record(z.string(), Count),
    ...DAMAGE,
  })],
  "fdr cat": [FdrRecordSchema.describe("a record; payloads by kind: KINDS.md")],
  "fdr doctor": [line("diagnosis", {
    path: z.string(),
    verdict: Verdict,
    files: z.array(z.strictObject(FILE)),
    records: Count,
    unverified: Count,
    missingBetween: Count,
    unknownKinds: z.record(z.string(), Count),
    recovered: z.array(z.string()),
    ...DAMAGE,
  })],
  "fdr recover": [line("recovery", {
    verdict: Verdict,
    path: z.string().nullable().describe("null: nothing was written"),
    source: z.string(),
    segments: z.array(z.strictObject({ name: z.string(), records: Count })),
    records: Count,
    unverified: Count,
    ...DAMAGE,
  })],
  "fdr export": [line("exported", {
    format: z.string(),
    path: z.string(),
    files: z.array(z.string()),
    records: Count,
  })],
  "fdr report": [line("report", {
    path: z.string(),
    records: Count,
    bytes: Count,
    verdict: Verdict,
    damageCount: Count,
  })],
} as const;

/** By command: the kinds of lines that it prints. */
export const JSON_RESULTS: Readonly<Record<string, readonly z.ZodType[]>> = {
  "demo": [line("demo", { flight: z.string(), package: z.string(), data: z.string() })],
  "tiles import": IMPORTED,
  "cache import": IMPORTED,
  "tiles download": [
    line("plan", {
      tiles: Count,
      kept: Count,
      toFetch: Count,
      bytes: z.number().nullable(),
      absent: Count,
      budgetBytes: z.number().nullable(),
      headroomBytes: z.number().nullable(),
      boxTiles: Count,
    }).describe("with --dry-run"),
    line("download", {
      fetched: Count,
      kept: Count,
      absent: Count,
      placeholders: Count.describe("of the absent: one picture at many places"),
      unchanged: Count,
      refused: z.array(TileRefusal),
      failed: z.array(TileRefusal),
      bytes: Count,
      retryCount: Count,
    }),
  ],
  "tiles upload": [line("upload", {
    batchUuid: z.string().nullable(),
    batchUuids: z.array(z.string()),
    perTileStatus: z.array(z.strictObject({
      tileId: TileId,
      status: z.string(),
      rejectionReason: z.string().nullable(),
    })),
    retryCount: Count,
    nextRetryAtS: z.number().nullable().describe("seconds since 1970"),
    outcome: z.enum(["success", "partial", "failure"]),
    publicKeyFingerprint: z.string().nullable(),
    sessions: z.array(
      z.strictObject({ flightId: z.string(), publicKeyFingerprint: z.string() }),
    ),
  })],
  "tiles status": [line("status", {
    pending: Count,
    handedIn: Count,
    givenUp: Count,
    flights: z.array(z.strictObject({
      flightId: z.string(),
      pending: Count,
      refusedBefore: Count,
      bytes: Count,
    })),
  })],
  "collect": [line("collect", {
    journals: z.array(z.strictObject({
      journal: z.string(),
      entries: Count,
      damagedBytes: Count,
      written: Count,
      renewed: Count,
      kept: Count,
      refused: z.array(z.strictObject({ tile: z.string(), reason: z.string() })),
    })),
    flights: z.array(z.strictObject({
      flightId: z.string(),
      files: z.record(z.string(), Count),
      record: Verdict,
    })),
    leftOut: z.array(z.string()).describe("paths of neither a journal nor a recorded flight"),
  })],
  ...CACHE_RESULTS,
  ...AIRCRAFT_RESULTS,
  "provision": [line("summary", {
    path: z.string(),
    name: z.string(),
    zoom: Count,
    tiles: Count,
    flightAt: Utc,
    leftOut: z.array(
      z.strictObject({ classification: z.string(), reason: z.string(), tiles: Count }),
    ),
    firstExpiresAt: z.string().nullable(),
    coverage: z.number().describe("0 to 1, of the area"),
    places: Count,
    placesResumed: Count.describe("described by an interrupted run"),
    placesByWorkers: Count.describe("of the map's squares, described by workers (--workers)"),
    placeSidesM: z.array(z.number()),
    groundHeightM: z.number().describe(
      "over the ellipsoid; of relief the mean, unless one was given",
    ),
    terrain: ManifestSchema.shape.terrain.unwrap().nullable().describe("null: the ground is flat"),
    takeoff: ManifestSchema.shape.takeoff.unwrap().nullable().describe("null: it says none"),
    takeoffOutsideM: z.number().describe("metres by which it lies outside of the map"),
    cameraId: z.string().nullable().describe("of the calibration in it; null: it has none"),
    hasSettings: z.boolean().describe("it has settings of its own"),
    mapRegistrationSigmaM: z.number().describe("1 sigma, with what its imagery adds"),
    registrationErrorM: z.number()
      .describe("by how much the imagery's datum, or tags of photographs, may shift the map"),
    descriptorDimension: Count,
    index: z.strictObject({ efSearch: Count, recall: z.number().nullable() }),
    bytes: Count,
    manifestSha256: Sha256,
    coverageMap: z.array(z.string()).describe("# there, + in part, . missing; north up"),
    holeCount: Count,
    holes: z.array(z.strictObject({ x: Count, y: Count })),
  })],
  ...PACKAGE_RESULTS,
  ...JOBS_RESULTS,
  "simulate flight": [line("summary", {
    ground: z.string(),
    folder: z.string(),
    frames: Count,
    durationS: z.number(),
    distanceM: z.number(),
  })],
  "simulate map": [
    line("summary", { folder: z.string(), zoom: Count, tiles: Count, bytes: Count }),
  ],
  "simulate controller": [line("summary", {
    positions: Count.describe("of the companion, as they arrived"),
    made: z.record(z.string(), Count).describe("what the firmware made of them"),
    gapMsMax: z.number().describe("between two positions"),
    errorMMax: z.number().describe("of the positions, against the truth"),
    ekfErrorMMax: z.number().describe("of the controller's own position"),
    lateMsMax: z.number().describe("the simulation behind its own clock"),
    aborts: Count.describe("positions that end a real autopilot: NaN"),
    line: z.record(z.string(), z.number()),
    pictures: z.strictObject({ sent: Count, missed: Count }),
  })],
  "simulate camera": [line("summary", {
    truths: Count.describe("true states that the vehicle sent"),
    drawn: Count,
    withoutTruth: Count.describe("pictures that were due without a fresh true state"),
    ageMsMax: z.number().describe("from the moment of a picture to its sending"),
    sent: Count,
    missed: Count.describe("by a reader that had not taken the one before"),
  })],
  "engines build": [line("file", { path: z.string(), bytes: Count, sha256: Sha256 })],
  "engines list": [Model],
  "engines verify": [Model],
  ...FLIGHT_RESULTS,
  "completion": [line("completion", { shell: z.string(), script: z.string() })],
};
