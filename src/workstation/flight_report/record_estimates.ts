/**
 * Estimates, fixes and frames of a recorded flight: tracks, uncertainty, errors when ground truth
 * is given, latencies.
 *
 * @module
 */
import { wrapDegrees } from "../../core/mod.ts";
import type { TruthTrack } from "../evaluation/mod.ts";
import type { ReportFigure, ReportPanel, ReportTracks, Sample } from "./contract.ts";
import { metres, percent, withUnit } from "./figure_text.ts";
import { LABEL_STATES } from "./labels.ts";
import { horizontalSigmaM, numberOf, type Payload, textOf } from "./payload.ts";
import { Quantiles } from "./quantiles.ts";
import type { RecordRhythm } from "./record_rhythm.ts";
import { SeriesBins } from "./series_bins.ts";
import { StageCosts } from "./stage_costs.ts";
import { StateBins } from "./state_bins.ts";
import type { TimeRange } from "./time_range.ts";
import { TrackBins } from "./track_bins.ts";

const LATENCY_BAR_MS = 150;
/** Fixes as shares: stretches of the flight, with some frames in each. */
const SHARE_BINS_MAX = 150;
const SHARE_FRAMES_MIN = 15;
const FIXES_MAX = 20_000;
const REASONS_MAX = 200;
const DISTANCE_STEP_NS = 2e9;
const EARTH_RADIUS_M = 6_371_000;

export class RecordEstimates {
  readonly label: StateBins;
  readonly stages = new StageCosts();
  readonly #range: TimeRange;
  readonly #rhythm: RecordRhythm;
  readonly #truth: TruthTrack | null;
  readonly #estimate: TrackBins;
  readonly #trueTrack: TrackBins;
  readonly #bins;
  readonly #quantiles;
  /** When there are many fixes, every n-th is kept. */
  readonly #fixes: { latitudeDeg: number; longitudeDeg: number }[] = [];
  #fixEvery = 1;
  #fixCount = 0;
  #frames = 0;
  readonly #shareAccepted: Float64Array;
  readonly #shareAll: Float64Array;
  readonly #reasons = new Map<string, number>();
  #distanceM = 0;
  #lastPlace: { timeNs: number; latitudeDeg: number; longitudeDeg: number } | null = null;
  #states = 0;
  #unusable = 0;

  constructor(range: TimeRange, rhythm: RecordRhythm, truth: TruthTrack | null) {
    const series = (kind: string) => new SeriesBins(range, rhythm.breakNs(kind));
    const breakNs = rhythm.breakNs("nav.state");
    this.#range = range;
    this.#rhythm = rhythm;
    this.#truth = truth;
    this.label = new StateBins(range, LABEL_STATES, breakNs);
    const shares = Math.ceil(rhythm.count("nav.fix") / SHARE_FRAMES_MIN);
    this.#shareAccepted = new Float64Array(Math.max(1, Math.min(SHARE_BINS_MAX, shares)));
    this.#shareAll = this.#shareAccepted.slice();
    this.#estimate = new TrackBins(range, breakNs);
    this.#trueTrack = new TrackBins(range, breakNs);
    this.#bins = {
      sigma: series("nav.state"),
      sigmaUp: series("nav.state"),
      error: series("nav.state"),
      errorUp: series("nav.state"),
      latency: series("nav.state"),
      arrival: series("frame.meta"),
      age: series("c8.position_out"),
    };
    this.#quantiles = {
      sigma3: new Quantiles(),
      error: new Quantiles(),
      latency: new Quantiles(),
      arrival: new Quantiles(),
      age: new Quantiles(),
      fixError: new Quantiles(),
    };
  }

  addState(timeNs: number, payload: Payload): void {
    this.#states++;
    const latitudeDeg = numberOf(payload, "latitudeDeg");
    const longitudeDeg = numberOf(payload, "longitudeDeg");
    const sigma = horizontalSigmaM(payload);
    if (latitudeDeg === null || longitudeDeg === null || sigma === null) this.#unusable++;
    this.#estimate.add(timeNs, latitudeDeg, longitudeDeg);
    this.label.add(timeNs, textOf(payload, "label"));
    if (sigma !== null) {
      this.#bins.sigma.add(timeNs, 3 * sigma);
      this.#quantiles.sigma3.add(3 * sigma);
    }
    const sigmaUp = numberOf(payload, "sigmaUpM");
    if (sigmaUp !== null) this.#bins.sigmaUp.add(timeNs, 3 * Math.abs(sigmaUp));
    this.#bins.latency.add(timeNs, payload.latencyMs);
    this.#quantiles.latency.add(payload.latencyMs);
    this.stages.add({ cpuMs: payload.stageCpuMs, wallMs: payload.stageWallMs });
    if (!isPlace(latitudeDeg, longitudeDeg)) return;
    this.#addDistance(timeNs, latitudeDeg!, longitudeDeg!);
    const validNs = numberOf(payload, "validNs") ?? timeNs;
    const error = this.#errorAt(validNs, {
      latitudeDeg: latitudeDeg!,
      longitudeDeg: longitudeDeg!,
      heightM: numberOf(payload, "heightM") ?? NaN,
    });
    if (error === null) return;
    this.#trueTrack.add(timeNs, error.truth.latitudeDeg, error.truth.longitudeDeg);
    this.#bins.error.add(timeNs, error.horizontalM);
    this.#quantiles.error.add(error.horizontalM);
    this.#bins.errorUp.add(timeNs, error.verticalM);
  }

  addFix(timeNs: number, payload: Payload): void {
    const accepted = payload.accepted === true;
    const bin = this.#range.column(timeNs, this.#shareAll.length);
    this.#frames++;
    this.#shareAll[bin]++;
    if (!accepted) {
      const reason = textOf(payload, "reason") || "no reason given";
      const known = this.#reasons.get(reason);
      if (known !== undefined || this.#reasons.size < REASONS_MAX) {
        this.#reasons.set(reason, (known ?? 0) + 1);
      }
      return;
    }
    this.#shareAccepted[bin]++;
    const latitudeDeg = numberOf(payload, "latitudeDeg");
    const longitudeDeg = numberOf(payload, "longitudeDeg");
    if (!isPlace(latitudeDeg, longitudeDeg)) return;
    const place = { latitudeDeg: latitudeDeg!, longitudeDeg: longitudeDeg! };
    const exposureNs = numberOf(payload, "exposureMidNs") ?? timeNs;
    const error = this.#errorAt(exposureNs, { ...place, heightM: NaN });
    if (error !== null) this.#quantiles.fixError.add(error.horizontalM);
    if (this.#fixCount++ % this.#fixEvery !== 0) return;
    this.#fixes.push(place);
    if (this.#fixes.length < FIXES_MAX) return;
    this.#fixEvery *= 2;
    const half = this.#fixes.filter((_, index) => index % 2 === 0);
    this.#fixes.splice(0, this.#fixes.length, ...half);
  }

  addFrame(timeNs: number, payload: Payload): void {
    const exposure = numberOf(payload, "exposureMidNs");
    const available = numberOf(payload, "availableNs");
    if (exposure === null || available === null) return;
    const ms = (available - exposure) / 1e6;
    this.#bins.arrival.add(timeNs, ms);
    this.#quantiles.arrival.add(ms);
  }

  addOutput(timeNs: number, payload: Payload): void {
    this.#bins.age.add(timeNs, payload.ageMs);
    this.#quantiles.age.add(payload.ageMs);
  }

  get states(): number {
    return this.#states;
  }

  /** Estimates without a position or a covariance. */
  get unusable(): number {
    return this.#unusable;
  }

  get hasError(): boolean {
    return this.#bins.error.count > 0;
  }

  tracks(): ReportTracks {
    return {
      estimate: this.#estimate.samples(),
      truth: this.#trueTrack.samples(),
      fixes: this.#fixes,
      fixCount: this.#fixCount,
    };
  }

  /** Why frames gave no fix, the most frequent first. */
  reasons(): (readonly [reason: string, count: number])[] {
    return [...this.#reasons].sort((a, b) => b[1] - a[1]);
  }

  accuracyPanels(): ReportPanel[] {
    const { sigma, sigmaUp, error, errorUp } = this.#bins;
    const chart = (
      id: string,
      name: string,
      band: SeriesBins,
      line: SeriesBins,
      words: readonly [string, string],
    ): ReportPanel[] =>
      band.count + line.count === 0 ? [] : [{
        type: "chart",
        id,
        title: line.count > 0 ? `${name} error and uncertainty` : `${name} uncertainty`,
        unit: "m",
        valueMin: 2,
        series: [
          { name: words[0], kind: "area", style: "sigma", samples: band.samples() },
          ...line.count > 0
            ? [{ name: words[1], kind: "line", style: "error", samples: line.samples() } as const]
            : [],
        ],
      }];
    return [
      ...chart("horizontal", "Horizontal", sigma, error, ["3 sigma", "error"]),
      ...chart("vertical", "Vertical", sigmaUp, errorUp, ["3 sigma up", "height error"]),
    ];
  }

  fixPanels(): ReportPanel[] {
    if (this.#frames === 0) return [];
    const samples: Sample[] = [];
    const bins = this.#shareAll.length;
    for (let bin = 0; bin < bins; bin++) {
      if (this.#shareAll[bin] === 0) continue;
      const middleS = this.#range.columnStartS(bin + 0.5, bins);
      const before = samples.at(-1)?.[0] ?? middleS;
      const binS = this.#range.durationS / bins;
      if (middleS - before > Math.max(2.5 * binS, this.#rhythm.breakNs("nav.fix") / 1e9)) {
        samples.push([before + binS, null]);
      }
      samples.push([middleS, 100 * this.#shareAccepted[bin] / this.#shareAll[bin]]);
    }
    return [{
      type: "chart",
      id: "fixes",
      title: "Frames with an accepted satellite fix",
      unit: "%",
      valueMin: 100,
      series: [{ name: "accepted", kind: "line", style: "first", samples }],
    }];
  }

  latencyPanels(): ReportPanel[] {
    const { latency, arrival, age } = this.#bins;
    const series = [
      ["estimate", "latency", latency],
      ["exposure to frame in memory", "arrival", arrival],
      ["age of the position sent", "age", age],
    ] as const;
    const known = series.filter(([, , bins]) => bins.count > 0);
    if (known.length === 0) return [];
    return [{
      type: "chart",
      id: "latency",
      title: "Latencies",
      unit: "ms",
      valueMin: 10,
      series: known.map(([name, style, bins]) => ({
        name,
        kind: "dots" as const,
        style,
        samples: bins.samples(),
      })),
      ...latency.count === 0
        ? {}
        : { bar: { value: LATENCY_BAR_MS, name: `${LATENCY_BAR_MS} ms` } },
    }];
  }

  headline(): ReportFigure[] {
    const { error, sigma3, latency } = this.#quantiles;
    const { truthText } = this;
    return [
      {
        name: "distance" + truthText,
        value: kilometres(this.#truth?.distanceM ?? this.#distanceM),
      },
      ...this.hasError
        ? [
          { name: "error, 95 % of the estimates", value: metres(error.quantile(0.95)) },
          { name: "largest error", value: metres(error.maximum) },
        ]
        : [{ name: "3 sigma, 95 % of the estimates", value: metres(sigma3.quantile(0.95)) }],
      { name: "frames with a fix", value: this.#fixShare() },
      { name: "latency, 95 %", value: withUnit(latency.quantile(0.95), "ms", 0) },
    ];
  }

  get truthText(): string {
    return this.#truth === null ? ", by the estimate" : "";
  }

  figures(): ReportFigure[] {
    const q = this.#quantiles;
    const spread = (values: Quantiles, unit: string, digits: number, note: string, name: string) =>
      values.count === 0 ? [] : [{
        name: `${name} p50 / p95 / p99 / max`,
        value: [values.quantile(0.5), values.quantile(0.95), values.quantile(0.99), values.maximum]
          .map((value) => withUnit(value, unit, digits)).join(" / "),
        note,
      }];
    return [
      { name: "estimates", value: this.#states.toLocaleString("en") },
      ...spread(
        q.error,
        "m",
        2,
        "horizontal, against the truth at each estimate's moment",
        "error",
      ),
      ...spread(q.sigma3, "m", 2, "3 times the semi-major 1-sigma axis", "uncertainty"),
      { name: "frames with an accepted fix", value: this.#fixShare() },
      ...spread(q.fixError, "m", 2, "accepted fixes against the truth", "fix error"),
      ...spread(q.latency, "ms", 0, "JPEG bytes in → estimate out", "latency"),
      ...spread(q.arrival, "ms", 0, "middle of the exposure → picture in memory", "frame arrival"),
      ...spread(q.age, "ms", 0, "of the estimate when it was sent", "age of the position sent"),
    ];
  }

  #fixShare(): string {
    const accepted = this.#shareAccepted.reduce((sum, value) => sum + value, 0);
    return this.#frames === 0 ? "–" : percent(accepted / this.#frames);
  }

  #addDistance(timeNs: number, latitudeDeg: number, longitudeDeg: number): void {
    const last = this.#lastPlace;
    if (last !== null && timeNs - last.timeNs < DISTANCE_STEP_NS) return;
    this.#lastPlace = { timeNs, latitudeDeg, longitudeDeg };
    if (last === null) return;
    const degrees = Math.PI / 180 * EARTH_RADIUS_M;
    const north = (latitudeDeg - last.latitudeDeg) * degrees;
    const east = wrapDegrees(longitudeDeg - last.longitudeDeg) * degrees *
      Math.cos(latitudeDeg * Math.PI / 180);
    this.#distanceM += Math.hypot(north, east);
  }

  #errorAt(
    timeNs: number,
    place: { latitudeDeg: number; longitudeDeg: number; heightM: number },
  ) {
    const truth = this.#truth?.at(timeNs)?.position;
    if (truth === undefined || this.#truth === null) return null;
    const { localFrame } = this.#truth;
    // Both at the same height: a difference of height is not a horizontal error.
    const [east, north] = localFrame.localFromWgs({ ...place, heightM: truth.heightM });
    const [trueEast, trueNorth] = localFrame.localFromWgs(truth);
    return {
      truth,
      horizontalM: Math.hypot(east - trueEast, north - trueNorth),
      verticalM: Math.abs(place.heightM - truth.heightM),
    };
  }
}

function isPlace(latitudeDeg: number | null, longitudeDeg: number | null): boolean {
  return latitudeDeg !== null && longitudeDeg !== null && Math.abs(latitudeDeg) <= 90 &&
    Math.abs(longitudeDeg) <= 180;
}

function kilometres(distanceM: number): string {
  return `${(distanceM / 1000).toFixed(2)} km`;
}
