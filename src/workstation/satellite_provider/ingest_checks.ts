/**
 * The checks that a tile must pass before the provider accepts it.
 *
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import sharp from "sharp";
import { sha256Hex } from "../../core/mod.ts";
import { type Manifest, signedPayload } from "../../tiles/workstation/tile_manager/mod.ts";

const BYTES_MIN = 5 * 1024;
const BYTES_MAX = 5 * 1024 * 1024;
const SIDE_PX = 256;
const FUTURE_MAX_MS = 30_000;
/** Smallest standard deviation of the luminance: less is a uniform picture. */
const LUMINANCE_SIGMA_MIN = 2;

type ManifestTile = Manifest["tiles"][number];

/** null when the tile is valid, else the reason for its rejection. */
export async function rejectionOf(
  tile: ManifestTile,
  jpeg: Uint8Array<ArrayBuffer>,
  manifest: Manifest,
  time: { readonly now: Date; readonly ageMaxMs: number },
): Promise<string | null> {
  return signatureFault(tile, manifest) ?? contentFault(tile, jpeg) ??
    timeFault(tile, time) ?? await pictureFault(jpeg);
}

function signatureFault(tile: ManifestTile, manifest: Manifest): string | null {
  const payload = signedPayload({
    ...tile,
    captureTimestampNs: BigInt(tile.captureTimestampNs),
    flightId: manifest.flightId,
    companionId: manifest.companionId,
  });
  return verifies(tile.signature, payload, manifest.publicKey) ? null : "invalid signature";
}

/** By @noble/curves: another implementation than the one that signs. */
export function verifies(signature: string, message: Uint8Array, publicKey: string): boolean {
  try {
    return ed25519.verify(
      Uint8Array.fromBase64(signature),
      message,
      Uint8Array.fromBase64(publicKey),
    );
  } catch {
    // Not 64 bytes, or not a point of the curve.
    return false;
  }
}

function contentFault(tile: ManifestTile, jpeg: Uint8Array): string | null {
  if (sha256Hex(jpeg) !== tile.contentSha256) {
    return "the picture does not match its SHA-256";
  }
  if (jpeg.length < BYTES_MIN || jpeg.length > BYTES_MAX) {
    return `${jpeg.length} bytes; ${BYTES_MIN} to ${BYTES_MAX} are allowed`;
  }
  return jpeg[0] === 0xff && jpeg[1] === 0xd8 && jpeg[2] === 0xff ? null : "not a JPEG";
}

function timeFault(
  tile: ManifestTile,
  { now, ageMaxMs }: { readonly now: Date; readonly ageMaxMs: number },
): string | null {
  const ageMs = now.getTime() - Number(BigInt(tile.captureTimestampNs) / 1_000_000n);
  if (ageMs > ageMaxMs) return `captured ${Math.floor(ageMs / 86_400_000)} days ago`;
  return ageMs < -FUTURE_MAX_MS ? "captured in the future" : null;
}

async function pictureFault(jpeg: Uint8Array): Promise<string | null> {
  try {
    const picture = sharp(jpeg, { failOn: "error", limitInputPixels: 4 * SIDE_PX * SIDE_PX });
    const { width, height, format } = await picture.metadata();
    if (format !== "jpeg") return "not a JPEG";
    if (width !== SIDE_PX || height !== SIDE_PX) return `${width}×${height} pixels, not 256×256`;
    const { channels } = await picture.greyscale().stats();
    return channels[0].stdev < LUMINANCE_SIGMA_MIN ? "without contrast" : null;
  } catch {
    return "a JPEG that cannot be decoded";
  }
}
