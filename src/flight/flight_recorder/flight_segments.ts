/**
 * Manages the segment files of one flight: `<flightRoot>/<flightId>/segment_0000.mcap` and so on.
 *
 * @module
 */
import { TEMPORARY_MARK } from "../../core/mod.ts";
import type { Disk, DiskFile } from "./contract.ts";
import { SegmentWriter } from "./segment_writer.ts";

interface ClosedSegment {
  readonly name: string;
  readonly bytes: number;
  readonly messages: number;
  readonly extent: { readonly firstNs: number; readonly lastNs: number } | undefined;
}

interface SegmentsOptions {
  readonly disk: Disk;
  readonly flightRoot: string;
  readonly flightId: string;
  /** Writes the beginning of every segment. */
  readonly begin: (segment: SegmentWriter) => void;
}

export class FlightSegments {
  readonly folder: string;
  readonly #options: SegmentsOptions;
  #current: SegmentWriter;
  #index = 0;
  #closed: ClosedSegment[] = [];
  #droppedBytes = 0;
  #droppedMessages = 0;

  /** Creates the folder and the first segment; leaves nothing when it throws. */
  constructor(options: SegmentsOptions) {
    const { disk, flightRoot, flightId } = options;
    this.#options = options;
    this.folder = `${flightRoot}/${flightId}`;
    disk.makeFolder(this.folder);
    try {
      disk.syncFolder(flightRoot);
      this.#current = this.#create(0);
    } catch (error) {
      // Not recursive: files that were there before are kept.
      attempt(() => disk.remove(this.folder));
      throw error;
    }
  }

  get current(): SegmentWriter {
    return this.#current;
  }

  get rolloverCount(): number {
    return this.#index;
  }

  get closed(): readonly ClosedSegment[] {
    return this.#closed;
  }

  /** Messages in all segments, deleted ones included. */
  get messages(): number {
    return this.#droppedMessages + this.#current.messages +
      this.#closed.reduce((sum, { messages }) => sum + messages, 0);
  }

  get droppedMessages(): number {
    return this.#droppedMessages;
  }

  /** Bytes of the segments that exist. */
  get bytes(): number {
    return this.#current.lengthBytes + this.#closed.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of all segments, deleted ones included. */
  get bytesEver(): number {
    return this.bytes + this.#droppedBytes;
  }

  /**
   * Continues in a new segment. The current one stays when the new one cannot be created (throws).
   * `onUnfinished` is called when the index could not be written: the segment is readable without
   * it.
   */
  roll(onUnfinished: (error: unknown) => void): void {
    const next = this.#create(this.#index + 1);
    this.#finish(onUnfinished);
    this.#current = next;
    this.#index++;
  }

  /** Writes the end of the last segment. */
  end(onUnfinished: (error: unknown) => void): void {
    this.#finish(onUnfinished);
    try {
      this.#options.disk.syncFolder(this.folder);
    } catch (error) {
      onUnfinished(error);
    }
  }

  /** Removes the oldest closed segment. */
  dropOldest(): ClosedSegment {
    const { disk } = this.#options;
    const [oldest] = this.#closed;
    disk.remove(`${this.folder}/${oldest.name}`);
    this.#closed = this.#closed.slice(1);
    this.#droppedBytes += oldest.bytes;
    this.#droppedMessages += oldest.messages;
    return oldest;
  }

  #finish(onUnfinished: (error: unknown) => void): void {
    const segment = this.#current;
    try {
      segment.finish();
    } catch (error) {
      onUnfinished(error);
    }
    attempt(() => segment.close());
    this.#closed.push({
      name: segmentName(this.#index),
      bytes: segment.lengthBytes,
      messages: segment.messages,
      extent: segment.extent,
    });
  }

  /** A segment gets its name when its beginning is written: none ever exists without its header. */
  #create(index: number): SegmentWriter {
    const { disk, begin } = this.#options;
    const path = `${this.folder}/${segmentName(index)}`;
    if (exists(disk, path)) throw new Deno.errors.AlreadyExists(`${path} exists already`);
    const temporary = `${path}${TEMPORARY_MARK}${crypto.randomUUID()}`;
    const file: DiskFile = disk.create(temporary);
    let name = temporary;
    try {
      const segment = new SegmentWriter(file);
      begin(segment);
      segment.flush();
      segment.sync();
      disk.rename(temporary, path);
      name = path;
      disk.syncFolder(this.folder);
      return segment;
    } catch (error) {
      attempt(() => file.close());
      attempt(() => disk.remove(name));
      throw error;
    }
  }
}

function exists(disk: Disk, path: string): boolean {
  try {
    disk.sizeOf(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Names sort like their numbers up to 9999; readers use the number. */
function segmentName(index: number): string {
  return `segment_${String(index).padStart(4, "0")}.mcap`;
}

/** For cleaning up after a fault that is reported already. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Report the first fault.
  }
}
