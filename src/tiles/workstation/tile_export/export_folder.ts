/**
 * Exports a `{z}/{x}/{y}.jpg` folder (slippy numbering, y from the north; .png where a tile is partly
 * covered), with a metadata.json.
 *
 * @module
 */
import { GarbageBound, Output, readAhead } from "../../../core/mod.ts";
import type { TileMetadata } from "../../tile_contract/mod.ts";
import type { ExportableTiles, ExportObserver, ExportRequest, ExportSummary } from "./contract.ts";
import { ExportFacts } from "./facts.ts";
import { exportFault, FOLDER_DOCUMENT, refuseForeignFolder } from "./output.ts";
import { archivePicture } from "./picture.ts";

const WRITES_AT_ONCE = 8;

export async function exportFolder(
  tiles: ExportableTiles,
  request: ExportRequest,
  observe: ExportObserver = {},
): Promise<ExportSummary> {
  try {
    const facts = new ExportFacts();
    const garbage = new GarbageBound();
    let bytes = 0;
    const { out, force } = request;
    await using output = await Output.folder(out, { force, refuseFolder: refuseForeignFolder });
    const folder = output.temporaryPath;
    const made = new LastFolders(folder);
    const copy = async (metadata: TileMetadata) => {
      const { zoom, x, y } = metadata.tileId;
      const { bytes, extension } = await archivePicture(await tiles.readFile(metadata));
      await output.guard(() => made.ensure(`${zoom}/${x}`));
      await output.guard(() => Deno.writeFile(`${folder}/${zoom}/${x}/${y}.${extension}`, bytes));
      return { metadata, extension, size: bytes.length };
    };
    for await (
      const { metadata, extension, size } of readAhead(
        tiles.list(request.selection),
        WRITES_AT_ONCE,
        copy,
      )
    ) {
      observe.signal?.throwIfAborted();
      facts.add(metadata, extension);
      garbage.add();
      bytes += size;
      observe.progress?.(facts.tiles);
    }
    const text = JSON.stringify(facts.document(request.name), null, 2) + "\n";
    await output.guard(() => Deno.writeTextFile(`${folder}/${FOLDER_DOCUMENT}`, text));
    await output.commit();
    const { zooms, bounds } = facts;
    return { tiles: facts.tiles, pictures: facts.tiles, zooms, bytes, bounds };
  } catch (error) {
    throw exportFault(error);
  }
}

/** Cached, because tiles come row by row and the same few hundred columns recur. */
class LastFolders {
  static readonly #KEPT = 10_000;
  readonly #root: string;
  readonly #made = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async ensure(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await Deno.mkdir(`${this.#root}/${folder}`, { recursive: true });
    if (this.#made.size >= LastFolders.#KEPT) this.#made.clear();
    this.#made.add(folder);
  }
}
