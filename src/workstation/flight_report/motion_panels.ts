/**
 * Height and speed over time, by the estimate and where it is known by the truth.
 *
 * @module
 */
import type { Truth } from "../evaluation/mod.ts";
import type { ReportPanel } from "./contract.ts";
import { SeriesBins } from "./series_bins.ts";
import type { TimeRange } from "./time_range.ts";

/** The true speed is the way over this time before and after, divided by it. */
const SPEED_HALF_NS = 0.5e9;

export class MotionPanels {
  readonly #truth: Truth | null;
  readonly #height: SeriesBins;
  readonly #speed: SeriesBins;
  readonly #trueHeight: SeriesBins;
  readonly #trueSpeed: SeriesBins;

  constructor(range: TimeRange, breakNs: number, truth: Truth | null) {
    const series = () => new SeriesBins(range, breakNs);
    this.#truth = truth;
    this.#height = series();
    this.#speed = series();
    this.#trueHeight = series();
    this.#trueSpeed = series();
  }

  /**
   * `heightM` over the WGS84 ellipsoid, `velocityEnuMps` east, north, up; either may be anything in a
   * damaged record. The truth is read at `validNs`.
   */
  add(timeNs: number, validNs: number, heightM: unknown, velocityEnuMps: unknown): void {
    this.#height.add(timeNs, heightM);
    const [east, north] = Array.isArray(velocityEnuMps) ? velocityEnuMps : [];
    if (typeof east === "number" && typeof north === "number") {
      this.#speed.add(timeNs, Math.hypot(east, north));
    }
    this.#trueHeight.add(timeNs, this.#truth?.at(validNs)?.position.heightM);
    const before = this.#truth?.at(validNs - SPEED_HALF_NS);
    const after = this.#truth?.at(validNs + SPEED_HALF_NS);
    if (!before || !after) return;
    this.#trueSpeed.add(timeNs, (after.distanceM - before.distanceM) / (2 * SPEED_HALF_NS / 1e9));
  }

  panels(): ReportPanel[] {
    const lines = (what: string, estimate: SeriesBins, truth: SeriesBins) =>
      ([[`true ${what}`, "reference", truth], [what, "first", estimate]] as const)
        .filter(([, , bins]) => bins.count > 0)
        .map(([name, style, bins]) => ({
          name,
          kind: "line" as const,
          style,
          samples: bins.samples(),
        }));
    const height = lines("height", this.#height, this.#trueHeight);
    const speed = lines("speed", this.#speed, this.#trueSpeed);
    return [
      ...height.length === 0 ? [] : [{
        type: "chart" as const,
        id: "height",
        title: "Height over the WGS84 ellipsoid",
        unit: "m",
        valueMin: 10,
        fitsValues: true,
        series: height,
      }],
      ...speed.length === 0 ? [] : [{
        type: "chart" as const,
        id: "speed",
        title: "Speed over the ground",
        unit: "m/s",
        valueMin: 5,
        series: speed,
      }],
    ];
  }
}
