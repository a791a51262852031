/**
 * A multirotor: tilts to accelerate and against its drag, yaws independently, stops now and then.
 *
 * @module
 */
import {
  localFromBody,
  type Quaternion,
  radiansFromDegrees,
  type Random,
  type Vector3,
} from "../../core/mod.ts";
import type { AircraftOptions } from "./fixed_wing.ts";
import { HeightProfile } from "./height_profile.ts";
import { RouteFollower } from "./route.ts";
import { SmoothNoise } from "./smooth_noise.ts";
import { DYNAMICS_STEP_S, type FlightDynamics, GRAVITY_MPS2 } from "./trajectory.ts";

const ACCELERATION_MAX_MPS2 = 3;
const ACCELERATION_BANDWIDTH_RPS = 4;
/** Drag of the rotors, m/s² per m/s of airspeed. */
const DRAG_PER_S = 0.12;
const YAW_RATE_MAX_RPS = radiansFromDegrees(25);
const GUIDANCE_PERIOD_STEPS = 20;

export class Multirotor implements FlightDynamics {
  positionLocalM: Vector3;
  velocityLocalMps: Vector3 = [0, 0, 0];
  localFromBody: Quaternion = [1, 0, 0, 0];
  readonly #options: AircraftOptions;
  readonly #plans: Random;
  readonly #follower: RouteFollower;
  readonly #heights: HeightProfile;
  readonly #gusts: readonly SmoothNoise[];
  readonly #shakes: readonly SmoothNoise[];
  #timeS = 0;
  #steps = 0;
  /** Without gusts, m/s and m/s². */
  #velocity: [number, number, number] = [0, 0, 0];
  #acceleration: [number, number, number] = [0, 0, 0];
  #jerk: [number, number, number] = [0, 0, 0];
  #command: [number, number, number] = [0, 0, 0];
  #speedMps: number;
  #speedUntilS = 0;
  #yawRad: number;
  #yawRateRps = 0;
  #yawCommandRad: number;
  #yawUntilS = 0;

  constructor(random: Random, options: AircraftOptions) {
    this.#options = options;
    this.#plans = random.fork("plans");
    this.#follower = new RouteFollower(options.route);
    this.#heights = new HeightProfile(random.fork("height"), options.heightM);
    const noise = (label: string, sigma: number, omegaRps: number) =>
      new SmoothNoise(random.fork(label), { sigma, omegaRps, stepS: DYNAMICS_STEP_S });
    const gust = 0.4 * options.gustMps;
    this.#gusts = [noise("gust east", gust, 1.5), noise("gust north", gust, 1.5)]
      .concat(noise("gust up", 0.6 * gust, 2));
    const shake = radiansFromDegrees(1) * options.gustMps;
    this.#shakes = [noise("roll", shake, 6), noise("pitch", shake, 6)]
      .concat(noise("yaw", 0.6 * shake, 3));
    this.#speedMps = options.speedMps;
    this.#yawRad = 2 * Math.PI * random.fork("yaw start").uniform();
    this.#yawCommandRad = this.#yawRad;
    const [start, next] = [options.route.points[0], options.route.points[10]];
    const track = Math.atan2(next.eastM - start.eastM, next.northM - start.northM);
    this.#velocity = [Math.sin(track) * this.#speedMps, Math.cos(track) * this.#speedMps, 0];
    this.positionLocalM = [start.eastM, start.northM, this.#heights.heightM(0)];
    this.#settle();
  }

  step(stepS: number): void {
    this.#timeS += stepS;
    if (this.#steps++ % GUIDANCE_PERIOD_STEPS === 0) this.#guide();
    const before = this.velocityLocalMps;
    const w = ACCELERATION_BANDWIDTH_RPS;
    for (let i = 0; i < 3; i++) {
      const pull = w * w * (this.#command[i] - this.#acceleration[i]) - 2 * w * this.#jerk[i];
      this.#jerk[i] += stepS * pull;
      this.#acceleration[i] += stepS * this.#jerk[i];
      this.#velocity[i] += stepS * this.#acceleration[i];
    }
    const yawPull = 0.8 * (this.#yawCommandRad - this.#yawRad) - 1.8 * this.#yawRateRps;
    const yawRate = this.#yawRateRps + stepS * yawPull;
    this.#yawRateRps = Math.min(YAW_RATE_MAX_RPS, Math.max(-YAW_RATE_MAX_RPS, yawRate));
    this.#yawRad += stepS * this.#yawRateRps;
    for (const noise of this.#gusts) noise.step();
    for (const noise of this.#shakes) noise.step();
    this.#settle();
    const after = this.velocityLocalMps, p = this.positionLocalM;
    this.positionLocalM = [
      p[0] + stepS * (before[0] + after[0]) / 2,
      p[1] + stepS * (before[1] + after[1]) / 2,
      p[2] + stepS * (before[2] + after[2]) / 2,
    ];
  }

  /** Speed, stops and yaw change at random moments; the acceleration follows the route. */
  #guide(): void {
    this.#plan();
    const [east, north, up] = this.positionLocalM;
    const aim = this.#follower.aim(east, north, 12);
    const de = aim.eastM - east, dn = aim.northM - north;
    const range = Math.max(1, Math.hypot(de, dn));
    const climb = Math.min(1.5, Math.max(-1.5, 0.3 * (this.#heights.heightM(this.#timeS) - up)));
    const wanted = [de / range * this.#speedMps, dn / range * this.#speedMps, climb];
    const pull = wanted.map((speed, i) => 0.9 * (speed - this.#velocity[i]));
    const size = Math.hypot(...pull);
    const share = size > ACCELERATION_MAX_MPS2 ? ACCELERATION_MAX_MPS2 / size : 1;
    this.#command = [pull[0] * share, pull[1] * share, pull[2] * share];
  }

  #plan(): void {
    const random = this.#plans, now = this.#timeS;
    if (now >= this.#speedUntilS) {
      const stops = this.#speedUntilS > 0 && this.#speedMps > 0 && random.uniform() < 0.3;
      this.#speedMps = stops ? 0 : this.#options.speedMps * (0.8 + 0.4 * random.uniform());
      this.#speedUntilS = now + (stops ? 5 + 4 * random.uniform() : 15 + 25 * random.uniform());
    }
    if (now >= this.#yawUntilS) {
      this.#yawCommandRad += 2.2 * (2 * random.uniform() - 1);
      this.#yawUntilS = now + 8 + 20 * random.uniform();
    }
  }

  /** The thrust carries the weight, the acceleration and the drag: its direction is the tilt. */
  #settle(): void {
    const { windMps } = this.#options;
    const v: Vector3 = [
      this.#velocity[0] + this.#gusts[0].value,
      this.#velocity[1] + this.#gusts[1].value,
      this.#velocity[2] + this.#gusts[2].value,
    ];
    this.velocityLocalMps = v;
    const east = this.#acceleration[0] + DRAG_PER_S * (v[0] - windMps[0]);
    const north = this.#acceleration[1] + DRAG_PER_S * (v[1] - windMps[1]);
    const up = this.#acceleration[2] + GRAVITY_MPS2;
    const size = Math.hypot(east, north, up);
    const sin = Math.sin(this.#yawRad), cos = Math.cos(this.#yawRad);
    const forward = (east * sin + north * cos) / size;
    const right = (east * cos - north * sin) / size;
    this.localFromBody = localFromBody({
      rollRad: Math.asin(right) + this.#shakes[0].value,
      pitchRad: Math.atan2(-forward, up / size) + this.#shakes[1].value,
      yawRad: this.#yawRad + this.#shakes[2].value,
    });
  }
}
