/**
 * Limits the size of a flight's folder: above the cap, the oldest closed segments are deleted.
 *
 * @module
 */
import type { FdrConfig } from "./config.ts";
import type { DiskHealth, WriterEvents } from "./disk_health.ts";
import type { FlightSegments } from "./flight_segments.ts";
import type { FdrPayload } from "./registry.ts";

export class CapacityCap {
  readonly #capBytes: number;
  /** A cap below the size of one segment would leave nothing: it is reported, and not applied. */
  readonly #misconfigured: boolean;
  readonly #health: DiskHealth;

  readonly #nowMs: () => number;

  constructor(
    config: FdrConfig,
    health: DiskHealth,
    { events, nowMs }: { readonly events: WriterEvents; readonly nowMs: () => number },
  ) {
    this.#nowMs = nowMs;
    const { flightCapBytes, segmentSizeBytes } = config;
    this.#capBytes = flightCapBytes;
    this.#health = health;
    this.#misconfigured = flightCapBytes < segmentSizeBytes;
    if (!this.#misconfigured) return;
    const message = `fdr.flightCapBytes (${flightCapBytes}) is smaller than one segment ` +
      `(fdr.segmentSizeBytes, ${segmentSizeBytes}): the cap is not applied; raise it`;
    events.log("error", "c13.cap_misconfigured", { flightCapBytes, segmentSizeBytes }, message);
    health.alert("cap_misconfigured", message);
  }

  /** Deletes closed segments until the folder fits, and returns a record for each. */
  enforce(segments: FlightSegments, tileBytes: number): FdrPayload<"segment_rollover">[] {
    const dropped: FdrPayload<"segment_rollover">[] = [];
    if (this.#misconfigured) return dropped;
    while (segments.bytes + tileBytes > this.#capBytes && segments.closed.length > 0) {
      try {
        const { name, messages, bytes, extent } = segments.dropOldest();
        dropped.push({
          segment: name,
          droppedRecords: messages,
          droppedBytes: bytes,
          totalBytes: segments.bytes + tileBytes,
          flightCapBytes: this.#capBytes,
          ...extent,
          reason: "flight_cap",
        });
      } catch (error) {
        this.#health.trouble("remove a segment over the cap", error, this.#nowMs());
        break;
      }
    }
    return dropped;
  }
}
