/**
 * Draws what a vehicle's camera sees, in real time.
 *
 * @module
 */
import { type Clock, NS_PER_SECOND, pause } from "../../core/mod.ts";
import type { ByteLink } from "../../link/transport/mod.ts";
import type { FrameServer } from "../simulated_controller/mod.ts";
import type { LiveRenderer } from "./live_renderer.ts";
import { VehicleListener } from "./vehicle_listener.ts";
import type { TrueMoment } from "./vehicle_truth.ts";

/** A vehicle that has said nothing for this long is not drawn. */
const TRUTH_AGE_MAX_S = 0.5;
const ASK_MS = 1000;
/** More often than pictures, so that each is of a moment just passed. */
const TRUTH_PER_PICTURE = 4;
const TRUTH_HZ_MIN = 50;

interface FollowParts {
  readonly clock: Clock;
  readonly link: ByteLink;
  readonly frames: FrameServer;
  readonly renderer: LiveRenderer;
  readonly frameRateHz: number;
  /** MAVLink's id of the simulated camera. */
  readonly systemId: number;
  /** Height of the ground as the vehicle counts it; null: where the vehicle is when it is first heard. */
  readonly groundAltitudeM: number | null;
  /** Once, when the vehicle is first heard. */
  onFirst(moment: TrueMoment): void;
}

interface FollowResult {
  readonly truths: number;
  /** Pictures drawn; those sent and missed are the frame server's to say. */
  readonly drawn: number;
  /** Moments at which a picture was due and there was no fresh truth. */
  readonly withoutTruth: number;
  /** Largest time from the moment of a picture to its sending. */
  readonly ageMsMax: number;
}

/** Until the signal aborts. */
export async function followVehicle(
  parts: FollowParts,
  signal: AbortSignal,
): Promise<FollowResult> {
  const { link, frameRateHz, systemId } = parts;
  const listener = new VehicleListener(link, {
    systemId,
    rateHz: Math.max(TRUTH_HZ_MIN, TRUTH_PER_PICTURE * frameRateHz),
  });
  await link.open();
  const asking = setInterval(() => listener.keepAsking(), ASK_MS);
  try {
    const [result] = await Promise.all([
      draw(parts, listener, signal),
      hear(link, listener, signal),
    ]);
    return result;
  } finally {
    clearInterval(asking);
  }
}

async function hear(link: ByteLink, listener: VehicleListener, signal: AbortSignal): Promise<void> {
  for await (const chunk of link.chunks(signal)) listener.hear(chunk);
}

async function draw(
  parts: FollowParts,
  listener: VehicleListener,
  signal: AbortSignal,
): Promise<FollowResult> {
  const { clock, frames, renderer, frameRateHz } = parts;
  let groundAltitudeM = parts.groundAltitudeM, isFirst = true;
  let sequence = 0, withoutTruth = 0, ageMsMax = 0, lastNs = -1, dueNs = clock.now() as number;
  while (!signal.aborted) {
    await pause(Math.max(0, dueNs - clock.now()) / 1e6, signal);
    // Who cannot keep up leaves pictures out, and is not late for ever.
    dueNs = Math.max(dueNs + NS_PER_SECOND / frameRateHz, clock.now());
    const moment = listener.newest;
    if (moment !== null && isFirst) {
      isFirst = false;
      groundAltitudeM ??= moment.altitudeM;
      parts.onFirst(moment);
    }
    if (
      moment === null || groundAltitudeM === null || moment.receivedNs === lastNs ||
      ageS(clock, moment) > TRUTH_AGE_MAX_S
    ) {
      withoutTruth++;
      continue;
    }
    if (!frames.isConnected) continue;
    lastNs = moment.receivedNs;
    const jpeg = await renderer.picture(moment, groundAltitudeM);
    const age = ageS(clock, moment);
    ageMsMax = Math.max(ageMsMax, 1000 * age);
    frames.send(sequence++, age, jpeg);
  }
  return { truths: listener.count, drawn: sequence, withoutTruth, ageMsMax };
}

function ageS(clock: Clock, { receivedNs }: TrueMoment): number {
  return (clock.now() - receivedNs) / NS_PER_SECOND;
}
