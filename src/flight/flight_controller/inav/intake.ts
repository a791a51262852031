/**
 * What the answers of iNav say, as events.
 *
 * A controller with `gps_provider = MSP` shows our own positions as its GPS. They are never given out as
 * measurements: an estimate must not confirm itself.
 *
 * @module
 */
import { controllerNs, type MonotonicNs } from "../../../core/mod.ts";
import type { MspMessage, MspValues } from "../../../link/msp/mod.ts";
import type { ControllerEvent } from "../../flight_events/mod.ts";
import { FlightPhase } from "./flight_phase.ts";
import {
  attitudeEvent,
  controllerPositionEvent,
  gpsEvent,
  imuEvent,
  type Moment,
  pressureEvent,
  RECKONED_SATELLITES,
} from "./readings.ts";

/** After so long without a position iNav shows none any more (GPS_TIMEOUT 1 s, and the next poll). */
const SHOWN_NS = 1.5e9;
const SENT_MAX = 64;
/** A controller that takes our positions in shows them as its GPS within this time. */
const ECHO_NS = 3e9;

export class Intake {
  readonly phase = new FlightPhase();
  firmwareVariant = "";
  firmwareVersion = "";
  /** When the controller last showed a position of ours as its GPS. */
  echoNs = -Infinity;
  /** When it last showed a fix that is not ours. */
  foreignFixNs = -Infinity;
  /** Answers whose numbers no aircraft has. */
  implausible = 0;
  /** Before it, what the controller shows may be a position of an earlier run of ours. */
  #gpsFromNs = Infinity;
  readonly #sent: { readonly latitudeE7: number; readonly longitudeE7: number }[] = [];
  #statistics: MspValues<"MSP_GPSSTATISTICS"> | null = null;
  #shownGps = "";
  #shownPackets = -1;
  #heightAboveHomeM: number | null = null;

  /** The controller is heard (again). */
  restart(nowNs: number): void {
    this.#gpsFromNs = nowNs + SHOWN_NS;
    this.#statistics = null;
    this.#heightAboveHomeM = null;
  }

  remember({ latitudeE7, longitudeE7 }: MspValues<"MSP2_SENSOR_GPS">): void {
    this.#sent.push({ latitudeE7, longitudeE7 });
    if (this.#sent.length > SENT_MAX) this.#sent.shift();
  }

  /** What it shows as its GPS is what we have sent, and nothing else. */
  isGpsOurs(nowNs: number): boolean {
    return nowNs - this.echoNs < ECHO_NS && nowNs - this.foreignFixNs > ECHO_NS;
  }

  /** null where the message is no measurement, repeats one, or is one of ours. */
  event(message: MspMessage, receivedNs: MonotonicNs, madeNs: number): ControllerEvent | null {
    const moment: Moment = { receivedNs, controllerNs: controllerNs(madeNs) };
    switch (message.name) {
      case "MSP_RAW_IMU":
        return this.#plausible(imuEvent(message, moment));
      case "MSP_ATTITUDE":
        return this.#plausible(attitudeEvent({
          rollDeg: message.rollDecidegrees / 10,
          pitchDeg: message.pitchDecidegrees / 10,
          yawDeg: message.yawDegrees,
        }, moment));
      case "MSP2_INAV_FULL_LOCAL_POSE":
        return this.#pose(message, moment);
      case "MSP_ALTITUDE":
        this.#observeMotion(message.estimatedHeightCm, message.climbRateCmps, null, receivedNs);
        return this.#plausible(pressureEvent(message.barometerHeightCm, moment));
      case "MSP_RAW_GPS":
        return this.#gps(message, moment);
      case "MSP_WP":
        if (message.number !== 255 || this.#heightAboveHomeM === null) return null;
        return controllerPositionEvent(message, this.#heightAboveHomeM, moment);
      case "MSP_GPSSTATISTICS":
        this.#statistics = message;
        return null;
      case "MSP2_INAV_STATUS":
        this.phase.observeArming(message.armingFlags, receivedNs);
        return null;
      case "MSP_FC_VARIANT":
        this.firmwareVariant = message.identifier;
        return null;
      case "MSP_FC_VERSION":
        this.firmwareVersion = `${message.major}.${message.minor}.${message.patch}`;
        return null;
      case "MSP_API_VERSION":
      case "MSP2_COMMON_SETTING_INFO":
      case "MSP2_SENSOR_GPS":
        return null;
    }
  }

  #plausible<Event extends ControllerEvent>(event: Event | null): Event | null {
    if (event === null) this.implausible++;
    return event;
  }

  #pose(
    pose: MspValues<"MSP2_INAV_FULL_LOCAL_POSE">,
    moment: Moment,
  ): ControllerEvent | null {
    const speedMps = Math.hypot(pose.velocityNorthCmps, pose.velocityEastCmps) / 100;
    this.#observeMotion(pose.upCm, pose.velocityUpCmps, speedMps, moment.receivedNs);
    return this.#plausible(attitudeEvent({
      rollDeg: pose.rollDecidegrees / 10,
      pitchDeg: pose.pitchDecidegrees / 10,
      yawDeg: pose.yawDecidegrees / 10,
    }, moment));
  }

  #observeMotion(
    heightCm: number,
    climbCmps: number,
    speedMps: number | null,
    nowNs: MonotonicNs,
  ): void {
    this.#heightAboveHomeM = heightCm / 100;
    this.phase.observeMotion(
      { heightM: heightCm / 100, climbMps: climbCmps / 100, speedMps },
      nowNs,
    );
  }

  #gps(raw: MspValues<"MSP_RAW_GPS">, moment: Moment): ControllerEvent | null {
    const { latitudeE7, longitudeE7, satellites, fixType } = raw;
    if (moment.receivedNs < this.#gpsFromNs) return null;
    const isOurs = this.#sent.some((sent) =>
      sent.latitudeE7 === latitudeE7 && sent.longitudeE7 === longitudeE7
    );
    if (isOurs) {
      this.echoNs = moment.receivedNs;
      return null;
    }
    if (satellites === RECKONED_SATELLITES) return null;
    if (fixType > 0) this.foreignFixNs = moment.receivedNs;
    // The receiver's packets are counted: a fix that is shown again is told from one that stands still.
    const shown = Object.values(raw).join(), packets = this.#statistics?.packets ?? -1;
    if (shown === this.#shownGps && packets === this.#shownPackets) return null;
    this.#shownGps = shown;
    this.#shownPackets = packets;
    return this.#plausible(gpsEvent(raw, this.#statistics, moment));
  }
}
