/** A flight whose heading is wrong from the start, and known to be uncertain. */
import { quaternionFromRotationVector, quaternionMultiply } from "../../src/core/mod.ts";
import type { Message } from "./state_estimator_scenario.ts";

/** The first attitude is `turnRad` off, known to as much; no other comes, and fixes tell little but the place. */
export function withWrongHeading(messages: readonly Message[], turnRad: number): Message[] {
  const turn = quaternionFromRotationVector([0, 0, turnRad]);
  const onlyPlace = Float64Array.from(
    { length: 36 },
    (_, i) => i % 7 === 0 ? (i < 21 ? 1 : 0.5) : 0,
  );
  let started = false;
  return messages.flatMap((message): Message[] => {
    if (message.kind === "anchor") {
      const localFromBody = quaternionMultiply(turn, message.value.localFromBody);
      return [{ ...message, value: { ...message.value, localFromBody, covariance: onlyPlace } }];
    }
    if (message.kind !== "attitude") return [message];
    if (started) return [];
    started = true;
    const localFromBody = quaternionMultiply(turn, message.value.localFromBody);
    return [{
      ...message,
      value: { ...message.value, localFromBody, sigmaHeadingRad: Math.abs(turnRad) },
    }];
  });
}
