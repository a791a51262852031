/**
 * A fixed-wing aircraft: constant airspeed, banked turns, wind that makes it crab, gusts.
 *
 * @module
 */
import {
  localFromBody,
  type Quaternion,
  radiansFromDegrees,
  type Random,
  type Vector3,
  wrapRadians,
} from "../../core/mod.ts";
import { HeightProfile } from "./height_profile.ts";
import { type Route, RouteFollower } from "./route.ts";
import { SmoothNoise } from "./smooth_noise.ts";
import { DYNAMICS_STEP_S, type FlightDynamics, GRAVITY_MPS2 } from "./trajectory.ts";

const ROLL_MAX_RAD = radiansFromDegrees(30);
const ROLL_RATE_MAX_RPS = radiansFromDegrees(40);
const ROLL_BANDWIDTH_RPS = 2.5;
/** Nose over the flight path: angle of attack in level flight. */
const TRIM_PITCH_RAD = radiansFromDegrees(2.5);
const CLIMB_MAX_MPS = 2;
const GUIDANCE_PERIOD_STEPS = 20;

export interface AircraftOptions {
  readonly route: Route;
  readonly heightM: number;
  readonly speedMps: number;
  /** Mean wind: where it blows to, east and north, m/s. */
  readonly windMps: readonly [eastMps: number, northMps: number];
  /** 1 sigma of gusts, m/s. */
  readonly gustMps: number;
}

export class FixedWing implements FlightDynamics {
  positionLocalM: Vector3;
  velocityLocalMps: Vector3 = [0, 0, 0];
  localFromBody: Quaternion = [1, 0, 0, 0];
  readonly #options: AircraftOptions;
  readonly #follower: RouteFollower;
  readonly #heights: HeightProfile;
  readonly #gusts: readonly SmoothNoise[];
  readonly #shakes: readonly SmoothNoise[];
  readonly #airspeed: SmoothNoise;
  #timeS = 0;
  #steps = 0;
  #headingRad: number;
  #rollRad = 0;
  #rollRateRps = 0;
  #rollCommandRad = 0;
  #climbMps = 0;
  #climbRateMps2 = 0;

  constructor(random: Random, options: AircraftOptions) {
    this.#options = options;
    this.#follower = new RouteFollower(options.route);
    this.#heights = new HeightProfile(random.fork("height"), options.heightM);
    const noise = (label: string, sigma: number, omegaRps: number) =>
      new SmoothNoise(random.fork(label), { sigma, omegaRps, stepS: DYNAMICS_STEP_S });
    const gust = options.gustMps;
    this.#gusts = [noise("gust east", gust, 1.2), noise("gust north", gust, 1.2)]
      .concat(noise("gust up", 0.5 * gust, 1.8));
    const shake = radiansFromDegrees(1.2) * gust;
    this.#shakes = [noise("roll", 1.3 * shake, 5), noise("pitch", shake, 4)]
      .concat(noise("yaw", shake, 3));
    this.#airspeed = noise("airspeed", 0.02 * options.speedMps, 0.3);
    const [start, next] = [options.route.points[0], options.route.points[10]];
    this.#headingRad = Math.atan2(next.eastM - start.eastM, next.northM - start.northM);
    this.positionLocalM = [start.eastM, start.northM, this.#heights.heightM(0)];
    this.#settle();
  }

  step(stepS: number): void {
    if (this.#steps++ % GUIDANCE_PERIOD_STEPS === 0) this.#guide();
    this.#timeS += stepS;
    const before = this.velocityLocalMps;
    this.#roll(stepS);
    this.#climb(stepS);
    this.#headingRad += stepS * GRAVITY_MPS2 * Math.tan(this.#rollRad) / this.#options.speedMps;
    for (const noise of this.#gusts) noise.step();
    for (const noise of this.#shakes) noise.step();
    this.#airspeed.step();
    this.#settle();
    const after = this.velocityLocalMps, p = this.positionLocalM;
    this.positionLocalM = [
      p[0] + stepS * (before[0] + after[0]) / 2,
      p[1] + stepS * (before[1] + after[1]) / 2,
      p[2] + stepS * (before[2] + after[2]) / 2,
    ];
  }

  /** Bank that bends the track towards a point ahead. Source: Park, Deyst, How, AIAA 2004-4900. */
  #guide(): void {
    const [east, north] = this.positionLocalM;
    const [ve, vn] = this.velocityLocalMps;
    const speed = Math.hypot(ve, vn);
    const aim = this.#follower.aim(east, north, Math.max(25, 1.8 * speed));
    const de = aim.eastM - east, dn = aim.northM - north;
    const off = wrapRadians(Math.atan2(de, dn) - Math.atan2(ve, vn));
    const sine = Math.abs(off) > Math.PI / 2 ? Math.sign(off) : Math.sin(off);
    const sideways = 2 * speed * speed * sine / Math.max(20, Math.hypot(de, dn));
    const roll = Math.atan(sideways / GRAVITY_MPS2);
    this.#rollCommandRad = Math.min(ROLL_MAX_RAD, Math.max(-ROLL_MAX_RAD, roll));
  }

  #roll(stepS: number): void {
    const w = ROLL_BANDWIDTH_RPS;
    const pull = w * w * (this.#rollCommandRad - this.#rollRad) - 2 * w * this.#rollRateRps;
    const rate = this.#rollRateRps + stepS * pull;
    this.#rollRateRps = Math.min(ROLL_RATE_MAX_RPS, Math.max(-ROLL_RATE_MAX_RPS, rate));
    this.#rollRad += stepS * this.#rollRateRps;
  }

  #climb(stepS: number): void {
    const error = this.#heights.heightM(this.#timeS) - this.positionLocalM[2];
    const command = Math.min(CLIMB_MAX_MPS, Math.max(-CLIMB_MAX_MPS, 0.3 * error));
    const pull = 2.25 * (command - this.#climbMps) - 3 * this.#climbRateMps2;
    this.#climbRateMps2 += stepS * pull;
    this.#climbMps += stepS * this.#climbRateMps2;
  }

  /** Velocity and attitude that follow from the state. */
  #settle(): void {
    const { speedMps, windMps } = this.#options;
    const airspeed = speedMps + this.#airspeed.value;
    const pathRad = Math.asin(this.#climbMps / airspeed);
    const level = airspeed * Math.cos(pathRad);
    this.velocityLocalMps = [
      level * Math.sin(this.#headingRad) + windMps[0] + this.#gusts[0].value,
      level * Math.cos(this.#headingRad) + windMps[1] + this.#gusts[1].value,
      this.#climbMps + this.#gusts[2].value,
    ];
    this.localFromBody = localFromBody({
      rollRad: this.#rollRad + this.#shakes[0].value,
      pitchRad: pathRad + TRIM_PITCH_RAD + this.#shakes[1].value,
      yawRad: this.#headingRad + this.#shakes[2].value,
    });
  }
}
