/**
 * How the GPS positions in the tags of a flight lie against the positions that were found.
 *
 * @module
 */
import type { LocalFrame } from "../../core/mod.ts";
import type { PositionTag } from "../../flight/photographs/mod.ts";
import type { PhotographFlightLine } from "../json_lines.ts";
import type { LocatedPhotograph } from "./flight_knowledge.ts";
import { tagLag } from "./tag_lag.ts";

interface FlightTags {
  readonly line: Pick<PhotographFlightLine, "tagLagS" | "tagLagSigmaS" | "tagResidualM">;
  /** Metres from the position found to the tagged one as it was at the exposure, by sequence. */
  readonly atExposureM: ReadonlyMap<number, number>;
  /** For a person; null where there is nothing to tell. */
  readonly note: string | null;
}

export function flightTags(
  located: readonly LocatedPhotograph[],
  positionTag: (sequence: number) => PositionTag | null,
  localFrame: LocalFrame,
): FlightTags {
  const { heightM } = localFrame.origin;
  const places = located.flatMap(({ sequence, timeNs, positionLocalM: foundM }) => {
    const tag = positionTag(sequence);
    if (tag === null) return [];
    return [{ sequence, timeNs, foundM, taggedM: localFrame.localFromWgs({ ...tag, heightM }) }];
  });
  const lag = tagLag(places);
  const line = {
    tagLagS: lag?.lagS ?? null,
    tagLagSigmaS: lag?.sigmaS ?? null,
    tagResidualM: lag?.residualM ?? null,
  };
  if (lag === null || Math.abs(lag.lagS) <= 2 * lag.sigmaS) {
    return { line, atExposureM: new Map(), note: null };
  }
  const atExposureM = new Map(places.flatMap(({ sequence }, i) => {
    const distanceM = lag.atExposureM[i];
    return distanceM === null ? [] : [[sequence, distanceM] as const];
  }));
  const note = `positions by GPS are ${lag.lagS.toFixed(1)} ± ${lag.sigmaS.toFixed(1)} s older ` +
    `than the exposures; without that they lie ${lag.residualM.toFixed(1)} m from the positions ` +
    "found (median)";
  return { line, atExposureM, note };
}
