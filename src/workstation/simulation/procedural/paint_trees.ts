/**
 * Paints trees: in woods, along rivers, in lines and hedges, single; crowns with a lit side, and
 * shadows.
 *
 * @module
 */
import type { Canvas, Place } from "./canvas.ts";
import { hash2, HashStream, subSeed, unit2 } from "./hash.ts";
import type { Block, Field } from "./layout.ts";
import { borderKind } from "./paint_built.ts";
import type { LandTexture } from "./paint_land.ts";
import type { Season } from "./season.ts";

interface Tree {
  readonly eastM: number;
  readonly northM: number;
  readonly radiusM: number;
  readonly heightM: number;
  readonly key: number;
}

/** No part of a tree, its shadow included, reaches further than this from its stem. */
export const TREE_REACH_M = 14;
const CELL_M = 4.6;
const SHADOW_MAX_M = 9;

export function paintTrees(
  canvas: Canvas,
  blocks: readonly Block[],
  season: Season,
  options: { seed: number; texture: LandTexture },
): void {
  const fields = blocks.flatMap((block) => block.fields);
  const trees = [
    ...scattered(canvas, fields, options),
    ...fields.flatMap((field) => planted(canvas, field, season)),
    ...blocks.flatMap((block) => lines(canvas, block)),
  ].filter((tree) => unit2(tree.key, 6, season.salt) >= season.missing);
  for (const tree of trees) paintShadow(canvas, tree, season);
  for (const tree of trees) paintCrown(canvas, tree, season, options.texture);
}

function tree(eastM: number, northM: number, key: number, size: number): Tree {
  const dice = new HashStream(key);
  const radiusM = size * dice.between(0.65, 1.3);
  return { eastM, northM, radiusM, heightM: radiusM * dice.between(1.6, 2.8), key };
}

/** One candidate per cell of a grid; whether a tree is there depends on the land cover. */
function scattered(
  canvas: Canvas,
  fields: readonly Field[],
  options: { seed: number; texture: LandTexture },
): Tree[] {
  const chance = coverLookup(canvas, fields);
  const seed = subSeed(options.seed, 60);
  const out: Tree[] = [];
  const cell = (value: number) => Math.floor(value / CELL_M);
  for (let j = cell(canvas.southM); j <= cell(canvas.northM); j++) {
    for (let i = cell(canvas.westM); i <= cell(canvas.eastM); i++) {
      const key = hash2(i, j, seed);
      const east = (i + unit2(key, 1, seed)) * CELL_M, north = (j + unit2(key, 2, seed)) * CELL_M;
      const x = Math.round(canvas.column(east)), y = Math.round(canvas.row(north));
      if (x < 0 || y < 0 || x >= canvas.sizePx || y >= canvas.sizePx) continue;
      const index = y * canvas.sizePx + x;
      if (canvas.built[index] !== 0) continue;
      const river = options.texture.riverM[index];
      const gallery = river < 34 ? 0.55 * (1 - river / 34) + 0.1 : 0;
      const p = Math.max(chance[index], gallery);
      if (unit2(key, 3, seed) < p) out.push(tree(east, north, key, p > 0.5 ? 3.1 : 2.4));
    }
  }
  return out;
}

/** Chance of a tree per cell, for every pixel. */
function coverLookup(canvas: Canvas, fields: readonly Field[]): Float32Array {
  const chances = { crop: 0, meadow: 0.006, steppe: 0.02, forest: 0.93, orchard: 0, village: 0.1 };
  const out = new Float32Array(canvas.field.length);
  for (const field of fields) {
    const p = chances[field.cover];
    if (p > 0) canvas.fillConvex(field.corners, (index) => out[index] = p);
  }
  return out;
}

/** Hedges along a field, and orchards in rows. */
function planted(canvas: Canvas, field: Field, season: Season): Tree[] {
  const out: Tree[] = [];
  if (borderKind(field, season) === "hedge") {
    for (let i = 0; i < 4; i++) {
      const line = { from: field.corners[i], to: field.corners[(i + 1) % 4], key: field.key + i };
      along(canvas, line, { stepM: 2.6, size: 1.7, chance: 0.8 }, out);
    }
  }
  if (field.cover === "orchard") {
    const [a, b, c, d] = field.corners;
    const rows = Math.floor(Math.hypot(d[0] - a[0], d[1] - a[1]) / 7);
    for (let row = 1; row < rows; row++) {
      const s = row / rows;
      const from: Place = [a[0] + s * (d[0] - a[0]), a[1] + s * (d[1] - a[1])];
      const to: Place = [b[0] + s * (c[0] - b[0]), b[1] + s * (c[1] - b[1])];
      along(
        canvas,
        { from, to, key: field.key + row },
        { stepM: 5.5, size: 1.8, chance: 0.9 },
        out,
      );
    }
  }
  return out;
}

function lines(canvas: Canvas, block: Block): Tree[] {
  const out: Tree[] = [];
  for (const edge of block.edges) {
    if (edge.kind === "tree_line") {
      along(canvas, edge, { stepM: 3.4, size: 3, chance: 0.85 }, out);
    } else if (edge.kind === "road" && unit2(edge.key, 8, 0) < 0.4) {
      along(canvas, edge, { stepM: 11, size: 2.6, chance: 0.7, asideM: 7.5 }, out);
    }
  }
  return out;
}

function along(
  canvas: Canvas,
  line: { from: Place; to: Place; key: number },
  how: { stepM: number; size: number; chance: number; asideM?: number },
  out: Tree[],
): void {
  const { from, to, key } = line;
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const de = (to[0] - from[0]) / length, dn = (to[1] - from[1]) / length;
  const aside = how.asideM ?? 0;
  for (let s = 0, i = 0; s < length; s += how.stepM, i++) {
    const at: Place = [from[0] + s * de - aside * dn, from[1] + s * dn + aside * de];
    if (!canvas.touches(at, TREE_REACH_M)) continue;
    const dice = hash2(i, 17, key);
    if (unit2(dice, 1, key) > how.chance) continue;
    const off = (axis: number) => 0.5 * how.stepM * (unit2(dice, axis, key) - 0.5);
    out.push(tree(at[0] + off(2), at[1] + off(3), dice, how.size));
  }
}

function paintShadow(canvas: Canvas, tree: Tree, season: Season): void {
  const reach = Math.min(SHADOW_MAX_M, tree.heightM * Math.hypot(...season.shadow));
  const unit = reach / Math.hypot(...season.shadow);
  disc(
    canvas,
    [tree.eastM + unit * season.shadow[0] * 0.7, tree.northM + unit * season.shadow[1] * 0.7],
    tree.radiusM * 0.95,
    (index, _e, _n, edge) => canvas.scale(index, 1 - (1 - season.shadowFactor) * 0.8 * edge),
  );
}

function paintCrown(canvas: Canvas, tree: Tree, season: Season, texture: LandTexture): void {
  const dice = hash2(tree.key, 4, season.salt);
  const base = season.crowns[dice % season.crowns.length];
  const tint = ((dice >>> 8) & 255) / 255 * 22 - 11;
  const sun = Math.hypot(...season.shadow);
  const [east, north] = [-season.shadow[0] / sun, -season.shadow[1] / sun];
  disc(canvas, [tree.eastM, tree.northM], tree.radiusM, (index, e, n, edge) => {
    const light = 1 + 0.38 * (e * east + n * north);
    const level = tint + 0.9 * texture.grain[index];
    canvas.blend(
      index,
      [(base[0] + level) * light, (base[1] + level) * light, (base[2] + level) * light],
      season.crownOpacity * edge,
    );
  });
}

/** Pixels of a disc with their offset in radii and a soft edge. */
function disc(
  canvas: Canvas,
  centre: Place,
  radiusM: number,
  paint: (index: number, east: number, north: number, edge: number) => void,
): void {
  const { sizePx, gsdM } = canvas;
  const cx = canvas.column(centre[0]), cy = canvas.row(centre[1]), r = radiusM / gsdM;
  const y1 = Math.min(sizePx - 1, Math.floor(cy + r)),
    x1 = Math.min(sizePx - 1, Math.floor(cx + r));
  for (let y = Math.max(0, Math.ceil(cy - r)); y <= y1; y++) {
    for (let x = Math.max(0, Math.ceil(cx - r)); x <= x1; x++) {
      const e = (x - cx) / r, n = (cy - y) / r, d2 = e * e + n * n;
      if (d2 < 1) paint(y * sizePx + x, e, n, Math.min(1, 3.5 * (1 - d2)));
    }
  }
}
