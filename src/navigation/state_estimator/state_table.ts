/**
 * The filter's state, block by block: the one place that says what it consists of. Offsets, sizes,
 * how a correction is taken in, what the copies hold, the initial variances and the decay of the
 * Gauss–Markov states all follow from this table.
 *
 * A rotation takes 3 numbers in the error state (a vector in body axes, `R = R̂·Exp(δθ)`) and 4 in
 * the nominal state (a quaternion).
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { TakeoffOrigin } from "./contract.ts";

export interface KnownOrigin {
  readonly origin: TakeoffOrigin;
  readonly sigmaHorizM: number;
  readonly sigmaVertM: number;
}

/** What the initial variances follow from. */
interface InitialKnowledge {
  readonly config: EskfConfig;
  /** undefined: nothing is known of the position. */
  readonly origin: KnownOrigin | undefined;
}

/** First-order Gauss–Markov: sigma in the block's unit, correlated over a time or over a distance flown. */
export type GaussMarkov =
  & { readonly sigma: number }
  & ({ readonly timeS: number } | { readonly distanceM: number });

interface StateBlock {
  readonly name: string;
  /** Length in the error state. */
  readonly size: 1 | 2 | 3;
  /** How a correction is taken in: added, or turned by. */
  readonly kind: "additive" | "rotation";
  /** Initial 1 sigma of each component; absent: set with the whole state, or a copy. */
  readonly initialSigmas?: (knowledge: InitialKnowledge) => readonly number[];
  readonly gaussMarkov?: (config: EskfConfig) => GaussMarkov;
  /** A copy of another block, made by `FilterState.clone()` or by `FilterState.fixPoint()`. */
  readonly copy?: { readonly of: string; readonly by: "clone" | "fixPoint" };
}

/** Copies stand last: they make the whole covariance singular at the moment of copying. */
const STATE_BLOCKS = [
  {
    name: "position",
    size: 3,
    kind: "additive",
    initialSigmas: ({ config: { initial }, origin }) => {
      const horizontalM = origin?.sigmaHorizM ?? initial.unknownSigmaHorizM;
      return [horizontalM, horizontalM, origin?.sigmaVertM ?? initial.unknownSigmaVertM];
    },
  },
  {
    name: "velocity",
    size: 3,
    kind: "additive",
    initialSigmas: ({ config: { initial } }) => [
      initial.velocitySigmaHorizMps,
      initial.velocitySigmaHorizMps,
      initial.velocitySigmaVertMps,
    ],
  },
  /** Local from body; its initial covariance is that of the controller's attitude. */
  { name: "attitude", size: 3, kind: "rotation" },
  {
    name: "accelerometerBias",
    size: 3,
    kind: "additive",
    initialSigmas: ({ config }) => eachAxis(config.imu.accelerometerBiasSigmaMps2),
  },
  {
    name: "gyroscopeBias",
    size: 3,
    kind: "additive",
    initialSigmas: ({ config }) => eachAxis(config.imu.gyroscopeBiasSigmaRps),
  },
  /** The camera's mounting error: true body-from-camera = Exp(mounting) · nominal. */
  {
    name: "mounting",
    size: 3,
    kind: "rotation",
    initialSigmas: ({ config }) => eachAxis(config.mountingSigmaRad),
  },
  {
    name: "baroDrift",
    size: 1,
    kind: "additive",
    initialSigmas: ({ config }) => [config.baro.driftSigmaM],
    gaussMarkov: ({ baro }) => ({ sigma: baro.driftSigmaM, timeS: baro.driftTimeS }),
  },
  {
    name: "odometryScale",
    size: 1,
    kind: "additive",
    initialSigmas: ({ config }) => [config.odometry.scaleInitialSigma],
    gaussMarkov: ({ odometry }) => ({ sigma: odometry.scaleSigma, timeS: odometry.scaleTimeS }),
  },
  /** Local registration error of the map, east and north. */
  {
    name: "map",
    size: 2,
    kind: "additive",
    initialSigmas: ({ config: { anchor } }) => [anchor.mapLocalSigmaM, anchor.mapLocalSigmaM],
    gaussMarkov: ({ anchor }) => ({
      sigma: anchor.mapLocalSigmaM,
      distanceM: anchor.mapCorrelationLengthM,
    }),
  },
  /** Offset of the map as a whole, east and north. */
  {
    name: "mapOffset",
    size: 2,
    kind: "additive",
    initialSigmas: ({ config: { anchor } }) => [anchor.mapConstantSigmaM, anchor.mapConstantSigmaM],
  },
  /** Position and attitude at the newest camera frame (stochastic cloning). */
  { name: "clonePosition", size: 3, kind: "additive", copy: { of: "position", by: "clone" } },
  { name: "cloneAttitude", size: 3, kind: "rotation", copy: { of: "attitude", by: "clone" } },
  /** A moment that is being smoothed; unused otherwise, its covariance is then zero and stays so. */
  { name: "fixedPosition", size: 3, kind: "additive", copy: { of: "position", by: "fixPoint" } },
  { name: "fixedVelocity", size: 3, kind: "additive", copy: { of: "velocity", by: "fixPoint" } },
  { name: "fixedAttitude", size: 3, kind: "rotation", copy: { of: "attitude", by: "fixPoint" } },
] as const satisfies readonly StateBlock[];

export type BlockName = (typeof STATE_BLOCKS)[number]["name"];

/** A block with its places in the error state and in the nominal state. */
export interface PlacedBlock extends StateBlock {
  readonly name: BlockName;
  readonly error: number;
  readonly nominal: number;
  readonly nominalSize: number;
}

export const PLACED_BLOCKS: readonly PlacedBlock[] = placed(STATE_BLOCKS);

/** Offset of each block in the error state. */
export const ERROR: Readonly<Record<BlockName, number>> = offsets((block) => block.error);
/** Offset of each block in the nominal state. */
export const NOMINAL: Readonly<Record<BlockName, number>> = offsets((block) => block.nominal);
export const STATE_SIZE = PLACED_BLOCKS.reduce((sum, block) => sum + block.size, 0);
export const NOMINAL_SIZE = PLACED_BLOCKS.reduce((sum, block) => sum + block.nominalSize, 0);
/** Length of the error state without the copies. */
export const CORE_SIZE = PLACED_BLOCKS.filter((block) => block.copy === undefined)
  .reduce((sum, block) => sum + block.size, 0);

/** Pairs of blocks: what a copy is taken from, and the copy. */
export function copiesBy(
  by: "clone" | "fixPoint",
): readonly (readonly [source: PlacedBlock, target: PlacedBlock])[] {
  return PLACED_BLOCKS.filter((block) => block.copy?.by === by).map((target) => {
    const source = PLACED_BLOCKS.find((block) => block.name === target.copy?.of);
    if (source === undefined) throw new Error(`${target.name} is a copy of no block`);
    return [source, target];
  });
}

function placed(
  blocks: readonly (StateBlock & { readonly name: BlockName })[],
): readonly PlacedBlock[] {
  let error = 0, nominal = 0;
  return blocks.map((block) => {
    const nominalSize = block.kind === "rotation" ? 4 : block.size;
    const place = { ...block, error, nominal, nominalSize };
    error += block.size;
    nominal += nominalSize;
    return place;
  });
}

function offsets(of: (block: PlacedBlock) => number): Record<BlockName, number> {
  return Object.fromEntries(PLACED_BLOCKS.map((block) => [block.name, of(block)])) as Record<
    BlockName,
    number
  >;
}

function eachAxis(sigma: number): readonly number[] {
  return [sigma, sigma, sigma];
}
