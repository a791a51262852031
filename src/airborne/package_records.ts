/**
 * Records of the flight package.
 *
 * @module
 */
import type { Clock } from "../core/mod.ts";
import type { FlightPackage, VerifyScope } from "../flight/flight_package/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";

/** The package was checked against its manifest, and that against its signature. */
export function packageVerified(
  { sink, clock, flightPackage, scope }: {
    readonly sink: FdrSink;
    readonly clock: Clock;
    readonly flightPackage: FlightPackage;
    readonly scope: VerifyScope;
  },
): void {
  const { manifest: { name, files }, manifestSha256, trust } = flightPackage;
  sink.enqueue({
    kind: "package.verified",
    timestampNs: clock.now(),
    payload: {
      name,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      manifestSha256,
      scope,
      trust: trust.kind,
      ...(trust.kind === "trusted"
        ? { publicKeyFingerprint: trust.key.id, counter: trust.statement.counter }
        : {}),
      ...(trust.kind === "untrusted" ? { trustReason: trust.code } : {}),
    },
  });
}
