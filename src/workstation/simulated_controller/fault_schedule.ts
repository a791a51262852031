/**
 * What goes wrong in a simulated flight, and when.
 *
 * @module
 */
import { Refused } from "../../core/mod.ts";

/** Seconds of the flight; an open end is infinite. */
interface TimeWindow {
  readonly fromS: number;
  readonly toS: number;
}

type SpoofingKind = "drift" | "jump" | "frozen" | "replay" | "meacon";

/**
 * drift: walks away at `amount` m/s. jump: `amount` metres at once. frozen: the last position, still.
 * replay: the flight's own track from `REPLAY_AGE_S` before, again and again. meacon: somebody else's
 * place, `amount` metres away, with the velocity of a receiver that stands there.
 */
export interface Spoofing extends TimeWindow {
  readonly kind: SpoofingKind;
  readonly amount: number;
}

/** Pictures of a place that lies so far back on the way. */
interface Elsewhere extends TimeWindow {
  readonly distanceM: number;
}

interface Hint {
  readonly atS: number;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly radiusM: number;
}

export interface FaultSchedule {
  readonly spoofing: readonly Spoofing[];
  /** No signal: the receiver says that it has no fix. */
  readonly gpsOff: readonly TimeWindow[];
  /** The receiver says nothing at all. */
  readonly gpsSilent: readonly TimeWindow[];
  /** Fixes that come and go, wild accuracies and velocities. */
  readonly gpsJammed: readonly TimeWindow[];
  /** Pictures of nothing: a lens cap, cloud. */
  readonly cameraBlind: readonly TimeWindow[];
  readonly cameraElsewhere: readonly Elsewhere[];
  /** No pictures at all. */
  readonly cameraOff: readonly TimeWindow[];
  /** Pictures arrive this much later, seconds, with the age that says so. */
  readonly cameraLateS: number;
  readonly linkCut: readonly TimeWindow[];
  /** Mean of an exponential delay of every message, seconds. */
  readonly jitterS: number;
  readonly clockSkewPpm: number;
  /** Added to the controller's UTC, seconds. */
  readonly wrongClockS: number;
  /** Part of the messages that are preceded by noise or damaged. */
  readonly noise: number;
  /** Part of the messages that are overtaken by the next one. */
  readonly reorder: number;
  readonly secondSystem: boolean;
  /** Every third message as MAVLink 1. */
  readonly mixedVersions: boolean;
  readonly hints: readonly Hint[];
}

export const NO_FAULTS: FaultSchedule = {
  spoofing: [],
  gpsOff: [],
  gpsSilent: [],
  gpsJammed: [],
  cameraBlind: [],
  cameraElsewhere: [],
  cameraOff: [],
  cameraLateS: 0,
  linkCut: [],
  jitterS: 0,
  clockSkewPpm: 12,
  wrongClockS: 0,
  noise: 0,
  reorder: 0,
  secondSystem: false,
  mixedVersions: false,
  hints: [],
};

export function isWithin(windows: readonly TimeWindow[], timeS: number): boolean {
  return windows.some(({ fromS, toS }) => timeS >= fromS && timeS < toS);
}

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const WINDOW = new RegExp(`^(${NUMBER})(?:\\.\\.(${NUMBER})?)?$`);

/** "20..40" or "20.." (to the end). */
export function readWindow(text: string): TimeWindow | Refused {
  const match = WINDOW.exec(text.trim());
  if (match === null) return new Refused();
  const fromS = Number(match[1]), toS = match[2] === undefined ? Infinity : Number(match[2]);
  return toS > fromS ? { fromS, toS } : new Refused(`${text.trim()} ends before it begins`);
}

/** "drift:2@20", "jump:200@20..60", "frozen@20", "replay@20", "meacon:150@20". */
export function readSpoofing(text: string): Spoofing | Refused {
  const match = new RegExp(`^(drift|jump|frozen|replay|meacon)(?::(${NUMBER}))?@(.+)$`).exec(
    text.trim(),
  );
  if (match === null) return new Refused();
  const kind = match[1] as SpoofingKind;
  const needsAmount = kind === "drift" || kind === "jump" || kind === "meacon";
  if (needsAmount !== (match[2] !== undefined)) return new Refused();
  const window = readWindow(match[3]);
  if (window instanceof Refused) return window;
  return { kind, amount: Number(match[2] ?? 0), ...window };
}

/** "350@30..31": metres and window. */
export function readElsewhere(text: string): Elsewhere | Refused {
  const match = new RegExp(`^(${NUMBER})@(.+)$`).exec(text.trim());
  if (match === null) return new Refused();
  const window = readWindow(match[2]);
  return window instanceof Refused ? window : { distanceM: Number(match[1]), ...window };
}

/** "50.4501,30.5234,500@20": latitude, longitude, radius in metres, second of the flight. */
export function readHint(text: string): Hint | Refused {
  const signed = `-?${NUMBER}`;
  const match = new RegExp(`^(${signed}),(${signed}),(${NUMBER})@(${NUMBER})$`).exec(text.trim());
  if (match === null) return new Refused();
  const [latitudeDeg, longitudeDeg, radiusM, atS] = match.slice(1).map(Number);
  return { latitudeDeg, longitudeDeg, radiusM, atS };
}
