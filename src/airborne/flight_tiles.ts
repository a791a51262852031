/**
 * The tile maker as an output of the flight loop: frames whose pose is certain become map tiles, in
 * the onboard journal and as pictures beside the flight record.
 *
 * @module
 */
import { type Clock, type LocalFrame, messageOf, sha256Hex } from "../core/mod.ts";
import {
  type FlightTile,
  type FlightTileCounts,
  FlightTileMaker,
  type FlightTilesConfig,
} from "../tiles/orthorectification/mod.ts";
import { type NewTile, type TileId, type TileStore, tileUuid } from "../tiles/tile_contract/mod.ts";
import { decodeJpeg, encodeJpeg, type VisionLibrary, warpGrid } from "../native/vision/mod.ts";
import type { Terrain } from "../navigation/terrain/mod.ts";
import type { FrameEvent } from "../flight/flight_events/mod.ts";
import type { FlightOutput } from "./flight_output.ts";
import type { FlightRecording } from "./flight_recording.ts";
import { flownFrame } from "./flown_frame.ts";
import type { FrameOutcome } from "./navigator.ts";

interface FlightTilesParts {
  readonly config: FlightTilesConfig;
  readonly vision: VisionLibrary;
  readonly localFrame: LocalFrame;
  /** null: the ground is flat. */
  readonly terrain: Terrain | null;
  readonly store: Pick<TileStore, "writeTile" | "renewTile">;
  readonly recording: FlightRecording;
  readonly clock: Clock;
  readonly flightId: string;
}

export class FlightTiles implements FlightOutput {
  readonly name = "tiles";
  readonly #parts: FlightTilesParts;
  readonly #maker: FlightTileMaker;
  #notKept = 0;

  constructor(parts: FlightTilesParts) {
    const { config, localFrame, terrain, vision } = parts;
    this.#parts = parts;
    this.#maker = new FlightTileMaker({
      config,
      localFrame,
      // The local frame's up is height over flat ground.
      groundUp: terrain === null ? 0 : (eastM, northM) => terrain.upM(eastM, northM),
      toolkit: {
        lens: vision,
        decodeJpeg: async (jpeg, name) => ({
          ...await decodeJpeg(vision, jpeg, { name, channels: 3 }),
          channels: 3,
        }),
        encodeJpeg: (picture, quality) => encodeJpeg(vision, picture, quality),
        warp: (source, grid, sidePx) =>
          warpGrid(vision, source, grid, { widthPx: sidePx, heightPx: sidePx }),
      },
    });
  }

  /** Never throws: a tile that cannot be made or kept is counted and logged. */
  async onOutcome({ frame }: FrameEvent, outcome: FrameOutcome): Promise<void> {
    try {
      for (const made of await this.#maker.make(flownFrame(frame, outcome, this.#parts.terrain))) {
        await this.#keep(made);
      }
    } catch (error) {
      this.#notKept++;
      this.#parts.recording.logger.warn(
        "orthorectification.tile_not_kept",
        { sequence: outcome.sequence },
        messageOf(error),
      );
    }
  }

  /** Frames and tiles by what became of them. */
  counts(): FlightTileCounts {
    return {
      ...this.#maker.counts(),
      ...(this.#notKept ? { "tiles not kept": this.#notKept } : {}),
    };
  }

  async #keep(made: FlightTile): Promise<void> {
    const { store, recording } = this.#parts;
    const { metadata, jpeg } = this.#newTile(made);
    if (made.better) await store.renewTile(metadata, jpeg);
    else await store.writeTile(metadata, jpeg);
    recording.saveTile({
      tileId: tileUuid(metadata.tileId),
      jpeg: made.jpeg,
      frameId: made.quality.frameSequence,
    });
  }

  #newTile({ tile, jpeg, captureTimeNs, quality }: FlightTile): NewTile {
    const { flightId, clock } = this.#parts;
    const tileId: TileId = { ...tile, source: "onboard_ingest", flightId };
    return {
      jpeg,
      metadata: {
        tileId,
        tileSizePx: 256,
        sourceGsdM: quality.frameGsdM,
        capturedAt: clock.utc(captureTimeNs as ReturnType<Clock["now"]>),
        contentSha256: sha256Hex(jpeg),
        diskBytes: jpeg.length,
        coverage: 1,
        attribution: "",
        votingStatus: "pending",
        quality,
      },
    };
  }
}
