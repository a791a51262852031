/**
 * The layout of the ground: roads between jittered nodes, blocks of land between roads, fields in
 * blocks. It is the same in both seasons.
 *
 * @module
 */
import { type Place } from "./canvas.ts";
import { hash2, HashStream, subSeed, unit2 } from "./hash.ts";
import type { Cover } from "./season.ts";

/** Distance between the nodes where roads meet, metres. */
const BLOCK_M = 760;
const NODE_JITTER = 0.44;

type EdgeKind = "road" | "track" | "tree_line" | "ditch";

export interface Field {
  /** Random number of this field. */
  readonly key: number;
  readonly corners: readonly [Place, Place, Place, Place];
  readonly cover: Cover;
  /** Direction of the rows, radians from east towards north. */
  readonly rowAngleRad: number;
  /** What runs along its sides. */
  readonly border: "none" | "grass" | "hedge" | "path";
}

export interface House {
  readonly key: number;
  readonly centre: Place;
  readonly lengthM: number;
  readonly widthM: number;
  readonly heightM: number;
  readonly angleRad: number;
}

export interface Edge {
  readonly kind: EdgeKind;
  readonly key: number;
  readonly from: Place;
  readonly to: Place;
}

/** One block of land, with everything in it. */
export interface Block {
  readonly fields: readonly Field[];
  readonly houses: readonly House[];
  /** Village streets. */
  readonly streets: readonly (readonly [Place, Place])[];
  /** Unpaved ways over open land, piece by piece. */
  readonly trails: readonly (readonly [Place, Place])[];
  /** Its southern and its western side. */
  readonly edges: readonly Edge[];
}

export class Layout {
  readonly #seed: number;
  readonly #blocks = new Map<string, Block>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  node(i: number, j: number): Place {
    const jitter = (axis: number) =>
      NODE_JITTER * (unit2(i, j, subSeed(this.#seed, axis)) - 0.5) * BLOCK_M;
    return [i * BLOCK_M + jitter(1), j * BLOCK_M + jitter(2)];
  }

  /** Blocks that may reach into a rectangle. */
  blocksIn(box: { westM: number; southM: number; eastM: number; northM: number }): Block[] {
    const blocks: Block[] = [];
    const low = (value: number) => Math.floor(value / BLOCK_M) - 1;
    for (let j = low(box.southM); j <= low(box.northM) + 2; j++) {
      for (let i = low(box.westM); i <= low(box.eastM) + 2; i++) blocks.push(this.#block(i, j));
    }
    return blocks;
  }

  #block(i: number, j: number): Block {
    const name = `${i},${j}`;
    let block = this.#blocks.get(name);
    if (block === undefined) {
      if (this.#blocks.size > 4000) this.#blocks.clear();
      block = this.#make(i, j);
      this.#blocks.set(name, block);
    }
    return block;
  }

  #make(i: number, j: number): Block {
    const corners = [
      this.node(i, j),
      this.node(i + 1, j),
      this.node(i + 1, j + 1),
      this.node(i, j + 1),
    ] as const;
    const dice = new HashStream(hash2(i, j, subSeed(this.#seed, 3)));
    const edges = [
      this.#edge(corners[0], corners[1], { line: j, along: i, axis: 4 }),
      this.#edge(corners[0], corners[3], { line: i, along: j, axis: 5 }),
    ];
    const kind = dice.next();
    if (kind < 0.1) return { ...village(corners, dice), edges };
    if (kind < 0.2) {
      return { ...steppe(corners, dice), edges };
    }
    const fields: Field[] = [];
    split(corners, dice, fields, 0);
    const houses = dice.next() < 0.3 ? farmstead(corners, dice) : [];
    return { fields, houses, streets: [], trails: [], edges };
  }

  /** Every third line or so is a paved road over its whole length; the others vary by block. */
  #edge(from: Place, to: Place, where: { line: number; along: number; axis: number }): Edge {
    const seed = subSeed(this.#seed, where.axis);
    const paved = unit2(where.line, 0, seed) < 0.3;
    const key = hash2(where.line, where.along + 1000, seed);
    const choice = key / 4294967296;
    const kind = paved ? "road" : choice < 0.5 ? "track" : choice < 0.85 ? "tree_line" : "ditch";
    return { kind, key, from, to };
  }
}

type Quad = readonly [Place, Place, Place, Place];

function mix(a: Place, b: Place, share: number): Place {
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

function distance(a: Place, b: Place): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Cuts a quadrilateral across its longer way until the pieces are fields. */
function split(quad: Quad, dice: HashStream, out: Field[], depth: number): void {
  const [a, b, c, d] = quad;
  const across = (distance(a, b) + distance(d, c)) / 2;
  const along = (distance(a, d) + distance(b, c)) / 2;
  const longer = Math.max(across, along);
  if (longer < 130 || (depth > 1 && longer < 420 && dice.next() < 0.3)) {
    out.push(field(quad, dice));
    return;
  }
  // The two ends of a cut differ: few fields are true rectangles.
  const first = dice.between(0.32, 0.68), second = first + dice.between(-0.06, 0.06);
  if (across >= along) {
    const low = mix(a, b, first), high = mix(d, c, second);
    split([a, low, high, d], dice, out, depth + 1);
    split([low, b, c, high], dice, out, depth + 1);
  } else {
    const left = mix(a, d, first), right = mix(b, c, second);
    split([a, b, right, left], dice, out, depth + 1);
    split([left, right, c, d], dice, out, depth + 1);
  }
}

function field(corners: Quad, dice: HashStream): Field {
  const what = dice.next(), edge = dice.next();
  const cover: Cover = what < 0.68
    ? "crop"
    : what < 0.82
    ? "meadow"
    : what < 0.93
    ? "forest"
    : what < 0.97
    ? "steppe"
    : "orchard";
  const [a, b, c] = corners;
  const side: [Place, Place] = distance(a, b) > distance(b, c) ? [a, b] : [b, c];
  return {
    key: Math.floor(dice.next() * 4294967296),
    corners,
    cover,
    rowAngleRad: Math.atan2(side[1][1] - side[0][1], side[1][0] - side[0][0]),
    border: edge < 0.3 ? "none" : edge < 0.62 ? "grass" : edge < 0.82 ? "hedge" : "path",
  };
}

/** A point of the quadrilateral, u along its southern and v along its western side. */
function inside(quad: Quad, u: number, v: number): Place {
  return mix(mix(quad[0], quad[1], u), mix(quad[3], quad[2], u), v);
}

function house(centre: Place, angleRad: number, dice: HashStream, large = false): House {
  return {
    key: Math.floor(dice.next() * 4294967296),
    centre,
    lengthM: large ? dice.between(24, 60) : dice.between(9, 16),
    widthM: large ? dice.between(11, 18) : dice.between(7, 10),
    heightM: large ? dice.between(5, 8) : dice.between(4, 7),
    angleRad: angleRad + (dice.next() < 0.3 ? Math.PI / 2 : 0) + dice.between(-0.04, 0.04),
  };
}

function farmstead(quad: Quad, dice: HashStream): House[] {
  const [u, v] = [dice.between(0.15, 0.85), dice.next() < 0.5 ? 0.07 : 0.92];
  const middle = inside(quad, u, v);
  const angle = Math.atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0]);
  const count = 2 + Math.floor(dice.between(0, 4));
  return Array.from({ length: count }, (_, i) => {
    const bearing = 2 * Math.PI * (i / count) + dice.next();
    const reach = dice.between(18, 42);
    const centre: Place = [
      middle[0] + reach * Math.cos(bearing),
      middle[1] + reach * Math.sin(bearing),
    ];
    return house(centre, angle, dice, i > 0 && dice.next() < 0.7);
  });
}

/** Open land with a few winding trails and a thicket here and there. */
function steppe(quad: Quad, dice: HashStream): Omit<Block, "edges"> {
  const land = (corners: Quad, cover: Cover): Field => ({
    key: Math.floor(dice.next() * 4294967296),
    corners,
    cover,
    rowAngleRad: 0,
    border: "none",
  });
  const fields = [land(quad, "steppe")];
  for (let i = 0; i < 5; i++) {
    const [u, v] = [dice.between(0.05, 0.85), dice.between(0.05, 0.85)];
    const [du, dv] = [dice.between(0.04, 0.14), dice.between(0.04, 0.14)];
    const skew = dice.between(-0.03, 0.03);
    fields.push(land([
      inside(quad, u, v),
      inside(quad, u + du, v + skew),
      inside(quad, u + du + skew, v + dv),
      inside(quad, u - skew, v + dv - skew),
    ], dice.next() < 0.4 ? "forest" : "meadow"));
  }
  const trails: [Place, Place][] = [];
  for (let trail = 0; trail < 4; trail++) {
    const across = trail % 2 === 0;
    let at = dice.between(0.15, 0.85);
    for (let i = 0; i < 8; i++) {
      const next = Math.min(0.98, Math.max(0.02, at + dice.between(-0.09, 0.09)));
      const [s, t] = [i / 8, (i + 1) / 8];
      trails.push([
        across ? inside(quad, s, at) : inside(quad, at, s),
        across ? inside(quad, t, next) : inside(quad, next, t),
      ]);
      at = next;
    }
  }
  return { fields, houses: [], streets: [], trails };
}

/** Streets along u and v, plots with a house and its garden along them. */
function village(quad: Quad, dice: HashStream): Omit<Block, "edges"> {
  const streets: [Place, Place][] = [];
  const houses: House[] = [];
  const key = Math.floor(dice.next() * 4294967296);
  const rows = 4 + Math.floor(dice.between(0, 3));
  for (let row = 0; row < rows; row++) {
    const v = (row + 0.5) / rows + dice.between(-0.03, 0.03);
    const [from, to] = [inside(quad, 0, v), inside(quad, 1, v + dice.between(-0.05, 0.05))];
    streets.push([from, to]);
    const length = distance(from, to);
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    for (const side of [-1, 1]) {
      for (let s = dice.between(10, 25); s < length - 10; s += dice.between(20, 38)) {
        if (dice.next() < 0.15) continue;
        const on = mix(from, to, s / length), back = side * dice.between(14, 22);
        const centre: Place = [on[0] - back * Math.sin(angle), on[1] + back * Math.cos(angle)];
        houses.push(house(centre, angle, dice, dice.next() < 0.04));
      }
    }
  }
  const u = dice.between(0.3, 0.7);
  streets.push([inside(quad, u, 0), inside(quad, u + dice.between(-0.08, 0.08), 1)]);
  const ground: Field = { key, corners: quad, cover: "village", rowAngleRad: 0, border: "none" };
  return { fields: [ground], houses, streets, trails: [] };
}
