/**
 * Exports PMTiles version 3: clustered, equal pictures stored once, directories gzipped.
 *
 * Source: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { tileIdToZxy } from "pmtiles";
import { DataError, GarbageBound, Output, OutputFile, readAhead } from "../../../../core/mod.ts";
import type {
  ExportableTiles,
  ExportObserver,
  ExportRequest,
  ExportSummary,
  TileSelection,
} from "../contract.ts";
import { ExportFacts } from "../facts.ts";
import type { TileMetadata } from "../../../tile_contract/mod.ts";
import { exportFault } from "../output.ts";
import { archivePicture } from "../picture.ts";
import { makeDirectories } from "./directories.ts";
import { makeHeader } from "./header.ts";
import { type PlannedPicture, type PmtilesPlan, PmtilesPlanner } from "./plan.ts";

const READS_AT_ONCE = 8;

export async function exportPmtiles(
  tiles: ExportableTiles,
  request: ExportRequest,
  observe: ExportObserver = {},
): Promise<ExportSummary> {
  try {
    const facts = new ExportFacts();
    const planner = new PmtilesPlanner();
    const garbage = new GarbageBound();
    for await (const metadata of tiles.list(request.selection)) {
      observe.signal?.throwIfAborted();
      const { bytes, extension } = await pictureFacts(tiles, metadata);
      planner.add(metadata, bytes);
      facts.add(metadata, extension);
      garbage.add();
    }
    const plan = planner.plan();
    await using output = await Output.file(request.out, { force: request.force });
    using out = await OutputFile.create(output, output.temporaryPath);
    for (const part of partsBeforeTiles(plan, facts, request.name)) await out.write(part);
    await writePictures(out, tiles, request.selection, { plan, garbage, observe });
    await out.flush();
    await output.commit();
    const { zooms, bounds } = facts;
    return { tiles: facts.tiles, pictures: plan.pictures, zooms, bytes: out.bytes, bounds };
  } catch (error) {
    throw exportFault(error);
  }
}

/** Size and kind of a picture in the file; a wholly covered one need not be read for it. */
async function pictureFacts(tiles: ExportableTiles, metadata: TileMetadata) {
  if (metadata.coverage === 1) return { bytes: metadata.diskBytes, extension: "jpg" as const };
  const { bytes, extension } = await archivePicture(await tiles.readFile(metadata));
  return { bytes: bytes.length, extension };
}

function partsBeforeTiles(plan: PmtilesPlan, facts: ExportFacts, name: string): Uint8Array[] {
  const { root, leaves } = makeDirectories(plan.entries);
  const metadata = gzipSync(JSON.stringify(facts.document(name)));
  const header = makeHeader({
    rootBytes: root.length,
    metadataBytes: metadata.length,
    leavesBytes: leaves.length,
    dataBytes: plan.dataBytes,
    addressedTiles: plan.addressedTiles,
    entries: plan.entries.count,
    pictures: plan.pictures,
    hasPng: facts.hasPng,
    zoomMin: facts.zooms[0] ?? 0,
    zoomMax: facts.zooms.at(-1) ?? 0,
    bounds: facts.bounds,
    centre: facts.centre,
  });
  return [header, root, metadata, leaves];
}

async function writePictures(
  out: OutputFile,
  tiles: ExportableTiles,
  selection: TileSelection,
  work: {
    readonly plan: PmtilesPlan;
    readonly garbage: GarbageBound;
    readonly observe: ExportObserver;
  },
): Promise<void> {
  const { plan, garbage, observe } = work;
  const { source, flightId } = selection;
  const flight = flightId === undefined ? {} : { flightId };
  const read = async ({ tileId, contentSha256, diskBytes, pictureBytes }: PlannedPicture) => {
    const [zoom, x, y] = tileIdToZxy(tileId);
    const jpeg = await tiles.readFile({
      tileId: { zoom, x, y, source, ...flight },
      contentSha256,
      diskBytes,
    });
    const { bytes } = await archivePicture(jpeg);
    if (bytes.length === pictureBytes) return bytes;
    throw new DataError(`tile ${zoom}/${x}/${y}`, "it was changed while it was exported");
  };
  let done = 0;
  for await (const bytes of readAhead(plan.picturesInOrder(), READS_AT_ONCE, read)) {
    observe.signal?.throwIfAborted();
    await out.write(bytes);
    garbage.add();
    observe.progress?.(++done + plan.addressedTiles - plan.pictures);
  }
}
