/**
 * What a camera in cloud sees: bright noise without any structure.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";
import { encodeJpeg, type VisionLibrary } from "../../native/vision/mod.ts";

const LEVEL = 185, NOISE_LEVELS = 2.5;
/** A picture that comes again and again would be a frozen camera. */
const PICTURES = 5;

export async function cloudPictures(
  vision: VisionLibrary,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
  random: Random,
): Promise<readonly Uint8Array[]> {
  const pictures: Uint8Array[] = [];
  for (let i = 0; i < PICTURES; i++) {
    const pixels = Uint8Array.from(
      { length: widthPx * heightPx },
      () => LEVEL + NOISE_LEVELS * random.normal(),
    );
    pictures.push(await encodeJpeg(vision, { widthPx, heightPx, channels: 1, pixels }));
  }
  return pictures;
}
