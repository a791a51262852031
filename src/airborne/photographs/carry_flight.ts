/**
 * The photographs of a flight that the map did not give a place: carried from the located ones before and after
 * them by what neighbours share, link by link, from both ends. Each that the map then knows at the place where it
 * was carried to begins a new chain.
 *
 * @module
 */
import { horizontalCovarianceM2 } from "../../core/mod.ts";
import type { PhotographEvent, PhotographFlight } from "../../flight/replay/mod.ts";
import { VisionFrame } from "../../native/vision/mod.ts";
import type { PoseFix } from "../../navigation/pose/mod.ts";
import { type CameraPrior, largestEigenvalue } from "../camera_prior.ts";
import type { Airborne } from "../contract.ts";
import type { Location } from "../locator.ts";
import { FlightKnowledge, type LocatedPhotograph } from "./flight_knowledge.ts";
import { locatedPhotograph, type PhotographLocator } from "./locate_photograph.ts";
import { OverlapCarrier } from "./overlap_carrier.ts";
import type { LineCost } from "./photograph_line.ts";
import { asFlown } from "./photograph_prior.ts";
import type { TagTilt } from "./tag_tilt.ts";
import { withUnknownMiddle } from "./unknown_middle.ts";

/** A photograph whose place is known, and from where. */
export interface Placed {
  readonly sequence: number;
  readonly location: Location;
  readonly located: LocatedPhotograph;
  /** Photographs between it and the map: 0 where the map itself has its place. */
  readonly links: number;
  /** The neighbour that it was carried from; null with no link. */
  readonly from: number | null;
}

interface CarryParts {
  readonly airborne: Airborne;
  readonly photographs: Pick<PhotographFlight, "event">;
  readonly locator: PhotographLocator;
  readonly signal: AbortSignal;
}

/** Neighbours that are tried, the nearest first… */
const BASES_MAX = 2;
/** …of so many before or after. */
const APART_MAX = 3;
/** The share of its width that a photograph may be away from where its flight puts it, 1 sigma. */
const PLACE_WIDTHS_MAX = 0.4;
/** Two photographs further apart than this share of their width do not overlap enough, for sure… */
const APART_WIDTHS_MAX = 0.8;
/** …where the flight's motion says so by so many sigmas… */
const APART_SIGMAS = 1;
/** …and hardly ever where it leaves so many times that distance open: one in twenty and fewer. */
const OPEN_MAX = 3;
/** χ² of two degrees of freedom that one in a hundred right pairs exceeds. */
const DISAGREES = 9.21;
/** A place that is less sure than the camera was high, 95 %, says too little. */
const RADIUS_HEIGHTS_MAX = 1;

/** One flight's photographs. */
interface Flight {
  /** In order. */
  readonly sequences: readonly number[];
  /** Those that the map gave a place. */
  readonly anchors: ReadonlyMap<number, Placed>;
  readonly tilt: TagTilt | null;
  /** Told what each look at a photograph took. */
  readonly onCost: (sequence: number, cost: LineCost) => void;
  /** A photograph that cannot be looked at. */
  readonly onFault: (error: unknown) => void;
}

export class FlightCarrier {
  readonly #parts: CarryParts;
  readonly #carrier: OverlapCarrier;

  constructor(parts: CarryParts) {
    this.#parts = parts;
    this.#carrier = new OverlapCarrier(parts.airborne, parts.photographs);
  }

  /** Those that have a place now, by sequence. */
  async carry(flight: Flight): Promise<Map<number, Placed>> {
    const { sequences, anchors } = flight;
    const forwards = await this.#chain(flight);
    // What was found on the map on the way forwards is an anchor on the way back.
    const known = new Map([...anchors, ...[...forwards].filter(([, { links }]) => links === 0)]);
    const backwards = await this.#chain({
      ...flight,
      sequences: [...sequences].reverse(),
      anchors: known,
    });
    return joined(sequences, known, forwards, backwards);
  }

  async #chain(
    { sequences, anchors, tilt, onCost, onFault }: Flight,
  ): Promise<Map<number, Placed>> {
    const { signal, airborne: { locator: { stages } } } = this.#parts;
    const found = new Map<number, Placed>();
    const knowledge = new FlightKnowledge(
      [...anchors.values()].map(({ located }) => located),
      tilt,
    );
    for (const [i, sequence] of sequences.entries()) {
      if (signal.aborted) break;
      if (anchors.has(sequence)) continue;
      const bases = sequences.slice(Math.max(0, i - APART_MAX), i).reverse()
        .map((other) => found.get(other) ?? anchors.get(other))
        .filter((base) => base !== undefined).slice(0, BASES_MAX);
      if (bases.length === 0) continue;
      const startMs = performance.now();
      let placed: Placed | null = null;
      try {
        placed = await this.#place(sequence, bases, knowledge);
      } catch (error) {
        if (signal.aborted) break;
        onFault(error);
      }
      onCost(sequence, { latencyMs: performance.now() - startMs, stages: stages.take() });
      if (placed === null) continue;
      found.set(sequence, placed);
      knowledge.add(placed.located);
    }
    return found;
  }

  async #place(
    sequence: number,
    bases: readonly Placed[],
    flight: FlightKnowledge,
  ): Promise<Placed | null> {
    const { airborne: { vision, locator: { stages } }, photographs } = this.#parts;
    const event = await photographs.event(sequence);
    const { calibration, jpeg } = event.frame;
    await using frame = await stages.during(
      "decode",
      () => VisionFrame.decode(vision, jpeg, calibration, event.name),
    );
    for (const base of bases) {
      const placed = await this.#carried(frame, event, base, flight);
      if (placed !== null) return await this.#confirmed(frame, event, placed, flight) ?? placed;
    }
    return null;
  }

  async #carried(
    frame: VisionFrame,
    event: PhotographEvent,
    base: Placed,
    flight: FlightKnowledge,
  ): Promise<Placed | null> {
    const { fix } = base.location;
    if (fix === null) return null;
    const flown = asFlown(event, flight, { turnDeg: 0 });
    const { camera } = frame;
    const heightM = flown.positionLocalM[2];
    const widthM = heightM * Math.max(camera.widthPx, camera.heightPx) / camera.fxPx;
    const mostM = PLACE_WIDTHS_MAX * widthM;
    const there = fix.posterior.positionLocalM;
    const apartM = Math.hypot(...[0, 1].map((axis) => flown.positionLocalM[axis] - there[axis]));
    const overlapM = APART_WIDTHS_MAX * widthM;
    if (apartM - APART_SIGMAS * flown.sigmaHorizontalM > overlapM) return null;
    if (flown.sigmaHorizontalM > OPEN_MAX * overlapM) return null;
    // Where the flight does not say where it is, it is sought around its neighbour.
    const [eastM, northM] = flown.sigmaHorizontalM <= mostM ? flown.positionLocalM : there;
    const prior = {
      ...flown,
      positionLocalM: [eastM, northM, heightM] as const,
      sigmaHorizontalM: Math.min(mostM, flown.sigmaHorizontalM),
    };
    const location = withUnknownMiddle(
      await this.#carrier.carry(frame, event, prior, { sequence: base.sequence, fix }),
      event,
    );
    const located = locatedPhotograph(event, location);
    if (located === null || location.fix === null) return null;
    if (radius95M(location.fix) > RADIUS_HEIGHTS_MAX * heightM) return null;
    const { sequence } = event.frame;
    return { sequence, location, located, links: base.links + 1, from: base.sequence };
  }

  /** As the map has it, where the map has it at the place that it was carried to. */
  async #confirmed(
    frame: VisionFrame,
    event: PhotographEvent,
    { sequence, location: { fix } }: Placed,
    flight: FlightKnowledge,
  ): Promise<Placed | null> {
    if (fix === null) return null;
    const flown = asFlown(event, flight, { turnDeg: 0 });
    const prior: CameraPrior = {
      ...flown,
      positionLocalM: fix.posterior.positionLocalM,
      sigmaHorizontalM: Math.sqrt(
        largestEigenvalue(...horizontalCovarianceM2(fix.posterior.covariance)),
      ),
    };
    const location = await this.#parts.locator.confirm(frame, event, prior);
    const located = locatedPhotograph(event, location);
    if (located === null || location.fix === null || disagree(fix, location.fix)) return null;
    return { sequence, location, located, links: 0, from: null };
  }
}

function joined(
  sequences: readonly number[],
  anchors: ReadonlyMap<number, Placed>,
  forwards: ReadonlyMap<number, Placed>,
  backwards: ReadonlyMap<number, Placed>,
): Map<number, Placed> {
  const result = new Map<number, Placed>();
  let run: number[] = [];
  const close = () => {
    // Two ends that contradict each other anywhere: one of them, or a link, is wrong.
    const isSound = run.every((sequence) => {
      const [a, b] = [forwards, backwards].map((chain) => chain.get(sequence)?.location.fix);
      return !a || !b || !disagree(a, b);
    });
    for (const sequence of isSound ? run : []) {
      const best = surer(forwards.get(sequence), backwards.get(sequence));
      if (best !== null) result.set(sequence, best);
    }
    run = [];
  };
  for (const sequence of sequences) {
    if (!anchors.has(sequence)) {
      run.push(sequence);
      continue;
    }
    close();
    result.set(sequence, anchors.get(sequence)!);
  }
  close();
  return result;
}

function surer(a: Placed | undefined, b: Placed | undefined): Placed | null {
  if (a === undefined || b === undefined) return a ?? b ?? null;
  return radius95M(a.location.fix!) <= radius95M(b.location.fix!) ? a : b;
}

function radius95M({ posterior: { covariance } }: PoseFix): number {
  return Math.sqrt(5.991 * largestEigenvalue(...horizontalCovarianceM2(covariance)));
}

/** Two positions of one photograph that their errors do not explain. */
function disagree(a: PoseFix, b: PoseFix): boolean {
  const [aa, ab, bb] = horizontalCovarianceM2(a.posterior.covariance);
  const [cc, cd, dd] = horizontalCovarianceM2(b.posterior.covariance);
  const ee = aa + cc, en = ab + cd, nn = bb + dd;
  const [east, north] = [0, 1].map((axis) =>
    a.posterior.positionLocalM[axis] - b.posterior.positionLocalM[axis]
  );
  return (nn * east * east - 2 * en * east * north + ee * north * north) / (ee * nn - en * en) >
    DISAGREES;
}
