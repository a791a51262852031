/**
 * By how much the tilt tags of a flight are wrong, by what its located photographs show: a single picture of a
 * narrow view hardly tells tilt from place, a flight of them does.
 *
 * Model: tilt found by picture and map alone − tilt tagged = common error + own error + noise of the picture, in
 * the two axes of the camera across its line of sight. The common error b is estimated by generalised least
 * squares, the own errors' sigma S by maximum likelihood over a grid. The tags are believed, with the sigma of
 * their kind, unless the sum of squared residuals, χ² of 2 n degrees of freedom, says otherwise.
 *
 * @module
 */
import { degreesFromRadians, radiansFromDegrees } from "../../core/mod.ts";

/** Of one photograph, about the camera's x and y axes, radians. */
export interface TiltResidual {
  readonly xRad: number;
  readonly yRad: number;
  /** What picture and map alone leave open: [xx, xy, yy], rad². */
  readonly covarianceRad2: readonly [number, number, number];
}

/** What the tags of a flight are believed to be off by. */
export interface TagTilt {
  /** Common to all photographs, about the camera's axes, radians. */
  readonly xRad: number;
  readonly yRad: number;
  /** Of each photograph about that, 1 sigma each way, radians. */
  readonly sigmaRad: number;
}

/** Fewer photographs can err together by chance. */
const PHOTOGRAPHS_MIN = 3;
/** Standard normal deviate that one flight in a thousand with right tags exceeds. */
const DEVIATE = 3.1;
const SIGMA_MAX_DEG = 30, SIGMA_STEPS = 40;

/** null where the tags are as good as their kind; `tagSigmaRad`: 1 sigma of that kind. */
export function tagTilt(residuals: readonly TiltResidual[], tagSigmaRad: number): TagTilt | null {
  if (residuals.length < PHOTOGRAPHS_MIN) return null;
  const asTagged = { xRad: 0, yRad: 0, sigmaRad: tagSigmaRad };
  if (squaresOf(residuals, asTagged) <= chiSquareQuantile(2 * residuals.length)) return null;
  let best = { tilt: commonTilt(residuals, tagSigmaRad), likelihood: -Infinity };
  const most = radiansFromDegrees(SIGMA_MAX_DEG);
  for (let step = 0; step <= SIGMA_STEPS; step++) {
    const sigmaRad = tagSigmaRad * (most / tagSigmaRad) ** (step / SIGMA_STEPS);
    const tilt = commonTilt(residuals, sigmaRad);
    const likelihood = -0.5 * (squaresOf(residuals, tilt) + logDeterminants(residuals, sigmaRad));
    if (likelihood > best.likelihood) best = { tilt, likelihood };
  }
  return best.tilt;
}

/** Wilson and Hilferty's approximation, PNAS 1931. */
function chiSquareQuantile(degrees: number): number {
  const share = 2 / (9 * degrees);
  return degrees * (1 - share + DEVIATE * Math.sqrt(share)) ** 3;
}

type Symmetric = readonly [number, number, number];

function inverse([xx, xy, yy]: Symmetric): Symmetric {
  const determinant = xx * yy - xy * xy;
  return [yy / determinant, -xy / determinant, xx / determinant];
}

function withSigma([xx, xy, yy]: Symmetric, sigmaRad: number): Symmetric {
  return [xx + sigmaRad ** 2, xy, yy + sigmaRad ** 2];
}

function squaresOf(residuals: readonly TiltResidual[], tilt: TagTilt): number {
  let sum = 0;
  for (const { xRad, yRad, covarianceRad2 } of residuals) {
    const [xx, xy, yy] = inverse(withSigma(covarianceRad2, tilt.sigmaRad));
    const x = xRad - tilt.xRad, y = yRad - tilt.yRad;
    sum += xx * x * x + 2 * xy * x * y + yy * y * y;
  }
  return sum;
}

function logDeterminants(residuals: readonly TiltResidual[], sigmaRad: number): number {
  let sum = 0;
  for (const { covarianceRad2 } of residuals) {
    const [xx, xy, yy] = withSigma(covarianceRad2, sigmaRad);
    sum += Math.log(xx * yy - xy * xy);
  }
  return sum;
}

/** The weighted mean, with its own uncertainty in the sigma of each. */
function commonTilt(residuals: readonly TiltResidual[], sigmaRad: number): TagTilt {
  let xx = 0, xy = 0, yy = 0, x = 0, y = 0;
  for (const { xRad, yRad, covarianceRad2 } of residuals) {
    const [a, b, c] = inverse(withSigma(covarianceRad2, sigmaRad));
    xx += a;
    xy += b;
    yy += c;
    x += a * xRad + b * yRad;
    y += b * xRad + c * yRad;
  }
  const [a, b, c] = inverse([xx, xy, yy]);
  return {
    xRad: a * x + b * y,
    yRad: b * x + c * y,
    sigmaRad: Math.hypot(sigmaRad, Math.sqrt(Math.max(a, c))),
  };
}

/** For a person. */
export function tagTiltText({ xRad, yRad, sigmaRad }: TagTilt): string {
  const degrees = (radians: number) => degreesFromRadians(radians).toFixed(0);
  return `the pictures contradict their tilt tags: off by ${
    degrees(Math.hypot(xRad, yRad))
  }° in common, ` +
    `each by ${degrees(sigmaRad)}° (1 sigma); the tags count with that sigma`;
}
