/**
 * Typed, range-checked access to the EXIF and XMP tags of one file; every value is untrusted.
 *
 * @module
 */
import exifr from "exifr";
import { DataError, messageOf } from "../../core/mod.ts";

export class PhotographTags {
  readonly #name: string;
  readonly #tags: Readonly<Record<string, unknown>>;

  constructor(name: string, tags: Readonly<Record<string, unknown>>) {
    this.#name = name;
    this.#tags = tags;
  }

  /** The number under the first of `keys` that exists; null when none does. */
  number(keys: readonly string[], minimum: number, maximum: number): number | null {
    for (const key of keys) {
      const value = this.#tags[key];
      if (value === undefined || value === null || value === "") continue;
      // 0/0 means unknown in EXIF.
      if (Number.isNaN(value)) continue;
      const number = Number(value);
      if (!(number >= minimum && number <= maximum)) {
        throw new DataError(
          this.#name,
          `tag ${key} is ${
            String(value).slice(0, 40)
          }, which is not in [${minimum}, ${maximum}]; ` +
            "correct it (exiftool) or leave the photograph out",
        );
      }
      return number;
    }
    return null;
  }

  required(keys: readonly string[], minimum: number, maximum: number): number {
    const value = this.number(keys, minimum, maximum);
    if (value !== null) return value;
    throw new DataError(
      this.#name,
      `no ${keys.join(" or ")} tag: the position of the photograph is unknown`,
    );
  }

  text(key: string): string | null {
    const value = this.#tags[key];
    return typeof value === "string" && value.trim() !== ""
      ? value.replaceAll("\0", "").trim().slice(0, 300)
      : null;
  }

  /** Empty where there are none. */
  bytes(key: string): Uint8Array {
    const value = this.#tags[key];
    return value instanceof Uint8Array ? value : new Uint8Array(0);
  }

  has(key: string): boolean {
    return this.#tags[key] !== undefined;
  }

  /** An EXIF date ("2016:06:23 16:31:59"), read as UTC independently of the machine's time zone. */
  date(key: string): Date | null {
    const value = this.#tags[key];
    if (typeof value !== "string") return null;
    const match = /^(\d{4}):(\d{2}):(\d{2}) (\d{2}):(\d{2}):(\d{2})/.exec(value);
    if (!match) return null;
    const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
    const fraction = Number(`0.${String(this.#tags.SubSecTimeOriginal ?? "").trim()}`);
    const millisecond = key === "DateTimeOriginal" && fraction < 1 ? 1000 * fraction : 0;
    const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, millisecond));
    return Number.isNaN(date.getTime()) || year < 1900 ? null : date;
  }
}

/** Without any where the file has none. @throws DataError where they cannot be read */
export async function readTags(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<PhotographTags> {
  let tags: Record<string, unknown> | undefined;
  try {
    tags = await exifr.parse(bytes, {
      tiff: true,
      exif: true,
      gps: true,
      xmp: true,
      makerNote: true,
      multiSegment: true,
      reviveValues: false,
      translateValues: false,
      mergeOutput: true,
    });
  } catch (error) {
    throw new DataError(name, `its tags cannot be read (${messageOf(error).slice(0, 120)})`, {
      cause: error,
    });
  }
  return new PhotographTags(name, tags ?? {});
}

/** The small picture that the camera wrote beside the large one; null where there is none. */
export async function photographThumbnail(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array | null> {
  try {
    const thumbnail = await exifr.thumbnail(bytes);
    return thumbnail === undefined ? null : new Uint8Array(thumbnail);
  } catch {
    return null;
  }
}
