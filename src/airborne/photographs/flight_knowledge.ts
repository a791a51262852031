/**
 * What the located photographs of one flight tell of its others: how the tagged heading and height are off, and
 * where the aircraft was before and after.
 *
 * @module
 */
import { median, type MonotonicNs, type Vector3, wrapDegrees } from "../../core/mod.ts";
import type { TagTilt, TiltResidual } from "./tag_tilt.ts";

/** One photograph whose place is known, and how its tags were off. */
export interface LocatedPhotograph {
  readonly sequence: number;
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  /** Of the picture about its optical axis against its tag (without one: against north), degrees. */
  readonly turnDeg: number;
  /** Of picture and map alone against the tag. */
  readonly tilt: TiltResidual;
  /** Height found over height tagged. */
  readonly heightRatio: number;
  /** Whether its attitude is tagged: else its turn is a heading, which every strip has anew. */
  readonly isTagged: boolean;
  /** Whether the camera is fixed to its airframe: then it is turned alike in all of a flight. */
  readonly isFixed: boolean;
}

interface Expected {
  readonly turnDeg: number;
  readonly sigmaTurnDeg: number;
  readonly heightRatio: number;
  readonly sigmaHeightRatio: number;
}

/** Where a photograph should have been taken, local metres. */
interface ExpectedPlace {
  readonly eastM: number;
  readonly northM: number;
  /** 1 sigma each way. */
  readonly sigmaM: number;
}

/** Two photographs belong to one flight where their heights are off alike to this share… */
const HEIGHT_RATIO_TOLERANCE = 0.08;
/** …their headings to this, or half a turn more… */
const TURN_TOLERANCE_DEG = 15;
/** …of cameras that are fixed to their airframe, which in wind flies aside, to this… */
const TURN_TOLERANCE_FIXED_DEG = 25;
/** …and no aircraft flew faster between them, with some heights' way for what is in doubt. */
const SPEED_MAX_MPS = 45;
const APART_HEIGHTS = 1;
/** A place is one of the flight within so many sigmas of where it is expected, and half a height. */
const PLACE_SIGMAS = 3.5;
const PLACE_HEIGHTS = 0.5;
/** Of camera clocks, which count whole seconds. */
const CLOCK_STEP_S = 1;

/** Of the ground below one flight the height is known to this, 1 sigma. */
const SIGMA_HEIGHT_RATIO_MIN = 0.02;
const SIGMA_TURN_TAGGED_DEG = 4;
const SIGMA_TURN_FIXED_DEG = 7;
const SIGMA_TURN_UNTAGGED_DEG = 8;
/** An aircraft keeps its velocity between two photographs to this share, 1 sigma; at a turn it does not. */
const MOTION_SHARE = 0.35;
/** Without a velocity: metres a second, 1 sigma. */
const SPEED_SIGMA_MPS = 12;
/** A velocity is one of photographs so near in time. */
const VELOCITY_INTERVAL_MAX_S = 60;
const RECENT = 7;

export class FlightKnowledge {
  readonly #located: LocatedPhotograph[] = [];
  #revision = 0;
  /** What its tilt tags are off by; null: they are as good as their kind. */
  tilt: TagTilt | null;

  constructor(located: readonly LocatedPhotograph[] = [], tilt: TagTilt | null = null) {
    this.tilt = tilt;
    this.#located.push(...located);
    this.#located.sort((a, b) => a.sequence - b.sequence);
  }

  /** In order of time. */
  get located(): readonly LocatedPhotograph[] {
    return this.#located;
  }

  /** Another number whenever what is known has changed. */
  get revision(): number {
    return this.#revision;
  }

  /** In place of what was known of it. */
  add(photograph: LocatedPhotograph): void {
    this.remove(photograph.sequence);
    this.#revision++;
    this.#located.push(photograph);
    this.#located.sort((a, b) => a.sequence - b.sequence);
  }

  remove(sequence: number): void {
    const known = this.#located.findIndex((photograph) => photograph.sequence === sequence);
    if (known < 0) return;
    this.#revision++;
    this.#located.splice(known, 1);
  }

  /** Whether two photographs that were found on their own agree with each other. */
  get isEstablished(): boolean {
    return this.#located.some((a, i) => this.#located.slice(i + 1).some((b) => agree(a, b)));
  }

  /** Takes out, and returns, those that agree with no other: at most as many as stay. */
  takeOutliers(heightM: number): readonly LocatedPhotograph[] {
    const all = [...this.#located];
    const friends = all.map((a) => all.filter((b) => b !== a && agree(a, b, heightM)).length);
    const outliers = all.filter((_, i) => friends[i] === 0);
    if (outliers.length === 0 || 2 * outliers.length > all.length) return [];
    this.#revision++;
    this.#located.splice(0, all.length, ...all.filter((_, i) => friends[i] > 0));
    return outliers;
  }

  /** Whether a photograph that is found anew fits to those that are known. */
  fits(photograph: LocatedPhotograph, heightM: number): boolean {
    const { eastM, northM } = this.place(photograph.timeNs);
    const [foundEastM, foundNorthM] = photograph.positionLocalM;
    const apartM = Math.hypot(foundEastM - eastM, foundNorthM - northM);
    return apartM <= this.reachM(photograph.timeNs, heightM) &&
      this.#nearest(photograph.timeNs, 3).some((other) => agree(photograph, other, heightM));
  }

  /** No photograph of this time is believed further than so from where it is expected. */
  reachM(timeNs: MonotonicNs, heightM: number): number {
    return PLACE_SIGMAS * this.place(timeNs).sigmaM + PLACE_HEIGHTS * heightM;
  }

  /** By the nearest in time. */
  expected(timeNs: MonotonicNs): Expected {
    const near = this.#nearest(timeNs, RECENT);
    const ratio = median(near.map(({ heightRatio }) => heightRatio).sort((a, b) => a - b))!;
    const spread = Math.max(...near.map(({ heightRatio }) => Math.abs(heightRatio - ratio)));
    const { turnDeg, isTagged, isFixed } = near[0];
    return {
      turnDeg,
      sigmaTurnDeg: isFixed
        ? SIGMA_TURN_FIXED_DEG
        : isTagged
        ? SIGMA_TURN_TAGGED_DEG
        : SIGMA_TURN_UNTAGGED_DEG,
      heightRatio: ratio,
      sigmaHeightRatio: Math.max(SIGMA_HEIGHT_RATIO_MIN, spread / 2),
    };
  }

  /** Between the located ones before and after, or onwards from those before. */
  place(timeNs: MonotonicNs): ExpectedPlace {
    const before = this.#located.findLast((photograph) => photograph.timeNs <= timeNs);
    const after = this.#located.find((photograph) => photograph.timeNs > timeNs);
    if (before !== undefined && after !== undefined) {
      const share = (timeNs - before.timeNs) / (after.timeNs - before.timeNs);
      const [east, north] = [0, 1].map((axis) =>
        after.positionLocalM[axis] - before.positionLocalM[axis]
      );
      return {
        eastM: before.positionLocalM[0] + share * east,
        northM: before.positionLocalM[1] + share * north,
        // However long it was under way between the two: in seconds it does not get far from one of them.
        sigmaM: Math.min(
          MOTION_SHARE * Math.hypot(east, north) +
            MOTION_SHARE * SPEED_SIGMA_MPS * secondsBetween(before.timeNs, after.timeNs) / 2,
          SPEED_SIGMA_MPS * (
            Math.min(secondsBetween(before.timeNs, timeNs), secondsBetween(timeNs, after.timeNs)) +
            CLOCK_STEP_S
          ),
        ),
      };
    }
    const from = before ?? after!;
    const [eastMps, northMps] = this.#velocity(from);
    const seconds = (timeNs - from.timeNs) / 1e9;
    const speedMps = Math.hypot(eastMps, northMps);
    const sigmaMps = speedMps > 0 ? MOTION_SHARE * speedMps : SPEED_SIGMA_MPS;
    return {
      eastM: from.positionLocalM[0] + eastMps * seconds,
      northM: from.positionLocalM[1] + northMps * seconds,
      sigmaM: sigmaMps * (Math.abs(seconds) + CLOCK_STEP_S),
    };
  }

  /** 0 where no two photographs are near enough in time. */
  #velocity(at: LocatedPhotograph): [eastMps: number, northMps: number] {
    const i = this.#located.indexOf(at);
    const other = [this.#located[i - 1], this.#located[i + 1]].find((candidate) =>
      candidate !== undefined &&
      secondsBetween(candidate.timeNs, at.timeNs) <= VELOCITY_INTERVAL_MAX_S
    );
    if (other === undefined) return [0, 0];
    const seconds = (at.timeNs - other.timeNs) / 1e9;
    return [0, 1].map((axis) =>
      (at.positionLocalM[axis] - other.positionLocalM[axis]) / seconds
    ) as [number, number];
  }

  #nearest(timeNs: MonotonicNs, count: number): LocatedPhotograph[] {
    return [...this.#located].sort((a, b) =>
      Math.abs(a.timeNs - timeNs) - Math.abs(b.timeNs - timeNs)
    ).slice(0, count);
  }
}

/** Of so many photographs of a flight one that is found alone must stand out… */
const CONFIRMED_FROM = 3;
/** …and score better than every other place by so much. */
export const MARGIN_ALONE_MIN = 0.15;

/** Of a flight of which no two photographs agree: those that do not stand out enough to be believed alone. */
export function unconfirmed(
  located: readonly LocatedPhotograph[],
  photographs: number,
  marginOf: (sequence: number) => number,
): readonly LocatedPhotograph[] {
  if (located.length > 1) return located;
  return located.filter(({ sequence }) =>
    photographs >= CONFIRMED_FROM && marginOf(sequence) < MARGIN_ALONE_MIN
  );
}

function secondsBetween(a: MonotonicNs, b: MonotonicNs): number {
  return Math.abs(a - b) / 1e9;
}

function agree(a: LocatedPhotograph, b: LocatedPhotograph, heightM = 100): boolean {
  if (Math.abs(a.heightRatio / b.heightRatio - 1) > HEIGHT_RATIO_TOLERANCE) return false;
  const apartDeg = a.turnDeg - b.turnDeg;
  const isFixed = a.isFixed && b.isFixed;
  const turnDeg = isFixed
    ? Math.abs(wrapDegrees(apartDeg))
    : Math.abs(wrapDegrees(2 * apartDeg)) / 2;
  const mostDeg = isFixed ? TURN_TOLERANCE_FIXED_DEG : TURN_TOLERANCE_DEG;
  if (a.isTagged && b.isTagged && turnDeg > mostDeg) return false;
  const apartM = Math.hypot(
    a.positionLocalM[0] - b.positionLocalM[0],
    a.positionLocalM[1] - b.positionLocalM[1],
  );
  const seconds = secondsBetween(a.timeNs, b.timeNs) + CLOCK_STEP_S;
  return apartM <= SPEED_MAX_MPS * seconds + APART_HEIGHTS * heightM;
}
