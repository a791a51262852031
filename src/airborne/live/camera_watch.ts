/**
 * Tells, once, that the camera is lost or frozen, and that it is back. A fault that goes by itself within
 * two seconds is none for a person.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { CameraSource } from "../../flight/camera_source/mod.ts";
import type { AlertSeverity } from "../../flight/flight_controller/mod.ts";
import type { FlightOutput } from "../flight_output.ts";

const FAULT_AFTER_NS = 2e9;
const LOOK_EVERY_NS = 0.5e9;

interface CameraWatchOptions {
  readonly camera: Pick<CameraSource, "address" | "health"> | null;
  readonly clock: Clock;
  /** To the ground station. */
  readonly alert: (severity: AlertSeverity, text: string) => void;
  /** With the address and the reason, for terminal and record. */
  readonly report: (text: string) => void;
}

export class CameraWatch implements FlightOutput {
  readonly name = "camera watch";
  readonly #options: CameraWatchOptions;
  #lookedNs = -Infinity;
  #faultSinceNs: number | null = null;
  #told = false;

  constructor(options: CameraWatchOptions) {
    this.#options = options;
  }

  /** The clock goes on where no picture arrives. */
  positionSent(): void {
    const { camera, clock } = this.#options;
    const nowNs = clock.now();
    if (camera === null || nowNs - this.#lookedNs < LOOK_EVERY_NS) return;
    this.#lookedNs = nowNs;
    const { fault } = camera.health();
    if (fault === "") this.#good(camera.address);
    else this.#bad(camera.address, fault, nowNs);
  }

  #good(address: string): void {
    this.#faultSinceNs = null;
    if (!this.#told) return;
    this.#told = false;
    this.#options.alert("notice", "Camera is back");
    this.#options.report(`camera ${address}: is back`);
  }

  #bad(address: string, fault: string, nowNs: number): void {
    this.#faultSinceNs ??= nowNs;
    if (this.#told || nowNs - this.#faultSinceNs < FAULT_AFTER_NS) return;
    this.#told = true;
    this.#options.alert("error", "Camera gives no usable picture");
    this.#options.report(`camera ${address}: ${fault}`);
  }
}
