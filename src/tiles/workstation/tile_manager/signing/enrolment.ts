/**
 * Enrols a flight's public key with the provider, as the safety officer does before an upload.
 *
 * @module
 */
import { EXIT } from "../../../../core/mod.ts";
import type { SigningSession } from "../contract.ts";
import { SatelliteProviderError } from "../errors.ts";
import { type HttpParts, patientRequest } from "../http/request.ts";

const ENROLMENT_PATH = "api/satellite/keys";

export async function enrolKey(
  session: Pick<SigningSession, "flightId" | "publicKey">,
  options: {
    readonly base: URL;
    readonly officerToken: string;
    readonly http: HttpParts;
    readonly timeoutMs: number;
  },
): Promise<void> {
  const { base, officerToken, http, timeoutMs } = options;
  const publicKey = session.publicKey.toBase64();
  const { status } = await patientRequest(http, {
    url: new URL(ENROLMENT_PATH, base),
    method: "POST",
    headers: { authorization: `Bearer ${officerToken}`, "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify({ flightId: session.flightId, publicKey })),
    timeoutMs,
    bodyBytesMax: 64 * 1024,
  });
  if (status >= 200 && status < 300) return;
  throw new SatelliteProviderError(
    `${base.host} did not enrol the key of flight ${session.flightId} (status ${status}); check ` +
      "GDN_ENROLMENT_TOKEN",
    { exitCode: EXIT.refused },
  );
}
