/**
 * Whether the estimate can be believed, by what the filter itself recorded: refused measurements,
 * sources that contradict it for a while, innovations larger than it allows for, a label better than
 * they are; and where it is known, by the truth.
 *
 * @module
 */
import type { ReportNotice } from "./contract.ts";
import { durationText, percent } from "./figure_text.ts";
import { clockText } from "./time_axis.ts";

/** What was found out about a source of measurements. */
export interface SourceRecord {
  readonly name: string;
  /** Tested against the estimate, and those of them that were refused. */
  readonly judged: number;
  readonly refused: number;
  /** Share of the innovations inside two sigmas, of the component with the fewest. */
  readonly inside2Sigma: number;
  /** The longest stretch in which all were refused. */
  readonly conflict: { readonly fromS: number; readonly toS: number; readonly count: number };
}

/** Satellite fixes judged while the label said that the estimate rests on them. */
export interface AnchoredRecord {
  readonly judged: number;
  readonly refused: number;
}

interface Judged {
  readonly sources: readonly SourceRecord[];
  readonly anchored: AnchoredRecord;
  /** Share of the estimates labelled as dead reckoned, 0 to 1. */
  readonly deadReckoned: number;
  /** Share of the errors inside the stated 95 % radius; null without truth. */
  readonly insideRadius: number | null;
}

/** Fewer say nothing. */
const JUDGED_MIN = 10;
/** The gates refuse about 1 in 100 of what is consistent, and real outliers. */
const REFUSED_MAX = 0.1;
const CONFLICT_COUNT = 5, CONFLICT_S = 3;
/** Of 95 % that a consistent filter has. */
const INSIDE_2_SIGMA_MIN = 0.8;
const DEAD_RECKONED_MAX = 0.05;
/** Of the 95 % that a consistent filter has; errors are correlated over time. */
const INSIDE_FAIR = 0.85, INSIDE_BAD = 0.6;

export function estimateVerdict(judged: Judged): ReportNotice {
  const { sources, anchored, deadReckoned, insideRadius } = judged;
  const total = sources.reduce((sum, source) => sum + source.judged, 0);
  if (total === 0 && insideRadius === null) {
    return {
      tone: "fair",
      text: "Nothing in the record says whether the estimate is right: it holds no innovations " +
        "(c5.measurement).",
    };
  }
  const doubts = [
    ...sources.flatMap(doubtsOf),
    ...anchored.judged >= JUDGED_MIN && anchored.refused > REFUSED_MAX * anchored.judged
      ? [
        `While the label said "satellite anchored", ${
          ofAll(anchored.refused, anchored.judged)
        } satellite fixes were refused.`,
      ]
      : [],
    ...deadReckoned > DEAD_RECKONED_MAX
      ? [`${percent(deadReckoned)} of the estimates are dead reckoned: they rest on no picture.`]
      : [],
    ...insideRadius !== null && insideRadius < INSIDE_FAIR
      ? [
        `Only ${
          percent(insideRadius)
        } of the true errors are inside the stated 95 % radius: it is ` +
        "too small.",
      ]
      : [],
  ];
  const truth = insideRadius === null
    ? "The truth was not given (--truth)."
    : `${percent(insideRadius)} of the true errors are inside the stated 95 % radius.`;
  if (doubts.length === 0) {
    const refused = sources.reduce((sum, source) => sum + source.refused, 0);
    return {
      tone: "good",
      text: `The estimate agrees with its measurements: ${
        ofAll(refused, total)
      } were refused, no source contradicts it for long. ${truth}`,
    };
  }
  const isBad = insideRadius === null
    ? sources.some(({ conflict, name }) => name === "anchor" && isConflict(conflict))
    : insideRadius < INSIDE_BAD;
  return {
    tone: isBad ? "bad" : "fair",
    text: `The estimate deserves doubt: ${
      doubts.length === 1 ? "one reason" : `${doubts.length} reasons`
    }. ${truth}`,
    details: doubts,
  };
}

function doubtsOf(source: SourceRecord): string[] {
  const { judged, refused, inside2Sigma, conflict } = source;
  const name = source.name === "anchor" ? "satellite fixes (anchor)" : source.name;
  const doubts: string[] = [];
  const isRefused = judged >= JUDGED_MIN && refused > REFUSED_MAX * judged;
  if (isRefused) {
    doubts.push(`${name}: ${ofAll(refused, judged)} were refused.`);
  }
  if (isConflict(conflict)) {
    doubts.push(
      `${name} contradicts the estimate from ${clockText(conflict.fromS)} for ${
        durationText(conflict.toS - conflict.fromS)
      }: all ${conflict.count} were refused.`,
    );
  }
  // What was refused is outside anyway, and says less of the filter than of its source.
  if (!isRefused && judged >= JUDGED_MIN && inside2Sigma < INSIDE_2_SIGMA_MIN) {
    doubts.push(
      `${name}: ${
        percent(inside2Sigma)
      } of the innovations are inside 2 sigma, 95 % are expected: ` +
        "the filter is too sure.",
    );
  }
  return doubts;
}

function isConflict({ fromS, toS, count }: SourceRecord["conflict"]): boolean {
  return count >= CONFLICT_COUNT && toS - fromS >= CONFLICT_S;
}

/** "12 of 1,400 (0.9 %)". */
function ofAll(part: number, whole: number): string {
  const share = whole === 0 ? "" : ` (${Number((100 * part / whole).toPrecision(2))} %)`;
  return `${part.toLocaleString("en")} of ${whole.toLocaleString("en")}${share}`;
}
