/**
 * Addresses of cameras, as `--camera` takes them.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";

export type CameraAddress =
  | { readonly kind: "frames"; readonly hostname: string; readonly port: number }
  | V4l2Address
  | { readonly kind: "gstreamer"; readonly pipeline: string }
  | { readonly kind: "rtsp"; readonly url: string }
  | { readonly kind: "video"; readonly path: string };

interface V4l2Address {
  readonly kind: "v4l2";
  readonly path: string;
  /** null: the calibration's. */
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly ratePerS: number;
  /** null: what serves best. */
  readonly format: string | null;
}

export const CAMERA_ADDRESS_FORMS =
  "v4l2:/dev/videoN, gstreamer:PIPELINE, rtsp://HOST/PATH, video:FILE, " +
  "frames:tcp:HOST:PORT";
const RATE_PER_S = 10;
const PX_MAX = 20_000;

/** @throws UsageError (exit 64) that says what is wrong; the address itself is not repeated */
export function parseCameraAddress(text: string): CameraAddress {
  if (text.startsWith("frames:")) return parseFrames(text);
  if (text.startsWith("v4l2:")) return parseV4l2(text.slice("v4l2:".length));
  if (text.startsWith("rtsp://")) return parseRtsp(text);
  const [kind, rest] = [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1).trim()];
  if (kind === "gstreamer" && rest !== "") return { kind, pipeline: rest };
  if (kind === "video" && rest !== "") return { kind, path: rest };
  throw new UsageError(`no camera has this address; there are: ${CAMERA_ADDRESS_FORMS}`);
}

function parseFrames(text: string): CameraAddress {
  const match = /^frames:tcp:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65535) {
    throw new UsageError("a camera of frames is frames:tcp:HOST:PORT, or [IPv6] for HOST");
  }
  return { kind: "frames", hostname: match[1] ?? match[2], port };
}

function parseV4l2(text: string): V4l2Address {
  const [path, query = ""] = text.split("?", 2);
  if (!/^\/dev\/video\d{1,3}$/.test(path)) {
    throw new UsageError("a camera of V4L2 is v4l2:/dev/videoN");
  }
  const options = new URLSearchParams(query);
  for (const key of options.keys()) {
    if (["width", "height", "fps", "format"].includes(key)) continue;
    throw new UsageError(`v4l2: has no option "${key}"; it has width, height, fps and format`);
  }
  const number = (key: string, maximum: number): number | null => {
    const value = options.get(key);
    if (value === null) return null;
    if (/^\d{1,5}(\.\d{1,3})?$/.test(value) && Number(value) > 0 && Number(value) <= maximum) {
      return Number(value);
    }
    throw new UsageError(`v4l2: ${key} must be a number up to ${maximum}`);
  };
  const whole = (key: string) => {
    const value = number(key, PX_MAX);
    if (value === null || Number.isInteger(value)) return value;
    throw new UsageError(`v4l2: ${key} must be a whole number`);
  };
  const format = options.get("format");
  if (format !== null && !/^(MJPG|JPEG|GREY|NV12|YUYV|UYVY)$/.test(format)) {
    throw new UsageError("v4l2: format must be MJPG, JPEG, GREY, NV12, YUYV or UYVY");
  }
  return {
    kind: "v4l2",
    path,
    widthPx: whole("width"),
    heightPx: whole("height"),
    ratePerS: number("fps", 1000) ?? RATE_PER_S,
    format,
  };
}

function parseRtsp(text: string): CameraAddress {
  const url = URL.parse(text);
  if (url === null || url.hostname === "" || /\s/.test(text)) {
    throw new UsageError(
      "a camera of RTSP is rtsp://HOST[:PORT]/PATH, with USER:PASSWORD@ if needed",
    );
  }
  return { kind: "rtsp", url: text };
}

/** How an address is shown: without user and password, a pipeline by its elements alone. */
export function shownAddress(address: CameraAddress): string {
  switch (address.kind) {
    case "frames": {
      const { hostname, port } = address;
      return `frames:tcp:${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    }
    case "v4l2":
      return `v4l2:${address.path}`;
    case "gstreamer": {
      const elements = address.pipeline.split("!").map((part) => part.trim().split(/[\s=]/)[0]);
      return `gstreamer:${elements.join(" ! ")}`;
    }
    case "rtsp":
      return withoutCredentials(address.url);
    case "video":
      return `video:${address.path}`;
  }
}

/** User and password of addresses in a text, and what is set as a password, are left out. */
export function withoutCredentials(text: string): string {
  return text
    .replace(/(\/\/)[^\s/]*@/g, "$1")
    .replace(/((?:user-id|user-pw|proxy-id|proxy-pw|password|secret|token)\s*=\s*)\S+/gi, "$1…");
}
