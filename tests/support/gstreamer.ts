/**
 * GStreamer as a source of real video: files and an RTSP server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { REPOSITORY } from "./paths.ts";

/** What the tests need of it is installed; with REQUIRE_GSTREAMER=1 its absence is an error. */
export const HAS_GSTREAMER: boolean = find();

function find(): boolean {
  const tried = [
    ["gst-inspect-1.0", "--exists", "x264enc"],
    ["gst-inspect-1.0", "--exists", "avdec_h264"],
    ["gst-inspect-1.0", "--exists", "mp4mux"],
    ["/usr/bin/python3", "-c", 'import gi; gi.require_version("GstRtspServer", "1.0")'],
  ];
  for (const [command, ...args] of tried) {
    try {
      if (new Deno.Command(command, { args, stderr: "null" }).outputSync().success) continue;
    } catch {
      // Not there.
    }
    const reason = `GStreamer is not all there: ${command} ${args.join(" ")} failed`;
    if (Deno.env.get("REQUIRE_GSTREAMER") === "1") throw new Error(reason);
    console.warn(`skipped: cameras through GStreamer; ${reason}`);
    return false;
  }
  return true;
}

/** A moving ball on black. */
export function ballSource(
  { widthPx, heightPx, ratePerS }: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly ratePerS: number;
  },
): string {
  return `videotestsrc pattern=ball ! ` +
    `video/x-raw,width=${widthPx},height=${heightPx},framerate=${ratePerS}/1`;
}

/** Writes an MP4 file of H.264. */
export async function writeVideo(path: string, source: string, pictures: number): Promise<void> {
  const description = source.replace("videotestsrc", `videotestsrc num-buffers=${pictures}`) +
    ` ! x264enc tune=zerolatency speed-preset=ultrafast ! mp4mux ! filesink location=${path}`;
  const args = ["-q", ...description.split(" ")];
  const { success, stderr } = await new Deno.Command("gst-launch-1.0", { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

interface RtspOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly ratePerS: number;
  /** 0: a free one. */
  readonly port?: number;
  readonly credentials?: readonly [user: string, password: string];
}

/** A server that gives a moving ball at `rtsp://127.0.0.1:{port}/ball`. */
export async function rtspServer(
  { widthPx, heightPx, ratePerS, port = 0, credentials = ["", ""] }: RtspOptions,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = new Deno.Command("/usr/bin/python3", {
    args: [
      `${REPOSITORY}/tests/support/rtsp_server.py`,
      ...[port, widthPx, heightPx, ratePerS].map(String),
      ...credentials.filter((text) => text !== ""),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = server.stdout.getReader();
  const { value } = await reader.read();
  const bound = Number(new TextDecoder().decode(value));
  assert.ok(bound > 0, "the RTSP server does not start");
  return {
    port: bound,
    async [Symbol.asyncDispose]() {
      await server.stdin.close();
      await reader.cancel();
      await server.status;
    },
  };
}
