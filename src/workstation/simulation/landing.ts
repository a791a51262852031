/**
 * How a simulated flight comes down: from any state in the air to rest on the ground.
 *
 * A fixed wing levels its wings, sinks at 3 m/s, flares, touches down at about 0.5 m/s and rolls out. A
 * multirotor stops, sinks at 4 m/s and slower near the ground. Both touch down on a critically damped spring.
 *
 * @module
 */
import {
  localFromBody,
  type Quaternion,
  radiansFromDegrees,
  type Random,
  rollPitchYaw,
  type Vector3,
} from "../../core/mod.ts";
import type { Aircraft } from "./flight_options.ts";
import { SmoothNoise } from "./smooth_noise.ts";
import {
  DYNAMICS_STEP_S,
  type FlightDynamics,
  fly,
  GRAVITY_MPS2,
  joinTrajectories,
  Trajectory,
  type TrueState,
} from "./trajectory.ts";

interface LandingOptions {
  readonly aircraft: Aircraft;
  readonly rateHz: number;
  /** Standing on the ground afterwards, seconds. */
  readonly restS: number;
}

interface LandingFlown {
  /** From the given state to the end of the rest. */
  readonly trajectory: Trajectory;
  /** When it stands, seconds since the descent began. */
  readonly atRestS: number;
}

/** A descent takes longer from higher up; this ends one that never does. */
const LANDING_MAX_S = 3600;

/** `last`: in the air, above flat ground at height 0. The first state of what is returned is `last`. */
export function landingFrom(
  last: TrueState,
  random: Random,
  { aircraft, rateHz, restS }: LandingOptions,
): LandingFlown {
  const dynamics = aircraft === "fixed_wing"
    ? new FixedWingLanding(last, random)
    : new MultirotorLanding(last, random);
  const descent = fly(dynamics, {
    rateHz,
    durationS: LANDING_MAX_S,
    distanceM: Infinity,
    isOver: () => dynamics.isAtRest,
  });
  const standing = new Float64Array(10 * (Math.round(restS * rateHz) + 1));
  const [east, north] = dynamics.positionLocalM;
  for (let o = 0; o < standing.length; o += 10) {
    standing.set([east, north, 0, 0, 0, 0, ...dynamics.localFromBody], o);
  }
  return {
    trajectory: joinTrajectories(descent, new Trajectory(rateHz, standing)),
    atRestS: descent.durationS,
  };
}

/** Follows what it is told without a jump: critically damped, second order. */
class Follower {
  value: number;
  rate: number;
  readonly #omegaRps: number;

  constructor(value: number, omegaRps: number, rate = 0) {
    this.value = value;
    this.rate = rate;
    this.#omegaRps = omegaRps;
  }

  step(target: number, stepS: number): void {
    const omega = this.#omegaRps;
    this.rate += stepS * (omega * omega * (target - this.value) - 2 * omega * this.rate);
    this.value += stepS * this.rate;
  }
}

/** Of the landing gear: sinks in by 2 cm at 0.7 m/s. */
const GEAR_OMEGA_RPS = 12;
const STANDS_BELOW_MPS = 0.02;
const STANDS_BELOW_M = 0.002;
/** Shaking of the attitude in flight, 1 sigma; it begins as gently as it ends. */
const SHAKE_RAD = radiansFromDegrees(0.8);
const SHAKE_OMEGA_RPS = 5;
const SHAKE_BEGINS_S = 2;
const SHAKE_ENDS_S = 0.4;

/** What both have: the gear, the attitude's shaking, and the way from velocity to position. */
abstract class LandingDynamics implements FlightDynamics {
  positionLocalM: Vector3;
  velocityLocalMps: Vector3;
  localFromBody: Quaternion;
  protected isOnGround = false;
  readonly #shakes: readonly SmoothNoise[];
  #shaking = 0;

  constructor(last: TrueState, random: Random) {
    this.positionLocalM = last.positionLocalM;
    this.velocityLocalMps = last.velocityLocalMps;
    this.localFromBody = last.localFromBody;
    this.#shakes = ["roll", "pitch", "yaw"].map((axis) =>
      new SmoothNoise(random.fork(axis), {
        sigma: SHAKE_RAD,
        omegaRps: SHAKE_OMEGA_RPS,
        stepS: DYNAMICS_STEP_S,
      })
    );
  }

  abstract readonly isAtRest: boolean;
  /** Velocity without the gear's, and attitude without shaking: roll, pitch, yaw. */
  protected abstract advance(stepS: number): { velocity: Vector3; angles: Vector3 };

  step(stepS: number): void {
    const before = this.velocityLocalMps, p = this.positionLocalM;
    this.isOnGround ||= p[2] <= 0;
    const { velocity, angles } = this.advance(stepS);
    const up = this.isOnGround ? this.#gearSpeed(before[2], p[2], stepS) : velocity[2];
    this.velocityLocalMps = [velocity[0], velocity[1], up];
    const after = this.velocityLocalMps;
    this.positionLocalM = [
      p[0] + stepS * (before[0] + after[0]) / 2,
      p[1] + stepS * (before[1] + after[1]) / 2,
      p[2] + stepS * (before[2] + after[2]) / 2,
    ];
    const [roll, pitch, yaw] = this.#shaken(angles, stepS);
    this.localFromBody = localFromBody({ rollRad: roll, pitchRad: pitch, yawRad: yaw });
  }

  protected get stands(): boolean {
    const [east, north, up] = this.velocityLocalMps;
    return this.isOnGround && Math.hypot(east, north, up) < STANDS_BELOW_MPS &&
      Math.abs(this.positionLocalM[2]) < STANDS_BELOW_M && this.#shaking < 1e-3;
  }

  #gearSpeed(speedMps: number, heightM: number, stepS: number): number {
    const omega = GEAR_OMEGA_RPS;
    return speedMps - stepS * (omega * omega * heightM + 2 * omega * speedMps);
  }

  #shaken(angles: Vector3, stepS: number): Vector3 {
    this.#shaking += this.isOnGround
      ? -stepS / SHAKE_ENDS_S * this.#shaking
      : stepS / SHAKE_BEGINS_S * (1 - this.#shaking);
    const by = this.#shakes.map((noise) => this.#shaking * noise.step());
    return [angles[0] + by[0], angles[1] + by[1], angles[2] + by[2]];
  }
}

const WING = {
  sinkMps: 3,
  touchdownMps: 0.5,
  flareM: 10,
  /** As in cruise. */
  trimRad: radiansFromDegrees(2.5),
  flarePitchRad: radiansFromDegrees(3),
  flareBrakingMps2: 0.4,
  brakingMps2: 2.5,
  /** Wheels take the aircraft where its nose points. */
  wheelsS: 0.4,
} as const;

class FixedWingLanding extends LandingDynamics {
  readonly #roll: Follower;
  readonly #pitch: Follower;
  readonly #climb: Follower;
  readonly #braking = new Follower(0, 5);
  #headingRad: number;
  #forwardMps: number;
  /** What wind carries it sideways by, east and north. */
  #cross: readonly [number, number];

  constructor(last: TrueState, random: Random) {
    super(last, random);
    const { rollRad, pitchRad, yawRad } = rollPitchYaw(last.localFromBody);
    const [east, north, up] = last.velocityLocalMps;
    const sin = Math.sin(yawRad), cos = Math.cos(yawRad);
    this.#headingRad = yawRad;
    this.#forwardMps = east * sin + north * cos;
    this.#cross = [east - this.#forwardMps * sin, north - this.#forwardMps * cos];
    this.#roll = new Follower(rollRad, 2.5);
    this.#pitch = new Follower(pitchRad, 3);
    this.#climb = new Follower(up, 2.5);
  }

  get isAtRest(): boolean {
    return this.stands;
  }

  protected advance(stepS: number) {
    const heightM = this.positionLocalM[2];
    const isFlaring = heightM < WING.flareM;
    const near = Math.max(0, heightM) / WING.flareM;
    const sink = Math.max(WING.touchdownMps, WING.sinkMps * Math.min(1, near));
    this.#climb.step(-sink, stepS);
    const braking = this.isOnGround ? WING.brakingMps2 : isFlaring ? WING.flareBrakingMps2 : 0;
    this.#braking.step(braking, stepS);
    this.#forwardMps = Math.max(0, this.#forwardMps - stepS * this.#braking.value);
    if (this.isOnGround) {
      const kept = 1 - stepS / WING.wheelsS;
      this.#cross = [kept * this.#cross[0], kept * this.#cross[1]];
    }
    this.#roll.step(0, stepS);
    this.#pitch.step(this.#pitchWanted(isFlaring), stepS);
    const turning = this.isOnGround ? 0 : Math.tan(this.#roll.value);
    this.#headingRad += stepS * GRAVITY_MPS2 * turning / Math.max(5, this.#forwardMps);
    const sin = Math.sin(this.#headingRad), cos = Math.cos(this.#headingRad);
    return {
      velocity: [
        this.#forwardMps * sin + this.#cross[0],
        this.#forwardMps * cos + this.#cross[1],
        this.#climb.value,
      ] as const,
      angles: [this.#roll.value, this.#pitch.value, this.#headingRad] as const,
    };
  }

  #pitchWanted(isFlaring: boolean): number {
    if (this.isOnGround) return 0;
    const pathRad = Math.atan2(this.#climb.value, Math.max(5, this.#forwardMps));
    return pathRad + WING.trimRad + (isFlaring ? WING.flarePitchRad : 0);
  }
}

const ROTORS = {
  sinkMps: 4,
  touchdownMps: 0.6,
  /** Sinking speed wanted at a metre of height. */
  sinkPerS: 0.35,
  /** It sinks once it is slower than this. */
  stoppedMps: 1,
  accelerationMaxMps2: 3,
  accelerationOmegaRps: 4,
} as const;

class MultirotorLanding extends LandingDynamics {
  readonly #acceleration: readonly Follower[];
  readonly #roll: Follower;
  readonly #pitch: Follower;
  readonly #yawRad: number;
  #hasStopped = false;

  constructor(last: TrueState, random: Random) {
    super(last, random);
    const { rollRad, pitchRad, yawRad } = rollPitchYaw(last.localFromBody);
    this.#yawRad = yawRad;
    this.#roll = new Follower(rollRad, 8);
    this.#pitch = new Follower(pitchRad, 8);
    this.#acceleration = [0, 1, 2].map(() => new Follower(0, ROTORS.accelerationOmegaRps));
  }

  get isAtRest(): boolean {
    return this.stands;
  }

  protected advance(stepS: number) {
    const v = this.velocityLocalMps;
    this.#hasStopped ||= Math.hypot(v[0], v[1]) < ROTORS.stoppedMps;
    const near = ROTORS.sinkPerS * Math.max(0, this.positionLocalM[2]);
    const sink = Math.min(ROTORS.sinkMps, Math.max(ROTORS.touchdownMps, near));
    const wanted = [0, 0, this.#hasStopped ? -sink : 0];
    const pull = wanted.map((speed, axis) => (this.isOnGround ? 4 : 0.9) * (speed - v[axis]));
    const size = Math.hypot(...pull);
    const share = Math.min(1, ROTORS.accelerationMaxMps2 / size);
    this.#acceleration.forEach((one, axis) => one.step(share * pull[axis], stepS));
    const [east, north, up] = this.#acceleration.map(({ value }) => value);
    const tilt = this.isOnGround ? [0, 0] : tiltFor(east, north, up, this.#yawRad);
    this.#roll.step(tilt[0], stepS);
    this.#pitch.step(tilt[1], stepS);
    return {
      velocity: [v[0] + stepS * east, v[1] + stepS * north, v[2] + stepS * up] as const,
      angles: [this.#roll.value, this.#pitch.value, this.#yawRad] as const,
    };
  }
}

/** Roll and pitch whose thrust accelerates it so. */
function tiltFor(east: number, north: number, up: number, yawRad: number): [number, number] {
  const lift = up + GRAVITY_MPS2, size = Math.hypot(east, north, lift);
  const sin = Math.sin(yawRad), cos = Math.cos(yawRad);
  const forward = (east * sin + north * cos) / size, right = (east * cos - north * sin) / size;
  return [Math.asin(right), Math.atan2(-forward, lift / size)];
}
