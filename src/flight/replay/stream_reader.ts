/**
 * Reads one stream of a recorded flight as checked items in order, a piece at a time.
 *
 * @module
 */
import type { DataError } from "../../core/mod.ts";
import type { StreamFile } from "./contract.ts";
import { CsvStream } from "./csv_stream.ts";
import { RowFields } from "./rows.ts";

export interface StreamRules<T> {
  parse(row: RowFields): T;
  /** Throws `fault` unless `item` may follow `previous`. */
  follows(previous: T, item: T, fault: (message: string) => DataError): void;
}

export class StreamReader<T> implements Disposable {
  readonly #csv: CsvStream;
  readonly #name: StreamFile;
  readonly #rules: StreamRules<T>;
  #items: T[] = [];
  #next = 0;
  #previous: T | undefined;
  #ended = false;

  private constructor(csv: CsvStream, name: StreamFile, rules: StreamRules<T>) {
    this.#csv = csv;
    this.#name = name;
    this.#rules = rules;
  }

  static async open<T>(
    folder: string,
    name: StreamFile,
    rules: StreamRules<T>,
  ): Promise<StreamReader<T>> {
    return new StreamReader(await CsvStream.open(folder, name), name, rules);
  }

  get path(): string {
    return this.#csv.path;
  }

  /** True when {@link peek} must wait for {@link fill} first. */
  get needsFill(): boolean {
    return !this.#ended && this.#next >= this.#items.length;
  }

  async fill(): Promise<void> {
    const rows = await this.#csv.read();
    this.#next = 0;
    this.#items = [];
    if (rows === null) {
      this.#ended = true;
      return;
    }
    for (const row of rows) {
      const fields = new RowFields(this.#csv.path, this.#name, row);
      const item = this.#rules.parse(fields);
      if (this.#previous !== undefined) {
        this.#rules.follows(this.#previous, item, (message) => fields.fault(message));
      }
      this.#previous = item;
      this.#items.push(item);
    }
  }

  /** The next item; undefined at the end of the stream. */
  peek(): T | undefined {
    return this.#items[this.#next];
  }

  take(): void {
    this.#next++;
  }

  [Symbol.dispose](): void {
    this.#csv[Symbol.dispose]();
  }
}
