/**
 * Messages of the flight controller as records. With the header, `frame.meta` and the pictures the
 * flight can be replayed from them.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { SensorEvent } from "../flight/flight_events/mod.ts";

type ImuEvent = Extract<SensorEvent, { readonly kind: "imu" }>;

/** A batch goes when it has this many samples, or when its first is this old. */
const IMU_BATCH = 40;
const IMU_BATCH_AGE_NS = 100e6;

export class SensorRecords {
  readonly #sink: FdrSink;
  #imu: ImuEvent[] = [];

  constructor(sink: FdrSink) {
    this.#sink = sink;
  }

  add(event: SensorEvent): void {
    if (event.kind === "imu") return this.#addImu(event);
    const times = { controllerNs: event.controllerNs, receivedNs: event.receivedNs };
    const timestampNs = event.receivedNs;
    switch (event.kind) {
      case "attitude":
        this.#sink.enqueue({
          kind: "sensor.attitude",
          timestampNs,
          payload: { ...times, localFromBody: [...event.localFromBody] },
        });
        return;
      case "baro":
        this.#sink.enqueue({
          kind: "sensor.baro",
          timestampNs,
          payload: { ...times, heightM: event.heightM },
        });
        return;
      case "gps":
        this.#sink.enqueue({
          kind: "sensor.gps",
          timestampNs,
          payload: {
            ...times,
            fix: event.fix,
            ...event.position,
            velocityEnuMps: [...event.velocityEnuMps],
            ...(event.hasVerticalVelocity === false ? { hasVerticalVelocity: false } : {}),
            ...(event.heightUnknown === true ? { heightUnknown: true } : {}),
            sigmaHorizontalM: event.sigmaHorizontalM,
            sigmaVerticalM: event.sigmaVerticalM,
            satellites: event.satellites,
            integrity: event.integrity,
          },
        });
        return;
      case "velocity":
        this.#sink.enqueue({
          kind: "sensor.velocity",
          timestampNs,
          payload: {
            ...times,
            velocityBodyMps: event.velocityBodyMps,
            covariance: event.covariance,
          },
        });
        return;
      default:
        event satisfies never;
    }
  }

  /** What still waits for its batch to fill. */
  flush(): void {
    const batch = this.#imu;
    if (batch.length === 0) return;
    this.#imu = [];
    const column = (value: (sample: ImuEvent) => number) => batch.map(value);
    this.#sink.enqueue({
      kind: "sensor.imu",
      timestampNs: batch[batch.length - 1].receivedNs as MonotonicNs,
      payload: {
        controllerNs: column((sample) => sample.controllerNs),
        receivedNs: column((sample) => sample.receivedNs),
        axMps2: column((sample) => sample.specificForceMps2[0]),
        ayMps2: column((sample) => sample.specificForceMps2[1]),
        azMps2: column((sample) => sample.specificForceMps2[2]),
        gxRps: column((sample) => sample.angularRateRps[0]),
        gyRps: column((sample) => sample.angularRateRps[1]),
        gzRps: column((sample) => sample.angularRateRps[2]),
      },
    });
  }

  #addImu(event: ImuEvent): void {
    this.#imu.push(event);
    const ageNs = event.receivedNs - this.#imu[0].receivedNs;
    if (this.#imu.length >= IMU_BATCH || ageNs >= IMU_BATCH_AGE_NS) this.flush();
  }
}
