/**
 * The composition root's part for flight controllers.
 *
 * @module
 */
import { chooseStrategy, hasNativeLibrary, type Strategies } from "../core/mod.ts";
import {
  ArdupilotDialect,
  type Dialect,
  type FlightControllerAdapter,
  InavAdapter,
  MavlinkAdapter,
  openSigning,
  Px4Dialect,
} from "../flight/flight_controller/mod.ts";
import { createLink } from "../link/transport/mod.ts";
import { openDevice } from "../native/device/mod.ts";
import type { FlightControllerPlace } from "./contract.ts";

/** Flight controllers by the name of their strategy. */
const FLIGHT_CONTROLLERS: Strategies<FlightControllerPlace, FlightControllerAdapter> = {
  ardupilot: {
    create: (place) => mavlinkAdapter(place, new ArdupilotDialect(place.config.ardupilotOutput)),
  },
  px4: { create: (place) => mavlinkAdapter(place, new Px4Dialect()) },
  inav: {
    create: ({ address, clock }) =>
      new InavAdapter({ link: createLink(address, { clock, openDevice }), clock }),
  },
};

async function mavlinkAdapter(
  { address, config, clock }: FlightControllerPlace,
  dialect: Dialect,
): Promise<FlightControllerAdapter> {
  const signing = config.signingKey === "" ? null : await openSigning(config.signingKey);
  const link = createLink(address, { clock, openDevice });
  return new MavlinkAdapter({
    link,
    dialect,
    clock,
    targetSystemId: config.targetSystemId || null,
    signing,
  });
}

export async function openFlightController(
  place: FlightControllerPlace,
): Promise<FlightControllerAdapter> {
  const strategy = chooseStrategy<FlightControllerPlace, FlightControllerAdapter>({
    executable: "airborne",
    role: "flight_controller",
    name: place.autopilot,
    strategies: FLIGHT_CONTROLLERS,
    hasLibrary: (library) => hasNativeLibrary(library),
  });
  return await strategy.create(place);
}
