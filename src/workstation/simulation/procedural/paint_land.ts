/**
 * Paints the land cover: fields, meadows, steppe, water and snow, before objects are painted on it.
 *
 * @module
 */
import type { Canvas, Place, Rgb } from "./canvas.ts";
import { hash2, HashStream, subSeed } from "./hash.ts";
import type { Field } from "./layout.ts";
import { addNoise } from "./noise.ts";
import { type Season, SNOW } from "./season.ts";

/** Buffers of one canvas that later painters read as well. */
export interface LandTexture {
  /** Grain of the season, grey levels about 0. */
  readonly grain: Float32Array;
  /** Approximate distance to the middle of the nearest river, metres. */
  readonly riverM: Float32Array;
}

/** How a field looks in one season. */
interface FieldLook {
  readonly colour: Rgb;
  readonly soil: number;
  readonly grain: number;
  /** Across the rows, per metre of east and north: one whole number is one row. */
  readonly rowEast: number;
  readonly rowNorth: number;
  readonly rowDepth: number;
  readonly tramEast: number;
  readonly tramNorth: number;
}

const RIVER_HALF_WIDTH_M = 8;

export function paintLand(
  canvas: Canvas,
  fields: readonly Field[],
  season: Season,
  seed: number,
): LandTexture {
  const count = canvas.field.length;
  const soil = new Float32Array(count), grain = new Float32Array(count);
  addNoise(canvas, soil, soilOctaves(seed));
  addNoise(canvas, grain, grainOctaves(subSeed(seed, season.salt)));
  const looks: FieldLook[] = [steppeLook(season)];
  for (const field of fields) {
    for (const part of parts(field, season)) {
      looks.push(part.look);
      const id = looks.length - 1;
      canvas.fillConvex(part.corners, (index) => canvas.field[index] = id);
    }
  }
  compose(canvas, looks, soil, grain);
  if (season.snowFrom < 1) paintSnow(canvas, season, seed);
  const riverM = riverDistance(canvas, seed);
  paintWater(canvas, riverM, season, grain);
  return { grain, riverM };
}

/** Moisture and soil: both seasons share them. */
function soilOctaves(seed: number) {
  return [
    { cellM: 110, amplitude: 13, seed: subSeed(seed, 20) },
    { cellM: 37, amplitude: 12, seed: subSeed(seed, 21) },
    { cellM: 13, amplitude: 9, seed: subSeed(seed, 22) },
    { cellM: 4.3, amplitude: 5, seed: subSeed(seed, 23) },
  ];
}

function grainOctaves(seed: number) {
  return [
    { cellM: 29, amplitude: 8, seed: subSeed(seed, 30) },
    { cellM: 9, amplitude: 7, seed: subSeed(seed, 31) },
    { cellM: 2.7, amplitude: 8, seed: subSeed(seed, 32) },
    { cellM: 1.1, amplitude: 8, seed: subSeed(seed, 33) },
    { cellM: 0.55, amplitude: 9, seed: subSeed(seed, 34) },
    { cellM: 0.26, amplitude: 8, seed: subSeed(seed, 35) },
  ];
}

/** Some fields are sown in two halves, which differ from the other season. */
function parts(
  field: Field,
  season: Season,
): { corners: readonly Place[]; look: FieldLook }[] {
  const dice = new HashStream(hash2(field.key, 1, season.salt));
  const whole = { corners: field.corners, look: fieldLook(field, season, dice) };
  if (field.cover !== "crop" || dice.next() > 0.22) return [whole];
  const [a, b, c, d] = field.corners;
  const middle = (p: Place, q: Place): Place => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
  const half = [middle(a, b), b, c, middle(d, c)] as const;
  return [whole, { corners: half, look: fieldLook(field, season, dice) }];
}

function fieldLook(field: Field, season: Season, dice: HashStream): FieldLook {
  const shade = dice.between(-13, 13);
  const base = baseColour(field, season, dice);
  const colour: Rgb = [base[0] + shade, base[1] + shade, base[2] + shade];
  const across = field.rowAngleRad + Math.PI / 2;
  const [east, north] = [Math.cos(across), Math.sin(across)];
  const crop = field.cover === "crop", rowM = dice.between(1.4, 5), tramM = dice.between(16, 27);
  return {
    colour,
    soil: crop ? 1 : 0.8,
    grain: crop ? dice.between(0.5, 1) : field.cover === "steppe" ? 1.15 : 0.8,
    rowEast: east / rowM,
    rowNorth: north / rowM,
    rowDepth: crop ? dice.between(0, 7) : 0,
    tramEast: crop ? east / tramM : 0,
    tramNorth: crop ? north / tramM : 0,
  };
}

function baseColour(field: Field, season: Season, dice: HashStream): Rgb {
  switch (field.cover) {
    case "crop":
      return season.crops[Math.floor(dice.next() * season.crops.length)];
    case "forest":
      return season.forestFloor;
    case "steppe":
      return season.steppe;
    case "meadow":
    case "orchard":
    case "village":
      return season.meadow;
  }
}

function steppeLook(season: Season): FieldLook {
  const none = { rowEast: 0, rowNorth: 0, rowDepth: 0, tramEast: 0, tramNorth: 0 };
  return { colour: season.steppe, soil: 1, grain: 1, ...none };
}

function compose(
  canvas: Canvas,
  looks: readonly FieldLook[],
  soil: Float32Array,
  grain: Float32Array,
): void {
  const { sizePx, gsdM, rgb, field } = canvas;
  for (let y = 0, i = 0, o = 0; y < sizePx; y++) {
    const north = canvas.northM - (y + 0.5) * gsdM;
    for (let x = 0; x < sizePx; x++, i++, o += 3) {
      const look = looks[field[i]];
      const east = canvas.westM + (x + 0.5) * gsdM;
      let level = look.soil * soil[i] + look.grain * grain[i];
      if (look.rowDepth > 0) {
        const row = east * look.rowEast + north * look.rowNorth;
        level += look.rowDepth * (4 * Math.abs(row - Math.floor(row) - 0.5) - 1);
        const tram = east * look.tramEast + north * look.tramNorth;
        if (tram - Math.floor(tram) < 0.035) level -= 14;
      }
      rgb[o] = look.colour[0] + level;
      rgb[o + 1] = look.colour[1] + level;
      rgb[o + 2] = look.colour[2] + 0.8 * level;
    }
  }
}

function paintSnow(canvas: Canvas, season: Season, seed: number): void {
  const depth = new Float32Array(canvas.field.length);
  const salt = subSeed(seed, season.salt + 40);
  addNoise(canvas, depth, [
    { cellM: 210, amplitude: 0.45, seed: subSeed(salt, 1) },
    { cellM: 61, amplitude: 0.4, seed: subSeed(salt, 2) },
    { cellM: 17, amplitude: 0.25, seed: subSeed(salt, 3) },
    { cellM: 4.9, amplitude: 0.18, seed: subSeed(salt, 4) },
    { cellM: 1.3, amplitude: 0.12, seed: subSeed(salt, 5) },
  ]);
  for (let i = 0; i < depth.length; i++) {
    const over = depth[i] - season.snowFrom;
    if (over > 0) canvas.blend(i, SNOW, Math.min(0.85, 7 * over));
  }
}

/** Rivers are the zero lines of a slow noise: distance = value / slope. */
function riverDistance(canvas: Canvas, seed: number): Float32Array {
  const size = canvas.sizePx;
  const f = new Float32Array(size * size), out = new Float32Array(size * size);
  addNoise(canvas, f, [
    { cellM: 4100, amplitude: 1, seed: subSeed(seed, 50) },
    { cellM: 1100, amplitude: 0.3, seed: subSeed(seed, 51) },
    { cellM: 330, amplitude: 0.07, seed: subSeed(seed, 52) },
  ]);
  const scale = 1 / (4 * canvas.gsdM);
  for (let y = 0; y < size; y++) {
    const up = Math.max(0, y - 2) * size, down = Math.min(size - 1, y + 2) * size;
    for (let x = 0; x < size; x++) {
      const left = Math.max(0, x - 2), right = Math.min(size - 1, x + 2), i = y * size + x;
      const east = (f[y * size + right] - f[y * size + left]) * scale;
      const north = (f[up + x] - f[down + x]) * scale;
      const slope = Math.max(2.5e-4, Math.abs(east) + Math.abs(north));
      out[i] = Math.abs(f[i]) / slope;
    }
  }
  return out;
}

function paintWater(
  canvas: Canvas,
  riverM: Float32Array,
  season: Season,
  grain: Float32Array,
): void {
  for (let i = 0; i < riverM.length; i++) {
    const d = riverM[i];
    if (d > RIVER_HALF_WIDTH_M + 5) continue;
    if (d > RIVER_HALF_WIDTH_M) {
      canvas.blend(i, season.verge, 0.7 * (1 - (d - RIVER_HALF_WIDTH_M) / 5));
      continue;
    }
    const level = 0.25 * grain[i];
    canvas.blend(
      i,
      [season.water[0] + level, season.water[1] + level, season.water[2] + level],
      0.95,
    );
    canvas.built[i] = 1;
  }
}
