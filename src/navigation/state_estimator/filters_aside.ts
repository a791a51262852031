/**
 * The filters beside the filter: each goes without something that the filter takes, and may take its place.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import { ConflictReview } from "./conflict_review.ts";
import { GpsWitness } from "./gps_witness.ts";
import type { ImuStream } from "./imu_stream.ts";
import { ImuWitness } from "./imu_witness.ts";
import type { Timeline } from "./timeline.ts";

export interface FiltersAside {
  readonly imuWitness: ImuWitness;
  readonly witness: GpsWitness;
  readonly review: ConflictReview;
  /** They begin anew, from the filter as it is then. */
  end(): void;
}

/**
 * `substitutes`: what stands for the samples of `stream` where there is no IMU; `onSettled`: a conflict of GPS and map
 * was none.
 */
export function filtersAside(
  config: EskfConfig,
  { stream, substitutes }: { readonly stream: ImuStream; readonly substitutes: ImuStream },
  main: Timeline,
  onSettled: () => void,
): FiltersAside {
  const imuWitness = new ImuWitness(config, substitutes, main);
  const review = new ConflictReview({
    config,
    stream,
    main,
    onSettled() {
      witness.conflictEnds();
      imuWitness.end();
      onSettled();
    },
  });
  const witness: GpsWitness = new GpsWitness(config, stream, main, imuWitness, review);
  return {
    imuWitness,
    witness,
    review,
    end() {
      for (const each of [imuWitness, witness, review]) each.end();
    },
  };
}
