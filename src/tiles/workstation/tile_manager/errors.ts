/**
 * Errors of the tile manager; all derive from TileManagerError.
 *
 * @module
 */
import { EXIT, type ExitCode, GdnError } from "../../../core/mod.ts";

interface Details {
  readonly cause?: unknown;
  readonly exitCode?: ExitCode;
}

export class TileManagerError extends GdnError {}

/** The gate is closed: the state is not certainly "on ground". Nothing was read or sent. */
export class FlightStateNotOnGroundError extends TileManagerError {
  readonly observed: string;

  constructor(observed: string, message: string, details: Details = {}) {
    super("FLIGHT_STATE_NOT_ON_GROUND", message, { exitCode: EXIT.refused, ...details });
    this.observed = observed;
  }
}

/** A signature was requested outside of a session. */
export class SessionNotActiveError extends TileManagerError {
  constructor(message: string, details: Details = {}) {
    super("SESSION_NOT_ACTIVE", message, { exitCode: EXIT.software, ...details });
  }
}

/**
 * The provider cannot be reached, or does not follow the contract. Acknowledged tiles stay marked.
 */
export class SatelliteProviderError extends TileManagerError {
  constructor(message: string, details: Details = {}) {
    super("SATELLITE_PROVIDER", message, { exitCode: EXIT.tryAgain, ...details });
  }
}

/** The provider asks us to come back later. */
export class RateLimitedError extends TileManagerError {
  /** Seconds since the epoch. */
  readonly retryAtS: number;

  constructor(retryAtS: number, message: string, details: Details = {}) {
    super("RATE_LIMITED", message, { exitCode: EXIT.tryAgain, ...details });
    this.retryAtS = retryAtS;
  }
}

/** The provider refused a whole batch for its signature. */
export class SignatureRejectedError extends TileManagerError {
  constructor(message: string, details: Details = {}) {
    super("SIGNATURE_REJECTED", message, { exitCode: EXIT.refused, ...details });
  }
}

/** Imagery that is coarser than the limit. */
export class ResolutionRejectionError extends TileManagerError {
  constructor(message: string, details: Details = {}) {
    super("RESOLUTION_REJECTED", message, { exitCode: EXIT.data, ...details });
  }
}
