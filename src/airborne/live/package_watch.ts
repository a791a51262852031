/**
 * Verifies behind the flight what a restart had no time for, and tells of every file of the package that is
 * not the one that was signed: it is off the map from then on, and the flight goes on without it.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { AlertSeverity } from "../../flight/flight_controller/mod.ts";
import { type FlightPackage, verifiedBytes, verifyRest } from "../../flight/flight_package/mod.ts";
import type { FdrSink } from "../../flight/flight_recorder/mod.ts";
import type { FlightOutput } from "../flight_output.ts";
import { packageVerified } from "../package_records.ts";

interface PackageWatchOptions {
  readonly flightPackage: FlightPackage;
  readonly clock: Clock;
  /** Part of a processor's time that it may take. */
  readonly workShare: number;
  /** What is not as the package says. */
  readonly notAsPackaged: readonly string[];
  readonly sink: FdrSink;
  /** To the ground station. */
  readonly alert: (severity: AlertSeverity, text: string) => void;
  /** For terminal and record. */
  readonly report: (kind: string, text: string) => void;
}

export class PackageWatch implements FlightOutput {
  readonly name = "package watch";
  readonly #options: PackageWatchOptions;
  readonly #ending = new AbortController();
  #verifying: Promise<void> | null = null;
  #damaged = 0;

  constructor(options: PackageWatchOptions) {
    this.#options = options;
    const { flightPackage: { path, tiles } } = options;
    tiles.onDamaged = (file) => this.#tell(file, `${path}/${file}: was altered`);
  }

  /** Begins behind the first position. */
  positionSent(): void {
    if (this.#verifying !== null) return;
    const { flightPackage: { trust, unverified }, notAsPackaged, alert } = this.#options;
    for (const text of notAsPackaged) alert("warning", text);
    if (trust.kind === "untrusted") alert("critical", "MAP PACKAGE NOT TRUSTED: simulation only");
    this.#verifying = unverified.length === 0 ? Promise.resolve() : this.#verify();
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#verifying;
  }

  async #verify(): Promise<void> {
    const { flightPackage, workShare, sink, clock, report } = this.#options;
    const { unverified, manifest } = flightPackage;
    const bytes = unverified.reduce((sum, file) => sum + file.bytes, 0);
    report(
      "package.verified_quickly",
      `restarted in flight: signature, manifest and sizes of the package are right; ${unverified.length} ` +
        `files (${(bytes / 1e6).toFixed(0)} of ${
          (verifiedBytes(manifest) / 1e6).toFixed(0)
        } MB) are ` +
        "verified while it flies",
    );
    const { signal } = this.#ending;
    const looked = await verifyRest(flightPackage, {
      workShare,
      signal,
      onDamaged: (file, reason) => this.#tell(file, reason),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    if (looked < unverified.length) return;
    if (this.#damaged === 0) packageVerified({ sink, clock, flightPackage, scope: "whole" });
    report(
      "package.verified_behind",
      `verified the rest of the package: ${looked} files, ${this.#damaged} damaged`,
    );
  }

  #tell(file: string, reason: string): void {
    const { sink, clock, alert, report } = this.#options;
    this.#damaged++;
    sink.enqueue({
      kind: "package.file_damaged",
      timestampNs: clock.now(),
      payload: { path: file, isTile: file.startsWith("tiles/") },
    });
    // The first, and then each time that there are twice as many.
    if ((this.#damaged & (this.#damaged - 1)) !== 0) return;
    const files = this.#damaged === 1 ? "a file" : `${this.#damaged} files`;
    alert("error", `MAP DAMAGED: ${files} left out`);
    report("package.file_damaged", `${reason}; the flight goes on without it`);
  }
}
