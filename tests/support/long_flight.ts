/**
 * A long flight at an aircraft's real rates, through the real recorder: IMU at 200 Hz in batches,
 * attitude at 50 Hz, barometer at 10 Hz, estimates at 5 Hz; with what a report must not hide: one
 * frame of a wild error, silences, a link that is lost, GPS that is spoofed, floods of log lines.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LocalFrame, ManualClock, monotonicNs, seededRandom } from "../../src/core/mod.ts";
import {
  type ClosedFlight,
  FdrConfigSchema,
  type FdrKind,
  type FdrPayload,
  type FdrSink,
  FlightRecorder,
  type NewRecord,
} from "../../src/flight/flight_recorder/mod.ts";

export interface LongFlightPlan {
  readonly durationS: number;
  readonly seed?: string;
  readonly cleanShutdown?: boolean;
  /** Where it begins. */
  readonly origin?: { readonly latitudeDeg: number; readonly longitudeDeg: number };
}

export interface LongFlight extends ClosedFlight {
  /** truth.csv, 10 Hz. */
  readonly truthCsv: string;
  /** Seconds after the start, for those who look for it in the report. */
  readonly wildS: number;
  readonly cameraSilence: { readonly fromS: number; readonly toS: number };
}

/** What a hostile program may put into a log line. */
export const HOSTILE_TEXT = "</script><img src=x onerror=\"document.title='owned'\">";

const STATE_HZ = 5;
const SPEED_MPS = 22;
const HEIGHT_M = 520;
const START_UTC = "2026-06-15T09:30:00.000Z";

export async function recordLongFlight(
  flightRoot: string,
  plan: LongFlightPlan,
): Promise<LongFlight> {
  const config = FdrConfigSchema.parse({
    queueSize: 16_384,
    // Too small on purpose: a burst overruns it.
    perProducerCapacity: { burst: 16 },
  });
  await using recorder = new FlightRecorder({ flightRoot, config });
  await recorder.start();
  const clock = new ManualClock({ startUtc: new Date(START_UTC) });
  const header = {
    name: "long flight",
    software: "test",
    startUtc: START_UTC,
    aircraft: "fixed_wing",
    strategies: { vio: "planar_klt" },
  };
  const { flightId } = await recorder.openFlight({ clock, header });
  const flight = new Flight(plan, (producerId) => recorder.client(producerId));
  for (let second = 0; second < plan.durationS; second++) {
    flight.fly(second);
    clock.set(monotonicNs((second + 1) * 1e9));
    // The writer keeps up with far more, but not with a whole flight at once.
    if (second % 40 === 39) await settled(recorder);
  }
  const cleanShutdown = plan.cleanShutdown ?? true;
  const closed = await recorder.closeFlight({ flightId, cleanShutdown });
  return {
    ...closed,
    truthCsv: flight.truthCsv(),
    wildS: flight.wildS,
    cameraSilence: flight.cameraSilence,
  };
}

/** Until nothing waits in a ring. */
async function settled(recorder: FlightRecorder): Promise<void> {
  for (;;) {
    const { producers } = await recorder.counters();
    const waits = Object.values(producers).some(({ produced, written, droppedOverrun }) =>
      produced > written + droppedOverrun
    );
    if (!waits) return;
    await sleep(5);
  }
}

class Flight {
  readonly wildS: number;
  readonly cameraSilence: { readonly fromS: number; readonly toS: number };
  readonly #plan: LongFlightPlan;
  readonly #random;
  /** A stream of its own: the rest of the flight does not depend on it. */
  readonly #innovations;
  readonly #local: LocalFrame;
  readonly #sinks: Readonly<Record<string, FdrSink>>;
  #driftM = 0;
  #label: "satellite_anchored" | "visual_propagated" | "dead_reckoned" | null = null;

  constructor(plan: LongFlightPlan, sink: (producerId: string) => FdrSink) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed ?? "long flight");
    this.#innovations = this.#random.fork("innovations");
    const origin = plan.origin ?? { latitudeDeg: 48, longitudeDeg: 11 };
    this.#local = new LocalFrame({ ...origin, heightM: HEIGHT_M });
    const names = [
      "sensors",
      "camera",
      "navigator",
      "vio",
      "state_estimator",
      "link",
      "log",
      "burst",
    ];
    this.#sinks = Object.fromEntries(names.map((name) => [name, sink(name)]));
    this.wildS = Math.floor(plan.durationS * 0.63);
    const silentS = Math.floor(plan.durationS * 0.4);
    this.cameraSilence = { fromS: silentS, toS: silentS + 4 };
  }

  fly(second: number): void {
    for (let step = 0; step < 50; step++) {
      const timeS = second + step / 50;
      this.#sensors(timeS, step);
      if (step % (50 / STATE_HZ) === 0) this.#frame(timeS);
    }
    this.#events(second);
  }

  truthCsv(): string {
    const lines = ["time_ns,latitude_deg,longitude_deg,height_m,ve_mps,vn_mps,vu_mps,qw,qx,qy,qz"];
    for (let i = 0; i <= this.#plan.durationS * 10; i++) {
      const { latitudeDeg, longitudeDeg, heightM } = this.#local.wgsFromLocal(this.#at(i / 10));
      lines.push(`${i * 1e8},${latitudeDeg},${longitudeDeg},${heightM},0,0,0,1,0,0,0`);
    }
    return lines.join("\n") + "\n";
  }

  /** Lanes of 6 km to and fro, half-circles between them: a survey. */
  #at(momentS: number): [number, number, number] {
    const timeS = Math.max(0, momentS);
    const laneM = 6000, turnM = Math.PI * 150;
    const along = timeS * SPEED_MPS % (2 * (laneM + turnM));
    const pair = Math.floor(timeS * SPEED_MPS / (2 * (laneM + turnM)));
    const east = pair * 600, half = along < laneM + turnM ? 0 : 1;
    const at = along - half * (laneM + turnM);
    const up = 8 * Math.sin(timeS / 40);
    const x = east + half * 300;
    if (at < laneM) return [x, half === 0 ? at : laneM - at, up];
    const angle = Math.PI * (at - laneM) / turnM;
    const out = 150 * Math.sin(angle);
    return [x + 150 * (1 - Math.cos(angle)), half === 0 ? laneM + out : -out, up];
  }

  #put<K extends FdrKind>(producer: string, kind: K, timeS: number, payload: FdrPayload<K>): void {
    const timestampNs = monotonicNs(Math.round(timeS * 1e9));
    this.#sinks[producer].enqueue({ kind, timestampNs, payload } as NewRecord<K>);
  }

  #sensors(timeS: number, step: number): void {
    const ns = Math.round(timeS * 1e9);
    const stamp = { controllerNs: ns, receivedNs: ns };
    const localFromBody: [number, number, number, number] = [0.7, 0, 0, 0.714];
    this.#put("sensors", "sensor.attitude", timeS, { ...stamp, localFromBody });
    if (step % 5 === 0) {
      this.#imu(timeS);
      const heightM = HEIGHT_M + this.#at(timeS)[2] + this.#random.normal();
      this.#put("sensors", "sensor.baro", timeS, { ...stamp, heightM });
    }
    if (step % 10 === 0) this.#gps(timeS, stamp);
  }

  #imu(timeS: number): void {
    const column = (mean: number, sigma: number) =>
      Array.from({ length: 20 }, () => Number((mean + sigma * this.#random.normal()).toFixed(5)));
    const times = Array.from({ length: 20 }, (_, i) => Math.round((timeS + i / 200) * 1e9));
    this.#put("sensors", "sensor.imu", timeS, {
      controllerNs: times,
      receivedNs: times,
      axMps2: column(0, 0.3),
      ayMps2: column(0, 0.3),
      azMps2: column(-9.81, 0.3),
      gxRps: column(0, 0.02),
      gyRps: column(0, 0.02),
      gzRps: column(0, 0.02),
    });
  }

  /** Good, then gone, then spoofed, then gone. */
  #gps(timeS: number, stamp: { controllerNs: number; receivedNs: number }): void {
    const part = timeS / this.#plan.durationS;
    const spoofed = part > 0.5 && part < 0.55;
    const good = part < 0.08 || spoofed;
    this.#put("sensors", "sensor.gps", timeS, {
      ...stamp,
      fix: good ? "3d" : "none",
      ...this.#local.wgsFromLocal(good ? this.#at(timeS) : [0, 0, 0]),
      velocityEnuMps: [0, SPEED_MPS, 0],
      sigmaHorizontalM: 1.5,
      sigmaVerticalM: 3,
      satellites: good ? 14 : 0,
      integrity: spoofed ? "spoofed" : good ? "ok" : "unknown",
    });
  }

  #frame(timeS: number): void {
    const { fromS, toS } = this.cameraSilence;
    if (timeS >= fromS && timeS < toS) return;
    const part = timeS / this.#plan.durationS;
    const dark = part > 0.3 && part < 0.36;
    const sequence = Math.round(timeS * STATE_HZ);
    const ns = Math.round(timeS * 1e9);
    const random = this.#random;
    this.#put("camera", "frame.meta", timeS, {
      sequence,
      exposureMidNs: ns - 30e6,
      availableNs: ns,
      widthPx: 1280,
      heightPx: 960,
      jpegBytes: 180_000,
      calibrationId: "camera",
    });
    const state = dark ? "degraded" : "tracking";
    const tracks = Math.round((dark ? 40 : 240) + 12 * random.normal());
    const inliers = Math.round(tracks * 0.8);
    this.#put("vio", "vio.health", timeS, { state, strategy: "planar_klt", tracks, inliers });
    this.#driftM = dark ? this.#driftM + 0.2 : this.#driftM * 0.6;
    const accepted = !dark && random.uniform() < 0.85;
    this.#fix(timeS, sequence, ns, accepted);
    this.#measurement(timeS, ns, sequence % 200 !== 100);
    this.#state(timeS, sequence, ns, dark);
  }

  #fix(timeS: number, sequence: number, ns: number, accepted: boolean): void {
    const random = this.#random;
    const [x, y, up] = this.#at(timeS - 0.03);
    const place = this.#local.wgsFromLocal([x + random.normal(), y + random.normal(), up]);
    this.#put("navigator", "nav.fix", timeS + 0.08, {
      sequence,
      exposureMidNs: ns - 30e6,
      accepted,
      reason: accepted ? "" : random.uniform() < 0.7 ? "too few inliers" : "margin too small",
      latitudeDeg: accepted ? place.latitudeDeg : null,
      longitudeDeg: accepted ? place.longitudeDeg : null,
      heightM: accepted ? place.heightM : null,
      margin: 0.3,
      score: 0.4,
      inliers: 20,
      global: false,
      covariance: Array.from({ length: 36 }, (_, i) => i % 7 === 0 ? 1 : 0),
    });
  }

  #measurement(timeS: number, ns: number, fused: boolean): void {
    const random = this.#innovations;
    const sigma = [0.1, 0.1, 0.08, 0.001, 0.001, 0.001];
    this.#put("state_estimator", "c5.measurement", timeS + 0.08, {
      source: "odometry",
      measuredNs: ns - 30e6,
      fused,
      reason: fused ? "" : "innovation beyond its gate",
      observation: [SPEED_MPS / STATE_HZ, 0, 0, 0, 0, 0],
      observationVariance: sigma.map((value) => value ** 2 / 2),
      innovation: sigma.map((value) => value * random.normal() * (fused ? 1 : 9)),
      innovationVariance: sigma.map((value) => value ** 2),
      testRatio: (fused ? 0.2 : 12) * random.uniform(),
    });
  }

  #state(timeS: number, sequence: number, ns: number, dark: boolean): void {
    const random = this.#random;
    const [x, y, up] = this.#at(timeS - 0.03);
    const wild = sequence === this.wildS * STATE_HZ;
    const drift = this.#driftM + (wild ? 900 : 0);
    const sigma = 1 + this.#driftM * 0.7;
    const latencyMs = 70 + 12 * Math.abs(random.normal()) + (random.uniform() < 2e-3 ? 150 : 0);
    const label = !dark
      ? "satellite_anchored"
      : this.#driftM > 20
      ? "dead_reckoned"
      : "visual_propagated";
    if (label !== this.#label) {
      const change = {
        from: this.#label,
        to: label,
        reason: dark ? "no fix" : "fix accepted",
      } as const;
      this.#put("state_estimator", "c5.source_label", timeS, change);
      this.#label = label;
    }
    this.#put("navigator", "nav.state", timeS + latencyMs / 1e3, {
      sequence,
      validNs: ns - 30e6,
      ...this.#local.wgsFromLocal([
        x + drift + 0.4 * random.normal(),
        y + 0.4 * random.normal(),
        up + 0.6 * random.normal(),
      ]),
      covarianceEnM2: [sigma ** 2, 0.1, sigma ** 2],
      sigmaUpM: 0.9,
      horizontal95M: 2.4477 * sigma,
      velocityEnuMps: [0, SPEED_MPS, 0],
      localFromBody: [0.7, 0, 0, 0.714],
      label,
      anchorAgeS: dark ? 5 : 0,
      latencyMs,
      stageWallMs: { decode: 6, matching: latencyMs - 6 },
      stageCpuMs: { decode: 6, matching: 1.5 * latencyMs },
    });
  }

  #events(second: number): void {
    const { durationS } = this.#plan;
    const at = (part: number) => second === Math.floor(durationS * part);
    const log = (level: "WARN" | "ERROR", component: string, message: string, timeS = second) =>
      this.#put("log", "log", timeS, { level, component, message, kind: `${component}.event` });
    if (second === 0) this.#put("link", "c8.link", 0.1, { state: "up", adapter: "ardupilot" });
    if (at(0.7)) {
      const lost = { state: "lost", adapter: "ardupilot", reason: HOSTILE_TEXT } as const;
      this.#put("link", "c8.link", second, lost);
      this.#put("link", "c8.alert", second, { severity: "critical", text: "link lost" });
    }
    if (at(0.71)) this.#put("link", "c8.link", second, { state: "up", adapter: "ardupilot" });
    if (at(0.4)) {
      this.#put("state_estimator", "nav.estimate_gap", second + 4, {
        fromNs: second * 1e9,
        toNs: (second + 4) * 1e9,
        reason: "no frames",
      });
    }
    if (at(0.5)) {
      const reject = { reason: "far from the estimate", deltaM: 412.5 };
      this.#put("state_estimator", "c5.gps_bounded_delta.reject", second, reject);
    }
    if (at(0.2)) log("ERROR", "matcher", HOSTILE_TEXT);
    if (second % 7 === 3) log("WARN", "vio", `residual ${second % 13} px over the usual`);
    if (at(0.9)) {
      const payload = { level: "WARN", component: "burst", message: "too many at once" } as const;
      for (let i = 0; i < 400; i++) this.#put("burst", "log", second, payload);
    }
    // A component that cannot stop talking: twenty lines a second for a fifth of the flight.
    if (second > durationS * 0.6 && second < durationS * 0.8) {
      for (let i = 0; i < 20; i++) {
        log("WARN", "noisy", `tile ${second * 20 + i} is dim`, second + i / 20);
      }
    }
  }
}
