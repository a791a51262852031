/**
 * Reads one CSV stream of a recorded flight in pieces, so that an hour of IMU data is never in
 * memory at once.
 *
 * @module
 */
import { DataError, messageOf, openPlainFile } from "../../core/mod.ts";
import { STREAM_COLUMNS, type StreamFile } from "./contract.ts";

/** Bytes read at a time. */
const CHUNK_BYTES = 64 * 1024;
const LINE_CHARACTERS_MAX = 4096;

/** One data row: its 1-based line number and its fields, as many as the stream has columns. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Opens `folder/name`, and checks its header against {@link STREAM_COLUMNS}. */
export class CsvStream implements Disposable {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #columns: readonly string[];
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #rest = "";
  #line = 0;
  #ended = false;
  #closed = false;

  private constructor(path: string, file: Deno.FsFile, columns: readonly string[]) {
    this.path = path;
    this.#file = file;
    this.#columns = columns;
  }

  /** @throws DataError when the file is absent. */
  static async open(folder: string, name: StreamFile): Promise<CsvStream> {
    const path = `${folder}/${name}`;
    try {
      return new CsvStream(
        path,
        await openPlainFile(path, { within: folder }),
        STREAM_COLUMNS[name],
      );
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new DataError(path, "is missing; a recorded flight needs it", { cause: error });
      }
      if (error instanceof DataError) throw error;
      throw new DataError(path, `cannot be opened: ${messageOf(error)}`, { cause: error });
    }
  }

  /** The next rows (a piece of the file), or null at its end. */
  async read(): Promise<CsvRow[] | null> {
    const rows: CsvRow[] = [];
    while (rows.length === 0) {
      if (this.#ended) return null;
      const lines = await this.#lines();
      for (const line of lines) {
        this.#line++;
        if (this.#line === 1) this.#checkHeader(line);
        else rows.push(this.#row(line));
      }
    }
    return rows;
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }

  async #lines(): Promise<string[]> {
    const read = await this.#readChunk();
    const text = this.#rest +
      this.#decode(read === null ? undefined : this.#chunk.subarray(0, read));
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LINE_CHARACTERS_MAX) {
      throw this.#fault(
        this.#line + lines.length + 1,
        `is longer than ${LINE_CHARACTERS_MAX} characters; this is not a flight stream`,
      );
    }
    if (read !== null) return lines;
    this.#ended = true;
    if (this.#line + lines.length === 0 && this.#rest === "") {
      throw new DataError(this.path, "is empty; copy the flight again");
    }
    if (this.#rest !== "") {
      throw this.#fault(
        this.#line + lines.length + 1,
        "does not end with a newline: the file was cut; copy the flight again",
      );
    }
    return lines;
  }

  async #readChunk(): Promise<number | null> {
    try {
      return await this.#file.read(this.#chunk);
    } catch (error) {
      throw new DataError(this.path, `cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  #decode(bytes: Uint8Array | undefined): string {
    try {
      return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw new DataError(
        this.path,
        `is not UTF-8 text after line ${this.#line}; copy the flight again`,
        { cause: error },
      );
    }
  }

  #checkHeader(line: string): void {
    const found = withoutReturn(line).split(",");
    for (const column of found) {
      if (!this.#columns.includes(column)) {
        throw this.#fault(1, `has the unknown column ${quote(column)}; ${this.#wanted()}`);
      }
    }
    for (const column of this.#columns) {
      if (!found.includes(column)) {
        throw this.#fault(1, `lacks the column ${column}; ${this.#wanted()}`);
      }
    }
    if (found.join() !== this.#columns.join()) {
      throw this.#fault(1, `has its columns in another order; ${this.#wanted()}`);
    }
  }

  #wanted(): string {
    return `the first line must be ${this.#columns.join(",")}`;
  }

  #row(text: string): CsvRow {
    const fields = withoutReturn(text).split(",");
    if (fields.length !== this.#columns.length) {
      throw this.#fault(
        this.#line,
        `has ${fields.length} fields, ${this.#columns.length} are needed ` +
          `(${this.#columns.join(",")})`,
      );
    }
    return { line: this.#line, fields };
  }

  #fault(line: number, what: string): DataError {
    return new DataError(this.path, `line ${line} ${what}`);
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Untrusted text for a message: shortened, and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
