import assert from "node:assert/strict";
import sharp from "sharp";
import { SystemClock } from "../../src/core/mod.ts";
import { CameraConfigSchema, openCamera } from "../../src/flight/camera_source/mod.ts";
import { Capture, openCameraLibrary } from "../../src/native/camera/mod.ts";
import { openVision, VisionFrame } from "../../src/native/vision/mod.ts";
import { SMALL_CAMERA, smallPicture } from "../support/camera.ts";
import type { ReadResult } from "../support/camera_reader.ts";
import { REPOSITORY } from "../support/paths.ts";

const { widthPx, heightPx } = SMALL_CAMERA;

/** A double of the kernel's side; see v4l2_double.cc. */
const folder = await Deno.makeTempDir({ prefix: "gdn-test-v4l2-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const double = `${folder}/v4l2_double.so`;

async function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const signal = AbortSignal.timeout(120_000);
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env,
    signal,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

await run("c++", [
  ...["-std=c++17", "-Wall", "-shared", "-fPIC", "-o", double],
  `${REPOSITORY}/tests/support/v4l2_double.cc`,
]);
await Deno.writeFile(`${folder}/picture.jpg`, await smallPicture(3));

const doubled = ([width, height]: readonly [number, number]) => ({
  // The run time of a sanitizer comes first.
  LD_PRELOAD: [Deno.env.get("LD_PRELOAD") ?? "", double].filter((text) => text !== "").join(":"),
  V4L2_SIZE: `${width}x${height}`,
  V4L2_JPEG: `${folder}/picture.jpg`,
});

interface ReadOptions {
  readonly pictures: number;
  readonly query?: string;
  readonly size?: readonly [widthPx: number, heightPx: number];
}

/** What a process of its own reads of a camera that does what `camera` says. */
async function read(
  camera: Record<string, string>,
  { pictures, query = "", size = [widthPx, heightPx] }: ReadOptions,
): Promise<ReadResult> {
  const text = await run(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", "--no-check", "--cached-only"],
    `--config=${REPOSITORY}/deno.json`,
    // As airborne has it.
    `--allow-ffi=${REPOSITORY}/build/lib`,
    `${REPOSITORY}/tests/support/camera_reader.ts`,
    `v4l2:/dev/video7${query}`,
    ...[...size, pictures].map(String),
  ], { ...doubled(size), ...camera });
  const result = JSON.parse(text) as ReadResult;
  assert.equal(result.liveHandles, 0);
  return result;
}

/** The brightness that the double paints, of a picture's number. */
const painted = (sequence: number, [width, height]: readonly [number, number]) =>
  Array.from(
    { length: width * height },
    (_, i) => (i % width + 2 * Math.floor(i / width) + 7 * sequence) & 255,
  );

for (const [format, padding] of [["GREY", 0], ["NV12", 16], ["YUYV", 12], ["UYVY", 0]] as const) {
  Deno.test(`v4l2: ${format} gives its brightness to the last pixel, whatever lies behind a row`, async () => {
    const size = [38, 17] as const;
    const { frames } = await read(
      { V4L2_FORMATS: `${format}:30`, V4L2_PADDING: `${padding}` },
      { pictures: 3, size },
    );
    for (const { sequence, grey, unreadable } of frames) {
      assert.equal(unreadable, "");
      assert.deepEqual(grey, painted(sequence, size));
    }
  });
}

Deno.test("v4l2: what need not be decoded is preferred, unless it is too slow; an asked-for format is taken", async () => {
  const kindOf = async (formats: string, query = "") => {
    const { frames: [frame] } = await read({ V4L2_FORMATS: formats }, { pictures: 1, query });
    return frame.grey.length > 0 ? "raw" : "JPEG";
  };
  assert.equal(await kindOf("MJPG:30,YUYV:30"), "raw");
  assert.equal(await kindOf("MJPG:30,YUYV:5"), "JPEG");
  assert.equal(await kindOf("MJPG:30,YUYV:5", "?fps=4"), "raw");
  assert.equal(await kindOf("MJPG:3,YUYV:5"), "raw");
  assert.equal(await kindOf("MJPG:30,YUYV:30", "?format=MJPG"), "JPEG");
});

Deno.test("v4l2: mid-exposure is the driver's stamp; one that cannot be true is not believed", async () => {
  const agesOf = async (stamp: string) => {
    const { frames } = await read({ V4L2_FORMATS: "GREY:30", V4L2_STAMP: stamp }, { pictures: 6 });
    return frames.map(({ ageMs, unreadable }) => unreadable === "" ? ageMs : NaN);
  };
  // The double stamps 4 ms before the picture is ready; latencyMs is 70.
  for (const stamp of ["start", "end"]) {
    for (const age of await agesOf(stamp)) assert.ok(age >= 4 && age < 60, `${stamp}: ${age}`);
  }
  for (const stamp of ["unknown", "future"]) {
    for (const age of await agesOf(stamp)) assert.ok(Math.abs(age - 70) < 0.01, `${stamp}: ${age}`);
  }
  const ages = await agesOf("backwards");
  assert.ok(ages.some((age) => age < 60), "the good stamps are believed");
  // A fallback that lies before the stamp of the picture before is refused, not reordered.
  for (const age of ages) assert.ok(Number.isNaN(age) || age < 60 || Math.abs(age - 70) < 0.01);
});

Deno.test("v4l2: a camera that is unplugged is told, and found when it is plugged in again", async () => {
  const { frames, faults, health } = await read(
    { V4L2_FORMATS: "MJPG:30", V4L2_UNPLUG: "5:2" },
    { pictures: 12 },
  );
  assert.ok(frames.every(({ jpegBytes }) => jpegBytes > 0));
  assert.ok(health.reconnects >= 2);
  const numbers = frames.map(({ sequence }) => sequence);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assert.match(faults.join("\n"), /\/dev\/video7 .*(unplugged|No such device)/);
  assert.match(faults.join("\n"), /\/dev\/video7: No such file or directory/);
});

Deno.test("v4l2: a picture that the driver knows to be damaged is left out, and counted as lost", async () => {
  const { frames, health } = await read(
    { V4L2_FORMATS: "GREY:30", V4L2_DAMAGED: "4" },
    { pictures: 10 },
  );
  assert.ok(frames.every(({ sequence }) => sequence % 4 !== 1));
  assert.ok(health.lost >= 2);
});

for (const formats of ["YUYV:100", "MJPG:100"]) {
  Deno.test(`v4l2: the contract of every camera source, on the double with ${formats}`, async () => {
    const text = await run(Deno.execPath(), [
      ...["test", "--allow-all", "--quiet", "--no-check", "--cached-only", "--filter=v4l2:"],
      `--config=${REPOSITORY}/deno.json`,
      `${REPOSITORY}/tests/contract/camera_source.test.ts`,
    ], { ...doubled([widthPx, heightPx]), V4L2_FORMATS: formats, NO_COLOR: "1" });
    assert.match(text, /ok \| 6 passed \| 0 failed/);
  });
}

Deno.test("v4l2: what gives no usable picture says why", async () => {
  const faultOf = async (camera: Record<string, string>, query = "") =>
    (await read({ V4L2_FORMATS: "YUYV:30", ...camera }, { pictures: 0, query })).faults.join("\n");
  assert.match(
    await faultOf({ V4L2_SIZE: "32x24" }),
    /\/dev\/video7 has no 64x48; it answers YUYV 32x24 at 10\/s/,
  );
  assert.match(await faultOf({}, "?format=NV12"), /has no 64x48 NV12; it answers YUYV 64x48/);
  assert.match(
    await faultOf({ V4L2_KIND: "output" }),
    /gives no pictures; a camera may have several/,
  );
  assert.match(await faultOf({ V4L2_KIND: "planes" }), /in several planes only/);
  assert.match(await faultOf({ V4L2_KIND: "file" }), /is no node of a camera/);
  assert.match(await faultOf({ V4L2_SHORT: "100" }), /gives 6044 bytes of YUYV 64x48 .* has 6144/);
});

Deno.test("v4l2: nothing but /dev/videoN is opened, whoever asks", async () => {
  using library = openCameraLibrary();
  const open = (path: string) =>
    Capture.openV4l2(library, { path, widthPx, heightPx, ratePerS: 10, format: null }, 1000);
  const paths = [
    "/dev/null",
    "/dev/video",
    "/dev/video1234",
    "/dev/video0/../null",
    "/dev/videox",
    "video0",
  ];
  for (const path of paths) {
    await assert.rejects(open(path), /only \/dev\/videoN may be opened/, path);
  }
  await assert.rejects(open("/dev/video0\0"), /only \/dev\/videoN may be opened/);
  await assert.rejects(open("/dev/video987"), /No such file/);
  assert.equal(library.liveHandles(), 0);
});

Deno.test("JPEG without Huffman tables, and with zeros behind its end, is decoded: so cameras give it", async () => {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  const pixels = Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, i) => i % 200);
  const jpeg = new Uint8Array(
    await sharp(pixels, { raw }).jpeg({ optimiseCoding: false }).toBuffer(),
  );
  const bytes: number[] = [];
  for (let at = 0; at < jpeg.length;) {
    const marker = jpeg[at + 1];
    const length = marker === 0xd8 ? 2 : 2 + jpeg[at + 2] * 256 + jpeg[at + 3];
    if (marker === 0xda) {
      bytes.push(...jpeg.subarray(at));
      break;
    }
    if (marker !== 0xc4) bytes.push(...jpeg.subarray(at, at + length));
    at += length;
  }
  assert.ok(bytes.length < jpeg.length - 300);
  using vision = openVision();
  await using whole = await VisionFrame.decode(vision, jpeg, SMALL_CAMERA, "whole");
  const without = Uint8Array.from([...bytes, ...new Uint8Array(500)]);
  await using bare = await VisionFrame.decode(vision, without, SMALL_CAMERA, "bare");
  assert.deepEqual(bare.quality(), whole.quality());
});

Deno.test({
  name: "v4l2: a real camera gives pictures",
  ignore: Deno.env.get("GDN_V4L2_CAMERA") === undefined,
  fn: async () => {
    const size = /^(\/dev\/video\d+):(\d+)x(\d+)$/.exec(Deno.env.get("GDN_V4L2_CAMERA") ?? "");
    assert.ok(size, "GDN_V4L2_CAMERA is /dev/videoN:WIDTHxHEIGHT");
    const [, path, width, height] = size;
    await using camera = openCamera({
      address: `v4l2:${path}`,
      calibration: { ...SMALL_CAMERA, widthPx: Number(width), heightPx: Number(height) },
      config: CameraConfigSchema.parse({}),
      clock: new SystemClock(),
    });
    let count = 0;
    for await (const { unreadable } of camera.frames(new AbortController().signal)) {
      assert.equal(unreadable, undefined);
      if (++count === 20) break;
    }
  },
});
