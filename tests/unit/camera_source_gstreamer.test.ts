import assert from "node:assert/strict";
import { RuntimeNotAvailableError, SystemClock, UsageError } from "../../src/core/mod.ts";
import {
  CameraConfigSchema,
  type CameraSource,
  openCamera,
  parseCameraAddress,
} from "../../src/flight/camera_source/mod.ts";
import type { FrameEvent } from "../../src/flight/flight_events/mod.ts";
import { SMALL_CAMERA } from "../support/camera.ts";
import { ballSource, HAS_GSTREAMER, rtspServer, writeVideo } from "../support/gstreamer.ts";
import type { ReadResult } from "../support/camera_reader.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";

const { widthPx, heightPx } = SMALL_CAMERA;

const cameraAt = (address: string, settings: Record<string, number> = {}) =>
  openCamera({
    address,
    calibration: SMALL_CAMERA,
    config: CameraConfigSchema.parse(settings),
    clock: new SystemClock(),
  });

/** What it gives until it ends. */
async function all(camera: CameraSource): Promise<FrameEvent[]> {
  const events: FrameEvent[] = [];
  for await (const event of camera.frames(new AbortController().signal)) events.push(event);
  return events;
}

/** The fault that it tells first. */
async function faultOf(address: string): Promise<string> {
  await using camera = cameraAt(address, { lostAfterS: 2 });
  const ending = all(camera);
  while (camera.health().reconnects === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const { fault } = camera.health();
  await camera[Symbol.asyncDispose]();
  await ending;
  return fault;
}

function test(name: string, body: () => Promise<void>) {
  Deno.test({ name, ignore: !HAS_GSTREAMER, fn: body });
}

test("video: every picture at its time, with what is in it, and then the end", () =>
  inScratch(async (folder) => {
    const path = `${folder}/ball.mp4`;
    await writeVideo(path, ballSource({ widthPx, heightPx, ratePerS: 20 }), 10);
    await using camera = cameraAt(`video:${path}`);
    const events = await all(camera);
    assert.ok(events.length >= 5 && events.length <= 10);
    const first = events[0].frame;
    for (const { frame, unreadable } of events) {
      assert.equal(unreadable, undefined);
      const dueMs = (frame.sequence - first.sequence) * 50;
      // Of pictures that the sink dropped this side knows nothing: whole periods may lie between.
      const lateMs = (frame.exposureMidNs - first.exposureMidNs) / 1e6 - dueMs;
      assert.ok(
        Math.abs(lateMs - 50 * Math.round(lateMs / 50)) < 1,
        `${lateMs} ms beside its time`,
      );
      assert.ok(frame.grey);
      // A ball on black: few bright pixels, and they are white.
      const bright = frame.grey.filter((value) => value > 128).length;
      assert.ok(bright > 20 && bright < 0.6 * widthPx * heightPx, `${bright} bright pixels`);
    }
    assert.equal(camera.health().fault, "there are no more pictures");
  }));

test("gstreamer: rows of any length come without gaps", async () => {
  const calibration = { ...SMALL_CAMERA, widthPx: 65, heightPx: 32 };
  await using camera = openCamera({
    // Grey from left to right, the same in each row.
    address: "gstreamer:videotestsrc is-live=true pattern=smpte75 ! " +
      "video/x-raw,format=GRAY8,width=65,height=32,framerate=50/1",
    calibration,
    config: CameraConfigSchema.parse({}),
    clock: new SystemClock(),
  });
  for await (const { frame } of camera.frames(new AbortController().signal)) {
    assert.ok(frame.grey);
    const rows = [0, 5, 15].map((y) => [...frame.grey?.subarray(65 * y, 65 * (y + 1)) ?? []]);
    assert.deepEqual(rows[1], rows[0]);
    assert.deepEqual(rows[2], rows[0]);
    assert.ok(new Set(rows[0]).size >= 6, "seven bars");
    break;
  }
});

test("gstreamer: a picture that stands still is no news, and then a fault", async () => {
  await using camera = cameraAt(
    `gstreamer:videotestsrc is-live=true pattern=smpte75 ! ` +
      `video/x-raw,width=${widthPx},height=${heightPx},framerate=50/1 ! videoconvert`,
    { frozenAfterS: 0.2 },
  );
  const events: FrameEvent[] = [];
  for await (const event of camera.frames(new AbortController().signal)) {
    if (events.push(event) === 2) break;
  }
  assert.equal(events[0].unreadable, undefined);
  assert.match(events[1].unreadable?.message ?? "", /the camera is frozen/);
});

test("gstreamer: another size than the calibration's is an error of each picture", async () => {
  for (const [end, size] of [["videoconvert", "32x24"], ["jpegenc", "32x24"]]) {
    await using camera = cameraAt(
      `gstreamer:videotestsrc is-live=true pattern=ball ! ` +
        `video/x-raw,width=32,height=24,framerate=50/1 ! ${end}`,
    );
    let count = 0;
    for await (const { unreadable } of camera.frames(new AbortController().signal)) {
      assert.match(
        unreadable?.message ?? "",
        new RegExp(`the picture has ${size} pixels, the camera's calibration 64x48`),
      );
      if (++count === 3) break;
    }
  }
});

test("what GStreamer cannot open says why", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/text.mp4`, "no video\n".repeat(50));
    assert.match(await faultOf(`video:${folder}/text.mp4`), /text file|type|decode/);
    assert.match(await faultOf(`video:${folder}/none.mp4`), /No such file/);
    assert.match(await faultOf("gstreamer:nosuchelement ! videoconvert"), /nosuchelement/);
    assert.match(await faultOf("gstreamer:videotestsrc ! fakesink"), /could not link/);
    assert.match(await faultOf("gstreamer:videotestsrc ! ("), /GStreamer: /);
    assert.match(await faultOf("gstreamer:audiotestsrc"), /could not link|negotiat/);
    assert.match(await faultOf("rtsp://127.0.0.1:9/none"), /connect/i);
  }));

test("rtsp: user and password reach the server and no message", async () => {
  const credentials = ["pilot", "se:cr@t"] as const;
  await using server = await rtspServer({ widthPx, heightPx, ratePerS: 20, credentials });
  const at = (user: string, password: string) =>
    `rtsp://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/ball`;
  await using camera = cameraAt(at(...credentials));
  assert.equal(camera.address, `rtsp://127.0.0.1:${server.port}/ball`);
  for await (const { unreadable, frame } of camera.frames(new AbortController().signal)) {
    assert.equal(unreadable, undefined);
    assert.doesNotMatch(frame.name ?? "", /pilot|cr@t|cr%40t/);
    break;
  }
  const fault = await faultOf(at("pilot", "wrong"));
  assert.match(fault, /Unauthorized/);
  assert.doesNotMatch(fault, /pilot|wrong/);
});

test("rtsp: a server that goes away and comes back is found again", async () => {
  const options = { widthPx, heightPx, ratePerS: 20 };
  const first = await rtspServer(options);
  await using camera = cameraAt(`rtsp://127.0.0.1:${first.port}/ball`, { lostAfterS: 1 });
  const frames = camera.frames(new AbortController().signal)[Symbol.asyncIterator]();
  assert.equal((await frames.next()).done, false);
  await first[Symbol.asyncDispose]();
  while (camera.health().reconnects < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.notEqual(camera.health().fault, "");
  await using _second = await rtspServer({ ...options, port: first.port });
  const before = camera.health().frames;
  while (camera.health().frames === before) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(camera.health().fault, "");
});

/** What a process with the FFI permission of airborne alone reads. */
async function readApart(address: string, env: Record<string, string> = {}) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", "--cached-only"],
      `--config=${REPOSITORY}/deno.json`,
      `--allow-ffi=${REPOSITORY}/build/lib`,
      `${REPOSITORY}/tests/support/camera_reader.ts`,
      ...[address, widthPx, heightPx, 3].map(String),
    ],
    signal: AbortSignal.timeout(120_000),
    env,
  }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout), fault: decoder.decode(stderr) };
}

test("gstreamer: a pipeline opens under the FFI permission of airborne alone", async () => {
  const { success, text, fault } = await readApart(
    `gstreamer:videotestsrc is-live=true pattern=ball ! ` +
      `video/x-raw,width=${widthPx},height=${heightPx},framerate=50/1 ! videoconvert`,
  );
  assert.ok(success, fault);
  assert.equal((JSON.parse(text) as ReadResult).frames.length, 3);
});

test("rtsp: a desktop's settings that cannot be read do not end the process", async () => {
  await using server = await rtspServer({ widthPx, heightPx, ratePerS: 20 });
  const { success, text, fault } = await readApart(`rtsp://127.0.0.1:${server.port}/ball`, {
    // As behind Landlock: no schemas, where a proxy is asked for.
    XDG_DATA_DIRS: "/nowhere",
    GIO_USE_PROXY_RESOLVER: "gnome",
  });
  assert.ok(success, fault);
  assert.equal((JSON.parse(text) as ReadResult).frames.length, 3);
});

Deno.test("where GStreamer is not installed a camera that needs it is refused before the flight", async () => {
  const { success, fault } = await readApart("video:none.mp4", {
    LD_LIBRARY_PATH: await withoutGstreamer(),
  });
  assert.equal(success, false);
  assert.match(fault, new RegExp(RuntimeNotAvailableError.name));
  assert.match(fault, /GStreamer cannot be used: .*apt-get install libgstreamer/);
});

/** A folder whose libgstapp is no library. */
async function withoutGstreamer(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-test-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await Deno.writeTextFile(`${folder}/libgstapp-1.0.so.0`, "");
  return folder;
}

Deno.test("parseCameraAddress() takes what a camera can be, and repeats no secret of what it refuses", () => {
  assert.deepEqual(
    parseCameraAddress("v4l2:/dev/video0?width=1280&height=960&fps=7.5&format=MJPG"),
    {
      kind: "v4l2",
      path: "/dev/video0",
      widthPx: 1280,
      heightPx: 960,
      ratePerS: 7.5,
      format: "MJPG",
    },
  );
  assert.deepEqual(parseCameraAddress("v4l2:/dev/video12"), {
    kind: "v4l2",
    path: "/dev/video12",
    widthPx: null,
    heightPx: null,
    ratePerS: 10,
    format: null,
  });
  assert.deepEqual(parseCameraAddress("video:/a b/c.mp4"), { kind: "video", path: "/a b/c.mp4" });
  assert.deepEqual(parseCameraAddress("gstreamer: a ! b"), {
    kind: "gstreamer",
    pipeline: "a ! b",
  });
  for (
    const text of [
      ...["v4l2:", "v4l2:/dev/null", "v4l2:/dev/video0/..", "v4l2:/dev/video0?size=1"],
      ...["v4l2:/dev/video0?width=0", "v4l2:/dev/video0?width=1.5", "v4l2:/dev/video0?fps=x"],
      ...["v4l2:/dev/video0?format=RGB3", "v4l2:/dev/video0?width=99999", "gstreamer:", "video:"],
      ...["rtsp://", "rtsp://user:hunter2@/x y", "http://user:hunter2@host/x", "hunter2"],
    ]
  ) {
    assert.throws(
      () => parseCameraAddress(text),
      (error) => error instanceof UsageError && !error.message.includes("hunter2"),
      text,
    );
  }
});

test("an address is shown without what is secret in it", async () => {
  for (
    const [address, shown] of [
      ["rtsp://user:p@ss:word@host:554/a?b=c", "rtsp://host:554/a?b=c"],
      [
        "gstreamer:rtspsrc location=rtsp://u:p@h/ user-pw=x ! decodebin ! videoconvert",
        "gstreamer:rtspsrc ! decodebin ! videoconvert",
      ],
      ["v4l2:/dev/video3?fps=5", "v4l2:/dev/video3"],
    ]
  ) {
    await using camera = cameraAt(address);
    assert.equal(camera.address, shown);
  }
});
