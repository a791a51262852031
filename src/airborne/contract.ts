/**
 * What the composition root makes for a flight, and what a replay is asked for and prints.
 *
 * @module
 */
import type { Clock, LocalFrame } from "../core/mod.ts";
import type { FlightPackage } from "../flight/flight_package/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { EskfOptions, StateEstimator } from "../navigation/state_estimator/mod.ts";
import type { TileStore } from "../tiles/tile_contract/mod.ts";
import type { ServiceManager, SyscallsAllowed } from "../native/device/mod.ts";
import type { VisionLibrary } from "../native/vision/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { Companion } from "./companion.ts";
import type { Locator } from "./locator.ts";
import type { Navigator } from "./navigator.ts";
import type { Note } from "./notes.ts";
import type { FaultLine, FrameLine } from "./json_lines.ts";

/** The parts of a flight; disposing it closes everything, last opened first. */
export interface Airborne extends AsyncDisposable {
  readonly vision: VisionLibrary;
  readonly flightPackage: FlightPackage;
  /** The flight's local frame: origin at the map's middle, up = height over its ground. */
  readonly localFrame: LocalFrame;
  readonly estimator: StateEstimator;
  readonly navigator: Navigator;
  readonly locator: Locator;
  readonly companion: Companion;
  /** Who supervises the process; null where nobody does. */
  readonly serviceManager: ServiceManager | null;
  /** Confines the whole process, for good; see `installSyscallFilter`. */
  filterSyscalls(allowed: SyscallsAllowed): void;
  /** Role → strategy that fills it. */
  readonly strategies: Readonly<Record<string, string>>;
}

export interface AirborneOptions {
  readonly packagePath: string;
  /** SHA-256 that its manifest must have, lower-case hexadecimal; any where it is null or absent. */
  readonly packageSha256?: string | null;
  readonly config: AirborneConfig;
  /** When the flight ends, UTC: tiles that are too old for their sector by then are not flown on. */
  readonly flightUntil: Date;
  readonly onEvent?: EskfOptions["onEvent"];
  /**
   * Telemetry of a computer's temperature: a folder laid out as /sys is, or /sys for this computer. Without
   * it work is never reduced.
   */
  readonly thermal?: { readonly folder: string; readonly clock: Clock };
  /** Called while the package is verified. */
  readonly onVerified?: (doneBytes: number, totalBytes: number) => void;
}

export interface ReplayRequest {
  readonly flightPath: string;
  readonly packagePath: string;
  /** SHA-256 that its manifest must have, lower-case hexadecimal; null: any. */
  readonly packageSha256: string | null;
  readonly configPath: string | null;
  readonly modelPath: string | null;
  readonly recorderFolder: string | null;
  /** Tiles of the ground that it sees go to a journal there; null: none are made. */
  readonly tilesFolder: string | null;
  /** Telemetry of a computer's temperature, laid out as /sys is, or /sys itself; null: none is read. */
  readonly thermalFolder: string | null;
  readonly json: boolean;
  /** Stops at the first damaged picture or other fault. */
  readonly strict: boolean;
  /** Does without the filter of system calls. */
  readonly noSyscallFilter: boolean;
}

export interface TileStorePlace {
  readonly flightPackage: FlightPackage;
  readonly journalPath: string;
  readonly clock: Clock;
  readonly fdr: FdrSink;
}

/** What a flight needs from the composition root. */
export interface FlightParts {
  composeAirborne(options: AirborneOptions): Promise<Airborne>;
  /** The package's tiles, and a journal for those that the flight makes; dispose it. */
  openTileStore(options: TileStorePlace): Promise<TileStore & Disposable>;
}

/** What a replay prints as it goes. */
export interface ReplayConsole {
  line(line: FrameLine | FaultLine): void;
  readonly note: Note;
  progress(done: number, total: number): void;
  readonly signal: AbortSignal;
}
