/**
 * Turns the simulated camera's frame socket into a stream that GStreamer reads: JPEG parts over TCP, each a
 * fixed time after its mid-exposure, so that `airborne fly` can be flown through a pipeline.
 *
 *     deno task operator simulate controller FLIGHT --link tcpin:127.0.0.1:5760 --camera-link tcpin:127.0.0.1:5770
 *     deno run -A tests/bench/frame_bridge.ts frames:tcp:127.0.0.1:5770 FLIGHT/flight.json 5771 150
 *     GDN_CAMERA__STAMP_OFFSET_MS=-150 deno task airborne fly --connect tcp:127.0.0.1:5760 --package PACKAGE \
 *       --calibration FLIGHT/flight.json --camera "gstreamer:tcpclientsrc host=127.0.0.1 port=5771 \
 *       do-timestamp=true ! multipartdemux single-stream=true ! image/jpeg ! jpegdec ! videoconvert"
 *
 * usage: deno run -A tests/bench/frame_bridge.ts CAMERA CALIBRATION PORT DELAY_MS
 *
 * @module
 */
import { SystemClock } from "../../src/core/mod.ts";
import {
  CameraConfigSchema,
  openCamera,
  readCalibration,
} from "../../src/flight/camera_source/mod.ts";

const [address, calibrationPath, port, delayMs] = Deno.args;
const clock = new SystemClock();
const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
console.error(`waits for a pipeline on port ${port}`);
using connection = await listener.accept();
const write = async (bytes: Uint8Array) => {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
};
await using camera = openCamera({
  address,
  calibration: await readCalibration(calibrationPath),
  config: CameraConfigSchema.parse({ lostAfterS: 60 }),
  clock,
});
for await (const { frame, unreadable } of camera.frames(new AbortController().signal)) {
  if (unreadable !== undefined) continue;
  const leftMs = Number(delayMs) - (clock.now() - frame.exposureMidNs) / 1e6;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
  const head = `--part\r\nContent-Type: image/jpeg\r\nContent-Length: ${frame.jpeg.length}\r\n\r\n`;
  await write(new TextEncoder().encode(head));
  await write(frame.jpeg);
  await write(new TextEncoder().encode("\r\n"));
}
