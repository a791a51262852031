/**
 * Live cameras: pictures as they come, each with its exposure mid-time on the canonical clock.
 *
 * A camera is hostile input and may go away at any time. Whatever it does, the flight goes on: a lost one
 * is opened again for ever, and what cannot be used is told as the event of that frame.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { FrameEvent } from "../flight_events/mod.ts";

export interface CameraHealth {
  /** A picture has come since the camera was last opened. */
  readonly connected: boolean;
  /** Whole pictures that came. */
  readonly frames: number;
  /** Of these: a newer one came before they were taken. */
  readonly dropped: number;
  /** Of these: the same bytes as the one before; never given to the flight. */
  readonly repeated: number;
  /** Of these: no JPEG, of another size than the calibration's, or of an impossible time. */
  readonly refused: number;
  /** Missing in the camera's own numbers. */
  readonly lost: number;
  /** How often it was opened again. */
  readonly reconnects: number;
  /** Mean over the last three seconds. */
  readonly rateHz: number;
  /** Mid-exposure to complete in memory, of the last picture, milliseconds; null before the first. */
  readonly ageMs: number | null;
  /** What is wrong now, for a person; empty while nothing is. Never holds a password. */
  readonly fault: string;
}

/**
 * One contract suite holds for all strategies: `frames`, `v4l2`, `gstreamer`, `rtsp`, `video`
 * (tests/contract/camera_source_suite.ts).
 */
export interface CameraSource extends AsyncDisposable {
  readonly strategyLabel: string;
  /** As it may be shown: without user and password. */
  readonly address: string;
  /**
   * Pictures, until the signal aborts or a video file ends; to be called once. The newest alone is kept:
   * one that was not taken when the next comes is counted as dropped. Numbers grow, with gaps where
   * pictures were dropped or lost. Never throws for what the camera does.
   */
  frames(signal: AbortSignal): AsyncIterable<FrameEvent>;
  health(): CameraHealth;
}

/** One picture of a camera, before anything was checked. */
export interface Picture {
  /** The camera's own number; may begin again. */
  readonly sequence: number;
  readonly exposureMidNs: MonotonicNs;
  /** When it was complete in memory. */
  readonly receivedNs: MonotonicNs;
  readonly content: PictureContent;
}

export type PictureContent =
  | { readonly kind: "jpeg"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** 8 bits a pixel, row-major. */
  | {
    readonly kind: "grey";
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly widthPx: number;
    readonly heightPx: number;
  }
  /** So many bytes that it was left where it was. */
  | { readonly kind: "too_large"; readonly bytes: number };

/** What a strategy implements; {@link LiveCamera} does the rest, the same for all. */
export interface PictureFeed {
  readonly strategyLabel: string;
  readonly address: string;
  /**
   * Opens the camera and gives its pictures until the signal aborts or there are no more.
   *
   * @throws when it cannot be opened, or is lost; the message is for a person. It is called again then.
   */
  pictures(signal: AbortSignal): AsyncIterable<Picture>;
}
