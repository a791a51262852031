/**
 * What the composition root makes for a flight, and what a flight is asked for and prints.
 *
 * @module
 */
import type { AlarmClock, Clock, LocalFrame, WgsPosition } from "../core/mod.ts";
import type { FlightPackage } from "../flight/flight_package/mod.ts";
import type { CameraSource } from "../flight/camera_source/mod.ts";
import type {
  ControllerAddress,
  FlightControllerAdapter,
} from "../flight/flight_controller/mod.ts";
import type { CameraCalibration } from "../navigation/camera/mod.ts";
import type { MapSource } from "../navigation/map/mod.ts";
import type { FlightDescription } from "../flight/replay/mod.ts";
import type { StartArea } from "./live/start.ts";
import type { MavlinkSigning, SigningStamps } from "../link/mavlink/mod.ts";
import type { Terrain } from "../navigation/terrain/mod.ts";
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
import type { FaultLine, FrameLine, PhotographFlightLine, PhotographLine } from "./json_lines.ts";
import type { LogLine } from "./log_lines.ts";
import type { PackageDemands } from "./trust/package_demands.ts";

/** The parts of a flight; disposing it closes everything, last opened first. */
export interface Airborne extends AsyncDisposable {
  readonly vision: VisionLibrary;
  /** By which it flies: what the package says is in it. */
  readonly config: AirborneConfig;
  readonly flightPackage: FlightPackage;
  /** The flight's local frame: origin at the map's middle, up = height over the package's ground height. */
  readonly localFrame: LocalFrame;
  /** null: the ground is flat. */
  readonly terrain: Terrain | null;
  readonly estimator: StateEstimator;
  readonly navigator: Navigator;
  readonly locator: Locator;
  /** Of photographs on the ground of another one. */
  overlapLocator(ground: MapSource): Locator;
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
  /** The configuration with what the package says, as soon as it is known whose it is; absent: `config`. */
  readonly settle?: (flightPackage: FlightPackage) => AirborneConfig;
  /** What its package must be. Without it nobody asks who made it. */
  readonly packageDemands?: PackageDemands;
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

/** What a flight without a camera has. */
export interface EstimatorAlone {
  readonly estimator: StateEstimator;
  /** Of the package, or at `origin`. */
  readonly localFrame: LocalFrame;
  readonly flightPackage: FlightPackage | null;
  readonly strategies: Readonly<Record<string, string>>;
}

export interface EstimatorAloneOptions extends
  Pick<
    AirborneOptions,
    "packageSha256" | "config" | "settle" | "packageDemands" | "flightUntil" | "onEvent"
  > {
  /** null: no package, the frame begins at `origin`. */
  readonly packagePath: string | null;
  readonly origin: WgsPosition;
}

export interface LogReplayRequest
  extends Pick<ReplayRequest, "packageSha256" | "recorderFolder" | "strict" | "noSyscallFilter"> {
  readonly logPath: string;
  readonly packagePath: string | null;
  /** Where it starts, and within how many metres; null: at its first GPS position. */
  readonly start: {
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly radiusM: number;
  } | null;
  /** Counted from 1; null: the one with the most IMU samples. */
  readonly part: number | null;
}

export interface ReplayRequest {
  readonly flightPath: string;
  readonly packagePath: string;
  /** SHA-256 that its manifest must have, lower-case hexadecimal; null: any. */
  readonly packageSha256: string | null;
  readonly configPath: string | null;
  readonly modelPath: string | null;
  readonly trustFolder: string | null;
  readonly recorderFolder: string | null;
  /** Tiles of the ground that it sees go to a journal there; null: none are made. */
  readonly tilesFolder: string | null;
  /** Telemetry of a computer's temperature, laid out as /sys is, or /sys itself; null: none is read. */
  readonly thermalFolder: string | null;
  readonly json: boolean;
  /** Stops at the first damaged picture or other fault. */
  readonly strict: boolean;
  /** Sensor rows that are missing, doubled or out of order are passed on as they came. */
  readonly irregular: boolean;
  /** Photographs: the ground over sea level; null: as high as the take-off point. */
  readonly groundAltitudeM: number | null;
  /** Photographs: a file of their poses; null: their tags. */
  readonly posesPath: string | null;
  /** Photographs: 35 mm equivalent, millimetres, of those whose tags give no focal length; null: left out. */
  readonly focalLength35Mm: number | null;
  /** Photographs: KML, GeoJSON or CSV of their positions; null: none. */
  readonly positionsPath: string | null;
  /** Photographs: an HTML page; null: none. */
  readonly reportPath: string | null;
  /** Does without the filter of system calls. */
  readonly noSyscallFilter: boolean;
}

export interface FlyRequest {
  /** Address of the flight controller. */
  readonly connect: string;
  /** Strategy of the flight controller. */
  readonly autopilot: string;
  /** Address of the camera; null: none. */
  readonly camera: string | null;
  readonly calibrationPath: string;
  readonly packagePath: string;
  readonly packageSha256: string | null;
  /** Flights are recorded below it. */
  readonly recorderFolder: string;
  readonly tilesFolder: string | null;
  /** Where the operator says that the aircraft is; null: it is found out. */
  readonly start: StartArea | null;
  /** Takes a package that nobody who is trusted has signed. */
  readonly allowUnsigned: boolean;
  /** Takes a package that is older than the one flown last. */
  readonly allowRollback: boolean;
  readonly noSyscallFilter: boolean;
}

export interface FlightControllerPlace {
  readonly address: string;
  /** Strategy of the flight controller. */
  readonly autopilot: string;
  readonly config: AirborneConfig["flightController"];
  /** As it is configured. */
  readonly imu: AirborneConfig["eskf"]["imu"];
  /** Stamps of an earlier flight's signatures; null: none are known. */
  readonly signedBefore: SigningStamps | null;
  readonly note: Note;
}

/** A flight controller, with what comes with it. */
export interface OpenedController extends AsyncDisposable {
  /** Its link is not open yet. */
  readonly adapter: FlightControllerAdapter;
  /** The time that the flight goes by: the machine's, or its own where it is recorded or simulated. */
  readonly clock: AlarmClock;
  /** Its line's signatures; null: it has none. */
  readonly signing: Pick<MavlinkSigning, "stamps"> | null;
  /** null: it flies now. */
  readonly flown: FlownContext | null;
}

/** What a flight brings with it that is recorded or simulated. */
export interface FlownContext {
  readonly kind: Exclude<ControllerAddress["kind"], "line">;
  /** When it ends, UTC. */
  readonly until: Date;
  /** Where it started, as far as its recording says so. */
  readonly startArea: StartArea | null;
  readonly camera:
    | { readonly source: CameraSource; readonly calibration: CameraCalibration }
    | null;
  /** 1 sigma of its sensors, where the recording says so. */
  readonly sigmas: FlightDescription["sigmas"] | null;
  /** What is known of its IMU, and the configuration does not know. */
  readonly imu: Partial<AirborneConfig["eskf"]["imu"]>;
}

interface CameraPlace {
  readonly address: string;
  readonly calibration: CameraCalibration;
  readonly config: AirborneConfig["camera"];
  readonly clock: Clock;
}

export interface TileStorePlace {
  readonly flightPackage: FlightPackage;
  readonly journalPath: string;
  readonly clock: Clock;
  readonly fdr: FdrSink;
}

/** What a replay needs from the composition root. */
export interface ReplayParts {
  composeAirborne(options: AirborneOptions): Promise<Airborne>;
  /** The package's tiles, and a journal for those that the flight makes; dispose it. */
  openTileStore(options: TileStorePlace): Promise<TileStore & Disposable>;
}

/** What a live flight needs from the composition root. */
export interface FlightParts extends ReplayParts {
  openFlightController(place: FlightControllerPlace): Promise<OpenedController>;
  openCamera(place: CameraPlace): CameraSource;
}

/** What a flight without a camera needs from it. */
export interface EstimatorParts {
  composeEstimator(options: EstimatorAloneOptions): Promise<EstimatorAlone>;
  /** Confines the whole process, for good; see `installSyscallFilter`. */
  filterSyscalls(allowed: SyscallsAllowed): void;
}

/** What a flight prints as it goes. */
export interface FlightConsole {
  line(line: FrameLine | PhotographLine | PhotographFlightLine | FaultLine | LogLine): void;
  readonly note: Note;
  progress(done: number, total: number): void;
  readonly signal: AbortSignal;
}
