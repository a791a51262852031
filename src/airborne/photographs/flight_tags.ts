/**
 * How the GPS positions in the tags of a flight lie against the positions that were found.
 *
 * @module
 */
import { degreesFromRadians, type LocalFrame } from "../../core/mod.ts";
import type { PositionTag } from "../../flight/photographs/mod.ts";
import type { PhotographFlightLine, PhotographLine } from "../json_lines.ts";
import type { LocatedPhotograph } from "./flight_knowledge.ts";
import { tagLag } from "./tag_lag.ts";
import type { TagTilt } from "./tag_tilt.ts";
import type { TagWitness } from "./tag_witness.ts";

interface FlightTags {
  readonly line: Pick<PhotographFlightLine, "tagLagS" | "tagLagSigmaS" | "tagResidualM">;
  /** Metres from the position found to the tagged one as it was at the exposure, by sequence. */
  readonly atExposureM: ReadonlyMap<number, number>;
  /** For a person; null where there is nothing to tell. */
  readonly note: string | null;
}

/** What a flight's photographs come to; `told` are their lines. */
export function flightLine(
  flight: number,
  told: readonly PhotographLine[],
  tags: Pick<FlightTags, "line">,
  { witness, tilt }: { readonly witness: TagWitness; readonly tilt: TagTilt | null },
): PhotographFlightLine {
  return {
    type: "photograph_flight",
    flight,
    photographs: told.length,
    located: told.filter(({ fix }) => fix.accepted).length,
    carried: told.filter(({ carriedFrom }) => carriedFrom !== null).length,
    ...tags.line,
    widenedByM: witness.says === "widen" ? witness.sigmaM : 0,
    tagTiltDeg: tilt && degreesFromRadians(Math.hypot(tilt.xRad, tilt.yRad)),
    tagTiltSigmaDeg: tilt && degreesFromRadians(tilt.sigmaRad),
  };
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
