/**
 * Ground on which a matcher can be wrong, or should find nothing: what repeats itself, what has no
 * structure, and farmland in bad light. The map always shows it on a clear day.
 *
 * @module
 */
import { seededRandom, UsageError, type WgsPosition } from "../../../core/mod.ts";
import type { GroundPatch, GroundSource, PatchRequest } from "../ground.ts";
import { unit2 } from "./hash.ts";
import { ProceduralGround } from "./procedural_ground.ts";
import type { SeasonName } from "./season.ts";

/** Grey level, 0 to 255, at a place along and across the rows, metres. */
type Pattern = (along: number, across: number, ground: PatternSeed) => number;

interface PatternSeed {
  /** Of what stays. */
  readonly seed: number;
  /** Of what years change, and waves at once. */
  readonly season: number;
}

/** Smooth noise between −1 and 1 with nodes so many metres apart. */
function noise(x: number, y: number, cellM: number, seed: number): number {
  const i = Math.floor(x / cellM), k = Math.floor(y / cellM);
  const u = smooth(x / cellM - i), v = smooth(y / cellM - k);
  const south = unit2(i, k, seed) * (1 - u) + unit2(i + 1, k, seed) * u;
  const north = unit2(i, k + 1, seed) * (1 - u) + unit2(i + 1, k + 1, seed) * u;
  return 2 * (south * (1 - v) + north * v) - 1;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** Remainder that is never negative. */
function within(value: number, period: number): number {
  return value - period * Math.floor(value / period);
}

/** Sizes in metres, as they are built and planted. */
const PATTERNS: Readonly<Record<string, Pattern>> = {
  orchards(along, across, { seed, season }) {
    const [alongM, acrossM] = [5, 6];
    const column = Math.floor(along / alongM), row = Math.floor(across / acrossM);
    const distanceM = Math.hypot(within(along, alongM) - 2.5, within(across, acrossM) - 3);
    const isPlanted = unit2(column, row, seed) > 0.02;
    const soil = 128 + 6 * noise(along, across, 40, season);
    return isPlanted && distanceM < 1.9 ? 66 + 12 * unit2(column, row, season) : soil;
  },
  terraces(along, across, { seed, season }) {
    const place = across + 14 * noise(along, 0, 110, seed);
    const band = Math.floor(place / 9);
    const isWall = within(place, 9) < 1;
    return isWall ? 70 : 118 + 10 * unit2(band, 0, season) + 4 * noise(along, across, 15, season);
  },
  solar_parks(along, across) {
    const isPath = within(along, 44) < 4;
    return !isPath && within(across, 7) < 4 ? 48 : 132;
  },
  greenhouses(along, across, { season }) {
    const isPath = within(along, 104) < 5 || within(across, 76.8) < 4.8;
    if (isPath) return 105;
    const span = Math.floor(across / 9.6);
    return within(across, 9.6) < 0.8
      ? 120
      : 196 + 14 * unit2(span, Math.floor(along / 104), season);
  },
  water(along, across, { season }) {
    return 58 + 7 * noise(along, across, 3, season) + 5 * noise(along, across, 25, season);
  },
  sand(along, across, { seed, season }) {
    const dunes = 10 * noise(along, across, 120, seed);
    return 178 + dunes + 8 * Math.sin(across / 1.3 + 3 * noise(along, across, 20, season));
  },
};

/** A pattern without end, in rows of a heading that the seed gives. */
class PatternGround implements GroundSource {
  readonly name: string;
  readonly origin: WgsPosition;
  readonly box = null;
  readonly gsdM = 0.25;
  readonly #pattern: Pattern;
  readonly #seeds: PatternSeed;
  readonly #turnRad: number;

  constructor(name: string, pattern: Pattern, of: ProceduralOptions) {
    const random = seededRandom(`${name} ${of.seed}`);
    this.name = `${name} ${of.seed} (${of.season})`;
    this.origin = of.centre;
    this.#pattern = pattern;
    this.#turnRad = 2 * Math.PI * random.uniform();
    const seed = random.integer(2 ** 31);
    this.#seeds = { seed, season: of.season === "map" ? seed + 1 : seed + 2 };
  }

  patch({ westM, southM, widthPx, heightPx, gsdM }: PatchRequest): Promise<GroundPatch> {
    const pixels = new Uint8Array(widthPx * heightPx);
    const cos = Math.cos(this.#turnRad), sin = Math.sin(this.#turnRad);
    const northM = southM + heightPx * gsdM;
    for (let y = 0, o = 0; y < heightPx; y++) {
      const north = northM - (y + 0.5) * gsdM;
      for (let x = 0; x < widthPx; x++, o++) {
        const east = westM + (x + 0.5) * gsdM;
        pixels[o] = this.#pattern(cos * east + sin * north, cos * north - sin * east, this.#seeds);
      }
    }
    const picture = { widthPx, heightPx, channels: 1 as const, pixels };
    return Promise.resolve({ picture, westM, northM, gsdM });
  }
}

/** What light and weather make of a grey level at a place: east and north, metres. */
type Light = (level: number, eastM: number, northM: number, seed: number) => number;

const LIGHTS: Readonly<Record<string, Light>> = {
  /** New snow lies on everything. */
  snow: (level, east, north, seed) => 228 + 0.06 * level + 6 * noise(east, north, 30, seed),
  night: (level) => 4 + 0.05 * level,
  over_exposed: (level) => 60 + 2.6 * level,
  haze: (level) => 150 + 0.25 * level,
  cloud_shadows: (level, east, north, seed) =>
    level * (noise(east, north, 60, seed) + 0.5 * noise(east, north, 20, seed) > 0.1 ? 0.45 : 1.1),
};

/** Another ground in another light. */
class LitGround implements GroundSource {
  readonly name: string;
  readonly #ground: GroundSource;
  readonly #light: Light;
  readonly #seed: number;

  constructor(name: string, light: Light, ground: GroundSource, seed: number | string) {
    this.name = `${ground.name}, ${name}`;
    this.#ground = ground;
    this.#light = light;
    this.#seed = seededRandom(`${name} ${seed}`).integer(2 ** 31);
  }

  get origin(): WgsPosition {
    return this.#ground.origin;
  }

  get box(): GroundSource["box"] {
    return this.#ground.box;
  }

  get gsdM(): number {
    return this.#ground.gsdM;
  }

  async patch(request: PatchRequest): Promise<GroundPatch> {
    const { picture, westM, northM, gsdM } = await this.#ground.patch(request);
    const { channels, widthPx } = picture;
    const pixels = new Uint8ClampedArray(picture.pixels.length);
    for (let i = 0; i < pixels.length; i++) {
      const pixel = Math.floor(i / channels);
      const east = westM + (pixel % widthPx + 0.5) * gsdM;
      const north = northM - (Math.floor(pixel / widthPx) + 0.5) * gsdM;
      pixels[i] = this.#light(picture.pixels[i], east, north, this.#seed);
    }
    const lit = { ...picture, pixels: new Uint8Array(pixels.buffer) };
    return { picture: lit, westM, northM, gsdM };
  }
}

interface ProceduralOptions {
  readonly seed: number | string;
  readonly centre: WgsPosition;
  readonly season: SeasonName;
}

/** Every kind of ground but farmland. */
export const SPECIAL_GROUNDS: readonly string[] = [
  ...Object.keys(PATTERNS),
  ...Object.keys(LIGHTS),
];

/**
 * `seed` alone is farmland; `orchards:7` is orchards of the seed 7.
 *
 * @throws UsageError for a kind that is none
 */
export function openProcedural(of: ProceduralOptions): GroundSource {
  const [kind, ...rest] = String(of.seed).split(":");
  if (rest.length === 0) return new ProceduralGround(of);
  const known = { ...of, seed: rest.join(":") };
  if (Object.hasOwn(PATTERNS, kind)) return new PatternGround(kind, PATTERNS[kind], known);
  if (!Object.hasOwn(LIGHTS, kind)) {
    throw new UsageError(`"${kind}" is no kind of ground: ${SPECIAL_GROUNDS.join(", ")}`);
  }
  const farmland = new ProceduralGround(known);
  return of.season === "map" ? farmland : new LitGround(kind, LIGHTS[kind], farmland, known.seed);
}
