/**
 * How bright and sharp the camera's pictures are while the aircraft stands on the ground, for who looks before the
 * flight (`airborne status`, `operator preflight`). In flight nothing is looked at: the processor has other work.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { FrameEvent } from "../../flight/flight_events/mod.ts";
import { lightOf, type PictureLight } from "../../navigation/camera/mod.ts";
import { decodeJpeg, type VisionLibrary } from "../../native/vision/mod.ts";
import type { FlightOutput } from "../flight_output.ts";
import type { LiveMonitor } from "./live_monitor.ts";

const LOOK_EVERY_NS = 1e9;

export class CameraLight implements FlightOutput {
  readonly name = "camera light";
  readonly #vision: VisionLibrary;
  readonly #monitor: Pick<LiveMonitor, "flightState">;
  readonly #clock: Clock;
  #light: PictureLight | null = null;
  #lookedNs = -Infinity;
  #looking: Promise<void> | null = null;

  constructor(
    { vision, monitor, clock }: {
      readonly vision: VisionLibrary;
      readonly monitor: Pick<LiveMonitor, "flightState">;
      readonly clock: Clock;
    },
  ) {
    this.#vision = vision;
    this.#monitor = monitor;
    this.#clock = clock;
  }

  /** null: nothing was seen on the ground yet. */
  get light(): PictureLight | null {
    return this.#light;
  }

  onFrame({ frame }: FrameEvent): void {
    const nowNs = this.#clock.now();
    const isOnGround = this.#monitor.flightState === "on_ground";
    if (!isOnGround || this.#looking !== null || nowNs - this.#lookedNs < LOOK_EVERY_NS) return;
    this.#lookedNs = nowNs;
    this.#looking = this.#look(frame).finally(() => this.#looking = null);
  }

  async end(): Promise<void> {
    await this.#looking;
  }

  positionSent(): void {}

  async #look({ jpeg, grey, calibration }: FrameEvent["frame"]): Promise<void> {
    try {
      const picture = grey === undefined
        ? await decodeJpeg(this.#vision, jpeg, { name: "the picture", channels: 1 })
        : { ...calibration, pixels: grey };
      this.#light = lightOf(picture);
    } catch {
      // The flight loop tells of a picture that cannot be decoded.
      this.#light = null;
    }
  }
}
