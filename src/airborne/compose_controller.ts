/**
 * The composition root's part for flight controllers.
 *
 * @module
 */
import { chooseStrategy, hasNativeLibrary, type Strategies, SystemClock } from "../core/mod.ts";
import {
  ArdupilotDialect,
  type Dialect,
  type FlightControllerAdapter,
  InavAdapter,
  MavlinkAdapter,
  openSigning,
  Px4Dialect,
} from "../flight/flight_controller/mod.ts";
import type { MavlinkSigning } from "../link/mavlink/mod.ts";
import { createLink } from "../link/transport/mod.ts";
import { openDevice } from "../native/device/mod.ts";
import { openReplay, openSimulated } from "./compose_flown.ts";
import type { FlightControllerPlace, OpenedController } from "./contract.ts";

/** Flight controllers by the name of their strategy. */
const FLIGHT_CONTROLLERS: Strategies<FlightControllerPlace, OpenedController> = {
  ardupilot: {
    create: (place) => mavlinkController(place, new ArdupilotDialect(place.config.ardupilotOutput)),
  },
  px4: { create: (place) => mavlinkController(place, new Px4Dialect()) },
  inav: {
    create: ({ address }) => {
      const clock = new SystemClock();
      const link = createLink(address, { clock, openDevice });
      return liveController(new InavAdapter({ link, clock }), clock);
    },
  },
  replay: { create: openReplay },
  simulated: { create: openSimulated },
};

async function mavlinkController(
  { address, config, signedBefore }: FlightControllerPlace,
  dialect: Dialect,
): Promise<OpenedController> {
  const clock = new SystemClock();
  const before = signedBefore === null ? {} : { before: signedBefore };
  const signing = config.signingKey === "" ? null : await openSigning(config.signingKey, before);
  const link = createLink(address, { clock, openDevice });
  const adapter = new MavlinkAdapter({
    link,
    dialect,
    clock,
    targetSystemId: config.targetSystemId || null,
    signing,
  });
  return liveController(adapter, clock, signing);
}

function liveController(
  adapter: FlightControllerAdapter,
  clock: SystemClock,
  signing: MavlinkSigning | null = null,
): OpenedController {
  return {
    adapter,
    clock,
    signing,
    flown: null,
    [Symbol.asyncDispose]: () => adapter[Symbol.asyncDispose](),
  };
}

export async function openFlightController(
  place: FlightControllerPlace,
): Promise<OpenedController> {
  const strategy = chooseStrategy<FlightControllerPlace, OpenedController>({
    executable: "airborne",
    role: "flight_controller",
    name: place.autopilot,
    strategies: FLIGHT_CONTROLLERS,
    hasLibrary: (library) => hasNativeLibrary(library),
  });
  return await strategy.create(place);
}
