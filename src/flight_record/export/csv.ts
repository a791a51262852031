/**
 * A flight as CSV: one file per kind, one column per value.
 *
 * @module
 */
import type { FlightFiles } from "../flight_files.ts";
import { NewOutput, OutputFile } from "../new_output.ts";
import { type ReadOptions, readRecords } from "../read_records.ts";
import { csvCell, rowsOf } from "./flatten.ts";
import type { Export } from "./export_result.ts";

/** Before the columns of the payload, in every file. */
const ENVELOPE = ["timestampNs", "wallTime", "producerId"];
const COLUMNS_MAX = 1000;
/** Each kind has an open file. */
const KINDS_MAX = 256;

interface Table {
  readonly name: string;
  /** Of the payload, in the order in which they came. */
  readonly columns: Set<string>;
  file: OutputFile | null;
  rows: number;
}

/** @throws OutputTakenError | OutputWriteError */
export async function exportCsv(
  files: FlightFiles,
  out: string,
  options: ReadOptions = {},
): Promise<Export> {
  await using output = await NewOutput.folder(out);
  const tables = await findColumns(files, { ...options, onDamage: undefined });
  let records = 0;
  try {
    for await (const record of readRecords(files, options)) {
      const table = tables.get(record.kind);
      if (table === undefined) continue;
      table.file ??= await begin(output, table);
      const start = [record.timestampNs, record.wallTime, record.producerId].map(csvCell).join(",");
      for (const row of rowsOf(record.kind, record.payload)) {
        let line = start;
        for (const column of table.columns) line += `,${csvCell(row.get(column))}`;
        await table.file.writeText(`${line}\n`);
        table.rows++;
      }
      records++;
    }
    for (const { file } of tables.values()) await file?.finish();
  } finally {
    for (const { file } of tables.values()) file?.close();
  }
  if (records > 0) await output.commit();
  return { path: output.path, files: [...tables.values()].map(({ name }) => name), records };
}

/** Payloads may carry keys that the registry does not know: the columns are those that are there. */
async function findColumns(
  files: FlightFiles,
  options: ReadOptions,
): Promise<Map<string, Table>> {
  const tables = new Map<string, Table>();
  const names = new Set<string>();
  for await (const { kind, payload } of readRecords(files, { ...options, progress: undefined })) {
    let table = tables.get(kind);
    if (table === undefined) {
      if (tables.size >= KINDS_MAX) continue;
      table = { name: fileName(kind, names), columns: new Set(), file: null, rows: 0 };
      tables.set(kind, table);
    }
    for (const row of rowsOf(kind, payload)) {
      for (const column of row.keys()) {
        if (table.columns.size < COLUMNS_MAX) table.columns.add(column);
      }
    }
  }
  return tables;
}

async function begin(output: NewOutput, { name, columns }: Table): Promise<OutputFile> {
  const file = await OutputFile.create(output, `${output.temporaryPath}/${name}`);
  await file.writeText(`${[...ENVELOPE, ...columns].map(csvCell).join(",")}\n`);
  return file;
}

/** A kind is any text in a damaged or foreign file: no path comes of it. */
function fileName(kind: string, taken: Set<string>): string {
  const plain = kind.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_").slice(0, 100) || "_";
  let name = `${plain}.csv`;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain}-${number}.csv`;
  taken.add(name.toLowerCase());
  return name;
}
