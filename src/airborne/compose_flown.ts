/**
 * The composition root's part for flight controllers whose flight is recorded or simulated.
 *
 * @module
 */
import { basename } from "node:path";
import { ManualClock, UsageError } from "../core/mod.ts";
import { FlownCamera } from "../flight/camera_source/mod.ts";
import {
  type ControllerAddress,
  FlownController,
  type FlownFlight,
  parseControllerAddress,
  SimulatedFlight,
  simulatedVehicle,
} from "../flight/flight_controller/mod.ts";
import { openFlightLog } from "../flight/flight_logs/mod.ts";
import { openRecordedFlight } from "../flight/replay/mod.ts";
import type { FlightControllerPlace, FlownContext, OpenedController } from "./contract.ts";
import { imuOfLog } from "./log_imu.ts";

/** A radius holds the place for sure: about two sigma. */
const SIGMAS_PER_RADIUS = 2;

/** @throws as `openRecordedFlight` for a folder, else as `openFlightLog` */
export async function openReplay(place: FlightControllerPlace): Promise<OpenedController> {
  const { path } = addressOf(place, "replay");
  const info = await Deno.stat(path).catch(() => null);
  return info?.isDirectory ?? true ? await openFolder(path, place) : await openLog(path, place);
}

export function openSimulated(place: FlightControllerPlace): OpenedController {
  const { minutes, latitudeDeg, longitudeDeg } = addressOf(place, "simulated");
  const startUtc = new Date();
  const vehicle = simulatedVehicle(60 * minutes);
  const home = { latitudeDeg, longitudeDeg };
  return openFlown({
    kind: "simulated",
    flight: new SimulatedFlight({ vehicle, home, startUtc, seed: place.address }),
    startUtc,
    endNs: vehicle.endS * 1e9,
  });
}

async function openFolder(path: string, place: FlightControllerPlace): Promise<OpenedController> {
  const recorded = await openRecordedFlight(path, { checkPictures: false });
  const { takeoff, startUtc, sigmas, camera } = recorded.description;
  return openFlown({
    kind: "replay",
    flight: { firmware: recorded.description.createdBy, events: () => recorded.events() },
    startUtc: new Date(startUtc),
    endNs: recorded.extent.lastNs,
    startArea: takeoff === null ? null : {
      latitudeDeg: takeoff.latitudeDeg,
      longitudeDeg: takeoff.longitudeDeg,
      radiusM: SIGMAS_PER_RADIUS * takeoff.sigmaHorizontalM,
    },
    sigmas,
    imu: { sampling: "interval_mean" },
    camera: { address: place.address, calibration: camera },
  });
}

async function openLog(
  path: string,
  { note, imu }: FlightControllerPlace,
): Promise<OpenedController> {
  const log = await openFlightLog(path);
  for (const text of log.notes) note(`${basename(path)}: ${text}`);
  return openFlown({
    kind: "replay",
    flight: log,
    startUtc: log.startUtc ?? new Date(0),
    endNs: log.extent.lastNs,
    imu: imuOfLog(log, imu),
  });
}

interface OpenedFlight extends Partial<Pick<FlownContext, "startArea" | "sigmas" | "imu">> {
  readonly kind: FlownContext["kind"];
  readonly flight: FlownFlight;
  readonly startUtc: Date;
  readonly endNs: number;
  readonly camera?: {
    readonly address: string;
    readonly calibration: NonNullable<FlownContext["camera"]>["calibration"];
  };
}

function openFlown(opened: OpenedFlight): OpenedController {
  const { kind, flight, startUtc, endNs, camera } = opened;
  const clock = new ManualClock({ startUtc });
  const adapter = new FlownController({ strategyLabel: kind, flight, clock });
  const pictures = () => adapter.pictures();
  return {
    adapter,
    clock,
    signing: null,
    flown: {
      kind,
      until: new Date(startUtc.getTime() + endNs / 1e6),
      startArea: opened.startArea ?? null,
      sigmas: opened.sigmas ?? null,
      imu: opened.imu ?? {},
      camera: camera === undefined ? null : {
        source: new FlownCamera({ address: camera.address, pictures, clock }),
        calibration: camera.calibration,
      },
    },
    [Symbol.asyncDispose]: () => adapter[Symbol.asyncDispose](),
  };
}

function addressOf<Kind extends FlownContext["kind"]>(
  { address: text }: FlightControllerPlace,
  kind: Kind,
): Extract<ControllerAddress, { readonly kind: Kind }> {
  const address = parseControllerAddress(text);
  if (address.kind === kind) return address as Extract<ControllerAddress, { readonly kind: Kind }>;
  throw new UsageError(`the flight controller "${kind}" is at ${kind}:…, not at "${text}"`);
}
