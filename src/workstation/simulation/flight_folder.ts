/**
 * Writes a recorded-flight folder: whole or absent.
 *
 * @module
 */
import { writeAll } from "../../core/mod.ts";
import {
  type FlightDescription,
  OPTIONAL_STREAMS,
  STREAM_COLUMNS,
  type StreamFile,
} from "../../flight/replay/mod.ts";
import { OutputFolder } from "./output_folder.ts";

const FLUSH_CHARACTERS = 1 << 16;

interface OpenStream {
  readonly file: Deno.FsFile;
  text: string;
}

export class FlightFolder implements AsyncDisposable {
  readonly #output: OutputFolder;
  readonly #streams = new Map<StreamFile, OpenStream>();

  private constructor(output: OutputFolder) {
    this.#output = output;
  }

  get path(): string {
    return this.#output.path;
  }

  /**
   * `optional`: which of the optional streams the flight has.
   *
   * @throws GdnError with exit code 73 when `path` exists, OutputWriteError when it cannot be made.
   */
  static async create(path: string, optional: readonly StreamFile[] = []): Promise<FlightFolder> {
    const folder = new FlightFolder(await OutputFolder.create(path));
    try {
      for (const stream of Object.keys(STREAM_COLUMNS) as StreamFile[]) {
        if (OPTIONAL_STREAMS.includes(stream) && !optional.includes(stream)) continue;
        const place = await folder.#output.place(stream);
        const file = await folder.#output.guard(() =>
          Deno.open(place, { write: true, create: true, truncate: true })
        );
        folder.#streams.set(stream, { file, text: `${STREAM_COLUMNS[stream].join(",")}\n` });
      }
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
    return folder;
  }

  /** Appends one row; `values` stand in the order of STREAM_COLUMNS. */
  async row(stream: StreamFile, values: readonly (number | string)[]): Promise<void> {
    const out = this.#streams.get(stream);
    if (out === undefined) throw new TypeError("a row was written to a closed flight folder");
    out.text += values.join(",") + "\n";
    if (out.text.length >= FLUSH_CHARACTERS) await this.#flush(out);
  }

  /** A file of the folder, "frames/000000.jpg". */
  file(name: string, bytes: Uint8Array): Promise<void> {
    return this.#output.file(name, bytes);
  }

  /** Writes the descriptions, closes everything and gives the folder its name. */
  async commit(description: FlightDescription, truth: unknown): Promise<void> {
    const text = (value: unknown) =>
      new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
    await this.file("flight.json", text(description));
    await this.file("truth.json", text(truth));
    for (const out of this.#streams.values()) await this.#flush(out);
    this.#close();
    await this.#output.commit();
  }

  async #flush(out: OpenStream): Promise<void> {
    const bytes = new TextEncoder().encode(out.text);
    out.text = "";
    await this.#output.guard(() => writeAll(out.file, bytes));
  }

  #close(): void {
    for (const { file } of this.#streams.values()) file.close();
    this.#streams.clear();
  }

  /** Removes what was written unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#output[Symbol.asyncDispose]();
  }
}
