/**
 * Messages of a dataflash log as samples: the names and fields of ArduPilot's Plane, Copter and Rover
 * since 2014.
 *
 * @module
 */
import type { Vector3 } from "../../../core/mod.ts";
import { radiansFromDegrees } from "../../../core/mod.ts";
import type { LogDecoder, LogFacts, LogSample } from "../contract.ts";
import { SampleSink, utcMsFromGps } from "../samples.ts";
import { type DataflashFormat, type FieldReader, fieldReader, textField } from "./format.ts";
import { DataflashSplitter } from "./splitter.ts";
import { DataflashUnits } from "./units.ts";

/** Takes one message of the format that it was made for. */
type Handler = (view: DataView, start: number) => void;

/** GPS without accuracies: 1 sigma for each unit of its dilution of precision, metres. */
const SIGMA_PER_DILUTION_M = 2;
const VERTICAL_FACTOR = 1.5;
/** Accuracies (GPA) belong to the GPS sample before or behind them. */
const ACCURACY_AGE_MAX_NS = 1e9;
/** Events of Copter: disarmed, landed, not landed. */
const EVENT_STATES: Readonly<Record<number, "on_ground" | "in_flight">> = {
  11: "on_ground",
  18: "on_ground",
  28: "in_flight",
};

interface Accuracy {
  readonly timeNs: number;
  readonly horizontalM: number;
  readonly verticalM: number;
}

export class DataflashDecoder implements LogDecoder {
  readonly facts: LogFacts = { firmware: "", aircraft: "unknown", utc: null };
  readonly sources = {
    imu: ["IMU", "IMU[1]", "IMU[2]", "IMU2", "IMU3", "IMT"],
    attitude: ["ATT", "AHR2", "XKF1", "NKF1", "EKF1"],
    baro: ["BARO", "BARO[1]", "CTUN"],
    gps: ["GPS", "GPS[1]", "GPS2"],
    controller_position: ["POS"],
    flight_state: ["STAT", "EV"],
  } as const;
  readonly imuSampling = "instant";
  readonly #splitter: DataflashSplitter;
  readonly #sink: SampleSink;
  readonly #units = new DataflashUnits();
  /** By type; null: nobody wants this message. */
  readonly #handlers = new Map<number, { format: DataflashFormat; handle: Handler | null }>();
  readonly #accuracies = new Map<string, Accuracy>();
  /** Of the last message with a time: for those without. */
  #lastNs = NaN;

  constructor(isWanted: (source: string) => boolean = () => true) {
    this.#sink = new SampleSink(isWanted);
    this.#splitter = new DataflashSplitter((format, view, start) => {
      let known = this.#handlers.get(format.type);
      if (known === undefined || known.format !== format) {
        known = { format, handle: this.#handler(format) };
        this.#handlers.set(format.type, known);
      }
      known.handle?.(view, start);
    });
  }

  get damage(): { readonly bytesSkipped: number; readonly samplesRefused: number } {
    return { bytesSkipped: this.#splitter.bytesSkipped, samplesRefused: this.#sink.refused };
  }

  push(bytes: Uint8Array, samples: LogSample[]): void {
    this.#sink.into(samples);
    this.#splitter.push(bytes);
  }

  end(samples: LogSample[]): void {
    this.#sink.into(samples);
    this.#splitter.end();
  }

  #handler(format: DataflashFormat): Handler | null {
    switch (format.name) {
      case "IMU":
      case "IMU2":
      case "IMU3":
        return this.#imu(format);
      case "IMT":
        return this.#imuDeltas(format);
      case "ATT":
      case "AHR2":
      case "XKF1":
      case "NKF1":
      case "EKF1":
        return this.#attitude(format);
      case "BARO":
        return this.#baro(format, "Alt");
      case "CTUN":
        return this.#baro(format, "BarAlt", "BAlt");
      case "GPS":
      case "GPS2":
        return this.#gps(format);
      case "GPA":
      case "GPA2":
        return this.#gpsAccuracy(format);
      case "POS":
        return this.#position(format);
      case "EV":
      case "ARM":
      case "STAT":
        return this.#state(format);
      case "MSG":
      case "VER":
        return this.#text(format);
      case "UNIT":
      case "MULT":
      case "FMTU":
        return this.#unitMessage(format);
      default:
        return null;
    }
  }

  #imu(format: DataflashFormat): Handler {
    const time = this.#time(format), source = this.#source(format, "I");
    const force = this.#vector(format, ["AccX", "AccY", "AccZ"]);
    const rate = this.#vector(format, ["GyrX", "GyrY", "GyrZ"], "rad/s");
    return (view, start) => {
      const timeNs = time(view, start), from = source(view, start);
      if (!this.#sink.isWanted(from)) return;
      this.#sink.imu(from, timeNs, force(view, start), rate(view, start));
    };
  }

  /** Steps of angle and velocity: their mean over the step. */
  #imuDeltas(format: DataflashFormat): Handler {
    const time = this.#time(format), instance = fieldReader(format, "I");
    const steps = this.#vector(format, ["DelvT", "DelaT", "DelT"]);
    const velocity = this.#vector(format, ["DelVX", "DelVY", "DelVZ"]);
    const angle = this.#vector(format, ["DelAX", "DelAY", "DelAZ"]);
    return (view, start) => {
      const timeNs = time(view, start);
      if (instance(view, start) > 0 || !this.#sink.isWanted("IMT")) return;
      const [velocityS, angleS] = steps(view, start);
      const over = (v: Vector3, s: number): Vector3 => [v[0] / s, v[1] / s, v[2] / s];
      this.#sink.imu(
        "IMT",
        timeNs,
        over(velocity(view, start), velocityS),
        over(angle(view, start), angleS),
      );
    };
  }

  #attitude(format: DataflashFormat): Handler {
    const { name } = format;
    const time = this.#time(format), core = fieldReader(format, "C");
    const angles = this.#vector(format, ["Roll", "Pitch", "Yaw"], "deg");
    return (view, start) => {
      const timeNs = time(view, start);
      if (core(view, start) > 0 || !this.#sink.isWanted(name)) return;
      const [roll, pitch, yaw] = angles(view, start);
      this.#sink.attitude(name, timeNs, roll, pitch, yaw);
    };
  }

  #baro(format: DataflashFormat, ...heights: readonly string[]): Handler | null {
    if (!heights.some((one) => format.fields.has(one))) return null;
    const time = this.#time(format), source = this.#source(format, "I");
    const height = fieldReader(format, ...heights);
    return (view, start) => {
      const timeNs = time(view, start), from = source(view, start);
      if (this.#sink.isWanted(from)) this.#sink.baro(from, timeNs, height(view, start));
    };
  }

  #gps(format: DataflashFormat): Handler {
    // Before TimeUS, TimeMS was the receiver's time of the week and T the controller's.
    const isOld = !format.fields.has("TimeUS");
    const time = isOld ? this.#time(format, "T") : this.#time(format);
    const week = fieldReader(format, "GWk", "Week");
    const msOfWeek = fieldReader(format, "GMS", "TimeMS");
    const source = this.#source(format, "I");
    const fields = [
      ["Status"],
      ["NSats"],
      ["HDop", "HDp"],
      ["Lat"],
      ["Lng"],
      ["Alt"],
      ["Spd"],
      ["GCrs"],
      ["VZ"],
    ].map((names) => fieldReader(format, ...names));
    return (view, start) => {
      const timeNs = time(view, start), from = source(view, start);
      if (!this.#sink.isWanted(from)) return;
      const [
        status,
        satellites,
        dilution,
        latitudeDeg,
        longitudeDeg,
        heightM,
        speed,
        course,
        down,
      ] = fields.map((read) => read(view, start));
      const courseRad = radiansFromDegrees(course);
      this.#sink.gps(from, timeNs, {
        fix: status >= 3 ? "3d" : status === 2 ? "2d" : "none",
        latitudeDeg,
        longitudeDeg,
        heightM,
        velocityEnuMps: [speed * Math.sin(courseRad), speed * Math.cos(courseRad), -down],
        ...this.#sigmas(from, timeNs, dilution),
        satellites: satellites >= 0 ? satellites : 0,
        integrity: "unknown",
      });
      if (status >= 3) this.#utc(timeNs, week(view, start), msOfWeek(view, start));
    };
  }

  #utc(timeNs: number, week: number, msOfWeek: number): void {
    if (this.facts.utc !== null || !(timeNs >= 0)) return;
    const utcMs = utcMsFromGps(week, msOfWeek);
    if (utcMs !== undefined) this.facts.utc = { controllerNs: timeNs, utcMs };
  }

  #sigmas(source: string, timeNs: number, dilution: number) {
    const accuracy = this.#accuracies.get(source);
    if (accuracy !== undefined && Math.abs(timeNs - accuracy.timeNs) < ACCURACY_AGE_MAX_NS) {
      return { sigmaHorizontalM: accuracy.horizontalM, sigmaVerticalM: accuracy.verticalM };
    }
    // 99.99 is "not known" in this field.
    const sigmaHorizontalM = SIGMA_PER_DILUTION_M * (dilution > 0 ? Math.min(dilution, 50) : 50);
    return { sigmaHorizontalM, sigmaVerticalM: VERTICAL_FACTOR * sigmaHorizontalM };
  }

  #gpsAccuracy(format: DataflashFormat): Handler {
    const time = this.#time(format), source = this.#source(format, "I");
    const horizontal = fieldReader(format, "HAcc"), vertical = fieldReader(format, "VAcc");
    return (view, start) => {
      const timeNs = time(view, start);
      const horizontalM = horizontal(view, start), verticalM = vertical(view, start);
      // 0 and 655.35: the receiver does not say.
      if (!(horizontalM > 0 && horizontalM < 600 && verticalM > 0 && verticalM < 600)) return;
      this.#accuracies.set(source(view, start).replace("GPA", "GPS"), {
        timeNs,
        horizontalM,
        verticalM,
      });
    };
  }

  #position(format: DataflashFormat): Handler {
    const time = this.#time(format);
    const latitude = fieldReader(format, "Lat"), longitude = fieldReader(format, "Lng");
    const height = fieldReader(format, "Alt");
    const aboveHome = fieldReader(format, "RelHomeAlt", "RelAlt");
    return (view, start) => {
      const timeNs = time(view, start);
      if (!this.#sink.isWanted("POS")) return;
      this.#sink.position("POS", timeNs, {
        latitudeDeg: latitude(view, start),
        longitudeDeg: longitude(view, start),
        heightMslM: height(view, start),
        heightAboveHomeM: aboveHome(view, start),
      });
    };
  }

  #state(format: DataflashFormat): Handler {
    const time = this.#time(format);
    const value = fieldReader(format, "Id", "ArmState", "isFlying");
    const { name } = format;
    return (view, start) => {
      const timeNs = time(view, start), is = value(view, start);
      if (name === "STAT") {
        this.#sink.state("STAT", timeNs, is > 0 ? "in_flight" : "on_ground");
      } else if (name === "ARM") {
        if (is === 0) this.#sink.state("EV", timeNs, "on_ground");
      } else if (EVENT_STATES[is] !== undefined) {
        this.#sink.state("EV", timeNs, EVENT_STATES[is]);
      }
    };
  }

  /** The firmware names itself in its first messages. */
  #text(format: DataflashFormat): Handler {
    const field = format.name === "VER" ? "FWS" : "Message";
    return (view, start) => {
      if (this.facts.firmware !== "") return;
      const firmware = textField(format, field, view, start).replace(/^APM:/, "Ardu").trim();
      if (!/^(Ardu\w+|Blimp|Sub|\w+) V?\d+\.\d/i.test(firmware)) return;
      this.facts.firmware = firmware;
      if (/plane/i.test(firmware)) this.facts.aircraft = "fixed_wing";
      if (/copter/i.test(firmware)) this.facts.aircraft = "multirotor";
    };
  }

  #unitMessage(format: DataflashFormat): Handler {
    const described = fieldReader(format, "FmtType");
    return (view, start) => {
      this.#units.add(format, view, start);
      // What was made without these units is made anew.
      if (format.name === "FMTU") this.#handlers.delete(described(view, start));
    };
  }

  /** Nanoseconds on the controller's clock; of the message before where this one has no time. */
  #time(format: DataflashFormat, old = "TimeMS"): FieldReader {
    const field = ["TimeUS", old].find((one) => format.fields.has(one));
    if (field === undefined) return () => this.#lastNs;
    const read = fieldReader(format, field);
    const toNs = field === "TimeUS" ? 1e3 : 1e6;
    return (view, start) => (this.#lastNs = read(view, start) * toNs);
  }

  /** "IMU", or "IMU[1]" of the second instance. */
  #source(format: DataflashFormat, field: string): (view: DataView, start: number) => string {
    const { name } = format;
    if (!format.fields.has(field)) return () => name;
    const instance = fieldReader(format, field);
    const names = Array.from({ length: 256 }, (_, i) => i === 0 ? name : `${name}[${i}]`);
    return (view, start) => names[instance(view, start)] ?? name;
  }

  #vector(
    format: DataflashFormat,
    [x, y, z]: readonly [string, string, string],
    unit?: "rad/s" | "deg",
  ): (view: DataView, start: number) => Vector3 {
    const read = [x, y, z].map((name) => {
      const reader = fieldReader(format, name);
      const factor = unit === undefined ? 1 : this.#units.factor(format, name, unit);
      return factor === 1
        ? reader
        : (view: DataView, start: number) => reader(view, start) * factor;
    });
    return (view, start) => [read[0](view, start), read[1](view, start), read[2](view, start)];
  }
}
