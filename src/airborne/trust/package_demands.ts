/**
 * What a flight asks of its package: of a recorded or simulated one nothing but that its files are those that
 * its manifest names, of one with an aircraft that somebody who is trusted has signed it.
 *
 * @module
 */
import {
  type FlightPackage,
  type PackageTrust,
  readManifestBytes,
  readTrustFolder,
  type TrustDemands,
  type TrustStore,
  type VerifyScope,
} from "../../flight/flight_package/mod.ts";
import type { LiveState } from "../live/live_state_file.ts";
import type { TrustConfig } from "./config.ts";
import {
  flownBefore,
  type FlownPackages,
  forgottenText,
  readFlownPackages,
  withFlown,
  writeFlownPackages,
} from "./flown_packages.ts";

export interface PackageDemands {
  readonly trust: TrustDemands;
  readonly scope: VerifyScope;
}

/** Of a flight that moves nothing. `at`: its own time. */
export async function simulationDemands(config: TrustConfig, at: Date): Promise<PackageDemands> {
  return {
    trust: {
      store: await readTrustFolder(config.folder),
      at,
      aircraftId: aircraftIdOf(config),
      counterFlown: () => null,
      allowUntrusted: true,
    },
    scope: "whole",
  };
}

interface LiveFlight {
  readonly packagePath: string;
  readonly recorderFolder: string;
  readonly allowUnsigned: boolean;
  readonly allowRollback: boolean;
  /** What the flight left that was recorded there last. */
  readonly earlier: Partial<Pick<LiveState, "ended" | "status">>;
  /** An interruption was no longer. */
  readonly resumeMaxS: number;
}

export interface LiveDemands extends PackageDemands {
  /** To be called when the package and the recorder are open. What did not fit, for a person; null: all did. */
  remember(flightPackage: FlightPackage): Promise<string | null>;
}

/** Of a flight with an aircraft. */
export async function liveDemands(config: TrustConfig, flight: LiveFlight): Promise<LiveDemands> {
  const at = new Date();
  const flown = await readFlownPackages(flight.recorderFolder);
  const isReboot = isInFlight(flight, at) && await wasVerified(flown, flight.packagePath);
  return {
    trust: {
      store: withRevoked(await readTrustFolder(config.folder), flown.revokedKeys),
      at,
      aircraftId: aircraftIdOf(config),
      counterFlown: (name) => flownBefore(flown, name)?.counter ?? null,
      allowUntrusted: flight.allowUnsigned,
      allowRollback: flight.allowRollback,
      allowExpired: isReboot,
    },
    scope: isReboot ? "quick" : "whole",
    remember: async (flightPackage) => {
      const after = withFlown(flown, flightPackage);
      await writeFlownPackages(flight.recorderFolder, after);
      return forgottenText(flown, flightPackage, after);
    },
  };
}

/** For a person, before the flight; null where there is nothing to say. */
export function trustWarning(trust: PackageTrust): string | null {
  if (trust.kind === "unchecked") return "nobody asked who made the package";
  if (trust.kind === "untrusted") return `the package is NOT TRUSTED: it ${trust.reason}`;
  return trust.kind === "trusted" && trust.warning !== null
    ? `the package is flown although ${trust.warning}`
    : null;
}

/** The flight before did not end, and not long ago. A wall clock that went back says nothing. */
function isInFlight({ earlier: { ended, status }, resumeMaxS }: LiveFlight, at: Date): boolean {
  if (ended !== false || status === undefined) return false;
  return (at.getTime() - Date.parse(status.time)) / 1000 <= resumeMaxS;
}

async function wasVerified({ packages }: FlownPackages, packagePath: string): Promise<boolean> {
  const { sha256 } = await readManifestBytes(packagePath);
  return packages.some(({ manifestSha256 }) => manifestSha256 === sha256);
}

function withRevoked({ keys, revoked }: TrustStore, more: readonly string[]): TrustStore {
  return { keys, revoked: new Set([...revoked, ...more]) };
}

function aircraftIdOf({ aircraftId }: TrustConfig): string | null {
  return aircraftId === "" ? null : aircraftId;
}
