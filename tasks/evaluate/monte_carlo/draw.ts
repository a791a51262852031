/**
 * Draws the flights of a Monte-Carlo evaluation: over which ground, how, and how wrong its map lies.
 *
 * The map's offset is drawn, and its package states the sigma of what was drawn and of what the map is
 * off by anyhow. A covariance can only be judged where each error comes from the distribution that it was
 * promised to come from: over maps that happen to lie right every honest filter looks too cautious.
 *
 * @module
 */
import { LocalFrame, type Random, seededRandom } from "../../../src/core/mod.ts";
import { SPECIAL_GROUNDS } from "../../../src/workstation/simulation/mod.ts";
import type { FlightCase, PictureGround, ProceduralGround } from "../cases.ts";
import type { Aircraft } from "../options.ts";

/** Pictures of the same ground at two dates, turned and mirrored: to the matcher another ground. */
export interface TurnedPictures {
  readonly kind: "pictures";
  readonly folder: string;
  readonly site: number;
  /** Quarter turns, clockwise, after the mirroring. */
  readonly quarterTurns: 0 | 1 | 2 | 3;
  readonly isMirrored: boolean;
}

export interface MonteCarloFlight {
  readonly name: string;
  readonly ground: TurnedPictures | Pick<ProceduralGround, "kind" | "seed">;
  readonly case: FlightCase;
  /** True place of the map less the one that it was imported at, metres. */
  readonly mapOffsetM: readonly [eastM: number, northM: number];
}

const SITES = [1, 2, 4] as const;
const GROUNDS = 20;
const DURATION_S = { ordinary: 35, special: 20 } as const;
const FOV_DEG = 60;
const GSD_M = 0.5;
/** Of painted maps: the flights are short, and their start is known to 10 m. */
const WIDTH_M = 500;
/** Map offsets are drawn from these in turn, 1 sigma of an axis. */
const DRAWN_SIGMAS_M = [0.3, 0.9, 0.3, 2.2] as const;
/**
 * What the maps are off by before anything is drawn, 1 sigma of an axis (tests/bench/tie_points.ts): by
 * season and light, and pictures also by how the two were laid on each other.
 */
const OWN_SIGMA_M = { pictures: 1.25, procedural: 1 } as const;

export interface DrawnFrom {
  readonly grounds: "ordinary" | "special";
  /** The sites of two dates; null: procedural ground alone. */
  readonly picturesFolder: string | null;
  readonly work: string;
}

export function drawFlights(
  count: number,
  seed: number,
  { grounds: kind, picturesFolder, work }: DrawnFrom,
): MonteCarloFlight[] {
  const random = seededRandom(`monte carlo ${seed}`);
  if (kind === "special") {
    return Array.from({ length: count }, (_, i) => {
      const flight = random.fork(`special ${i}`);
      const special = SPECIAL_GROUNDS[i % SPECIAL_GROUNDS.length];
      const ground = { kind: "procedural", seed: `${special}:${flight.integer(1e6)}` } as const;
      return drawFlight(flight, i, { ground, work, durationS: DURATION_S.special });
    });
  }
  const grounds = Array.from(
    { length: GROUNDS },
    (_, i) => drawGround(random.fork(`ground ${i}`), i, picturesFolder),
  );
  return Array.from(
    { length: count },
    (_, i) =>
      drawFlight(random.fork(`flight ${i}`), i, {
        ground: grounds[i % GROUNDS],
        work,
        durationS: DURATION_S.ordinary,
      }),
  );
}

/** Two grounds of five are pictures. */
function drawGround(
  random: Random,
  index: number,
  picturesFolder: string | null,
): MonteCarloFlight["ground"] {
  if (picturesFolder === null || index % 5 > 1) {
    return { kind: "procedural", seed: random.integer(1e6) };
  }
  const site = SITES[(2 * Math.floor(index / 5) + index % 5) % SITES.length];
  return {
    kind: "pictures",
    folder: `${picturesFolder}/site_${site}`,
    site,
    quarterTurns: random.integer(4) as TurnedPictures["quarterTurns"],
    isMirrored: random.uniform() < 0.5,
  };
}

function drawFlight(
  random: Random,
  index: number,
  { ground, work, durationS }: {
    readonly ground: MonteCarloFlight["ground"];
    readonly work: string;
    readonly durationS: number;
  },
): MonteCarloFlight {
  const aircraft: Aircraft = random.uniform() < 0.5 ? "fixed_wing" : "multirotor";
  const isPicture = ground.kind === "pictures";
  const aglM = Math.round(isPicture ? 90 + 45 * random.uniform() : 90 + 130 * random.uniform());
  const about = isPicture
    ? `site_${ground.site}_${90 * ground.quarterTurns}${ground.isMirrored ? "m" : ""}`
    : `procedural_${String(ground.seed).replace(":", "_")}`;
  const name = `${String(index).padStart(3, "0")}_${about}_${aircraft}`;
  const turn = index + Math.floor(index / GROUNDS);
  const drawnSigmaM = DRAWN_SIGMAS_M[turn % DRAWN_SIGMAS_M.length];
  const sigmaM = Number(Math.hypot(drawnSigmaM, OWN_SIGMA_M[ground.kind]).toFixed(2));
  const centre = { latitudeDeg: -40 + 95 * random.uniform(), longitudeDeg: 11.5, heightM: 0 };
  const mapOffsetM = [drawnSigmaM * random.normal(), drawnSigmaM * random.normal()] as const;
  const moved = new LocalFrame(centre).wgsFromLocal([...mapOffsetM, 0]);
  const flown: PictureGround | ProceduralGround = isPicture
    ? {
      kind: "pictures",
      map: `${work}/${name}/map.png`,
      world: `${work}/${name}/world.png`,
      centre: degrees(centre),
      gsdM: GSD_M,
    }
    : { kind: "procedural", seed: ground.seed, centre: degrees(centre), zoom: 18, widthM: WIDTH_M };
  return {
    name,
    ground,
    mapOffsetM,
    case: {
      kind: "flight",
      name,
      ground: flown,
      registration: { sigmaM, centre: degrees(moved) },
      flight: {
        aircraft,
        aglM,
        fovDeg: FOV_DEG,
        distanceM: 3000,
        durationS,
        seed: random.integer(2 ** 31),
        prior: true,
      },
      bars: [],
    },
  };
}

/** A millionth of a degree is 0.1 m: nine places. */
function degrees(place: { readonly latitudeDeg: number; readonly longitudeDeg: number }): string {
  return `${place.latitudeDeg.toFixed(9)},${place.longitudeDeg.toFixed(9)}`;
}
