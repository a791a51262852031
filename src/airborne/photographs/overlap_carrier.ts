/**
 * Locates photographs that the map does not know by what they share with located ones of their flight.
 *
 * @module
 */
import type { PhotographEvent, PhotographFlight } from "../../flight/replay/mod.ts";
import { VisionFrame } from "../../native/vision/mod.ts";
import type { PoseFix } from "../../navigation/pose/mod.ts";
import type { CameraPrior } from "../camera_prior.ts";
import type { Airborne } from "../contract.ts";
import type { Location, Locator } from "../locator.ts";
import { PhotographGround, withErrorOf } from "./overlap.ts";

/** A photograph whose pose is known. */
interface PlacedPhotograph {
  readonly sequence: number;
  readonly fix: PoseFix;
}

/** Pairs of features that agree: two pictures of one flight share hundreds. */
const INLIERS_MIN = 20;
/** Grounds with their features: a few megabytes each. */
const GROUNDS_KEPT_MAX = 6;

export class OverlapCarrier {
  readonly #airborne: Airborne;
  readonly #photographs: Pick<PhotographFlight, "event">;
  /** By the pose that they were laid out with, least recently used first. */
  readonly #grounds = new Map<PoseFix, Promise<Locator>>();

  constructor(airborne: Airborne, photographs: Pick<PhotographFlight, "event">) {
    this.#airborne = airborne;
    this.#photographs = photographs;
  }

  /** Where `frame` lies on the ground of `base`, with the error of both; its fix is null where it cannot be told. */
  async carry(
    frame: VisionFrame,
    event: PhotographEvent,
    prior: CameraPrior,
    base: PlacedPhotograph,
  ): Promise<Location> {
    const locator = await this.#locator(base);
    const { exposureMidNs, calibration: { bodyFromCamera } } = event.frame;
    const location = await locator.locate(frame, exposureMidNs, prior, bodyFromCamera);
    if (location.fix === null) return location;
    if (location.fix.inliers < INLIERS_MIN) {
      return { ...location, fix: null, reason: "few_inliers" };
    }
    return { ...location, fix: withErrorOf(base.fix.posterior, location.fix) };
  }

  #locator(base: PlacedPhotograph): Promise<Locator> {
    const kept = this.#grounds.get(base.fix);
    this.#grounds.delete(base.fix);
    const locator = kept ?? this.#layOut(base);
    this.#grounds.set(base.fix, locator);
    locator.catch(() => this.#grounds.delete(base.fix));
    for (const oldest of this.#grounds.keys()) {
      if (this.#grounds.size <= GROUNDS_KEPT_MAX) break;
      this.#grounds.delete(oldest);
    }
    return locator;
  }

  async #layOut({ sequence, fix }: PlacedPhotograph): Promise<Locator> {
    const { vision, locator: { stages }, overlapLocator } = this.#airborne;
    const { name, frame: { jpeg, calibration } } = await this.#photographs.event(sequence);
    await using frame = await stages.during(
      "decode",
      () => VisionFrame.decode(vision, jpeg, calibration, name),
    );
    return overlapLocator(await stages.during("matching", () => PhotographGround.of(frame, fix)));
  }
}
