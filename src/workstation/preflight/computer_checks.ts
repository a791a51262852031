/**
 * Whether the computer that flies is fit to: disk, recorder, libraries, models, clock, temperature.
 *
 * @module
 */
import { bytesText } from "../../core/mod.ts";
import { fail, type Finding, notChecked, pass, warning } from "./contract.ts";

export interface DiskReading {
  readonly path: string;
  readonly freeBytes: number;
}

/**
 * Measured with `operator fdr info`: a live flight records 74 kB a second without pictures (HIGHRES_IMU at
 * 200 Hz, attitude at 50 Hz, positions at 10 Hz) and 81 to 86 kB with three pictures a second, so 4 kB a
 * picture; replays of flights over real imagery 61 kB. This is for 30 pictures a second.
 */
const RECORD_BYTES_PER_S = 200_000;
const FREE_AFTERWARDS_BYTES = 1e9;

export function diskFindings(
  disk: DiskReading | string,
  flight: { readonly durationS: number; readonly capBytes: number },
): Finding[] {
  if (typeof disk === "string") return [fail(disk, "name a folder that is there with --recorder")];
  const neededBytes = Math.min(RECORD_BYTES_PER_S * flight.durationS, flight.capBytes);
  const text = `${bytesText(disk.freeBytes)} free at ${disk.path}, the flight records up to ` +
    bytesText(neededBytes);
  const remedy = "remove old flights from the aircraft (after `operator postflight`)";
  if (disk.freeBytes < neededBytes) return [fail(text, remedy)];
  if (disk.freeBytes < 2 * neededBytes + FREE_AFTERWARDS_BYTES) return [warning(text, remedy)];
  return [pass(text)];
}

/** One record's worth, written and synced as the recorder does. */
export interface WriteReading {
  readonly path: string;
  /** Of several syncs, milliseconds. */
  readonly syncMsMax: number;
}

/** The recorder syncs every 200 ms; behind a disk that takes longer, records are lost at a power cut. */
const SYNC_MS_WARNING = 200, SYNC_MS_MAX = 2000;

export function recorderFindings(written: WriteReading | string): Finding[] {
  if (typeof written === "string") {
    return [fail(written, "make the folder writable for the user that flies, or repair the disk")];
  }
  const text = `${written.path}: writes are on the disk within ${written.syncMsMax.toFixed(0)} ms`;
  const remedy = "use a faster disk, or stop what else writes to it";
  if (written.syncMsMax > SYNC_MS_MAX) return [fail(text, remedy)];
  return [written.syncMsMax > SYNC_MS_WARNING ? warning(text, remedy) : pass(text)];
}

export interface LibraryReading {
  readonly name: string;
  /** "OpenCV 4.6.0"; null: it cannot be opened. */
  readonly version: string | null;
  readonly fault: string;
  /** The flight goes without it, on what the fallback does. */
  readonly isOptional: boolean;
}

export function libraryFindings(libraries: readonly LibraryReading[]): Finding[] {
  const loaded = libraries.filter(({ version }) => version !== null);
  const found: Finding[] = [
    pass(
      loaded.map(({ name, version }) => version === "" ? name : `${name} (${version})`).join(", "),
    ),
  ];
  for (const { name, fault, version, isOptional } of libraries) {
    if (version !== null) continue;
    const text = `${name}: ${fault}`, remedy = "install the program again, or `deno task setup`";
    found.push(isOptional ? warning(text, remedy) : fail(text, remedy));
  }
  return found;
}

export interface ModelReading {
  readonly file: string;
  readonly matchesHost: boolean | null;
  readonly refusal: string | null;
}

export function engineFindings(models: readonly ModelReading[] | null): Finding[] {
  if (models === null) return [notChecked("no package")];
  if (models.length === 0) return [pass("the package has no models: none is needed")];
  return models.map(({ file, refusal, matchesHost }) => {
    if (refusal !== null) {
      return fail(refusal, "build it on the aircraft: `operator engines build`");
    }
    return matchesHost === null
      ? warning(`${file}: not known which host flies it`, "run this check on the aircraft")
      : pass(file);
  });
}

export interface ClockReading {
  /** Of the aircraft's computer, milliseconds UTC. */
  readonly utcMs: number;
  /** Of the workstation, where that is another computer; else null. */
  readonly workstationMs: number | null;
  /** Of the flight controller's GPS less the computer's, seconds; null: it tells none. */
  readonly controllerAheadS: number | null;
  /** Newest date in the package, milliseconds UTC: the flight is not before it; null: none. */
  readonly notBeforeMs: number | null;
}

const AHEAD_S_WARNING = 2, AHEAD_S_MAX = 60;
/** This program is not older. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
const SET_CLOCK = "set the clocks (NTP, or a flight controller with a GPS fix)";

export function clockFindings(clock: ClockReading): Finding[] {
  const { utcMs, workstationMs, controllerAheadS, notBeforeMs } = clock;
  const now = new Date(utcMs).toISOString();
  const found: Finding[] = [pass(now)];
  if (utcMs < EPOCH_MS) found.push(fail(`it is ${now}: before this program was made`, SET_CLOCK));
  if (notBeforeMs !== null && utcMs < notBeforeMs) {
    const newest = new Date(notBeforeMs).toISOString();
    found.push(fail(`it is ${now}: before the package's newest tile (${newest})`, SET_CLOCK));
  }
  const other = (name: string, aheadS: number) => {
    const text = `${name} is ${Math.abs(aheadS).toFixed(1)} s ${aheadS < 0 ? "behind" : "ahead"}`;
    if (Math.abs(aheadS) > AHEAD_S_MAX) found.push(fail(text, SET_CLOCK));
    else if (Math.abs(aheadS) > AHEAD_S_WARNING) found.push(warning(text, SET_CLOCK));
    else found.push(pass(text));
  };
  if (controllerAheadS !== null) other("the flight controller's UTC", controllerAheadS);
  if (workstationMs !== null) other("the workstation", (workstationMs - utcMs) / 1000);
  return found;
}

export interface ThermalReadingNow {
  readonly throttled: boolean;
  readonly temperatureC: number | null;
}

const WARM_C = 80;

export function thermalFindings(thermal: ThermalReadingNow | null): Finding[] {
  if (thermal === null) return [notChecked("the computer tells no temperatures")];
  const { throttled, temperatureC } = thermal;
  const text = temperatureC === null ? "no zone answers" : `${temperatureC.toFixed(0)} °C`;
  const remedy = "let it cool down, in the shade and in moving air";
  if (throttled) return [fail(`${text}: it has slowed itself down`, remedy)];
  return [(temperatureC ?? 0) >= WARM_C ? warning(text, remedy) : pass(text)];
}

/** Migrations of the tile cache, or why it cannot be opened. */
export type DatabaseReading =
  | { readonly kind: "open"; readonly name: string; readonly tiles: number }
  | { readonly kind: "absent" }
  | { readonly kind: "in_use"; readonly fault: string }
  | { readonly kind: "broken"; readonly fault: string };

export function databaseFindings(database: DatabaseReading): Finding[] {
  switch (database.kind) {
    case "absent":
      return [notChecked("no tile cache here; the flight needs none")];
    case "open":
      return [pass(`${database.name}: up to date, ${database.tiles} tiles`)];
    case "in_use":
      return [warning(database.fault, "wait for the other command, and try again")];
    case "broken":
      return [fail(database.fault, "see `operator cache verify`")];
  }
}
