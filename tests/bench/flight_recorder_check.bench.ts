/**
 * What the check of a record costs where it is made, beside the full schema.
 *
 * @module
 */
import { checkProduced, FDR_KINDS, type FdrKind } from "../../src/flight_recorder/mod.ts";
import { FDR_FIXTURES } from "../support/flight_recorder_fixtures.ts";

const RECORDS = Object.entries(FDR_FIXTURES) as [FdrKind, object][];

for (const kind of ["nav.state", "sensor.attitude"] as const) {
  const payload = FDR_FIXTURES[kind];
  Deno.bench({ name: "required keys", group: kind, baseline: true }, () => {
    checkProduced(kind, payload);
  });
  Deno.bench({ name: "zod schema", group: kind }, () => {
    FDR_KINDS[kind].parse(payload);
  });
}

let at = 0;
Deno.bench({ name: "required keys", group: "all kinds in turn", baseline: true }, () => {
  const [kind, payload] = RECORDS[at = (at + 1) % RECORDS.length];
  checkProduced(kind, payload);
});
Deno.bench({ name: "zod schema", group: "all kinds in turn" }, () => {
  const [kind, payload] = RECORDS[at = (at + 1) % RECORDS.length];
  FDR_KINDS[kind].parse(payload);
});
