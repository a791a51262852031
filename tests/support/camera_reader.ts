/**
 * A process of its own that takes pictures of a camera and prints what came, as one line of JSON.
 *
 * arguments: address, width, height, pictures to take
 *
 * @module
 */
import { SystemClock } from "../../src/core/mod.ts";
import { CameraConfigSchema, openCamera } from "../../src/flight/camera_source/mod.ts";
import { openCameraLibrary } from "../../src/native/camera/mod.ts";
import { SMALL_CAMERA } from "./small_camera.ts";

export interface ReadFrame {
  readonly sequence: number;
  /** Mid-exposure to complete in memory. */
  readonly ageMs: number;
  readonly jpegBytes: number;
  /** Empty where it is none. */
  readonly grey: readonly number[];
  readonly unreadable: string;
}

export interface ReadResult {
  readonly frames: readonly ReadFrame[];
  /** Every fault that `health()` told, in order. */
  readonly faults: readonly string[];
  readonly health: { readonly reconnects: number; readonly lost: number; readonly frames: number };
  readonly liveHandles: number;
}

async function read(address: string, widthPx: number, heightPx: number, count: number) {
  const frames: ReadFrame[] = [], faults: string[] = [];
  const camera = openCamera({
    address,
    calibration: { ...SMALL_CAMERA, widthPx, heightPx },
    config: CameraConfigSchema.parse({ latencyMs: 70 }),
    clock: new SystemClock(),
  });
  const note = () => {
    const { fault } = camera.health();
    if (fault !== "" && fault !== faults.at(-1)) faults.push(fault);
    // What is no camera is tried again for ever.
    if (camera.health().reconnects > (count === 0 ? 0 : 4)) stop.abort();
  };
  const stop = new AbortController();
  const timer = setInterval(note, 1);
  for await (const { frame, receivedNs, unreadable } of camera.frames(stop.signal)) {
    frames.push({
      sequence: frame.sequence,
      ageMs: (receivedNs - frame.exposureMidNs) / 1e6,
      jpegBytes: frame.jpeg.length,
      grey: [...frame.grey ?? []],
      unreadable: unreadable?.message ?? "",
    });
    if (frames.length === count) break;
  }
  clearInterval(timer);
  await camera[Symbol.asyncDispose]();
  using library = openCameraLibrary();
  return { frames, faults, health: camera.health(), liveHandles: library.liveHandles() };
}

const [address, ...numbers] = Deno.args;
const [widthPx, heightPx, count] = numbers.map(Number);
console.log(JSON.stringify(await read(address, widthPx, heightPx, count) satisfies ReadResult));
