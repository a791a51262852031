/**
 * What odometry and matcher make of the pictures of a clean flight, kept for the flights that are falsified
 * from it: most lies leave the pictures as they are, and matching them again costs nine tenths of a flight.
 * A result is used again only where it was asked for from nearly the same place, with nearly the same sigmas, and
 * what decides (the check of the pose, the gates of the filter) is always done anew.
 *
 * @module
 */
import type { Matrix3, MonotonicNs, Vector3 } from "../../../src/core/mod.ts";
import type {
  CrossDomainMatcher,
  Match,
  MatchOutcome,
  PlaceHypothesis,
} from "../../../src/navigation/matcher/mod.ts";
import type {
  CameraHint,
  MotionHint,
  VioFrame,
  VioHealth,
  VioOutput,
  VioState,
  VioStrategy,
} from "../../../src/navigation/vio/mod.ts";
import type { VisionFrame } from "../../../src/native/vision/mod.ts";

/** Places closer than this share of the height, and directions closer than this, are the same. */
const NEAR_SHARE = 0.01;
const NEAR_RAD = 0.0035;
/** So are sigmas whose ratio is below this. */
const SIGMA_RATIO = 1.25;

interface KnownMatch {
  readonly kind: "match" | "refine";
  readonly from:
    & Pick<PlaceHypothesis, "positionLocalM" | "localFromCamera">
    & Partial<PlaceHypothesis>;
  readonly outcome: MatchOutcome;
}

interface KnownMotion {
  readonly fromNs: MonotonicNs;
  readonly hint: MotionHint;
  readonly output: VioOutput;
}

/** Of one clean flight: filled while that is flown, and used by all others. */
export class KnownPictures {
  readonly #matches = new Map<MonotonicNs, KnownMatch[]>();
  readonly #motions = new Map<MonotonicNs, KnownMotion[]>();
  /** Results that were used again, and all that were asked for. */
  used = 0;
  asked = 0;

  addMatch(timeNs: MonotonicNs, known: KnownMatch): void {
    this.#matches.set(timeNs, [...this.#matches.get(timeNs) ?? [], known]);
  }

  addMotion(timeNs: MonotonicNs, known: KnownMotion): void {
    this.#motions.set(timeNs, [...this.#motions.get(timeNs) ?? [], known]);
  }

  match(timeNs: MonotonicNs, kind: KnownMatch["kind"], from: KnownMatch["from"]) {
    this.asked++;
    const known = this.#matches.get(timeNs)?.find((each) =>
      each.kind === kind && isNearPlace(each.from, from) && haveLikeSigmas(each.from, from)
    );
    if (known !== undefined) this.used++;
    return known?.outcome;
  }

  motion(timeNs: MonotonicNs, fromNs: MonotonicNs, hint: MotionHint): VioOutput | undefined {
    this.asked++;
    const known = this.#motions.get(timeNs)?.find((each) =>
      each.fromNs === fromNs && isNearMotion(each.hint, hint)
    );
    if (known !== undefined) this.used++;
    return known?.output;
  }
}

/** What stands around odometry and matcher in one flight. */
export interface KnownFlight {
  readonly known: KnownPictures;
  /** Fills `known` rather than uses it. */
  readonly isClean: boolean;
  /** Whether the picture that was taken then is the clean flight's. */
  isUntouched(timeNs: MonotonicNs): boolean;
}

/** Odometry that knows the motion between pictures of the clean flight. */
export class KnownMotionVio implements VioStrategy {
  readonly strategyLabel: string;
  readonly #inner: VioStrategy;
  readonly #flight: KnownFlight;
  readonly #times: WeakMap<VisionFrame, MonotonicNs>;
  /** The frame before, where the strategy itself has not seen it. */
  #unseen: VioFrame | null = null;
  #lastNs: MonotonicNs | null = null;
  #state: VioState = "initialising";

  /** `times`: the exposure of each frame, for the matcher. */
  constructor(
    inner: VioStrategy,
    flight: KnownFlight,
    times: WeakMap<VisionFrame, MonotonicNs>,
  ) {
    this.strategyLabel = inner.strategyLabel;
    this.#inner = inner;
    this.#flight = flight;
    this.#times = times;
  }

  lastFrameNs(): MonotonicNs | null {
    return this.#lastNs;
  }

  async addFrame(
    next: VioFrame,
    hint: MotionHint | null,
    otherHint?: () => MotionHint | null,
  ): Promise<VioOutput> {
    const lastNs = this.#lastNs;
    this.#lastNs = next.timeNs;
    this.#times.set(next.frame, next.timeNs);
    const output = this.#knownOutput(lastNs, next, hint);
    if (output !== undefined) {
      await this.#inner.reset();
      await this.#unseen?.frame.close();
      this.#unseen = next;
      this.#state = output.state;
      return output;
    }
    const unseen = this.#unseen;
    this.#unseen = null;
    if (unseen !== null) await this.#inner.addFrame(unseen, null);
    const measured = await this.#inner.addFrame(next, hint, otherHint);
    this.#state = measured.state;
    if (this.#isKnown(lastNs, next) && this.#flight.isClean && hint !== null) {
      this.#flight.known.addMotion(next.timeNs, { fromNs: lastNs!, hint, output: measured });
    }
    return measured;
  }

  #isKnown(lastNs: MonotonicNs | null, next: VioFrame): boolean {
    const { isUntouched } = this.#flight;
    return lastNs !== null && isUntouched(lastNs) && isUntouched(next.timeNs);
  }

  #knownOutput(
    lastNs: MonotonicNs | null,
    next: VioFrame,
    hint: MotionHint | null,
  ): VioOutput | undefined {
    const { isClean, known } = this.#flight;
    if (isClean || hint === null || !this.#isKnown(lastNs, next)) return undefined;
    return known.motion(next.timeNs, lastNs!, hint);
  }

  health(): VioHealth {
    return { ...this.#inner.health(), state: this.#state };
  }

  async reset(): Promise<void> {
    this.#lastNs = null;
    this.#state = "initialising";
    await this.#unseen?.frame.close();
    this.#unseen = null;
    await this.#inner.reset();
  }

  async close(): Promise<void> {
    await this.reset();
    await this.#inner.close();
  }
}

/** A matcher that knows what it made of pictures of the clean flight. */
export class KnownMatcher implements CrossDomainMatcher {
  readonly strategyLabel: string;
  readonly #inner: CrossDomainMatcher;
  readonly #flight: KnownFlight;
  readonly #times: WeakMap<VisionFrame, MonotonicNs>;

  constructor(
    inner: CrossDomainMatcher,
    flight: KnownFlight,
    times: WeakMap<VisionFrame, MonotonicNs>,
  ) {
    this.strategyLabel = inner.strategyLabel;
    this.#inner = inner;
    this.#flight = flight;
    this.#times = times;
  }

  match(frame: VisionFrame, hypothesis: PlaceHypothesis): Promise<MatchOutcome> {
    return this.#ask("match", frame, hypothesis, () => this.#inner.match(frame, hypothesis));
  }

  refine(frame: VisionFrame, match: Match): Promise<MatchOutcome> {
    const { positionLocalM, localFromCamera } = match;
    const from = { positionLocalM, localFromCamera };
    return this.#ask("refine", frame, from, () => this.#inner.refine(frame, match));
  }

  async #ask(
    kind: KnownMatch["kind"],
    frame: VisionFrame,
    from: KnownMatch["from"],
    ask: () => Promise<MatchOutcome>,
  ): Promise<MatchOutcome> {
    const { known, isClean, isUntouched } = this.#flight;
    const timeNs = this.#times.get(frame);
    if (timeNs === undefined || !isUntouched(timeNs)) return await ask();
    const before = isClean ? undefined : known.match(timeNs, kind, from);
    if (before !== undefined) return before;
    const outcome = await ask();
    if (isClean) known.addMatch(timeNs, { kind, from, outcome });
    return outcome;
  }
}

function isNearPlace(a: KnownMatch["from"], b: KnownMatch["from"]): boolean {
  return isNear(a.positionLocalM, b.positionLocalM, NEAR_SHARE * a.positionLocalM[2]) &&
    angleBetween(a.localFromCamera, b.localFromCamera) <= NEAR_RAD;
}

function haveLikeSigmas(a: KnownMatch["from"], b: KnownMatch["from"]): boolean {
  return (["sigmaHorizontalM", "sigmaHeadingRad", "sigmaHeightM"] as const).every((sigma) => {
    const [one, other] = [a[sigma], b[sigma]];
    if (one === undefined || other === undefined) return one === other;
    return one <= SIGMA_RATIO * other && other <= SIGMA_RATIO * one;
  });
}

/** Only the height, the attitude and the difference count. */
function isNearMotion(a: MotionHint, b: MotionHint): boolean {
  const withinM = NEAR_SHARE * a.from.positionLocalM[2];
  const heights = a.from.positionLocalM[2] - b.from.positionLocalM[2];
  return Math.abs(heights) <= withinM && isNear(step(a), step(b), withinM) &&
    areNearTurns(a.from, b.from) && areNearTurns(a.to, b.to);
}

function areNearTurns(a: CameraHint, b: CameraHint): boolean {
  return angleBetween(a.localFromCamera, b.localFromCamera) <= NEAR_RAD;
}

function step({ from, to }: MotionHint): Vector3 {
  const [a, b] = [from.positionLocalM, to.positionLocalM];
  return [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
}

function isNear(a: Vector3, b: Vector3, withinM: number): boolean {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) <= withinM;
}

/** Of two rotations; exact for small ones. */
function angleBetween(a: Matrix3, b: Matrix3): number {
  return Math.hypot(...a.map((value, i) => value - b[i])) / Math.SQRT2;
}
