/**
 * The filter as the intake of the IMU sees it.
 *
 * @module
 */
import type { ConflictReview } from "./conflict_review.ts";
import type { GpsWitness } from "./gps_witness.ts";
import type { IntakeFilter } from "./imu_intake.ts";
import type { ImuStream } from "./imu_stream.ts";
import type { ImuWitness } from "./imu_witness.ts";
import type { Timeline } from "./timeline.ts";

/** `parts`: made after the intake. */
export function intakeFilter(
  parts: () => {
    readonly stream: ImuStream;
    readonly timeline: Timeline;
    readonly imuWitness: ImuWitness;
    readonly witness: GpsWitness;
    readonly review: ConflictReview;
  },
): IntakeFilter {
  return {
    get head() {
      return parts().timeline.head;
    },
    isConfirmed: () => parts().imuWitness.isConfirmed(),
    rewrite(sinceNs, substitutes) {
      const { stream, timeline, witness, review } = parts();
      stream.replaceAfter(sinceNs, substitutes);
      if (!timeline.hasStarted) return;
      timeline.replayAfter(sinceNs);
      witness.replayAfter(sinceNs);
      review.end();
    },
  };
}
