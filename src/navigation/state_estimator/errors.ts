/**
 * Faults of the state estimator. Refused measurements are outcomes, not errors.
 *
 * @module
 */
import { EXIT, GdnError } from "../../core/mod.ts";

/** The estimator was configured wrongly, or at the wrong moment. */
export class StateEstimatorConfigError extends GdnError {
  constructor(message: string, options: { cause?: unknown; code?: string } = {}) {
    super(options.code ?? "STATE_ESTIMATOR_CONFIG", message, {
      cause: options.cause,
      exitCode: EXIT.configuration,
    });
  }
}

/** `setTakeoffOrigin` came after the first measurement. */
export class EstimatorAlreadyStartedError extends StateEstimatorConfigError {
  constructor() {
    super(
      "Cannot set the take-off origin: the estimator has measurements already " +
        "(set the origin before the first add…)",
      { code: "ESTIMATOR_ALREADY_STARTED" },
    );
  }
}

/** The covariance is no longer symmetric positive definite, or the state is not finite. */
export class EstimatorDivergedError extends GdnError {
  constructor(what: string) {
    super(
      "ESTIMATOR_DIVERGED",
      `Cannot emit an estimate: ${what} (start the estimator anew from the last good position)`,
      { exitCode: EXIT.software },
    );
  }
}

/** There is no estimate for that moment: not started yet, or outside of the kept history. */
export class EstimateUnavailableError extends GdnError {
  constructor(message: string) {
    super("ESTIMATE_UNAVAILABLE", message, { exitCode: EXIT.tryAgain });
  }

  static notStarted(): EstimateUnavailableError {
    return new EstimateUnavailableError(
      "Cannot estimate: no attitude or no IMU sample has come yet (feed both first)",
    );
  }

  static outside(timeNs: number, oldestNs: number, newestNs: number): EstimateUnavailableError {
    return new EstimateUnavailableError(
      `Cannot estimate at ${timeNs} ns: the history reaches from ${oldestNs} to ${newestNs} ns ` +
        "(ask for a moment inside of it)",
    );
  }
}
