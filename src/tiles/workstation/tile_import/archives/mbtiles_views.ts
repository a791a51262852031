/**
 * Checks views in MBTiles files before they are run. Many files have a view in place of the table
 * `tiles`: positions in one table, pictures in another, so that equal pictures are stored once. A
 * view from an untrusted file could also run without end (every row with every other), and SQLite
 * in this process cannot be interrupted. So the query plan of a view is inspected first, and only a
 * view whose work grows with the number of rows is run.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

export interface SchemaObject {
  readonly name: string;
  readonly type: string;
  readonly sql: string | null;
}

/** Functions and tables that can produce rows or bytes that are not stored in the file. */
const MAKES_ROWS = /\b(WITH|generate_series|json_each|json_tree|randomblob|zeroblob)\b/i;
const MAKES_BYTES = /\b(printf|format|replace|group_concat|string_agg)\s*\(/i;
/** NULL IS NULL is true for every pair of rows, in spite of a unique index. */
const IS = /\bIS\b(?!\s+(NOT\s+)?NULL\b)/i;
/** Enough plan nodes for a few joins and unions; more would be a union of unions. */
const PLAN_NODES_MAX = 64;

function isVirtual({ sql }: SchemaObject): boolean {
  return /^\s*CREATE\s+VIRTUAL/i.test(sql ?? "");
}

/** Why the table or view must not be read; null when all `queries` are safe. */
export function endlessWork(
  database: DatabaseSync,
  objects: readonly SchemaObject[],
  read: { readonly name: string; readonly queries: readonly string[] },
): string | null {
  const asked = objects.find(({ name }) => name === read.name);
  if (asked?.type === "table" && !isVirtual(asked)) return null;
  const views = objects.filter(({ type }) => type === "view");
  const maker = objects.find((object) =>
    isVirtual(object) || object.type === "view" && MAKES_ROWS.test(object.sql ?? "")
  );
  if (maker !== undefined) {
    return `its "${maker.name}" generates rows, and could do so without end`;
  }
  const text = asked?.sql ?? "";
  const other = views.find(({ name }) =>
    name !== read.name && (/\W/.test(name) || text.toLowerCase().includes(name.toLowerCase()))
  );
  if (other !== undefined) return `its view "${read.name}" may read the view "${other.name}"`;
  if (MAKES_BYTES.test(text)) return `its view "${read.name}" builds texts of any length`;
  if (IS.test(text)) return `its view "${read.name}" joins by IS; use = instead`;
  const costly = read.queries.map((query) => costlyStep(database, query)).find((step) =>
    step !== null
  );
  return costly === undefined
    ? null
    : `its view "${read.name}" compares rows with rows without a unique index (${costly})`;
}

interface PlanNode {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

const LOOP = /^(SCAN|SEARCH)\b/;
const HARMLESS =
  /^(COMPOUND QUERY|LEFT-MOST SUBQUERY|UNION|INTERSECT|EXCEPT|CO-ROUTINE|MATERIALIZE|USE TEMP B-TREE|(CORRELATED )?SCALAR SUBQUERY)\b/;

/**
 * The first step of the plan that may take longer than linear time: of nested loops only the
 * outermost may visit more than one row each time.
 */
function costlyStep(database: DatabaseSync, query: string): string | null {
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${query}`).all() as unknown as PlanNode[];
  if (plan.length > PLAN_NODES_MAX) return `a plan of ${plan.length} steps`;
  const unique = uniqueIndexes(database);
  const nodes = new Map(plan.map((node) => [node.id, node]));
  /** Nesting levels that have their outermost loop already. */
  const begun = new Set<number>();
  for (const { parent, detail } of plan) {
    if (!LOOP.test(detail)) {
      if (HARMLESS.test(detail)) continue;
      return detail;
    }
    const repeated = nodes.get(parent)?.detail.startsWith("CORRELATED") ?? false;
    if ((begun.has(parent) || repeated) && !meetsOneRow(detail, unique)) return detail;
    begun.add(parent);
  }
  return null;
}

function meetsOneRow(detail: string, unique: ReadonlyMap<string, number>): boolean {
  if (!detail.startsWith("SEARCH ")) return false;
  if (/ USING INTEGER PRIMARY KEY \(rowid=\?\)/.test(detail)) return true;
  const [, name, terms] = / USING (?:COVERING )?INDEX (\w+) \(([^()]*)\)/.exec(detail) ?? [];
  if (name === undefined || /[<>]/.test(terms)) return false;
  return unique.get(name) === terms.split(" AND ").length;
}

/** Names of the unique indexes, with their numbers of columns. */
function uniqueIndexes(database: DatabaseSync): ReadonlyMap<string, number> {
  const rows = database.prepare(
    "SELECT il.name AS name, (SELECT count(*) FROM pragma_index_info(il.name)) AS columns " +
      "FROM sqlite_master AS m, pragma_index_list(m.name) AS il " +
      `WHERE m.type = 'table' AND il."unique" = 1`,
  ).all() as { name: string; columns: number }[];
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}
