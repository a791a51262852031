/**
 * Innovations of the filter with their bounds, source by source, and how many were inside. A
 * consistent filter has 95 % of its innovations inside two sigma, and a root mean square of 1 in
 * units of sigma.
 *
 * @module
 */
import {
  MEASUREMENT_SOURCES,
  type MeasurementComponent,
} from "../../navigation/state_estimator/mod.ts";
import type { ReportPanel, ReportTable, Series, TimeChart } from "./contract.ts";
import type { AnchoredRecord, SourceRecord } from "./estimate_verdict.ts";
import { percent } from "./figure_text.ts";
import { numberOf, numbersOf, type Payload, textOf } from "./payload.ts";
import { SeriesBins } from "./series_bins.ts";
import { shownText } from "./svg.ts";
import type { TimeRange } from "./time_range.ts";

/** A line is interrupted at a longer gap of its source. */
const BREAK_NS = 5e9;
/** Limit against damaged records that would fill the memory. */
const SOURCES_MAX = 16;
const COMPONENTS_MAX = 12;
/** Fewer than other charts have: each source has several, and the page of an hour stays small. */
const COLUMNS = 400;
/** Number of colours for sources in one chart. */
const COLOURS = 6;
const DEGREES = 180 / Math.PI;

interface ComponentBins {
  readonly fused: SeriesBins;
  readonly refused: SeriesBins;
  readonly twoSigma: SeriesBins;
  inside: number;
  sum: number;
  normalisedSquares: number;
}

interface SourceBins {
  readonly name: string;
  readonly testRatio: SeriesBins;
  readonly components: ComponentBins[];
  /** Measurements that the filter tested, and those of them that it refused. */
  judged: number;
  refused: number;
  /** Refused one after the other, until now and at most. */
  run: Run | null;
  longestRun: Run | null;
}

interface Run {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
}

export class RecordMeasurements {
  readonly #range: TimeRange;
  readonly #sources = new Map<string, SourceBins>();
  #anchored = { judged: 0, refused: 0 };

  constructor(range: TimeRange) {
    this.#range = range;
  }

  /** `label`: of the latest estimate. */
  add(timestampNs: number, payload: Payload, label = ""): void {
    const innovation = numbersOf(payload, "innovation");
    const variance = numbersOf(payload, "innovationVariance");
    if (innovation.length === 0 || innovation.length !== variance.length) return;
    if (!variance.every((value) => value > 0)) return;
    const source = this.#source(textOf(payload, "source"), innovation.length);
    if (source === null || source.components.length !== innovation.length) return;
    const timeNs = numberOf(payload, "measuredNs") ?? timestampNs;
    const fused = payload.fused === true;
    source.judged++;
    if (!fused) source.refused++;
    source.run = fused ? null : {
      fromNs: source.run?.fromNs ?? timeNs,
      toNs: timeNs,
      count: (source.run?.count ?? 0) + 1,
    };
    if (source.run !== null && source.run.count > (source.longestRun?.count ?? 0)) {
      source.longestRun = source.run;
    }
    if (source.name === "anchor" && label === "satellite_anchored") {
      this.#anchored.judged++;
      if (!fused) this.#anchored.refused++;
    }
    source.testRatio.add(timeNs, payload.testRatio);
    source.components.forEach((bins, i) => {
      const sigma = Math.sqrt(variance[i]), factor = shown(source.name, i).factor;
      bins.twoSigma.add(timeNs, 2 * sigma * factor);
      (fused ? bins.fused : bins.refused).add(timeNs, innovation[i] * factor);
      if (Math.abs(innovation[i]) <= 2 * sigma) bins.inside++;
      bins.sum += innovation[i] * factor;
      bins.normalisedSquares += innovation[i] ** 2 / variance[i];
    });
  }

  /** For the verdict on the estimate. */
  sources(): SourceRecord[] {
    return [...this.#sources.values()].map(({ name, judged, refused, components, longestRun }) => ({
      name: nameOf(name),
      judged,
      refused,
      inside2Sigma: Math.min(...components.map(({ inside }) => inside / judged)),
      conflict: {
        fromS: this.#range.seconds(longestRun?.fromNs ?? this.#range.fromNs),
        toS: this.#range.seconds(longestRun?.toNs ?? this.#range.fromNs),
        count: longestRun?.count ?? 0,
      },
    }));
  }

  get anchored(): AnchoredRecord {
    return this.#anchored;
  }

  panels(): ReportPanel[] {
    const sources = [...this.#sources.values()];
    if (sources.length === 0) return [];
    const ratios: TimeChart = {
      type: "chart",
      id: "test-ratios",
      title: "Innovation tests: squared distance over its gate",
      unit: "",
      valueMin: 1,
      bar: { value: 1, name: "refused above" },
      series: sources.map(({ name, testRatio }, i) => ({
        name: nameOf(name),
        kind: "dots",
        style: `colour-${i % COLOURS}`,
        samples: testRatio.samples(),
      })),
    };
    return [ratios, ...sources.map((source, i) => group(source, i))];
  }

  table(): ReportTable {
    return {
      title: "Innovations of the filter",
      columns: [
        "source",
        "component",
        "judged",
        "refused",
        "inside 2 sigma (95 % expected)",
        "rms in sigmas (1 expected)",
        "mean",
      ],
      rows: [...this.#sources.values()].flatMap(({ name, components, judged, refused }) =>
        components.map((bins, i) => [
          nameOf(name),
          shown(name, i).name,
          judged.toLocaleString("en"),
          refused.toLocaleString("en"),
          percent(bins.inside / judged),
          Math.sqrt(bins.normalisedSquares / judged).toFixed(2),
          `${Number((bins.sum / judged).toPrecision(2))} ${shown(name, i).unit}`,
        ])
      ),
    };
  }

  #source(name: string, size: number): SourceBins | null {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    if (this.#sources.size >= SOURCES_MAX || size > COMPONENTS_MAX) return null;
    const bins = () => new SeriesBins(this.#range, BREAK_NS, COLUMNS);
    const made: SourceBins = {
      name,
      testRatio: bins(),
      components: Array.from({ length: size }, () => ({
        fused: bins(),
        refused: bins(),
        twoSigma: bins(),
        inside: 0,
        sum: 0,
        normalisedSquares: 0,
      })),
      judged: 0,
      refused: 0,
      run: null,
      longestRun: null,
    };
    this.#sources.set(name, made);
    return made;
  }
}

function group(source: SourceBins, index: number): ReportPanel {
  const { name, judged, refused, components } = source;
  return {
    type: "group",
    id: `innovations-${index}`,
    title: `Innovations: ${nameOf(name)}`,
    note: `${judged.toLocaleString("en")} judged, ${refused.toLocaleString("en")} refused`,
    charts: components.map((bins, i) =>
      componentChart(bins, `innovation-${index}-${i}`, {
        ...shown(name, i),
        share: bins.inside / judged,
      })
    ),
  };
}

function componentChart(
  bins: ComponentBins,
  id: string,
  { name, unit, share }: { name: string; unit: string; share: number },
): TimeChart {
  const series: Series[] = [
    { name: "2 sigma", kind: "band", style: "sigma", samples: bins.twoSigma.samples() },
    { name: "fused", kind: "dots", style: "fused", samples: bins.fused.samples() },
    { name: "refused", kind: "dots", style: "refused", samples: bins.refused.samples() },
  ];
  return {
    type: "chart",
    id,
    title: `${name}: ${percent(share)} inside 2 sigma`,
    unit,
    valueMin: 1e-9,
    isSymmetric: true,
    series: series.filter(({ samples }) => samples.length > 0),
  };
}

/** Angles are shown in degrees; unknown components are named by their number. */
function shown(source: string, index: number): { name: string; unit: string; factor: number } {
  const known: readonly MeasurementComponent[] = Object.hasOwn(MEASUREMENT_SOURCES, source)
    ? MEASUREMENT_SOURCES[source as keyof typeof MEASUREMENT_SOURCES]
    : [];
  const component = known[index];
  if (component === undefined) return { name: `component ${index + 1}`, unit: "", factor: 1 };
  const { name, unit } = component;
  return unit === "rad" ? { name, unit: "°", factor: DEGREES } : { name, unit, factor: 1 };
}

function nameOf(source: string): string {
  return shownText(source, 40) || "no source given";
}
