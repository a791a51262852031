/**
 * Exports a flight as CSV: one file for each kind, one column for each value.
 *
 * @module
 */
import { Output, OutputFile } from "../../../core/mod.ts";
import type { FdrRecord } from "../../flight_recorder/mod.ts";
import type { FlightFiles } from "../flight_files.ts";
import { readBatches, type ReadOptions } from "../read_records.ts";
import { csvCell, rowsOf } from "./flatten.ts";
import type { Export } from "./export_result.ts";

/** Columns before those of the payload, in every file. */
const ENVELOPE = ["timestampNs", "wallTime", "producerId"];
const COLUMNS_MAX = 1000;
/** Limit of open files: each kind has one. */
const KINDS_MAX = 256;

interface Table {
  readonly name: string;
  /** Columns of the payload, in order of appearance. */
  readonly columns: Set<string>;
  file: OutputFile | null;
  /** Lines that are not written yet. */
  lines: string;
}

/** @throws OutputTakenError | OutputWriteError */
export async function exportCsv(
  files: FlightFiles,
  out: string,
  options: ReadOptions = {},
): Promise<Export> {
  await using output = await Output.folder(out);
  const tables = await findColumns(files, { ...options, onDamage: undefined });
  let records = 0;
  try {
    for await (const batch of readBatches(files, options)) {
      for (const { record } of batch) {
        const table = tables.get(record.kind);
        if (table === undefined) continue;
        addRows(table, record);
        records++;
      }
      for (const table of tables.values()) await flush(output, table);
    }
    for (const { file } of tables.values()) await file?.flush();
  } finally {
    for (const { file } of tables.values()) file?.[Symbol.dispose]();
  }
  if (records > 0) await output.commit();
  return { path: output.path, files: [...tables.values()].map(({ name }) => name), records };
}

/** Payloads may have keys that the registry does not know: the columns are the keys that occur. */
async function findColumns(
  files: FlightFiles,
  options: ReadOptions,
): Promise<Map<string, Table>> {
  const tables = new Map<string, Table>();
  const names = new Set<string>();
  for await (const batch of readBatches(files, { ...options, progress: undefined })) {
    for (const { record: { kind, payload } } of batch) {
      let table = tables.get(kind);
      if (table === undefined) {
        if (tables.size >= KINDS_MAX) continue;
        table = { name: fileName(kind, names), columns: new Set(), file: null, lines: "" };
        tables.set(kind, table);
      }
      for (const row of rowsOf(kind, payload)) {
        for (const column of row.keys()) {
          if (table.columns.size < COLUMNS_MAX) table.columns.add(column);
        }
      }
    }
  }
  return tables;
}

function addRows(table: Table, { kind, payload, ...envelope }: FdrRecord): void {
  const { timestampNs, wallTime, producerId } = envelope;
  const start = [timestampNs, wallTime, producerId].map(csvCell).join(",");
  for (const row of rowsOf(kind, payload)) {
    let line = start;
    for (const column of table.columns) line += `,${csvCell(row.get(column))}`;
    table.lines += `${line}\n`;
  }
}

async function flush(output: Output, table: Table): Promise<void> {
  const { lines, name, columns } = table;
  if (lines === "") return;
  table.lines = "";
  if (table.file === null) {
    table.file = await OutputFile.create(output, `${output.temporaryPath}/${name}`);
    await table.file.writeText(`${[...ENVELOPE, ...columns].map(csvCell).join(",")}\n`);
  }
  await table.file.writeText(lines);
}

/** In a damaged or foreign file a kind can be any text: it must not lead to another path. */
function fileName(kind: string, taken: Set<string>): string {
  const plain = kind.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_").slice(0, 100) || "_";
  let name = `${plain}.csv`;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain}-${number}.csv`;
  taken.add(name.toLowerCase());
  return name;
}
