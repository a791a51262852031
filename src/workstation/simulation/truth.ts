/**
 * The true motion for a set of options: route, aircraft, wind.
 *
 * @module
 */
import { type Random } from "../../core/mod.ts";
import { FixedWing } from "./fixed_wing.ts";
import { cornerRadiusM, flightBox, type FlightOptions } from "./flight_options.ts";
import type { GroundSource } from "./ground.ts";
import { landingFrom } from "./landing.ts";
import { Multirotor } from "./multirotor.ts";
import { planRoute } from "./route.ts";
import { fly, joinTrajectories, type Trajectory } from "./trajectory.ts";

/** Airspeed of the fixed wing (60 km/h); mean cruise of the multirotor. */
const SPEED_MPS = { fixed_wing: 16.7, multirotor: 10 } as const;

interface TrueFlight {
  readonly trajectory: Trajectory;
  /** Where the wind blows to, east and north, m/s. */
  readonly windMps: readonly [number, number];
  /** When it begins to come down and when it stands, seconds; null where it ends in the air. */
  readonly landing: { readonly fromS: number; readonly atRestS: number } | null;
}

/** Stands for so long after its landing: a companion believes after some seconds that it has landed. */
export const STANDS_S = 15;

export function trueFlight(
  random: Random,
  options: FlightOptions,
  ground: GroundSource,
): TrueFlight {
  const room = flightBox(options, ground);
  const speedMps = SPEED_MPS[options.aircraft];
  const lengthM = Math.min(options.distanceM, options.durationS * (speedMps + options.windMps));
  const route = planRoute(random.fork("route"), {
    box: room,
    lengthM: 1.2 * lengthM + 300,
    radiusM: cornerRadiusM(options, room),
  });
  const direction = 2 * Math.PI * random.fork("wind").uniform();
  const windMps = [
    options.windMps * Math.sin(direction),
    options.windMps * Math.cos(direction),
  ] as const;
  const aircraft = {
    route,
    heightM: options.aglM,
    speedMps,
    windMps,
    gustMps: options.gustMps,
  };
  const dynamics = options.aircraft === "fixed_wing"
    ? new FixedWing(random.fork("aircraft"), aircraft)
    : new Multirotor(random.fork("aircraft"), aircraft);
  const flown = fly(dynamics, {
    rateHz: options.imuRateHz,
    durationS: options.durationS,
    distanceM: options.distanceM,
  });
  if (!options.lands) return { trajectory: flown, windMps, landing: null };
  const { trajectory, atRestS } = landingFrom(
    flown.state(flown.count - 1),
    random.fork("landing"),
    { aircraft: options.aircraft, rateHz: options.imuRateHz, restS: STANDS_S },
  );
  const fromS = flown.durationS;
  return {
    trajectory: joinTrajectories(flown, trajectory),
    windMps,
    landing: { fromS, atRestS: fromS + atRestS },
  };
}
