/**
 * What the filter is made of.
 *
 * @module
 */
import type { Enu, WgsPosition } from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { EstimatorEvent } from "./contract.ts";
import type { SmootherStrategy } from "./timeline.ts";

export interface EskfOptions {
  readonly config?: EskfConfig;
  /** The flight's local frame, to place GPS in. */
  readonly localFrame: { localFromWgs(position: WgsPosition): Enu };
  /** Called for measurements, and for changes of label, of trust in GPS and of the origin. */
  readonly onEvent?: (event: EstimatorEvent) => void;
  /** Whose state becomes the filter's. */
  readonly smoother?: SmootherStrategy;
}
