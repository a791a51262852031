/**
 * The worker's side: describes the places of one job with the tiles of its run.
 *
 * @module
 */
import { LocalFrame, messageOf } from "../../core/mod.ts";
import { TileMap, type TileSource } from "../../navigation/map/mod.ts";
import {
  decodeVocabulary,
  VLAD_TRAINING_DEFAULT,
  VladDescriptor,
} from "../../navigation/place_recognition/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";
import {
  DOCUMENT_BYTES_MAX,
  type InputSource,
  type JobHandler,
  type JobPayload,
  JobRefusedError,
} from "../work_queue/mod.ts";
import { describeEach } from "./describe_places.ts";
import { decodeDescribeRun, type DescribeRun, encodeRows } from "./describe_run.ts";
import { PatchRenderer } from "./patch_renderer.ts";
import { type PlaceCentre, placeCentres } from "./place_grid.ts";
import { middleOf } from "./select_tiles.ts";

const TILE_BYTES_MAX = 16 << 20;
const VOCABULARY_BYTES_MAX = 256 << 20;

/** A run whose jobs this worker does: read once. */
interface OpenRun {
  readonly tiles: InputTiles;
  readonly renderer: PatchRenderer;
  readonly descriptor: VladDescriptor;
  readonly centres: readonly PlaceCentre[];
  readonly dimension: number;
}

/** Keeps the run of the last job. */
export function describeHandler(vision: VisionLibrary, inputs: InputSource): JobHandler {
  let known: { readonly key: string; readonly run: Promise<OpenRun> } | null = null;
  return async (payload, signal) => {
    const key = `${payload.run} ${payload.document}`;
    if (known?.key !== key) known = { key, run: openRun(payload, vision, inputs) };
    const opened = known;
    const run = await opened.run.catch((error) => {
      if (known === opened) known = null;
      throw error;
    });
    const { first, count } = payload;
    if (first + count > run.centres.length) {
      throw new JobRefusedError(
        `it names places ${first} to ${first + count - 1}, its map has ${run.centres.length}`,
      );
    }
    const before = run.tiles.bytesRead;
    const numbers = Array.from({ length: count }, (_, i) => first + i);
    const rows: (Float32Array<ArrayBuffer> | null)[] = [];
    for await (const { row } of describeEach(numbers, { ...run, signal })) rows.push(row);
    return {
      content: encodeRows(rows, run.dimension),
      inputBytes: run.tiles.bytesRead - before,
    };
  };
}

async function openRun(
  { run, document }: JobPayload,
  vision: VisionLibrary,
  inputs: InputSource,
): Promise<OpenRun> {
  const described = decodeDescribeRun(await inputs.read(run, document, DOCUMENT_BYTES_MAX));
  const { groundHeightM, placeSidesM, places, vocabulary: sha256 } = described;
  const vocabulary = readVocabulary(await inputs.read(run, sha256, VOCABULARY_BYTES_MAX));
  const localFrame = new LocalFrame({ ...middleOf(described), heightM: groundHeightM });
  const tiles = new InputTiles(run, described, inputs);
  const map = new TileMap(vision, tiles, localFrame);
  // Before the list is made: a hostile document could ask for a list that fills the memory.
  const { eastMinM, eastMaxM, northMinM, northMaxM } = map.bounds;
  const groundM2 = (eastMaxM - eastMinM) * (northMaxM - northMinM);
  const least = placeSidesM.reduce((sum, sideM) => sum + groundM2 / sideM ** 2, 0);
  if (least > 10 * places + 1000) {
    throw new JobRefusedError(
      `its document has ${places} places on ground for ${least.toFixed(0)}`,
    );
  }
  const centres = placeSidesM.flatMap((sideM) => placeCentres(map.bounds, sideM));
  if (centres.length !== places) {
    throw new JobRefusedError(`its document has ${places} places, its map ${centres.length}`);
  }
  return {
    tiles,
    renderer: new PatchRenderer(map, vision, VLAD_TRAINING_DEFAULT.patchPx),
    descriptor: new VladDescriptor(vision, vocabulary),
    centres,
    dimension: vocabulary.axisCount,
  };
}

function readVocabulary(bytes: Uint8Array) {
  try {
    return decodeVocabulary(bytes, "the vocabulary of the run");
  } catch (error) {
    throw new JobRefusedError(messageOf(error), { cause: error });
  }
}

/** The tiles of a run, each read when it is needed. */
class InputTiles implements TileSource {
  readonly zoom: number;
  readonly tileBounds: DescribeRun["rectangle"];
  bytesRead = 0;
  readonly #run: string;
  readonly #inputs: InputSource;
  readonly #tiles: ReadonlyMap<string, string>;

  constructor(run: string, { zoom, rectangle, tiles }: DescribeRun, inputs: InputSource) {
    this.zoom = zoom;
    this.tileBounds = rectangle;
    this.#run = run;
    this.#inputs = inputs;
    this.#tiles = new Map(tiles.map(([x, y, sha256]) => [`${x}/${y}`, sha256]));
  }

  hasTile(x: number, y: number): boolean {
    return this.#tiles.has(`${x}/${y}`);
  }

  async readTileJpeg(x: number, y: number): Promise<Uint8Array<ArrayBuffer>> {
    const sha256 = this.#tiles.get(`${x}/${y}`);
    if (sha256 === undefined) throw new RangeError(`tile ${x}/${y} is not in the run`);
    const bytes = await this.#inputs.read(this.#run, sha256, TILE_BYTES_MAX);
    this.bytesRead += bytes.length;
    return bytes;
  }
}
