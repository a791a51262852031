/**
 * The cameras of the native side: V4L2, and what GStreamer opens.
 *
 * @module
 */
import {
  type Clock,
  messageOf,
  type MonotonicNs,
  monotonicNs,
  NativeError,
} from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import {
  type CameraLibrary,
  Capture,
  type Captured,
  monotonicNowNs,
} from "../../native/camera/mod.ts";
import { type CameraAddress, shownAddress, withoutCredentials } from "./address.ts";
import type { CameraConfig } from "./config.ts";
import type { Picture, PictureFeed } from "./contract.ts";

type NativeAddress = Exclude<CameraAddress, { readonly kind: "frames" }>;
type CapturedPicture = Exclude<Captured, { readonly kind: "none" | "end" }>;

/** A driver's stamp that is older was not taken for this picture. */
const STAMP_AGE_MAX_NS = 10e9;
/** A receiver estimates the times of a stream, and may be ahead of it. */
const STAMP_AGE_MIN_NS = -100e6;
/** Room for a picture, in bytes a pixel: a JPEG of noise in colour at the best quality has fewer. */
const BYTES_PER_PX = 3;

interface CaptureFeedOptions {
  readonly address: NativeAddress;
  readonly library: CameraLibrary;
  readonly calibration: CameraCalibration;
  readonly config: Pick<CameraConfig, "latencyMs" | "lostAfterS" | "stampOffsetMs">;
  readonly clock: Clock;
}

export class CaptureFeed implements PictureFeed {
  readonly strategyLabel: string;
  readonly address: string;
  readonly #options: CaptureFeedOptions;

  constructor(options: CaptureFeedOptions) {
    this.#options = options;
    this.strategyLabel = options.address.kind;
    this.address = shownAddress(options.address);
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<Picture> {
    const { address, config, library } = this.#options;
    try {
      await using capture = await this.#open();
      const clock = new CaptureClock(library, this.#options.clock);
      let lastNs = monotonicNowNs(library);
      while (!signal.aborted) {
        const captured = await capture.read();
        if (captured.kind === "end") {
          if (address.kind === "video") return;
          throw new Error("the stream has ended");
        }
        if (captured.kind === "none") {
          if (monotonicNowNs(library) - lastNs > config.lostAfterS * 1e9) {
            throw new Error(`no picture within ${config.lostAfterS} s`);
          }
          continue;
        }
        lastNs = captured.completeNs;
        yield this.#picture(captured, clock);
      }
    } catch (error) {
      const text = error instanceof NativeError ? error.reason : messageOf(error);
      throw new Error(withoutCredentials(text), { cause: error });
    }
  }

  #open(): Promise<Capture> {
    const { address, library, calibration, config } = this.#options;
    const bytesMax = BYTES_PER_PX * calibration.widthPx * calibration.heightPx;
    const timeoutS = config.lostAfterS;
    switch (address.kind) {
      case "v4l2": {
        const { path, ratePerS, format } = address;
        const widthPx = address.widthPx ?? calibration.widthPx;
        const heightPx = address.heightPx ?? calibration.heightPx;
        const request = { path, widthPx, heightPx, ratePerS, format };
        return Capture.openV4l2(library, request, bytesMax);
      }
      case "gstreamer":
        return Capture.openGstreamer(
          library,
          { kind: "pipeline", text: address.pipeline, timeoutS },
          bytesMax,
        );
      case "rtsp":
        return Capture.openGstreamer(
          library,
          { kind: "rtsp", text: address.url, timeoutS },
          bytesMax,
        );
      case "video":
        return Capture.openGstreamer(
          library,
          { kind: "file", text: address.path, timeoutS },
          bytesMax,
        );
    }
  }

  #picture(captured: CapturedPicture, clock: CaptureClock): Picture {
    const { sequence, completeNs } = captured;
    return {
      sequence,
      exposureMidNs: clock.canonical(this.#exposureMidNs(captured)),
      receivedNs: clock.canonical(completeNs),
      content: captured,
    };
  }

  /** On the clock of the native side. */
  #exposureMidNs({ stamp, completeNs }: CapturedPicture): number {
    const { address, config } = this.#options;
    const ageNs = stamp === null ? NaN : completeNs - stamp.timeNs;
    if (stamp === null || !(ageNs >= STAMP_AGE_MIN_NS && ageNs <= STAMP_AGE_MAX_NS)) {
      return completeNs - config.latencyMs * 1e6;
    }
    const stampedNs = Math.min(stamp.timeNs, completeNs);
    // Of a stream: when it came, not when the camera on the other side saw it.
    if (address.kind === "rtsp") return stampedNs - config.latencyMs * 1e6;
    if (address.kind === "video") return stampedNs;
    return Math.min(stampedNs + config.stampOffsetMs * 1e6, completeNs);
  }
}

/** Maps the native side's clock onto the canonical one: both run alike, from another start. */
class CaptureClock {
  readonly #offsetNs: number;

  constructor(library: CameraLibrary, clock: Clock) {
    let narrowestNs = Infinity, offsetNs = 0;
    // Between two readings of the one lies the other; a pause in between shows.
    for (let trial = 0; trial < 5; trial += 1) {
      const beforeNs = clock.now(), nativeNs = monotonicNowNs(library), afterNs = clock.now();
      if (afterNs - beforeNs >= narrowestNs) continue;
      narrowestNs = afterNs - beforeNs;
      offsetNs = (beforeNs + afterNs) / 2 - nativeNs;
    }
    this.#offsetNs = offsetNs;
  }

  canonical(nativeNs: number): MonotonicNs {
    return monotonicNs(Math.round(nativeNs + this.#offsetNs));
  }
}
