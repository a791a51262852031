/**
 * Options of `operator simulate controller` that name what goes wrong in its flight.
 *
 * @module
 */
import { option, type OptionValues } from "../../core/mod.ts";
import {
  type FaultSchedule,
  NO_FAULTS,
  readElsewhere,
  readHint,
  readSpoofing,
  readWindow,
} from "../../workstation/simulated_controller/mod.ts";

const FAULTS = "What goes wrong";
const WINDOW = { form: "seconds like 20..40 or 20..", read: readWindow };

export const FAULT_OPTIONS = {
  gpsSpoof: option.custom({
    form: "drift:MPS, jump:M, frozen, replay or meacon:M, with @20 or @20..60 behind it",
    read: readSpoofing,
  }, {
    placeholder: "KIND@T",
    multiple: true,
    help: "a receiver that is deceived",
    example: "drift:2@20",
    group: FAULTS,
  }),
  gpsOff: option.custom(WINDOW, {
    placeholder: "T..T",
    multiple: true,
    help: "no signal: no fix",
    group: FAULTS,
  }),
  gpsSilent: option.custom(WINDOW, {
    placeholder: "T..T",
    multiple: true,
    help: "a receiver that says nothing",
    group: FAULTS,
  }),
  gpsJam: option.custom(WINDOW, {
    placeholder: "T..T",
    multiple: true,
    help: "fixes that come and go, with wild accuracies and velocities",
    group: FAULTS,
  }),
  cameraBlind: option.custom(WINDOW, {
    placeholder: "T..T",
    multiple: true,
    help: "pictures of cloud",
    group: FAULTS,
  }),
  cameraElsewhere: option.custom({ form: "METRES@T..T", read: readElsewhere }, {
    placeholder: "METRES@T..T",
    multiple: true,
    help: "pictures of a place that lies so far back on the way",
    example: "350@30..31",
    group: FAULTS,
  }),
  cameraOff: option.custom(WINDOW, {
    placeholder: "T..T",
    multiple: true,
    help: "no pictures",
    group: FAULTS,
  }),
  cameraLate: option.number({
    unit: "milliseconds",
    minimum: 0,
    maximum: 5000,
    default: 0,
    help: "pictures come so much later",
    group: FAULTS,
  }),
  linkCut: option.custom(WINDOW, {
    placeholder: "T..T",
    multiple: true,
    help: "nothing passes on the line, in either direction",
    group: FAULTS,
  }),
  jitter: option.number({
    unit: "milliseconds",
    minimum: 0,
    maximum: 1000,
    default: 0,
    help: "mean delay of a message",
    group: FAULTS,
  }),
  noise: option.number({
    unit: "part of the messages",
    minimum: 0,
    maximum: 1,
    default: 0,
    help: "noise on the line: bytes between messages, cut and damaged ones",
    group: FAULTS,
  }),
  reorder: option.number({
    unit: "part of the messages",
    minimum: 0,
    maximum: 1,
    default: 0,
    help: "messages that the next one overtakes",
    group: FAULTS,
  }),
  clockSkew: option.number({
    unit: "parts per million",
    minimum: -1000,
    maximum: 1000,
    default: NO_FAULTS.clockSkewPpm,
    help: "how much the controller's clock gains",
    group: FAULTS,
  }),
  wrongClock: option.number({
    unit: "seconds",
    minimum: -1e9,
    maximum: 1e9,
    default: 0,
    help: "how much the controller's date is ahead",
    group: FAULTS,
  }),
  secondSystem: option.flag({ help: "another vehicle speaks on the same line", group: FAULTS }),
  mixedVersions: option.flag({ help: "every third message as MAVLink 1", group: FAULTS }),
  hint: option.custom({ form: "LAT,LON,RADIUS@T", read: readHint }, {
    placeholder: "LAT,LON,RADIUS@T",
    multiple: true,
    help: "the ground station says where to look: degrees, metres, second",
    example: "48.5,35.0,500@20",
  }),
} as const;

export function faultsOf(values: OptionValues<typeof FAULT_OPTIONS>): FaultSchedule {
  return {
    spoofing: values.gpsSpoof,
    gpsOff: values.gpsOff,
    gpsSilent: values.gpsSilent,
    gpsJammed: values.gpsJam,
    cameraBlind: values.cameraBlind,
    cameraElsewhere: values.cameraElsewhere,
    cameraOff: values.cameraOff,
    cameraLateS: values.cameraLate / 1000,
    linkCut: values.linkCut,
    jitterS: values.jitter / 1000,
    clockSkewPpm: values.clockSkew,
    wrongClockS: values.wrongClock,
    noise: values.noise,
    reorder: values.reorder,
    secondSystem: values.secondSystem,
    mixedVersions: values.mixedVersions,
    hints: values.hint,
  };
}
