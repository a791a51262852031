/**
 * Writes a recorded-flight folder, complete or absent.
 *
 * @module
 */
import { dirname } from "node:path";
import { Output, OutputFile } from "../../core/mod.ts";
import {
  type FlightDescription,
  OPTIONAL_STREAMS,
  STREAM_COLUMNS,
  type StreamFile,
} from "../../flight/replay/mod.ts";

export class FlightFolder implements AsyncDisposable {
  readonly #output: Output;
  readonly #streams = new Map<StreamFile, OutputFile>();

  private constructor(output: Output) {
    this.#output = output;
  }

  get path(): string {
    return this.#output.path;
  }

  /**
   * `optional`: which of the optional streams the flight has.
   *
   * @throws GdnError with exit code 73 when `path` exists, OutputWriteError when it cannot be
   * created.
   */
  static async create(path: string, optional: readonly StreamFile[] = []): Promise<FlightFolder> {
    const folder = new FlightFolder(await Output.folder(path));
    try {
      for (const stream of Object.keys(STREAM_COLUMNS) as StreamFile[]) {
        if (OPTIONAL_STREAMS.includes(stream) && !optional.includes(stream)) continue;
        const file = await OutputFile.create(
          folder.#output,
          `${folder.#output.temporaryPath}/${stream}`,
        );
        folder.#streams.set(stream, file);
        await file.writeText(`${STREAM_COLUMNS[stream].join(",")}\n`);
      }
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
    return folder;
  }

  /** Appends one row; `values` are in the order of STREAM_COLUMNS. */
  async row(stream: StreamFile, values: readonly (number | string)[]): Promise<void> {
    const out = this.#streams.get(stream);
    if (out === undefined) throw new TypeError("a row was written to a closed flight folder");
    await out.writeText(`${values.join(",")}\n`);
  }

  /** A file of the folder, "frames/000000.jpg". */
  async file(name: string, bytes: Uint8Array): Promise<void> {
    const path = `${this.#output.temporaryPath}/${name}`;
    await this.#output.guard(async () => {
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(path, bytes);
    });
  }

  /** Writes the descriptions, closes everything and renames the folder to its final name. */
  async commit(description: FlightDescription, truth: unknown): Promise<void> {
    const text = (value: unknown) =>
      new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
    await this.file("flight.json", text(description));
    await this.file("truth.json", text(truth));
    for (const out of this.#streams.values()) await out.flush();
    this.#close();
    await this.#output.commit();
  }

  #close(): void {
    for (const file of this.#streams.values()) file[Symbol.dispose]();
    this.#streams.clear();
  }

  /** Removes what was written, unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#output[Symbol.asyncDispose]();
  }
}
