/**
 * A camera as the flight sees it: opens its feed for ever, checks each picture, keeps the newest.
 *
 * @module
 */
import {
  type Clock,
  DataError,
  jpegHeaderSize,
  messageOf,
  type MonotonicNs,
  NS_PER_SECOND,
  pause,
} from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { FrameEvent } from "../flight_events/mod.ts";
import type { CameraConfig } from "./config.ts";
import type {
  CameraHealth,
  CameraSource,
  Picture,
  PictureContent,
  PictureFeed,
} from "./contract.ts";
import { Newest } from "./newest.ts";

const RATE_OVER_NS = 3 * NS_PER_SECOND;
/** Faster than any camera for `RATE_OVER_NS`: what the list of arrivals holds at most. */
const ARRIVALS_MAX = 1000;
const PAUSE_MIN_MS = 200, PAUSE_MAX_MS = 2000;
/** An older picture is no news of where the aircraft is, or its stamp is wrong. */
const AGE_MAX_NS = 10 * NS_PER_SECOND;

interface LiveCameraOptions {
  readonly feed: PictureFeed;
  readonly calibration: CameraCalibration;
  readonly config: Pick<CameraConfig, "frozenAfterS">;
  readonly clock: Clock;
  /** Disposed of with the camera. */
  readonly owned?: Disposable;
}

export class LiveCamera implements CameraSource {
  readonly strategyLabel: string;
  readonly address: string;
  readonly #options: LiveCameraOptions;
  readonly #stop = new AbortController();
  readonly #newest = new Newest<FrameEvent>();
  readonly #arrivals: MonotonicNs[] = [];
  readonly #counts = { frames: 0, dropped: 0, repeated: 0, refused: 0, lost: 0, reconnects: 0 };
  #running: Promise<void> | null = null;
  #connected = false;
  #linkFault = "no picture yet";
  #pictureFault = "";
  #last: Picture | null = null;
  /** Of the last picture whose time can be true. */
  #exposureNs: MonotonicNs | null = null;
  /** What is added to the camera's numbers so that they grow. */
  #sequenceOffset = 0;
  #sequence = -1;
  /** The first arrival of the picture that comes again and again. */
  #sameSinceNs: MonotonicNs | null = null;
  #frozenToldNs: MonotonicNs | null = null;

  constructor(options: LiveCameraOptions) {
    this.#options = options;
    this.strategyLabel = options.feed.strategyLabel;
    this.address = options.feed.address;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<FrameEvent> {
    if (this.#running !== null) throw new TypeError("the frames of a camera are taken once");
    const stopping = AbortSignal.any([signal, this.#stop.signal]);
    const end = () => this.#newest.end();
    stopping.addEventListener("abort", end, { once: true });
    if (stopping.aborted) end();
    this.#running = this.#run(stopping).finally(end);
    try {
      for (;;) {
        const event = await this.#newest.take();
        if (event === undefined || stopping.aborted) return;
        yield event;
      }
    } finally {
      stopping.removeEventListener("abort", end);
      this.#stop.abort();
      await this.#running;
    }
  }

  health(): CameraHealth {
    const now = this.#options.clock.now();
    this.#forgetArrivals(now);
    const last = this.#last;
    return {
      connected: this.#connected,
      ...this.#counts,
      rateHz: this.#arrivals.length * NS_PER_SECOND / RATE_OVER_NS,
      ageMs: last === null ? null : (last.receivedNs - last.exposureMidNs) / 1e6,
      fault: this.#linkFault || this.#pictureFault,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#options.owned?.[Symbol.dispose]();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { feed } = this.#options;
    let pauseMs = PAUSE_MIN_MS;
    while (!signal.aborted) {
      try {
        for await (const picture of feed.pictures(signal)) {
          if (signal.aborted) break;
          this.#connected = true;
          this.#linkFault = "";
          pauseMs = PAUSE_MIN_MS;
          this.#take(picture);
        }
        this.#connected = false;
        if (!signal.aborted) this.#linkFault = "there are no more pictures";
        return;
      } catch (error) {
        this.#connected = false;
        if (signal.aborted) return;
        this.#linkFault = messageOf(error);
      }
      this.#counts.reconnects += 1;
      await pause(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS);
    }
  }

  #take(picture: Picture): void {
    const { receivedNs } = picture;
    this.#counts.frames += 1;
    this.#arrivals.push(receivedNs);
    this.#forgetArrivals(receivedNs);
    const sequence = this.#number(picture.sequence);
    const last = this.#last;
    this.#last = picture;
    if (last !== null && isSame(last.content, picture.content)) {
      this.#repeated(picture, sequence, last);
      return;
    }
    this.#sameSinceNs = this.#frozenToldNs = null;
    const timeFault = this.#timeFault(picture);
    if (timeFault === null) this.#exposureNs = picture.exposureMidNs;
    const fault = timeFault ?? this.#sizeFault(picture);
    if (fault !== null) this.#counts.refused += 1;
    this.#pictureFault = fault ?? "";
    this.#give(picture, sequence, fault);
  }

  /** The same picture tells nothing, and to odometry it would say that the aircraft stands still. */
  #repeated(picture: Picture, sequence: number, last: Picture): void {
    this.#counts.repeated += 1;
    this.#sameSinceNs ??= last.receivedNs;
    const frozenNs = this.#options.config.frozenAfterS * NS_PER_SECOND;
    const sinceNs = picture.receivedNs - this.#sameSinceNs;
    if (sinceNs < frozenNs) return;
    this.#pictureFault = `the same picture for ${(sinceNs / NS_PER_SECOND).toFixed(0)} s: ` +
      "the camera is frozen";
    const toldNs = this.#frozenToldNs;
    if (toldNs !== null && picture.receivedNs - toldNs < frozenNs) return;
    this.#frozenToldNs = picture.receivedNs;
    this.#give(picture, sequence, this.#pictureFault);
  }

  #give(picture: Picture, sequence: number, fault: string | null): void {
    const { calibration } = this.#options;
    const { exposureMidNs, receivedNs } = picture;
    const { content } = picture;
    const good = fault === null ? content : null;
    const jpeg = good?.kind === "jpeg" ? good.bytes : new Uint8Array(0);
    const grey = good?.kind === "grey" ? { grey: good.bytes } : {};
    const event: FrameEvent = {
      kind: "frame",
      receivedNs,
      frame: { sequence, exposureMidNs, jpeg, ...grey, calibration },
      ...(fault === null ? {} : { unreadable: new DataError(`frame ${sequence}`, fault) }),
    };
    if (!this.#newest.put(event)) this.#counts.dropped += 1;
  }

  /** A number that is larger than the one before, with the camera's own gaps. */
  #number(cameras: number): number {
    const next = this.#sequence + 1;
    let sequence = cameras + this.#sequenceOffset;
    if (this.#sequence < 0 || sequence < next) {
      // The first, or the camera counts from the beginning again.
      if (this.#sequence >= 0) sequence = next;
      this.#sequenceOffset = sequence - cameras;
    }
    if (this.#sequence >= 0) this.#counts.lost += sequence - next;
    this.#sequence = sequence;
    return sequence;
  }

  #timeFault({ exposureMidNs, receivedNs }: Picture): string | null {
    const ageNs = receivedNs - exposureMidNs;
    if (!(ageNs >= 0 && ageNs <= AGE_MAX_NS)) {
      return `its exposure is ${(ageNs / 1e6).toFixed(0)} ms ago, which cannot be`;
    }
    if (this.#exposureNs !== null && exposureMidNs <= this.#exposureNs) {
      return "its exposure is not after that of the picture before";
    }
    return null;
  }

  #sizeFault({ content }: Picture): string | null {
    const { widthPx, heightPx } = this.#options.calibration;
    if (content.kind === "too_large") {
      return `the picture has ${content.bytes} bytes, more than a camera of ${widthPx}x${heightPx} gives`;
    }
    const size = content.kind === "grey" ? content : jpegHeaderSize(content.bytes);
    if (size === null) return "is no JPEG, or begins like none";
    if (size.widthPx === widthPx && size.heightPx === heightPx) return null;
    return `the picture has ${size.widthPx}x${size.heightPx} pixels, ` +
      `the camera's calibration ${widthPx}x${heightPx}`;
  }

  #forgetArrivals(nowNs: MonotonicNs): void {
    const arrivals = this.#arrivals;
    let old = Math.max(0, arrivals.length - ARRIVALS_MAX);
    while (old < arrivals.length && nowNs - arrivals[old] > RATE_OVER_NS) old += 1;
    arrivals.splice(0, old);
  }
}

/** Nearly always decided by the length or the last bytes. */
function isSame(a: PictureContent, b: PictureContent): boolean {
  if (a.kind === "too_large" || b.kind === "too_large") return false;
  const [one, other] = [a.bytes, b.bytes];
  if (one.length !== other.length) return false;
  for (let i = one.length - 1; i >= 0; i -= 1) {
    if (one[i] !== other[i]) return false;
  }
  return true;
}
