/**
 * One representative payload per registered kind: the table of the round trip.
 *
 * @module
 */
import {
  type FdrKind,
  type FdrPayload,
  IMU_BATCH_MAX,
} from "../../src/flight/flight_recorder/mod.ts";

const FLIGHT_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const KEY = { flightId: FLIGHT_ID, publicKeyFingerprint: "0123456789abcdef" };
const BATCH = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const MAP_TILE = { zoom: 18, x: 77213, y: 106845, source: "googlemaps" };
const FLIGHT_TILE = { ...MAP_TILE, source: "onboard_ingest", flightId: FLIGHT_ID };
const PLACE = { latitudeDeg: 48.137154, longitudeDeg: 11.576124 };
const COVARIANCE = Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1.25 : 0.0125));

/** The longest batch, of values that take all digits of a double. */
function column(scale: number): number[] {
  return Array.from({ length: IMU_BATCH_MAX }, (_, i) => Math.sin(i + scale) * scale);
}

function times(startNs: number): number[] {
  return Array.from({ length: IMU_BATCH_MAX }, (_, i) => startNs + i * 2_500_000);
}

/** As long as airborne's. */
const STAGE_MS = {
  decode: 9.123,
  odometry: 12.345,
  recognition: 1.234,
  matching: 78.123,
  pose: 2.345,
  estimator: 0.123,
  between: 23.456,
};
const ESTIMATE = {
  sequence: 41,
  validNs: 4_100_000_000,
  ...PLACE,
  heightM: 642.5,
  covarianceEnM2: [4.25, -0.5, 3.75],
  sigmaUpM: 2.5,
  horizontal95M: 5.2,
  velocityEnuMps: [12.5, -3.25, 0.125],
  localFromBody: [0.7071, 0, 0, 0.7071],
  label: "satellite_anchored",
  anchorAgeS: 0.4,
  covariance: COVARIANCE,
} as const;

/** What the flight knew before it took off; a recorded flight's description stands in it. */
const HEADER: FdrPayload<"flight_header"> = {
  name: "first mission",
  software: "airborne 0.1.0",
  aircraft: "multirotor",
  packageName: "first",
  startUtc: "2026-01-01T00:00:00.000Z",
  strategies: { vio: "planar_klt", estimator: "eskf" },
  createdBy: "simulation",
  seed: 7,
  camera: {
    id: "nadir",
    widthPx: 1280,
    heightPx: 960,
    fxPx: 1100,
    fyPx: 1100,
    cxPx: 639.5,
    cyPx: 479.5,
    distortion: [0, 0, 0, 0, 0],
    bodyFromCamera: [0.7071067811865476, 0, 0, 0.7071067811865476],
    mountingSigmaDeg: 0.5,
  },
  frameRateHz: 5,
  imuRateHz: 200,
  groundHeightM: 520,
  takeoff: { ...PLACE, heightM: 520, sigmaHorizontalM: 5, sigmaVerticalM: 10 },
  sigmas: { tiltDeg: 1, headingDeg: 2, baroM: 1.5 },
};

const RECORDER = {
  flight_header: HEADER,
  flight_footer: {
    cleanShutdown: true,
    recordsWritten: 120_000,
    recordsDroppedOverrun: 3,
    bytesWritten: 90_000_000,
    rolloverCount: 1,
    recordsDroppedDisk: 0,
    recordsDroppedPolicy: 2,
    recordsDroppedCap: 0,
    producers: {
      airborne: {
        produced: 120_005,
        written: 120_000,
        droppedOverrun: 3,
        droppedDisk: 0,
        droppedPolicy: 2,
      },
    },
  },
  segment_rollover: {
    segment: "segment_0003.mcap",
    droppedRecords: 90_000,
    droppedBytes: 67_108_864,
    totalBytes: 68_000_000_000,
    flightCapBytes: 68_719_476_736,
  },
  log: {
    level: "ERROR",
    component: "tile_cache",
    kind: "c6.write_failed",
    message: "the disk is full",
    fields: { path: "tiles/18/77213/106845.jpg", freeBytes: 0 },
    error: { type: "TileFsError(TILE_FS)", message: "no space", causes: ["Error: ENOSPC"] },
  },
  overrun: { droppedCount: 17, producerId: "vio" },
  mid_flight_tile_snapshot: {
    tileId: "18_77213_106845",
    file: "tiles/18_77213_106845.jpg",
    bytes: 14_321,
    frameId: 41,
  },
  failed_tile_thumbnail: {
    reason: "tilt 17.2° is over 15°",
    format: "jpeg",
    // 2,400 bytes of a picture, as base64.
    data: "/9j/".repeat(800),
    widthPx: 64,
    heightPx: 64,
    frameId: 41,
  },
} as const;

const SENSORS = {
  "sensor.imu": {
    controllerNs: times(8_123_456_789_012_345),
    receivedNs: times(1_123_456_789_012_345),
    axMps2: column(0.5),
    ayMps2: column(0.25),
    azMps2: column(-9.81),
    gxRps: column(0.01),
    gyRps: column(0.02),
    gzRps: column(0.03),
  },
  "sensor.attitude": {
    controllerNs: 12_000_000_000,
    receivedNs: 4_000_000_000,
    localFromBody: [0.7071, 0, 0, 0.7071],
  },
  "sensor.baro": { controllerNs: 12_000_000_000, receivedNs: 4_000_000_000, heightM: 642.5 },
  "sensor.gps": {
    controllerNs: 12_000_000_000,
    receivedNs: 4_000_000_000,
    fix: "3d",
    ...PLACE,
    heightM: 642.5,
    velocityEnuMps: [12.5, -3.25, 0.125],
    sigmaHorizontalM: 1.5,
    sigmaVerticalM: 2.5,
    satellites: 14,
    integrity: "ok",
  },
  "sensor.velocity": {
    controllerNs: 9_100_000_000,
    receivedNs: 4_100_000_000,
    velocityBodyMps: [16.25, -0.5, 0.125],
    covariance: [0.0625, 0.001, 0, 0.001, 0.0625, 0, 0, 0, 0.09],
  },
  "frame.meta": {
    sequence: 41,
    exposureMidNs: 4_100_000_000,
    availableNs: 4_140_000_000,
    widthPx: 1280,
    heightPx: 960,
    jpegBytes: 180_000,
    calibrationId: "nadir",
    file: "000041.jpg",
  },
} as const;

const NAVIGATION = {
  "nav.work_level": {
    level: "reduced",
    candidates: 4,
    rerank: 1,
    searchEveryFrames: 3,
    modelInputScale: 0.5,
    reason: "the computer throttles",
  },
  "vio.health": { state: "tracking", strategy: "planar_klt", tracks: 240, inliers: 210 },
  "nav.fix": {
    sequence: 41,
    exposureMidNs: 4_100_000_000,
    accepted: true,
    reason: "",
    ...PLACE,
    heightM: 642.5,
    margin: 0.21,
    score: 0.48,
    inliers: 23,
    global: false,
    covariance: COVARIANCE,
    testRatio: 0.3,
    innovation: [0.4, -0.2, 0.1],
  },
  "nav.state": {
    ...ESTIMATE,
    latencyMs: 87.5,
    stageWallMs: STAGE_MS,
    stageCpuMs: STAGE_MS,
  },
  "nav.smoothed": ESTIMATE,
  "nav.estimate_gap": { fromNs: 5_000_000_000, toNs: null, reason: "semi-axis 612 m" },
  "c5.measurement": {
    source: "anchor",
    measuredNs: 4_100_000_000,
    fused: false,
    reason: "innovation beyond its gate",
    observation: [120.5, -44.25, 131.0625, 0.0125, -0.03, 1.5],
    observationVariance: [2.25, 2.5, 4, 0.0004, 0.0004, 0.0002],
    innovation: [31.5, -12.25, 2.5, 0.001, -0.002, 0.01],
    innovationVariance: [4.25, 3.75, 6, 0.0006, 0.0006, 0.0005],
    testRatio: 9.5,
  },
  "c5.source_label": { from: "dead_reckoned", to: "satellite_anchored", reason: "first fix" },
  "c5.cold_start_origin.set": { ...PLACE, sigmaHorizontalM: 5, sigmaVerticalM: 10 },
  "c5.cold_start_origin.unavailable": { reason: "no take-off position was given" },
  "c5.gps_demoted": { reason: "a jump of 50 m", unlearntSinceNs: 61_000_000_000, movedM: 4.25 },
  "c5.imu_left_out": { reason: "it repeats one sample" },
  "c5.imu_used_again": {},
  "c5.picture_delay": { delayS: 1.05 },
  "c5.heading_correction": { turnDeg: -178.5 },
  "c5.restarted": { reason: "a variance is not positive" },
  "c5.map_conflict": { disagreementM: 41.5 },
  "c5.map_conflict_settled": {},
  "c5.gps_bounded_delta.accept": { reason: "agrees", deltaM: 4.5 },
  "c5.gps_bounded_delta.reject": { reason: "no estimate to hold it to", deltaM: null },
} as const;

const FRESHNESS = {
  classification: "active_conflict",
  rule: "active_conflict",
  ageMaxS: 15_811_200,
};

const PARTS = {
  "c6.write": { tileId: MAP_TILE, diskBytes: 14_321, contentSha256: "ab".repeat(32), tookMs: 3.5 },
  "c6.write_failed": { tileId: MAP_TILE, error: { type: "TileFsError", message: "no space" } },
  "c6.freshness.rejected": { tileId: MAP_TILE, ageS: 20_000_000, ...FRESHNESS },
  "c6.freshness.downgraded": { tileId: MAP_TILE, ageS: null, ...FRESHNESS },
  "c6.eviction_batch": {
    evictedCount: 32,
    freedBytes: 460_000,
    tileIds: Array.from({ length: 5 }, (_, i) => ({ ...MAP_TILE, x: MAP_TILE.x + i })),
  },
  "c7.fallback_to_onnx_trt_ep": { model: "dinov2", reason: "the engine is for another host" },
  "c7.cpu_fallback": { model: "dinov2", reason: "CUDA is not there", providers: ["cpu"] },
  "c7.thermal_transition": {
    throttled: true,
    telemetryAvailable: true,
    source: "jetson",
    temperatureC: 92.5,
  },
  "c8.position_out": {
    message: "gps_input",
    validNs: 4_100_000_000,
    ...PLACE,
    heightM: 642.5,
    covarianceEnM2: [4.25, -0.5, 3.75],
    sigmaUpM: 2.5,
    velocityEnuMps: [12.5, -3.25, 0.125],
    fixType: 3,
    horizontalAccuracyM: 2.2,
    verticalAccuracyM: 2.5,
    label: "satellite_anchored",
    yawDeg: 92,
  },
  "c8.link": { state: "lost", adapter: "ardupilot", endpoint: "udp:14550", reason: "silent 3 s" },
  "c8.alert": { severity: "critical", text: "No position for 3 s", sent: true },
  "c9.reloc_hint": {
    accepted: true,
    reason: "",
    text: "RELOC:48.137154,11.576124,200",
    ...PLACE,
    sigmaHorizontalM: 200,
  },
  "package.verified": { name: "first", files: 412, bytes: 31_000_000, scope: "whole" },
  "package.file_damaged": { path: "tiles/18/1/2.jpg", isTile: true },
  "c11.upload.session.key.public": { ...KEY, publicKey: "A".repeat(43) + "=" },
  "c11.upload.session.key.zeroised": { ...KEY, signatures: 50 },
  "c11.upload.signature_rejected": {
    ...KEY,
    tileId: FLIGHT_TILE,
    rejectionReason: "invalid signature",
    batchUuid: BATCH,
  },
  "c11.upload.tile.queued": { tileId: FLIGHT_TILE, batchUuid: BATCH },
  "c11.upload.tile.rejected": {
    tileId: FLIGHT_TILE,
    batchUuid: BATCH,
    rejectionReason: "too dark",
  },
  "c11.upload.batch.complete": {
    flightId: FLIGHT_ID,
    batchUuid: BATCH,
    outcome: "partial",
    queued: 48,
    rejected: 1,
    duplicate: 1,
    superseded: 0,
  },
  "c11.upload.giveup": { tileId: FLIGHT_TILE, attempts: 5, rejectionReason: "too dark" },
} as const;

/** A kind without a payload here does not compile, and fails the test of the round trip. */
export const FDR_FIXTURES: { readonly [K in FdrKind]: FdrPayload<K> } = {
  ...RECORDER,
  ...SENSORS,
  ...NAVIGATION,
  ...PARTS,
};
