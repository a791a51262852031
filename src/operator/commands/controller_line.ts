/**
 * The line of a simulated flight controller, and what is signed on it.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";
import { openSigning } from "../../flight/flight_controller/mod.ts";
import type { MavlinkSigning } from "../../link/mavlink/mod.ts";
import {
  type ByteLink,
  createLink,
  createPseudoTerminal,
  type LinkParts,
} from "../../link/transport/mod.ts";

/** `pty:` makes a serial line. */
export function openLine(address: string, parts: LinkParts): ByteLink {
  return address === "pty:" ? createPseudoTerminal(parts) : createLink(address, parts);
}

/**
 * null without a key.
 *
 * @throws UsageError for a firmware that signs nothing; as `openSigning`
 */
export async function lineSigning(
  { signingKey, firmware }: { readonly signingKey?: string; readonly firmware: string },
  utcMs: () => number,
): Promise<MavlinkSigning | null> {
  if (signingKey === undefined) return null;
  if (firmware.startsWith("inav")) {
    throw new UsageError("iNav speaks MSP, which nobody signs: do without --signing-key");
  }
  return await openSigning(signingKey, { utcMs });
}
