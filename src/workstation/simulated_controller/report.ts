/**
 * What a simulated flight controller tells of a flight: one JSON object a line.
 *
 * @module
 */
import type { CompanionPosition, FirmwareEstimate, Flight, Verdict } from "./contract.ts";

interface ReportSummary {
  readonly positions: number;
  /** By what the firmware made of them. */
  readonly made: Readonly<Record<string, number>>;
  readonly gapMsMax: number;
  /** Of positions with a fix, against the truth at their arrival. */
  readonly errorMMax: number;
  readonly ekfErrorMMax: number;
  /** How far the simulation itself was behind its own time, at worst: beyond 0.1 s figures are worth little. */
  readonly lateMsMax: number;
  /** Where a real autopilot would have stopped: not finite. */
  readonly aborts: number;
}

export class FlightReport {
  readonly #flight: Flight;
  readonly #write: (line: string) => void;
  readonly #made: Record<string, number> = {};
  #positions = 0;
  #lastPositionS: number | undefined;
  #gapMsMax = 0;
  #errorMMax = 0;
  #ekfErrorMMax = 0;
  #lateSMax = 0;

  constructor(flight: Flight, write: (line: string) => void) {
    this.#flight = flight;
    this.#write = write;
  }

  position(
    position: CompanionPosition,
    verdict: Verdict,
    at: { readonly timeS: number; readonly arrivedS: number; readonly estimate: FirmwareEstimate },
  ): void {
    const { timeS, arrivedS, estimate } = at;
    const gapMs = this.#lastPositionS === undefined
      ? null
      : 1000 * (arrivedS - this.#lastPositionS);
    this.#lastPositionS = arrivedS;
    const errorM = this.#errorM(position, arrivedS);
    this.#positions++;
    this.#made[verdict.made] = (this.#made[verdict.made] ?? 0) + 1;
    this.#gapMsMax = Math.max(this.#gapMsMax, gapMs ?? 0);
    this.#ekfErrorMMax = Math.max(this.#ekfErrorMMax, estimate.errorHorizontalM);
    if (position.fixType >= 2 && errorM !== null) {
      this.#errorMMax = Math.max(this.#errorMMax, errorM);
    }
    this.line("position", timeS, {
      message: position.message,
      fields: position.fields,
      fixType: position.fixType,
      sigmaHorizontalM: position.sigmaHorizontalM ?? null,
      made: verdict.made,
      why: verdict.why ?? null,
      errorM: rounded(errorM),
      gapMs: rounded(gapMs),
      ekfErrorM: rounded(estimate.errorHorizontalM),
      ekfUsable: estimate.isUsable,
    });
  }

  /** A measurement was given out so much after its time. */
  late(seconds: number): void {
    this.#lateSMax = Math.max(this.#lateSMax, seconds);
  }

  /** Any other thing worth a line. */
  line(type: string, timeS: number, fields: Readonly<Record<string, unknown>>): void {
    const values = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, spelt(value)]),
    );
    this.#write(JSON.stringify({ type, timeS: Number(timeS.toFixed(4)), ...values }));
  }

  summary(): ReportSummary {
    return {
      positions: this.#positions,
      made: { ...this.#made },
      gapMsMax: Math.round(this.#gapMsMax),
      errorMMax: Number(this.#errorMMax.toFixed(2)),
      ekfErrorMMax: Number(this.#ekfErrorMMax.toFixed(2)),
      lateMsMax: Math.round(1000 * this.#lateSMax),
      aborts: this.#made.abort ?? 0,
    };
  }

  /** Horizontally, against the truth at the moment of arrival; null where it is no place. */
  #errorM({ latitudeDeg, longitudeDeg }: CompanionPosition, arrivedS: number): number | null {
    const isPlace = Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180;
    if (!isPlace || (latitudeDeg === 0 && longitudeDeg === 0)) return null;
    const { localFrame } = this.#flight;
    const [east, north] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
    const [trueEast, trueNorth] = this.#flight.truthAt(arrivedS).positionLocalM;
    return Math.hypot(east - trueEast, north - trueNorth);
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(3));
}

/** JSON knows no NaN and no infinity: they are told as text. */
function spelt(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spelt(one)]));
}
