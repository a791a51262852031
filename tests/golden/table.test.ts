import assert from "node:assert/strict";
import { compare, csvOf, summaryOf, type Table } from "./table.ts";

const TABLE: Table = {
  columns: [{ name: "time_s", decimals: 1 }, { name: "east_m", decimals: 2, tolerance: 0.1 }, {
    name: "label",
  }],
  rows: [[1, 2.345, "good"], [2, -0.001, "good"]],
};

Deno.test("csvOf() writes fixed decimals and no negative zero", () => {
  assert.equal(csvOf(TABLE), "time_s,east_m,label\n1.0,2.35,good\n2.0,0.00,good\n");
  assert.throws(() => csvOf({ ...TABLE, rows: [[1, 2, "a,b"]] }), /does not fit/);
});

Deno.test("compare() names cells beyond their tolerance, other texts, rows and columns", () => {
  const misses = (committed: string) => compare(TABLE, committed).misses;
  const head = "time_s,east_m,label\n";
  assert.deepEqual(misses(csvOf(TABLE)), []);
  assert.equal(summaryOf(compare(TABLE, csvOf(TABLE))), "as committed");
  assert.deepEqual(misses(`${head}1.0,2.44,good\n2.0,0.00,good\n`), []);
  assert.match(misses(`${head}1.0,2.56,good\n2.0,0.00,good\n`).join(), /row 1 .* east_m: 2\.35/);
  assert.match(misses(`${head}1.0,nothing,good\n2.0,0.00,good\n`).join(), /east_m/);
  assert.match(misses(`${head}1.0,2.35,bad\n2.0,0.00,good\n`).join(), /label: good, committed bad/);
  assert.match(misses(`${head}1.0,2.35,good\n`).join(), /2 rows, committed 1/);
  assert.match(misses("time_s,north_m,label\n").join(), /columns/);
});
