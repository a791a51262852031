/**
 * Procedural farmland of any size, painted chunk by chunk on demand.
 *
 * @module
 */
import { seededRandom, type WgsPosition } from "../../../core/mod.ts";
import type { GroundPatch, GroundSource, PatchRequest } from "../ground.ts";
import { Canvas } from "./canvas.ts";
import { Layout } from "./layout.ts";
import { paintBuilt } from "./paint_built.ts";
import { paintLand } from "./paint_land.ts";
import { paintTrees, TREE_REACH_M } from "./paint_trees.ts";
import { MAP_SEASON, type Season, type SeasonName, WORLD_SEASON } from "./season.ts";

const CHUNK_M = 256;
/** Margin painted around a chunk and cut off again, so that trees and shadows cross its edges. */
const PAD_M = Math.ceil(TREE_REACH_M / 4) * 4;
const FINEST_GSD_M = 0.25;
const COARSEST_GSD_M = 2;
/** About 100 MB of chunks at 0.5 m. */
const CACHE_BYTES_MAX = 110e6;

/** The same ground in one of two seasons; nothing repeats, everything follows from the seed. */
export class ProceduralGround implements GroundSource {
  readonly name: string;
  readonly origin: WgsPosition;
  readonly box = null;
  readonly gsdM = FINEST_GSD_M;
  readonly #season: Season;
  readonly #seed: number;
  readonly #layout: Layout;
  readonly #chunks = new Map<string, Uint8ClampedArray>();
  #bytes = 0;

  constructor(options: { seed: number | string; centre: WgsPosition; season: SeasonName }) {
    this.name = `procedural ground ${options.seed} (${options.season})`;
    this.origin = options.centre;
    this.#season = options.season === "map" ? MAP_SEASON : WORLD_SEASON;
    this.#seed = seededRandom(options.seed).fork("procedural ground").integer(2 ** 31);
    this.#layout = new Layout(this.#seed);
  }

  /** In the power of two of 0.25 m that is nearest to the request, on the chunks' pixel grid. */
  patch(request: PatchRequest): Promise<GroundPatch> {
    const gsdM = levelGsdM(request.gsdM);
    const west = Math.floor(request.westM / gsdM), south = Math.floor(request.southM / gsdM);
    const east = Math.ceil((request.westM + request.widthPx * request.gsdM) / gsdM);
    const north = Math.ceil((request.southM + request.heightPx * request.gsdM) / gsdM);
    const widthPx = east - west, heightPx = north - south;
    const pixels = new Uint8Array(3 * widthPx * heightPx);
    const side = CHUNK_M / gsdM;
    for (let j = Math.floor(south / side); j * side < north; j++) {
      for (let i = Math.floor(west / side); i * side < east; i++) {
        const chunk = this.#chunk(i, j, gsdM);
        // Rows of the chunk count from its north, (j + 1) * side.
        const firstX = Math.max(west, i * side), lastX = Math.min(east, (i + 1) * side);
        const top = Math.min(north, (j + 1) * side), bottom = Math.max(south, j * side);
        for (let y = top; y > bottom; y--) {
          const from = 3 * (((j + 1) * side - y) * side + (firstX - i * side));
          const to = 3 * ((north - y) * widthPx + (firstX - west));
          pixels.set(chunk.subarray(from, from + 3 * (lastX - firstX)), to);
        }
      }
    }
    const picture = { widthPx, heightPx, channels: 3 as const, pixels };
    return Promise.resolve({ picture, westM: west * gsdM, northM: north * gsdM, gsdM });
  }

  #chunk(i: number, j: number, gsdM: number): Uint8ClampedArray {
    const name = `${gsdM}/${i}/${j}`;
    let chunk = this.#chunks.get(name);
    if (chunk === undefined) {
      chunk = this.#paint(i, j, gsdM);
      this.#bytes += chunk.length;
    } else {
      this.#chunks.delete(name);
    }
    this.#chunks.set(name, chunk);
    for (const [oldest, pixels] of this.#chunks) {
      if (this.#bytes <= CACHE_BYTES_MAX || oldest === name) break;
      this.#chunks.delete(oldest);
      this.#bytes -= pixels.length;
    }
    return chunk;
  }

  #paint(i: number, j: number, gsdM: number): Uint8ClampedArray {
    const side = CHUNK_M / gsdM, pad = PAD_M / gsdM, sizePx = side + 2 * pad;
    const canvas = new Canvas({
      sizePx,
      westM: i * CHUNK_M - PAD_M,
      northM: (j + 1) * CHUNK_M + PAD_M,
      gsdM,
    });
    const blocks = this.#layout.blocksIn(canvas);
    const texture = paintLand(
      canvas,
      blocks.flatMap((block) => block.fields),
      this.#season,
      this.#seed,
    );
    paintBuilt(canvas, blocks, this.#season, texture);
    paintTrees(canvas, blocks, this.#season, { seed: this.#seed, texture });
    return developed(canvas, { side, pad }, this.#season);
  }
}

function levelGsdM(gsdM: number): number {
  const octave = Math.round(Math.log2(gsdM / FINEST_GSD_M));
  return Math.min(COARSEST_GSD_M, Math.max(FINEST_GSD_M, FINEST_GSD_M * 2 ** octave));
}

/** Cuts the margin off and applies the light of the day. */
function developed(
  canvas: Canvas,
  size: { side: number; pad: number },
  season: Season,
): Uint8ClampedArray {
  const { side, pad } = size;
  const out = new Uint8ClampedArray(3 * side * side);
  for (let y = 0, o = 0; y < side; y++) {
    let from = 3 * ((y + pad) * canvas.sizePx + pad);
    for (let x = 0; x < 3 * side; x++) {
      out[o++] = ((canvas.rgb[from++] - 128) * season.contrast + 128) * season.brightness;
    }
  }
  return out;
}
