/**
 * JPEG decoding and encoding with TurboJPEG of ffi/vision.
 *
 * @module
 */
import { DataError, NativeError, NativeErrorBuffer, type NativeLibrary } from "../../core/mod.ts";

/** 8-bit picture, row-major, interleaved; 1 channel is grey, 3 are RGB. */
export interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export const imageSymbols = {
  gdn_jpeg_size: {
    // (const uint8_t*, int64_t, int32_t*, int32_t*, gdn_error*)
    parameters: ["buffer", "i64", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  gdn_jpeg_decode: {
    // (const uint8_t*, int64_t, int32_t channels, int32_t denominator, uint8_t*, int64_t, gdn_error*)
    parameters: ["buffer", "i64", "i32", "i32", "buffer", "i64", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_jpeg_encode: {
    // (const uint8_t*, int32_t w, int32_t h, int32_t c, int32_t q, uint8_t*, int64_t, int64_t*, gdn_error*)
    parameters: ["buffer", "i32", "i32", "i32", "i32", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type ImageLibrary = Pick<NativeLibrary<typeof imageSymbols>, "symbols">;

/**
 * Size in pixels; throws {@link DataError} when the bytes are not a JPEG. `name` is for the
 * message.
 */
export function jpegSize(
  vision: ImageLibrary,
  jpeg: Uint8Array<ArrayBuffer>,
  name: string,
): { widthPx: number; heightPx: number } {
  const size = new Int32Array(2);
  const error = new NativeErrorBuffer();
  const status = vision.symbols.gdn_jpeg_size(
    jpeg,
    BigInt(jpeg.length),
    size.subarray(0, 1),
    size.subarray(1),
    error.bytes,
  );
  checkData("gdn_jpeg_size", status, error, name);
  return { widthPx: size[0], heightPx: size[1] };
}

/** Decodes to grey or RGB, reduced to 1/`denominator`. Do not change the bytes until it settles. */
export async function decodeJpeg(
  vision: ImageLibrary,
  jpeg: Uint8Array<ArrayBuffer>,
  options: { name: string; channels?: 1 | 3; denominator?: 1 | 2 | 4 | 8 },
): Promise<Picture> {
  const { name, channels = 1, denominator = 1 } = options;
  const full = jpegSize(vision, jpeg, name);
  const widthPx = Math.ceil(full.widthPx / denominator);
  const heightPx = Math.ceil(full.heightPx / denominator);
  const pixels = new Uint8Array(widthPx * heightPx * channels);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_jpeg_decode(
    jpeg,
    BigInt(jpeg.length),
    channels,
    denominator,
    pixels,
    BigInt(pixels.length),
    error.bytes,
  );
  checkData("gdn_jpeg_decode", status, error, name);
  return { widthPx, heightPx, channels, pixels };
}

export async function encodeJpeg(
  vision: ImageLibrary,
  picture: Picture,
  quality = 90,
): Promise<Uint8Array<ArrayBuffer>> {
  const { widthPx, heightPx, channels, pixels } = picture;
  if (pixels.length < widthPx * heightPx * channels) {
    throw new RangeError(
      `a picture of ${widthPx}×${heightPx}×${channels} cannot have ${pixels.length} bytes`,
    );
  }
  const jpeg = new Uint8Array(widthPx * heightPx * channels + 4096);
  const bytes = new BigInt64Array(1);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_jpeg_encode(
    pixels,
    widthPx,
    heightPx,
    channels,
    quality,
    jpeg,
    BigInt(jpeg.length),
    bytes,
    error.bytes,
  );
  error.check("gdn_jpeg_encode", status);
  return jpeg.slice(0, Number(bytes[0]));
}

/** Status 5 (GDN_BAD_DATA of abi.h) is an error of the file, not of the program. */
function checkData(call: string, status: number, error: NativeErrorBuffer, name: string): void {
  try {
    error.check(call, status);
  } catch (fault) {
    if (fault instanceof NativeError && fault.status === 5) {
      throw new DataError(name, fault.reason, { cause: fault });
    }
    throw fault;
  }
}
