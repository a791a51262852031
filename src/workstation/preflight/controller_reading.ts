/**
 * Asks a flight controller what it is and how its parameters stand, on the line and with the adapter that
 * fly.
 *
 * @module
 */
import { type Clock, messageOf, pause } from "../../core/mod.ts";
import {
  ArdupilotDialect,
  type Dialect,
  type FlightControllerAdapter,
  MavlinkAdapter,
  Px4Dialect,
} from "../../flight/flight_controller/mod.ts";
import type { MavlinkSigning } from "../../link/mavlink/mod.ts";
import {
  decodeMessage,
  decodeNamedSetting,
  encodeFrame,
  MSP_MESSAGES,
  type MspFrame,
  MspSplitter,
  settingRequest,
} from "../../link/msp/mod.ts";
import type { ByteLink } from "../../link/transport/mod.ts";

export type Autopilot = "ardupilot" | "px4" | "inav";

export interface ControllerReading {
  readonly autopilot: Autopilot;
  /** "ArduPilot 4.7.0"; empty where nothing was heard, another firmware's name where it is one. */
  readonly firmware: string;
  readonly isHeard: boolean;
  /** It is another firmware than the one that was named. */
  readonly isOther: boolean;
  /** Why nothing was heard, as far as the line knows. */
  readonly fault: string;
  readonly roundTripMs: number | null;
  readonly framesBad: number;
  /** By name, as far as they were told. */
  readonly parameters: ReadonlyMap<string, number>;
  /** What the flight itself would say of them. */
  readonly warnings: readonly string[];
  /** iNav: the word of gps_provider; null: not told. */
  readonly gpsProvider: string | null;
  /** Its UTC less ours, seconds; null: it knows none. */
  readonly utcAheadS: number | null;
  /** Why its parameters were not asked for; null: they were. */
  readonly notAsked: string | null;
}

interface ControllerPlace {
  readonly autopilot: Autopilot;
  readonly link: ByteLink;
  readonly clock: Clock;
  readonly signing: MavlinkSigning | null;
  readonly targetSystemId: number | null;
  /** By when something is heard, or the line is dead. */
  readonly heardWithinMs?: number;
}

const HEARD_WITHIN_MS = 6000;
/** From the first sign of life; what an old firmware does not have is asked for in vain. */
const ANSWERED_WITHIN_MS = 4000;
const POLL_MS = 50;
const MSP_RETRY_MS = 300;

const ARDUPILOT_PARAMETERS = [
  "EK3_SRC1_POSXY",
  "EK3_SRC1_VELXY",
  "EK3_SRC1_YAW",
  "EK3_OPTIONS",
];
const PX4_PARAMETERS = ["EKF2_AGP0_MODE", "EKF2_AGP0_DELAY", "EKF2_AGP_DELAY", "EKF2_DELAY_MAX"];

/** Never throws for what the controller does or does not do. */
export async function readController(
  place: ControllerPlace,
  signal: AbortSignal,
): Promise<ControllerReading> {
  if (place.autopilot === "inav") return await readInav(place, signal);
  return await readMavlink(place, signal);
}

/** The dialect of the flight, which asks for more parameters and keeps what comes. */
class ListeningDialect implements Dialect {
  readonly strategyLabel: Dialect["strategyLabel"];
  readonly parameters: readonly string[];
  readonly #dialect: Dialect;
  #told: Parameters<Dialect["warnings"]>[0] | null = null;

  constructor(dialect: Dialect, more: readonly string[]) {
    this.#dialect = dialect;
    this.strategyLabel = dialect.strategyLabel;
    this.parameters = [...dialect.parameters, ...more];
  }

  values(): Map<string, number> {
    const values = new Map<string, number>();
    for (const name of this.parameters) {
      const value = this.#told?.get(name);
      if (value !== undefined) values.set(name, value);
    }
    return values;
  }

  ownReceiver(parameters: Parameters<Dialect["ownReceiver"]>[0]) {
    this.#told = parameters;
    return this.#dialect.ownReceiver(parameters);
  }

  /** Into the report, not to the ground station. */
  warnings(): string[] {
    return [];
  }

  toldWarnings(latencyMs: number): string[] {
    return this.#told === null ? [] : this.#dialect.warnings(this.#told, latencyMs);
  }

  /** Nothing is sent that the controller would fly by. */
  positionMessages() {
    return [];
  }

  selectSource(): ReturnType<Dialect["selectSource"]> {
    return { kind: "nothing", reason: "" };
  }

  version(message: Parameters<Dialect["version"]>[0]): string {
    return this.#dialect.version(message);
  }
}

async function readMavlink(
  place: ControllerPlace,
  signal: AbortSignal,
): Promise<ControllerReading> {
  const { autopilot, link, clock, signing, targetSystemId } = place;
  const dialect = autopilot === "px4"
    ? new ListeningDialect(new Px4Dialect(), PX4_PARAMETERS)
    : new ListeningDialect(new ArdupilotDialect("gps_input"), ARDUPILOT_PARAMETERS);
  await using adapter = new MavlinkAdapter({ link, dialect, clock, signing, targetSystemId });
  await adapter.open();
  const done = new AbortController();
  const heard = listen(adapter, clock, AbortSignal.any([signal, done.signal]));
  // Once is enough: a controller that is silent for a moment afterwards is there.
  let wasHeard = false;
  const isHeard = () => wasHeard ||= adapter.health().connected || heard.isOther;
  await until(isHeard, place.heardWithinMs ?? HEARD_WITHIN_MS, signal);
  if (isHeard() && !heard.isOther) {
    const isTold = () =>
      dialect.values().size === dialect.parameters.length && heard.utcAheadS !== null &&
      adapter.health().roundTripMs !== null && adapter.health().firmware !== "";
    await until(isTold, ANSWERED_WITHIN_MS, signal);
  }
  const { firmware, roundTripMs, framesBad } = adapter.health();
  const reading = {
    autopilot,
    firmware,
    isHeard: isHeard(),
    isOther: heard.isOther,
    fault: heard.fault || link.health().fault,
    roundTripMs,
    framesBad,
    parameters: dialect.values(),
    warnings: dialect.toldWarnings((roundTripMs ?? 0) / 2),
    gpsProvider: null,
    utcAheadS: heard.utcAheadS,
    notAsked: null,
  };
  done.abort();
  await heard.ended;
  return reading;
}

function listen(adapter: FlightControllerAdapter, clock: Clock, signal: AbortSignal) {
  const heard = {
    isOther: false,
    fault: "",
    utcAheadS: null as number | null,
    ended: Promise.resolve(),
  };
  const take = async () => {
    for await (const event of adapter.events(signal)) {
      if (event.kind === "controller_utc") {
        heard.utcAheadS = (event.utcMs - clock.utc(event.receivedNs).getTime()) / 1000;
      } else if (event.kind === "link" && !event.up) {
        heard.fault = event.text;
        heard.isOther ||= event.text.includes("--autopilot");
      }
    }
  };
  heard.ended = take();
  return heard;
}

async function readInav(
  { autopilot, link, heardWithinMs = HEARD_WITHIN_MS }: ControllerPlace,
  signal: AbortSignal,
): Promise<ControllerReading> {
  const splitter = new MspSplitter();
  const told = { variant: "", version: "", provider: null as string | null, refuses: false };
  const done = new AbortController();
  let sentMs = -Infinity, fastestMs: number | null = null;
  const take = (frame: MspFrame) => {
    fastestMs = Math.min(fastestMs ?? Infinity, performance.now() - sentMs);
    const message = decodeMessage(frame);
    if (message?.name === "MSP_FC_VARIANT") told.variant = message.identifier;
    if (message?.name === "MSP_FC_VERSION") {
      told.version = `${message.major}.${message.minor}.${message.patch}`;
    }
    if (frame.function !== MSP_MESSAGES.MSP2_COMMON_SETTING_INFO.id) return;
    told.refuses = frame.direction === "error";
    const setting = decodeNamedSetting(frame.payload);
    if (setting?.name === "gps_provider") told.provider = setting.words[setting.value];
  };
  const ask = (request: { readonly function: number; readonly payload: Uint8Array }) => {
    sentMs = performance.now();
    link.write(encodeFrame({ version: 2, direction: "request", flags: 0, ...request }));
  };
  const questions = () => [
    ...(told.variant === "" ? [empty("MSP_FC_VARIANT")] : []),
    ...(told.version === "" ? [empty("MSP_FC_VERSION")] : []),
    ...(told.provider === null && !told.refuses ? [settingRequest("gps_provider")] : []),
  ];
  await link.open();
  const reading = (async () => {
    for await (const { bytes } of link.chunks(AbortSignal.any([signal, done.signal]))) {
      for (const frame of splitter.push(bytes)) if (frame.direction !== "request") take(frame);
    }
  })();
  try {
    const untilMs = performance.now() + heardWithinMs;
    while (questions().length > 0 && performance.now() < untilMs && !signal.aborted) {
      const [next] = questions();
      const before = questions().length;
      ask(next);
      await until(() => questions().length < before, MSP_RETRY_MS, signal);
    }
  } finally {
    done.abort();
    await reading.catch((error) => void messageOf(error));
    await link[Symbol.asyncDispose]();
  }
  const { variant, version, provider } = told;
  return {
    autopilot,
    firmware: `${variant} ${version}`.trim(),
    isHeard: variant !== "",
    isOther: variant !== "" && variant !== "INAV",
    fault: link.health().fault,
    roundTripMs: fastestMs,
    framesBad: splitter.counters.checkSumWrong,
    parameters: new Map(),
    warnings: [],
    gpsProvider: provider,
    utcAheadS: null,
    notAsked: null,
  };
}

const empty = (name: keyof typeof MSP_MESSAGES) => ({
  function: MSP_MESSAGES[name].id,
  payload: new Uint8Array(),
});

async function until(holds: () => boolean, withinMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!holds() && performance.now() < untilMs && !signal.aborted) await pause(POLL_MS, signal);
}
