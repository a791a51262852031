/**
 * Estimates, fixes and frames of a recorded flight: tracks, uncertainty, errors when ground truth
 * is given, latencies.
 *
 * @module
 */
import { wrapDegrees } from "../../core/mod.ts";
import type { TruthTrack } from "../evaluation/mod.ts";
import type {
  ReportFigure,
  ReportPanel,
  ReportPosition,
  ReportTracks,
  Sample,
  TrackSample,
} from "./contract.ts";
import { kilometres, metres, percent, spreadFigure, withUnit } from "./figure_text.ts";
import { LABEL_STATES } from "./labels.ts";
import { MotionPanels } from "./motion_panels.ts";
import { numberOf, type Payload, radius95M, SIGMAS_95_VERTICAL, textOf } from "./payload.ts";
import { Quantiles } from "./quantiles.ts";
import { RecordLatencies } from "./record_latencies.ts";
import type { RecordRhythm } from "./record_rhythm.ts";
import { SeriesBins } from "./series_bins.ts";
import { StageCosts } from "./stage_costs.ts";
import { StateBins } from "./state_bins.ts";
import type { TimeRange } from "./time_range.ts";
import { TrackBins } from "./track_bins.ts";

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
  readonly latencies: RecordLatencies;
  readonly #motion: MotionPanels;
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
  #deadReckoned = 0;
  #lastLabel = "";
  /** Errors that were held against the stated radius, and those inside. */
  #radiusChecks = 0;
  #radiusHeld = 0;

  constructor(range: TimeRange, rhythm: RecordRhythm, truth: TruthTrack | null) {
    const series = (kind: string) => new SeriesBins(range, rhythm.breakNs(kind));
    const breakNs = rhythm.breakNs("nav.state");
    this.#range = range;
    this.#rhythm = rhythm;
    this.#truth = truth;
    this.latencies = new RecordLatencies(range, rhythm);
    this.#motion = new MotionPanels(range, breakNs, truth);
    this.label = new StateBins(range, LABEL_STATES, breakNs);
    const shares = Math.ceil(rhythm.count("nav.fix") / SHARE_FRAMES_MIN);
    this.#shareAccepted = new Float64Array(Math.max(1, Math.min(SHARE_BINS_MAX, shares)));
    this.#shareAll = this.#shareAccepted.slice();
    this.#estimate = new TrackBins(range, breakNs);
    this.#trueTrack = new TrackBins(range, breakNs);
    this.#bins = {
      radius: series("nav.state"),
      heightRadius: series("nav.state"),
      error: series("nav.state"),
      errorUp: series("nav.state"),
    };
    this.#quantiles = {
      radius: new Quantiles(),
      error: new Quantiles(),
      fixError: new Quantiles(),
    };
  }

  addState(timeNs: number, payload: Payload): void {
    this.#states++;
    const latitudeDeg = numberOf(payload, "latitudeDeg");
    const longitudeDeg = numberOf(payload, "longitudeDeg");
    const radiusM = radius95M(payload);
    if (latitudeDeg === null || longitudeDeg === null || radiusM === null) this.#unusable++;
    this.#estimate.add(timeNs, latitudeDeg, longitudeDeg);
    this.#lastLabel = textOf(payload, "label");
    this.label.add(timeNs, this.#lastLabel);
    if (this.#lastLabel === "dead_reckoned") this.#deadReckoned++;
    this.#bins.radius.add(timeNs, radiusM);
    this.#quantiles.radius.add(radiusM);
    const sigmaUp = numberOf(payload, "sigmaUpM");
    if (sigmaUp !== null) {
      this.#bins.heightRadius.add(timeNs, SIGMAS_95_VERTICAL * Math.abs(sigmaUp));
    }
    const validNs = numberOf(payload, "validNs") ?? timeNs;
    this.#motion.add(timeNs, validNs, payload.heightM, payload.velocityEnuMps);
    this.latencies.addState(timeNs, payload);
    this.stages.add({ cpuMs: payload.stageCpuMs, wallMs: payload.stageWallMs });
    if (!isPlace(latitudeDeg, longitudeDeg)) return;
    this.#addDistance(timeNs, latitudeDeg!, longitudeDeg!);
    const error = this.#errorAt(validNs, {
      latitudeDeg: latitudeDeg!,
      longitudeDeg: longitudeDeg!,
      heightM: numberOf(payload, "heightM") ?? NaN,
    });
    if (error === null) return;
    this.#trueTrack.add(timeNs, error.truth.latitudeDeg, error.truth.longitudeDeg);
    this.#bins.error.add(timeNs, error.horizontalM);
    this.#quantiles.error.add(error.horizontalM);
    if (radiusM !== null) {
      this.#radiusChecks++;
      if (error.horizontalM <= radiusM) this.#radiusHeld++;
    }
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

  get states(): number {
    return this.#states;
  }

  /** Estimates without a position or a covariance. */
  get unusable(): number {
    return this.#unusable;
  }

  /** Of the latest estimate. */
  get lastLabel(): string {
    return this.#lastLabel;
  }

  /** Share of the estimates, 0 to 1. */
  get deadReckoned(): number {
    return this.#states === 0 ? 0 : this.#deadReckoned / this.#states;
  }

  /** Share of the errors inside the stated 95 % radius; null without truth. */
  get insideRadius(): number | null {
    return this.#radiusChecks === 0 ? null : this.#radiusHeld / this.#radiusChecks;
  }

  get hasError(): boolean {
    return this.#bins.error.count > 0;
  }

  /** `gpsEndsNs`: when GPS ended, shown where the estimate was. */
  tracks(gpsEndsNs: readonly number[]): ReportTracks {
    const estimate = this.#estimate.samples();
    return {
      estimate,
      gpsEnds: gpsEndsNs.flatMap((timeNs) => {
        const timeS = this.#range.seconds(timeNs);
        const position = positionNear(estimate, timeS);
        return position === null ? [] : [{ timeS, position }];
      }),
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
    const { radius, heightRadius, error, errorUp } = this.#bins;
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
      ...chart("horizontal", "Horizontal", radius, error, ["95 % radius", "error"]),
      ...chart("vertical", "Vertical", heightRadius, errorUp, ["95 % of heights", "height error"]),
    ];
  }

  motionPanels(): ReportPanel[] {
    return this.#motion.panels();
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

  headline(): ReportFigure[] {
    const { error, radius } = this.#quantiles;
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
        : [{ name: "95 % radius, median", value: metres(radius.quantile(0.5)) }],
      { name: "frames with a fix", value: this.#fixShare() },
      { name: "latency, 95 %", value: withUnit(this.latencies.estimateMs.quantile(0.95), "ms", 0) },
    ];
  }

  get truthText(): string {
    return this.#truth === null ? ", by the estimate" : "";
  }

  figures(): ReportFigure[] {
    const q = this.#quantiles;
    return [
      { name: "estimates", value: this.#states.toLocaleString("en") },
      ...spreadFigure(
        q.error,
        "m",
        "horizontal, against the truth at each estimate's moment",
        "error",
      ),
      ...spreadFigure(
        q.radius,
        "m",
        "semi-major axis of the horizontal 95 % ellipse",
        "95 % radius",
      ),
      ...this.insideRadius === null ? [] : [{
        name: "errors inside the 95 % radius",
        value: percent(this.insideRadius),
        note: "95 % for a consistent filter",
      }],
      { name: "frames with an accepted fix", value: this.#fixShare() },
      ...spreadFigure(q.fixError, "m", "accepted fixes against the truth", "fix error"),
      ...this.latencies.figures(),
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

/** Of the sample nearest in time; null without one. */
function positionNear(samples: readonly TrackSample[], timeS: number): ReportPosition | null {
  let nearest: { readonly awayS: number; readonly position: ReportPosition } | null = null;
  for (const [atS, position] of samples) {
    const awayS = Math.abs(atS - timeS);
    if (position !== null && awayS < (nearest?.awayS ?? Infinity)) nearest = { awayS, position };
  }
  return nearest?.position ?? null;
}
