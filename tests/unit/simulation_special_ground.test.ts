import { ok, throws } from "node:assert";
import { UsageError } from "../../src/core/mod.ts";
import { greyOf, openProcedural, SPECIAL_GROUNDS } from "../../src/workstation/simulation/mod.ts";

const centre = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 100 };
const PLACE = { westM: 310, southM: -70, widthPx: 96, heightPx: 96, gsdM: 0.5 };

async function levels(seed: string, season: "map" | "world", place = PLACE): Promise<Uint8Array> {
  return greyOf((await openProcedural({ seed, centre, season }).patch(place)).picture).pixels;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, level, i) => sum + Math.abs(level - b[i]), 0) / a.length;
}

function spread(pixels: Uint8Array): number {
  const mean = pixels.reduce((a, b) => a + b, 0) / pixels.length;
  return Math.sqrt(pixels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / pixels.length);
}

Deno.test("openProcedural() knows every kind by its name, and farmland by none", async () => {
  const kinds = await Promise.all(SPECIAL_GROUNDS.map((kind) => levels(`${kind}:3`, "world")));
  const farmland = await levels("3", "world");
  kinds.forEach((pixels, i) => ok(difference(pixels, farmland) > 5, SPECIAL_GROUNDS[i]));
  throws(() => openProcedural({ seed: "forests:3", centre, season: "map" }), UsageError);
});

Deno.test("the map shows farmland on a clear day, the camera snow and night", async () => {
  const farmland = await levels("3", "map");
  for (const kind of ["snow", "night", "haze"]) {
    ok(difference(await levels(`${kind}:3`, "map"), farmland) === 0, kind);
    ok(spread(await levels(`${kind}:3`, "world")) < spread(farmland) / 2, kind);
  }
});

Deno.test("solar parks repeat; terraces stay where they are through the years, waves do not", async () => {
  const same = async (kind: string) =>
    difference(await levels(`${kind}:3`, "map"), await levels(`${kind}:3`, "world")) /
    spread(await levels(`${kind}:3`, "map"));
  ok(await same("solar_parks") === 0);
  ok(await same("terraces") < 0.5, `${await same("terraces")}`);
  ok(await same("water") > 0.8, `${await same("water")}`);
});
