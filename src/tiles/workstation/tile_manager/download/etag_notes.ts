/**
 * Keeps the ETags that a provider gave with its tiles, for the next refresh.
 *
 * @module
 */
import { type TileId, tileUuid } from "../../../tile_contract/mod.ts";

/** Where ETags are stored (`TileValidators` of the cache). */
export interface EtagStore {
  remember(
    origin: string,
    marks: readonly {
      readonly tileId: TileId;
      readonly contentSha256: string;
      readonly etag: string;
    }[],
  ): Promise<void>;
  /** Keyed by tile UUID. */
  of(origin: string, tileIds: readonly TileId[]): Promise<ReadonlyMap<string, string>>;
}

/** ETags are stored together, after the tiles themselves are written. */
const BATCH = 4096;
/** RFC 9110, 8.8.3: opaque text in quotes, weak or strong. */
const ETAG = /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const ETAG_LENGTH_MAX = 300;

/** The value of the header if it can be sent back; null otherwise. */
export function usableEtag(header: string | null): string | null {
  return header !== null && header.length <= ETAG_LENGTH_MAX && ETAG.test(header) ? header : null;
}

export class EtagNotes {
  readonly #store: EtagStore | null;
  readonly #origin: string;
  #waiting: { tileId: TileId; contentSha256: string; etag: string }[] = [];

  /**
   * `origin` identifies the exact URL that tiles come from; ETags of another origin are ignored.
   * Without a store nothing is kept.
   */
  constructor(store: EtagStore | null, origin: string) {
    this.#store = store;
    this.#origin = origin;
  }

  async of(tileIds: readonly TileId[]): Promise<(tileId: TileId) => string | null> {
    const marks = await this.#store?.of(this.#origin, tileIds);
    return (tileId) => marks?.get(tileUuid(tileId)) ?? null;
  }

  add(tileId: TileId, contentSha256: string, etag: string | null): void {
    if (etag !== null && this.#store !== null) {
      this.#waiting.push({ tileId, contentSha256, etag });
    }
  }

  get isFull(): boolean {
    return this.#waiting.length >= BATCH;
  }

  /** Call when the tiles are in the cache. */
  async flush(): Promise<void> {
    const marks = this.#waiting;
    this.#waiting = [];
    if (marks.length > 0) await this.#store?.remember(this.#origin, marks);
  }
}
