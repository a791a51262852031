/**
 * Evaluates photographs located on other photographs.
 *
 * @module
 */
import type { FrameLine } from "../../src/airborne/json_lines.ts";
import { DataError, exists, GdnError } from "../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  evaluateFlight,
  TruthTrack,
} from "../../src/workstation/evaluation/mod.ts";
import { openPhotographFolder, type PhotographFlight } from "../../src/flight/replay/mod.ts";
import type { PhotographCase } from "./cases.ts";
import { caseFolder, type CaseHost, outFolder } from "./host.ts";
import { packageOf } from "./package.ts";
import { replay } from "./replay.ts";

/** @throws GdnError */
export async function runPhotographs(
  photographs: PhotographCase,
  host: CaseHost,
): Promise<EvaluatedFlight> {
  const folder = caseFolder(host, photographs.name);
  for (const [name, files] of [["map", photographs.map], ["flight", photographs.flown]] as const) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    for (const file of files) {
      await Deno.copyFile(`${photographs.folder}/${file}`, `${folder}/${name}/${file}`);
    }
  }
  // Another matcher has used it already.
  const packagePath = await exists(`${folder}/package`)
    ? `${folder}/package`
    : await packageOf(folder, [`${folder}/map`], [], host);
  const out = outFolder(folder, host);
  const { frames, summary } = await replay(`${folder}/flight`, packagePath, out, host);
  return evaluateFlight(frames, summary, await photographTruth(`${folder}/flight`, frames), false);
}

/** EXIF positions at the times of the frames. */
async function photographTruth(
  folder: string,
  frames: readonly FrameLine[],
): Promise<TruthTrack> {
  const flight = await openPhotographFolder(folder);
  if (frames.length !== flight.names.length) {
    throw new GdnError(
      "NO_FRAME",
      `airborne replay printed ${frames.length} frames for ${flight.names.length} photographs`,
    );
  }
  return new TruthTrack(
    frames.map((frame) => ({
      timeNs: frame.timeNs,
      position: { ...taggedPosition(flight, frame.sequence), heightM: frame.heightM },
    })),
  );
}

function taggedPosition(flight: PhotographFlight, sequence: number) {
  const tag = flight.positionTag(sequence);
  if (tag === null) throw new DataError(flight.names[sequence], "has no position to compare with");
  return tag;
}
