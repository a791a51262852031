/**
 * Handles that were freed, are of another kind, or were made up: an error, never a crash, and nothing
 * else is touched. The classes of src/native do not let such a call through, so the symbols are called.
 */
import assert from "node:assert/strict";
import { NATIVE_ERROR_BYTES } from "../../src/core/mod.ts";
import { type CameraLibrary, openCameraLibrary } from "../../src/native/camera/mod.ts";
import { cameraSymbols } from "../../src/native/camera/symbols.ts";
import { type DeviceLibrary, openDevice } from "../../src/native/device/mod.ts";
import { deviceSymbols } from "../../src/native/device/symbols.ts";
import { type FaissLibrary, openFaiss } from "../../src/native/faiss/mod.ts";
import { faissSymbols } from "../../src/native/faiss/symbols.ts";
import { visionSymbols } from "../../src/native/vision/library.ts";
import {
  encodeJpeg,
  openVision,
  type Picture,
  type VisionLibrary,
} from "../../src/native/vision/mod.ts";
import { cameraRotation, LEVEL_NORTH } from "./vision_scene.ts";

const INVALID_ARGUMENT = 1;
const SIZE = { widthPx: 64, heightPx: 48 };
const GREY: Picture = { ...SIZE, channels: 1, pixels: new Uint8Array(64 * 48).fill(90) };
const INTRINSICS = Float64Array.of(60, 60, 32, 24, 0, 0, 0, 0, 0);
const ROTATION = Float64Array.from(cameraRotation(LEVEL_NORTH));
/** One pose over the ground; a look without noise. */
const POSE = Float64Array.of(0, 0, 50, ...ROTATION), LOOK = Float64Array.of(1, 0, 0, 0);

const errorBytes = () => new Uint8Array(NATIVE_ERROR_BYTES);

async function refused(
  call: (error: Uint8Array<ArrayBuffer>) => number | Promise<number>,
  reason: RegExp,
) {
  const error = errorBytes();
  assert.equal(await call(error), INVALID_ARGUMENT);
  assert.match(new TextDecoder().decode(error.subarray(4)), reason);
}

/** The handle that `create` makes. */
async function made(
  create: (
    handle: BigUint64Array<ArrayBuffer>,
    error: Uint8Array<ArrayBuffer>,
  ) => number | Promise<number>,
): Promise<bigint> {
  const handle = new BigUint64Array(1);
  assert.equal(await create(handle, errorBytes()), 0);
  return handle[0];
}

async function makeFrame({ symbols }: VisionLibrary): Promise<bigint> {
  const jpeg = await encodeJpeg({ symbols }, GREY, 90);
  const camera = Float64Array.of(SIZE.widthPx, SIZE.heightPx, ...INTRINSICS);
  return await made((handle, error) =>
    symbols.gdn_frame_decode(jpeg, BigInt(jpeg.length), camera, handle, error)
  );
}

const makeCamera = ({ symbols }: VisionLibrary) =>
  made((handle, error) =>
    symbols.gdn_render_camera_create(INTRINSICS, SIZE.widthPx, SIZE.heightPx, handle, error)
  );

const makeGround = ({ symbols }: VisionLibrary) =>
  made((handle, error) =>
    symbols.gdn_render_ground_create(
      GREY.pixels,
      SIZE.widthPx,
      SIZE.heightPx,
      1,
      Float64Array.of(-32, 24),
      1,
      handle,
      error,
    )
  );

const makeIndex = ({ symbols }: FaissLibrary) =>
  made((handle, error) => symbols.gdn_hnsw_create(Int32Array.of(4, 8, 16, 16), handle, error));

type Call = (handle: bigint, error: Uint8Array<ArrayBuffer>) => number | Promise<number>;

/** Every export that takes a frame. */
function frameCalls({ symbols }: VisionLibrary): Record<string, Call> {
  const patch = () => new Uint8Array(64), number = () => new Float64Array(1);
  const mosaic = new Uint8Array(64 * 48), affine = Float64Array.of(1, 0, 32, 0, -1, 24);
  const answer = new Uint8Array(8 * 8 + 8);
  // Rotation, height, foot point, search radius, heading and scale with their steps, both ground
  // sample distances, extent, reach of a block; 0 × 0 blocks.
  const numbers = [...ROTATION, 50, 0, 0, 5, 0, 1, 0, 1, 2, 1, 20, 2];
  const query = new Uint8Array(Float64Array.of(...numbers, 0).buffer);
  const pairs = new Float64Array(4), count = new Int32Array(1);
  const level = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  return {
    gdn_frame_quality: (handle, error) =>
      symbols.gdn_frame_quality(handle, number(), number(), error),
    gdn_frame_rectify: (handle, error) =>
      symbols.gdn_frame_rectify(handle, ROTATION, 50, 0, 0, 1, 8, 8, patch(), patch(), error),
    gdn_frames_track: (handle, error) =>
      symbols.gdn_frames_track(handle, handle, level, 1, pairs, count, error),
    gdn_structural_match: (handle, error) =>
      symbols.gdn_structural_match(
        handle,
        mosaic,
        mosaic,
        64,
        48,
        affine,
        query,
        null,
        0n,
        answer,
        new Float64Array(6),
        error,
      ),
    gdn_structural_places: (handle, error) =>
      symbols.gdn_structural_places(
        handle,
        mosaic,
        mosaic,
        64,
        48,
        affine,
        query,
        new Float64Array(2),
        10,
        1,
        new Float64Array(5),
        count,
        new Float64Array(2),
        1,
        1,
        new Float32Array(1),
        error,
      ),
    gdn_frame_free: (handle, error) => symbols.gdn_frame_free(handle, error),
  };
}

/** Every export that takes an index. */
function indexCalls({ symbols }: FaissLibrary): Record<string, Call> {
  const floats = new Float32Array(4), ids = new BigInt64Array(1), scores = new Float32Array(1);
  const path = new TextEncoder().encode("/nowhere/index");
  return {
    gdn_hnsw_add: (handle, error) => symbols.gdn_hnsw_add(handle, floats, 4n, ids, 1n, 1, error),
    gdn_hnsw_search: (handle, error) =>
      symbols.gdn_hnsw_search(handle, floats, 4n, 1n, 1, ids, scores, error),
    gdn_hnsw_search_exact: (handle, error) =>
      symbols.gdn_hnsw_search_exact(handle, floats, 4n, 1n, 1, ids, scores, error),
    gdn_hnsw_set_ef_search: (handle, error) => symbols.gdn_hnsw_set_ef_search(handle, 16, error),
    gdn_hnsw_info_of: (handle, error) =>
      symbols.gdn_hnsw_info_of(handle, new Uint8Array(24), error),
    gdn_hnsw_write: (handle, error) =>
      symbols.gdn_hnsw_write(handle, path, BigInt(path.length), error),
    gdn_hnsw_free: (handle, error) => symbols.gdn_hnsw_free(handle, error),
  };
}

/** Every export that takes a connection to the service manager or a serial line. */
function deviceCalls({ symbols }: DeviceLibrary): Record<string, Call> {
  const byte = () => new Uint8Array(1), count = () => new BigInt64Array(1);
  return {
    gdn_serial_line_read: (handle, error) =>
      symbols.gdn_serial_line_read(handle, 1, byte(), 1n, count(), error),
    gdn_serial_line_write: (handle, error) =>
      symbols.gdn_serial_line_write(handle, byte(), 1n, count(), error),
    gdn_serial_line_free: (handle, error) => symbols.gdn_serial_line_free(handle, error),
    gdn_service_manager_notify: (handle, error) =>
      symbols.gdn_service_manager_notify(handle, 1, new Uint8Array(1), 0n, error),
    gdn_service_manager_free: (handle, error) => symbols.gdn_service_manager_free(handle, error),
  };
}

/** Every export that takes a camera. */
function cameraCalls({ symbols }: CameraLibrary): Record<string, Call> {
  return {
    gdn_camera_read: (handle, error) =>
      symbols.gdn_camera_read(handle, 1, new Uint8Array(1), 1n, new Uint8Array(48), error),
    gdn_camera_free: (handle, error) => symbols.gdn_camera_free(handle, error),
  };
}

Deno.test("every export that takes a handle is called below", () => {
  using camera = openCameraLibrary();
  using device = openDevice();
  using vision = openVision();
  using faiss = openFaiss();
  const symbols: Deno.ForeignLibraryInterface = {
    ...cameraSymbols,
    ...deviceSymbols,
    ...visionSymbols,
    ...faissSymbols,
  };
  const taking = Object.entries(symbols)
    .filter(([, symbol]) => "parameters" in symbol && symbol.parameters[0] === "u64")
    .map(([key, symbol]) => symbol.name ?? key);
  const called = [
    ...Object.keys(frameCalls(vision)),
    ...Object.keys(indexCalls(faiss)),
    ...Object.keys(deviceCalls(device)),
    ...Object.keys(cameraCalls(camera)),
    "gdn_render_camera_free",
    "gdn_render_ground_free",
    "gdn_render_ground_relief",
    "gdn_render_view",
  ];
  assert.deepEqual([...new Set(taking)].sort(), called.sort());
});

function raise(
  { symbols }: VisionLibrary,
  ground: bigint,
  error: Uint8Array<ArrayBuffer>,
): number {
  const relief = Float64Array.of(0, 0, 1, 2, 2, 0, 0, 0, 0);
  return symbols.gdn_render_ground_relief(ground, relief, BigInt(relief.length), error);
}

function view({ symbols }: VisionLibrary, camera: bigint, ground: bigint): Call {
  const pixels = new Uint8Array(SIZE.widthPx * SIZE.heightPx);
  return (_, error) =>
    symbols.gdn_render_view(
      camera,
      ground,
      POSE,
      1,
      LOOK,
      1n,
      pixels,
      BigInt(pixels.length),
      error,
    );
}

Deno.test("a freed, invented or empty handle is refused by every call that takes one", async () => {
  using vision = openVision();
  using faiss = openFaiss();
  const [frame, camera, ground] = [
    await makeFrame(vision),
    await makeCamera(vision),
    await makeGround(vision),
  ];
  const index = await makeIndex(faiss);
  assert.equal(vision.liveHandles(), 3);
  assert.equal(faiss.liveHandles(), 1);
  assert.equal(vision.symbols.gdn_frame_free(frame, errorBytes()), 0);
  assert.equal(vision.symbols.gdn_render_camera_free(camera, errorBytes()), 0);
  assert.equal(vision.symbols.gdn_render_ground_free(ground, errorBytes()), 0);
  assert.equal(faiss.symbols.gdn_hnsw_free(index, errorBytes()), 0);
  assert.equal(vision.liveHandles(), 0);
  assert.equal(faiss.liveHandles(), 0);

  for (const handle of [frame, frame + 1n, 0n, 0xdead_beef_dead_beefn]) {
    for (const call of Object.values(frameCalls(vision))) {
      await refused((error) => call(handle, error), /not open|of another kind/);
    }
  }
  for (const handle of [index, index + 1n, 0n, 0xdead_beef_dead_beefn]) {
    for (const call of Object.values(indexCalls(faiss))) {
      await refused((error) => call(handle, error), /not open|of another kind/);
    }
  }
  using device = openDevice();
  for (const handle of [frame, (5n << 48n) + 1n, 0n, 0xdead_beef_dead_beefn]) {
    for (const call of Object.values(deviceCalls(device))) {
      await refused((error) => call(handle, error), /not open|of another kind/);
    }
  }
  using cameras = openCameraLibrary();
  for (const handle of [frame, (9n << 48n) + 1n, 0n, 0xdead_beef_dead_beefn]) {
    for (const call of Object.values(cameraCalls(cameras))) {
      await refused((error) => call(handle, error), /not open|of another kind/);
    }
  }
  await refused((error) => view(vision, camera, ground)(0n, error), /not open/);
  await refused((error) => vision.symbols.gdn_render_camera_free(camera, error), /not open/);
  await refused((error) => vision.symbols.gdn_render_ground_free(ground, error), /not open/);
  await refused((error) => raise(vision, ground, error), /not open/);
  assert.equal(vision.liveHandles(), 0, "a second free counts nothing");
  const next = await makeFrame(vision);
  assert.notEqual(next, frame, "a handle is never given out twice");
  assert.equal(vision.symbols.gdn_frame_free(next, errorBytes()), 0);
});

Deno.test("a handle of another kind, or of another library, is refused and stays open", async () => {
  using vision = openVision();
  using faiss = openFaiss();
  const [frame, camera, ground] = [
    await makeFrame(vision),
    await makeCamera(vision),
    await makeGround(vision),
  ];
  const index = await makeIndex(faiss);
  for (const foreign of [camera, ground, index]) {
    for (const call of Object.values(frameCalls(vision))) {
      await refused((error) => call(foreign, error), /of another kind/);
    }
  }
  for (const foreign of [frame, camera, ground]) {
    for (const call of Object.values(indexCalls(faiss))) {
      await refused((error) => call(foreign, error), /of another kind/);
    }
  }
  await refused((error) => view(vision, ground, camera)(0n, error), /of another kind/);
  await refused((error) => vision.symbols.gdn_render_camera_free(frame, error), /of another kind/);
  await refused((error) => vision.symbols.gdn_render_ground_free(index, error), /of another kind/);
  await refused((error) => raise(vision, camera, error), /of another kind/);

  assert.equal(vision.liveHandles(), 3);
  assert.equal(faiss.liveHandles(), 1);
  assert.equal(await view(vision, camera, ground)(0n, errorBytes()), 0);
  assert.equal(vision.symbols.gdn_frame_free(frame, errorBytes()), 0);
  assert.equal(vision.symbols.gdn_render_camera_free(camera, errorBytes()), 0);
  assert.equal(vision.symbols.gdn_render_ground_free(ground, errorBytes()), 0);
  assert.equal(faiss.symbols.gdn_hnsw_free(index, errorBytes()), 0);
});

Deno.test("a frame that is freed under a call lives until the call is done", async () => {
  using vision = openVision();
  const { symbols } = vision;
  for (let round = 0; round < 20; round++) {
    const frame = await makeFrame(vision);
    const side = 512, pixels = new Uint8Array(side * side), mask = new Uint8Array(side * side);
    const error = errorBytes();
    const running = symbols.gdn_frame_rectify(
      frame,
      ROTATION,
      50,
      0,
      0,
      0.1,
      side,
      side,
      pixels,
      mask,
      error,
    );
    assert.equal(symbols.gdn_frame_free(frame, errorBytes()), 0);
    // The call had begun, and saw the whole frame, or had not, and is refused.
    if (await running === 0) assert.equal(mask[side * side / 2 + side / 2], 255);
    else assert.match(new TextDecoder().decode(error.subarray(4)), /not open/);
  }
  assert.equal(vision.liveHandles(), 0);
});
