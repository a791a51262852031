/**
 * Topics of a ULog as samples: the names and fields of PX4 since 2016.
 *
 * Our own and not @foxglove/ulog (MIT): that holds an index of every message in memory, throws at the first
 * data without its description, and stops at damage.
 *
 * @module
 */
import type { Quaternion, Vector3 } from "../../../core/mod.ts";
import type { GpsEvent } from "../../flight_events/mod.ts";
import type { LogDecoder, LogFacts, LogSample } from "../contract.ts";
import { SampleSink } from "../samples.ts";
import {
  type FieldReader,
  fieldReader,
  FILE_HEADER_BYTES,
  UlogFormats,
  type UlogLayout,
} from "./format.ts";
import { UlogSplitter } from "./splitter.ts";

/** Takes the data of one subscription. */
type Handler = (view: DataView, start: number) => void;

interface Subscription {
  readonly layout: UlogLayout;
  readonly handle: Handler | null;
}

const KEY_BYTES_MAX = 128;
/** Nobody flies 50 days without a boot. */
const BOOT_MAX_US = 50 * 86_400e6;
/** What was measured before the log began. */
const BASE_MARGIN_US = 60e6;
/** Time before it is a clock that was not set: 2010. */
const UTC_MIN_MS = Date.UTC(2010, 0, 1);
const UTC_MAX_MS = Date.UTC(2100, 0, 1);

export class UlogDecoder implements LogDecoder {
  readonly facts: LogFacts = { firmware: "", aircraft: "unknown", utc: null };
  readonly sources = {
    imu: ["sensor_combined", "vehicle_imu"],
    attitude: ["vehicle_attitude"],
    baro: ["vehicle_air_data", "sensor_combined.baro", "sensor_baro"],
    gps: ["vehicle_gps_position", "sensor_gps", "sensor_gps[1]"],
    controller_position: ["vehicle_global_position"],
    flight_state: ["vehicle_land_detected"],
  } as const;
  readonly imuSampling = "interval_mean";
  readonly #formats = new UlogFormats();
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #splitter: UlogSplitter;
  readonly #sink: SampleSink;
  #homeHeightM = NaN;
  /** Time 0 of the samples, as the log counts. */
  #baseUs: number | null = null;

  constructor(isWanted: (source: string) => boolean = () => true) {
    this.#sink = new SampleSink(isWanted);
    this.#splitter = new UlogSplitter({
      onMessage: (type, view, start, size) => this.#message(type, view, start, size),
      isData: (subscription, bytes) => {
        const layout = this.#subscriptions.get(subscription)?.layout;
        return layout !== undefined && bytes >= layout.bytesMin && bytes <= layout.bytes;
      },
    });
  }

  get damage(): { readonly bytesSkipped: number; readonly samplesRefused: number } {
    return { bytesSkipped: this.#splitter.bytesSkipped, samplesRefused: this.#sink.refused };
  }

  push(bytes: Uint8Array, samples: LogSample[]): void {
    this.#sink.into(samples);
    this.#baseUs ??= baseOf(bytes);
    this.#splitter.push(bytes);
  }

  end(samples: LogSample[]): void {
    this.#sink.into(samples);
    this.#splitter.end();
  }

  #message(type: string, view: DataView, start: number, size: number): void {
    switch (type) {
      case "D":
        this.#subscriptions.get(view.getUint16(start, true))?.handle?.(view, start + 2);
        return;
      case "F":
        return this.#formats.add(text(view, start, size));
      case "A":
        return this.#subscribe(
          view.getUint16(start + 1, true),
          view.getUint8(start),
          text(view, start + 3, size - 3),
        );
      case "I":
        return this.#information(view, start, size);
      case "B":
        return this.#flags(view, start);
    }
  }

  /** Bit 0 of the flags that a reader must know: data was appended, at up to three places. */
  #flags(view: DataView, start: number): void {
    if ((view.getUint8(start + 8) & 1) === 0) return;
    this.#splitter.breakAt(
      [16, 24, 32].map((at) =>
        view.getUint32(start + at, true) + view.getUint32(start + at + 4, true) * 2 ** 32
      ),
    );
  }

  #information(view: DataView, start: number, size: number): void {
    const keyBytes = view.getUint8(start);
    if (keyBytes > KEY_BYTES_MAX || keyBytes + 1 >= size) return;
    const key = text(view, start + 1, keyBytes);
    const value = start + 1 + keyBytes, valueBytes = size - 1 - keyBytes;
    if (key === "uint32_t ver_sw_release" && valueBytes === 4) {
      const [major, minor, patch] = [3, 2, 1].map((at) => view.getUint8(value + at));
      this.facts.firmware = `PX4 ${major}.${minor}.${patch}`;
    } else if (/^char\[\d+\] ver_sw$/.test(key) && this.facts.firmware === "") {
      this.facts.firmware = `PX4 ${text(view, value, Math.min(valueBytes, 12))}`;
    }
  }

  #subscribe(id: number, instance: number, topic: string): void {
    const layout = this.#formats.layout(topic);
    if (layout === undefined) {
      this.#subscriptions.delete(id);
      return;
    }
    this.#subscriptions.set(id, { layout, handle: this.#handler(topic, instance, layout) });
  }

  #handler(topic: string, instance: number, layout: UlogLayout): Handler | null {
    const isFirst = instance === 0;
    const source = isFirst ? topic : `${topic}[${instance}]`;
    switch (topic) {
      case "sensor_combined":
        return isFirst ? this.#sensorCombined(layout) : null;
      case "vehicle_imu":
        return isFirst ? this.#imuDeltas(layout) : null;
      case "vehicle_attitude":
        return isFirst ? this.#attitude(layout) : null;
      case "vehicle_air_data":
        return isFirst ? this.#baro(source, layout, "baro_alt_meter") : null;
      case "sensor_baro":
        return isFirst ? this.#pressure(source, layout) : null;
      case "vehicle_gps_position":
      case "sensor_gps":
        return this.#gps(source, layout);
      case "vehicle_global_position":
        return isFirst ? this.#position(layout) : null;
      case "home_position":
        return this.#home(layout);
      case "vehicle_land_detected":
        return isFirst ? this.#landed(layout) : null;
      case "vehicle_status":
        return this.#vehicleType(layout);
      default:
        return null;
    }
  }

  /** Means over the time since the sample before; the oldest logs have the barometer here as well. */
  #sensorCombined(layout: UlogLayout): Handler {
    const time = this.#time(layout), name = "sensor_combined";
    const rate = vectorReader(layout, "gyro_rad"),
      force = vectorReader(layout, "accelerometer_m_s2");
    const baro = layout.fields.has("baro_alt_meter")
      ? this.#baro("sensor_combined.baro", layout, "baro_alt_meter")
      : null;
    return (view, start) => {
      if (this.#sink.isWanted(name)) {
        this.#sink.imu(name, time(view, start), force(view, start), rate(view, start));
      }
      baro?.(view, start);
    };
  }

  #imuDeltas(layout: UlogLayout): Handler {
    const time = this.#time(layout), name = "vehicle_imu";
    const angle = vectorReader(layout, "delta_angle");
    const velocity = vectorReader(layout, "delta_velocity");
    const angleUs = fieldReader(layout, ["delta_angle_dt", "dt"]);
    const velocityUs = fieldReader(layout, ["delta_velocity_dt", "dt"]);
    return (view, start) => {
      const over = (v: Vector3, us: number): Vector3 => [
        v[0] / us * 1e6,
        v[1] / us * 1e6,
        v[2] / us * 1e6,
      ];
      this.#sink.imu(
        name,
        time(view, start),
        over(velocity(view, start), velocityUs(view, start)),
        over(angle(view, start), angleUs(view, start)),
      );
    };
  }

  /** NED from body (FRD), w first. */
  #attitude(layout: UlogLayout): Handler {
    const time = this.#time(layout);
    const parts = [0, 1, 2, 3].map((i) => fieldReader(layout, "q", i));
    return (view, start) => {
      const q = parts.map((read) => read(view, start)) as unknown as Quaternion;
      this.#sink.quaternion("vehicle_attitude", time(view, start), q);
    };
  }

  #baro(source: string, layout: UlogLayout, field: string): Handler {
    const time = this.#time(layout), height = fieldReader(layout, field);
    return (view, start) => this.#sink.baro(source, time(view, start), height(view, start));
  }

  /** Millibar once, pascal since 2022. */
  #pressure(source: string, layout: UlogLayout): Handler {
    if (layout.fields.has("altitude")) return this.#baro(source, layout, "altitude");
    const time = this.#time(layout), pressure = fieldReader(layout, ["pressure", "pressure_pa"]);
    return (view, start) => {
      const value = pressure(view, start);
      const pascal = value < 2000 ? 100 * value : value;
      this.#sink.pressure(source, time(view, start), pascal);
    };
  }

  #gps(source: string, layout: UlogLayout): Handler {
    const time = this.#time(layout);
    const isOld = layout.fields.has("lat");
    const read = (name: string) => fieldReader(layout, name);
    const latitude = isOld ? scaled(read("lat"), 1e-7) : read("latitude_deg");
    const longitude = isOld ? scaled(read("lon"), 1e-7) : read("longitude_deg");
    const height = isOld ? scaled(read("alt"), 1e-3) : read("altitude_msl_m");
    const [fixType, satellites, eph, epv] = ["fix_type", "satellites_used", "eph", "epv"].map(read);
    const [north, east, down] = ["vel_n_m_s", "vel_e_m_s", "vel_d_m_s"].map(read);
    const utc = read("time_utc_usec");
    const integrity = integrityReader(layout);
    return (view, start) => {
      const timeNs = time(view, start), type = fixType(view, start);
      const accuracy = (reader: FieldReader) => {
        const value = reader(view, start);
        return value > 0 ? Math.min(value, 1000) : 1000;
      };
      this.#sink.gps(source, timeNs, {
        fix: type >= 3 ? "3d" : type === 2 ? "2d" : "none",
        latitudeDeg: latitude(view, start),
        longitudeDeg: longitude(view, start),
        heightM: height(view, start),
        velocityEnuMps: [east(view, start), north(view, start), -down(view, start)],
        sigmaHorizontalM: accuracy(eph),
        sigmaVerticalM: accuracy(epv),
        satellites: satellites(view, start) || 0,
        integrity: integrity(view, start),
      });
      if (type >= 3) this.#utc(timeNs, utc(view, start) / 1e3);
    };
  }

  #utc(controllerNs: number, utcMs: number): void {
    if (this.facts.utc !== null || !(controllerNs >= 0)) return;
    if (utcMs > UTC_MIN_MS && utcMs < UTC_MAX_MS) this.facts.utc = { controllerNs, utcMs };
  }

  /** Nanoseconds; every topic begins with its time in microseconds. */
  #time(layout: UlogLayout): FieldReader {
    const read = fieldReader(layout, "timestamp");
    const baseUs = this.#baseUs ?? 0;
    return (view, start) => (read(view, start) - baseUs) * 1e3;
  }

  #position(layout: UlogLayout): Handler {
    const time = this.#time(layout);
    const [latitude, longitude, height] = ["lat", "lon", "alt"].map((name) =>
      fieldReader(layout, name)
    );
    return (view, start) => {
      const heightMslM = height(view, start);
      if (Number.isNaN(this.#homeHeightM)) this.#homeHeightM = heightMslM;
      this.#sink.position("vehicle_global_position", time(view, start), {
        latitudeDeg: latitude(view, start),
        longitudeDeg: longitude(view, start),
        heightMslM,
        heightAboveHomeM: heightMslM - this.#homeHeightM,
      });
    };
  }

  #home(layout: UlogLayout): Handler {
    const height = fieldReader(layout, "alt");
    return (view, start) => {
      this.#homeHeightM = height(view, start);
    };
  }

  #landed(layout: UlogLayout): Handler {
    const time = this.#time(layout), landed = fieldReader(layout, "landed");
    return (view, start) => {
      const state = landed(view, start) > 0 ? "on_ground" : "in_flight";
      this.#sink.state("vehicle_land_detected", time(view, start), state);
    };
  }

  #vehicleType(layout: UlogLayout): Handler {
    const type = fieldReader(layout, "vehicle_type"),
      rotary = fieldReader(layout, "is_rotary_wing");
    return (view, start) => {
      const isRotary = type(view, start) === 1 || rotary(view, start) === 1;
      const isFixedWing = type(view, start) === 2 || rotary(view, start) === 0;
      if (this.facts.aircraft !== "unknown") return;
      this.facts.aircraft = isRotary ? "multirotor" : isFixedWing ? "fixed_wing" : "unknown";
    };
  }
}

/**
 * A controller counts from its boot, a simulated one from 1970: that would be no exact number of
 * nanoseconds, and is counted from the beginning of the log.
 */
function baseOf(bytes: Uint8Array): number {
  if (bytes.length < FILE_HEADER_BYTES) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const startUs = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
  return startUs > BOOT_MAX_US ? startUs - BASE_MARGIN_US : 0;
}

function scaled(read: FieldReader, factor: number): FieldReader {
  return (view, start) => read(view, start) * factor;
}

function vectorReader(
  layout: UlogLayout,
  name: string,
): (view: DataView, start: number) => Vector3 {
  const read = [0, 1, 2].map((i) => fieldReader(layout, name, i));
  return (view, start) => [read[0](view, start), read[1](view, start), read[2](view, start)];
}

/** 0: the receiver does not say; 1: no interference; above: some. */
function integrityReader(
  layout: UlogLayout,
): (view: DataView, start: number) => GpsEvent["integrity"] {
  const jamming = fieldReader(layout, "jamming_state");
  const spoofing = fieldReader(layout, "spoofing_state");
  return (view, start) => {
    if (spoofing(view, start) >= 2) return "spoofed";
    if (jamming(view, start) >= 3) return "jammed";
    return spoofing(view, start) === 1 && jamming(view, start) === 1 ? "ok" : "unknown";
  };
}

/** ASCII; what is none becomes "?". */
function text(view: DataView, start: number, bytes: number): string {
  let out = "";
  for (let i = 0; i < bytes; i++) {
    const code = view.getUint8(start + i);
    out += code >= 32 && code < 127 ? String.fromCharCode(code) : "?";
  }
  return out;
}
