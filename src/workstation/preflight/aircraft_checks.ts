/**
 * The aircraft's computer, where that is another one than this: whether it is reached, what it has, and
 * whether a flight goes on.
 *
 * @module
 */
import { messageOf, VERSION } from "../../core/mod.ts";
import type { CameraCalibration, PictureLight } from "../../navigation/camera/mod.ts";
import { fail, type Finding, notChecked, pass, warning } from "./contract.ts";

/** What a flight that goes on says of its camera and of itself. */
interface LiveCamera {
  readonly address: string;
  readonly connected: boolean;
  /** Why it gives no usable picture, as one of another size; empty while it does. */
  readonly fault: string;
  readonly rateHz: number;
  /** Of its last picture on the ground; null: it says none. */
  readonly light: PictureLight | null;
}

export interface AircraftState {
  /** "pilot@10.0.0.7" */
  readonly where: string;
  /** Of its `airborne`; null: none answers. */
  readonly version: string | null;
  /** That its configuration names; null: it names none. An error: it cannot be read. */
  readonly calibration: CameraCalibration | Error | null;
  /** `airborne fly` goes on there; null: it does not. */
  readonly flight: {
    readonly flightState: string;
    readonly camera: LiveCamera | null;
  } | null;
}

export function aircraftFindings(aircraft: AircraftState | Error | null): Finding[] {
  if (aircraft === null) return [notChecked("no --aircraft: this computer is looked at")];
  if (aircraft instanceof Error) {
    return [
      fail(
        messageOf(aircraft),
        "see to that, and run this again: nothing of the aircraft was checked",
      ),
    ];
  }
  const { where, version, flight } = aircraft;
  const found: Finding[] = [];
  if (version !== null && version !== VERSION) {
    found.push(warning(
      `${where} has airborne ${version}, and this is operator ${VERSION}`,
      "install the same version on both",
    ));
  }
  if (flight !== null && ["in_flight", "taking_off", "landing"].includes(flight.flightState)) {
    const state = flight.flightState.replaceAll("_", " ");
    found.push(fail(`${where}: a flight goes on (${state})`, "run this again on the ground"));
  }
  const runs = flight === null ? "no flight goes on" : "airborne fly runs";
  return [...found, pass(`${where}${version === null ? "" : `: airborne ${version}`}, ${runs}`)];
}

/** The package on the aircraft beside the one that was looked at here. */
export type PackageThere =
  | { readonly kind: "absent"; readonly folder: string }
  | {
    readonly kind: "found";
    readonly path: string;
    readonly missing: readonly string[];
    readonly altered: readonly string[];
    readonly unexpected: readonly string[];
    /** Package that the aircraft's configuration flies; empty: it names none. */
    readonly configured: string;
  };

const NAMES_MAX = 3;

export function packageThereFindings(there: PackageThere | Error): Finding[] {
  if (there instanceof Error) return [fail(messageOf(there), "run this again")];
  if (there.kind === "absent") {
    return [fail(
      `the aircraft has no such package below ${there.folder}`,
      `copy it there (scp -r PACKAGE …:${there.folder}/packages/)`,
    )];
  }
  const { path, configured } = there;
  const found: Finding[] = [pass(`the same at ${path} on the aircraft`)];
  const wrong = (["missing", "altered", "unexpected"] as const).flatMap((what) =>
    there[what].length === 0 ? [] : [`${what} ${someOf(there[what])}`]
  );
  if (wrong.length > 0) {
    const text = `${path} on the aircraft is not whole: ${wrong.join("; ")}`;
    found.push(fail(text, "copy the package there again"));
  }
  if (configured !== "" && configured !== path) {
    found.push(warning(
      `the aircraft's configuration flies ${configured}, and this package lies at ${path}`,
      "set live.package, or move the package there",
    ));
  }
  return found;
}

function someOf(names: readonly string[]): string {
  const more = names.length > NAMES_MAX ? `, … (${names.length})` : "";
  return `${names.slice(0, NAMES_MAX).join(", ")}${more}`;
}

export function liveCameraFindings(camera: LiveCamera | null): Finding[] {
  if (camera === null) {
    return [warning("the flight there has no camera", "set camera.address and camera.calibration")];
  }
  const { address, connected, fault, rateHz } = camera;
  if (!connected || fault !== "") {
    return [fail(
      `${address}: ${fault || "no picture comes"}`,
      "check the camera, its cable and address, and that the calibration is its own",
    )];
  }
  return [pass(
    `${address}: ${rateHz.toFixed(1)} pictures a second, of the calibration's size (airborne fly)`,
  )];
}
