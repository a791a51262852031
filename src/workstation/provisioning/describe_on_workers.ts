/**
 * Has the places of a map described by workers, and keeps what they send in the journal of places: what this
 * process finds there it does not describe.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { EXIT, messageOf } from "../../core/mod.ts";
import { encodeVocabulary, type VladVocabulary } from "../../navigation/place_recognition/mod.ts";
import {
  forgetRun,
  gather,
  handIn,
  InputFolder,
  type JobRange,
  type JobResult,
  JobsSetAsideError,
  runIdOf,
  type RunRequest,
} from "../work_queue/mod.ts";
import type { ProvisionRequest, ProvisionTools, ProvisionWorkers } from "./contract.ts";
import { decodeRows, encodeDescribeRun } from "./describe_run.ts";
import { ProvisioningError } from "./errors.ts";
import type { PlaceJournal } from "./place_journal.ts";
import type { TileSelection } from "./select_tiles.ts";

interface Parts {
  /** Hash of all that the descriptors depend on. */
  readonly key: Uint8Array;
  readonly journal: PlaceJournal;
  readonly vocabulary: VladVocabulary;
  readonly sidesM: readonly number[];
  readonly selection: TileSelection;
  readonly request: ProvisionRequest;
  readonly groundHeightM: number;
  readonly tools: ProvisionTools;
}

/**
 * Returns how many places workers described.
 *
 * @throws JobsSetAsideError once all others are done
 */
export async function describeOnWorkers(
  parts: Parts,
  { queue, inputsFolder, placesPerJob }: ProvisionWorkers,
): Promise<number> {
  const { key, journal, vocabulary, request, tools } = parts;
  const ranges = missingRanges(journal.rows, placesPerJob);
  if (ranges.length === 0) return 0;
  const keyOfCut = createHash("sha256").update(key).update(`${placesPerJob}`).digest();
  const run = runIdOf("describe", queue.program, keyOfCut);
  const inputs = new InputFolder(inputsFolder, run);
  const document = await putInputs(inputs, parts);
  const handedIn: RunRequest = {
    kind: "describe",
    title: request.name ?? request.out,
    run,
    document,
    ranges,
  };
  await queue.patiently(() => handIn(queue, handedIn));
  using bar = tools.progress("describing places on workers", ranges.length);
  let described = 0;
  const keep = (results: readonly JobResult[]) => {
    for (const { first, count, content } of results) {
      for (const [i, row] of rowsOf(content, count, vocabulary.axisCount).entries()) {
        if (journal.rows[first + i] !== undefined) continue;
        journal.adopt(first + i, row);
        described++;
      }
    }
    journal.sync();
  };
  const setAside = await gather(queue, handedIn, keep, {
    signal: tools.signal,
    onProgress: (done, active) => bar.update(done, active === 0 ? "" : `${active} in hand`),
  });
  if (setAside.length > 0) throw new JobsSetAsideError(run, setAside);
  bar.end();
  await forgetRun(queue, handedIn);
  await inputs.remove();
  return described;
}

function rowsOf(content: Uint8Array<ArrayBuffer>, count: number, dimension: number) {
  try {
    return decodeRows(content, count, dimension);
  } catch (error) {
    throw new ProvisioningError(`the result of a job is damaged: ${messageOf(error)}`, {
      cause: error,
      exitCode: EXIT.data,
    });
  }
}

/** Blocks of the places' numbers, each as far as it is missing. */
function missingRanges(rows: PlaceJournal["rows"], placesPerJob: number): JobRange[] {
  const ranges: JobRange[] = [];
  for (let at = 0; at < rows.length; at += placesPerJob) {
    const end = Math.min(at + placesPerJob, rows.length);
    let first = at, last = end;
    while (first < end && rows[first] !== undefined) first++;
    while (last > first && rows[last - 1] !== undefined) last--;
    if (last > first) ranges.push({ first, count: last - first });
  }
  return ranges;
}

/** Returns the SHA-256 of the document. */
async function putInputs(inputs: InputFolder, parts: Parts): Promise<string> {
  const { selection, vocabulary, sidesM, groundHeightM, journal, tools } = parts;
  using bar = tools.progress("giving workers the tiles", selection.tiles.length);
  const tiles: [number, number, string][] = [];
  for (const { tileId } of selection.tiles) {
    tools.signal?.throwIfAborted();
    using handle = await tools.cache.readTilePixels(tileId);
    tiles.push([tileId.x, tileId.y, await inputs.put(handle.jpeg.slice())]);
    bar.update(tiles.length);
  }
  bar.end();
  return await inputs.put(encodeDescribeRun({
    format: "gdn-describe-run",
    formatVersion: 1,
    zoom: selection.zoom,
    rectangle: selection.rectangle,
    area: selection.area,
    groundHeightM,
    placeSidesM: [...sidesM],
    places: journal.rows.length,
    vocabulary: await inputs.put(encodeVocabulary(vocabulary)),
    tiles,
  }));
}
