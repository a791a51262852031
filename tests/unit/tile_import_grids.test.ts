/** What archives and photographs say of their places: their own word counts, and a contradiction is refused. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import sharp from "sharp";
import { DataError, UsageError } from "../../src/core/mod.ts";
import { calibrationFromTags } from "../../src/flight/photographs/mod.ts";
import { openArchive } from "../../src/tiles/workstation/tile_import/mod.ts";
import { HttpTileSource } from "../../src/tiles/workstation/tile_manager/download/tile_source.ts";
import { RateLimit } from "../../src/tiles/workstation/tile_manager/download/rate_limit.ts";
import { inScratch } from "../support/scratch.ts";

/** Kyiv at zoom 14, from the north. */
const ZOOM = 14, X = 9580, Y = 5525;
const FROM_SOUTH = 2 ** ZOOM - 1 - Y;
const KYIV_BOUNDS = "30.4,50.3,30.7,50.6";

const picture = await sharp({
  create: { width: 256, height: 256, channels: 3, background: "#777" },
}).png().toBuffer();

async function placesOf(path: string, scheme: "xyz" | "tms" | null = null) {
  await using archive = await openArchive(path, null, scheme);
  assert.ok(archive);
  const places = [];
  for await (const item of archive.tiles()) {
    assert.ok("tile" in item, JSON.stringify(item));
    places.push(`${item.tile.zoom}/${item.tile.x}/${item.tile.y}`);
  }
  return places;
}

function writeMbtiles(path: string, row: number, metadata: Record<string, string>): void {
  using database = new DatabaseSync(path);
  database.exec(
    "CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data); CREATE TABLE metadata (name, value)",
  );
  database.prepare("INSERT INTO tiles VALUES (?, ?, ?, ?)").run(ZOOM, X, row, picture);
  for (const [name, value] of Object.entries(metadata)) {
    database.prepare("INSERT INTO metadata VALUES (?, ?)").run(name, value);
  }
}

Deno.test("openArchive(): MBTiles count rows from the south, unless they say otherwise; bounds that contradict are refused", () =>
  inScratch(async (folder) => {
    let count = 0;
    const make = (row: number, metadata: Record<string, string>) => {
      const path = `${folder}/${count++}.mbtiles`;
      writeMbtiles(path, row, metadata);
      return path;
    };
    const right = [`${ZOOM}/${X}/${Y}`];
    assert.deepEqual(await placesOf(make(FROM_SOUTH, {})), right);
    assert.deepEqual(await placesOf(make(FROM_SOUTH, { bounds: KYIV_BOUNDS })), right);
    assert.deepEqual(await placesOf(make(Y, { scheme: "xyz", bounds: KYIV_BOUNDS })), right);
    const contradictory = make(Y, { bounds: KYIV_BOUNDS });
    await assert.rejects(
      placesOf(contradictory),
      (error) => error instanceof DataError && /contradicts itself.*--scheme/s.test(error.message),
    );
    assert.deepEqual(await placesOf(contradictory, "xyz"), right);
  }));

Deno.test("openArchive(): a folder's rows count as its tilemapresource.xml or metadata.json says", () =>
  inScratch(async (folder) => {
    const write = async (name: string, row: number, file: string, text: string) => {
      await Deno.mkdir(`${folder}/${name}/${ZOOM}/${X}`, { recursive: true });
      await Deno.writeFile(`${folder}/${name}/${ZOOM}/${X}/${row}.png`, picture);
      if (file !== "") await Deno.writeTextFile(`${folder}/${name}/${file}`, text);
      return `${folder}/${name}`;
    };
    const resource = (profile: string, system: string) =>
      `<TileMap><SRS>${system}</SRS><BoundingBox minx="30.4" miny="50.3" maxx="30.7" maxy="50.6"/>` +
      `<TileSets profile="${profile}"></TileSets></TileMap>`;
    const right = [`${ZOOM}/${X}/${Y}`];
    const xml = "tilemapresource.xml", json = "metadata.json";
    assert.deepEqual(await placesOf(await write("plain", Y, "", "")), right);
    const tms = await write("tms", FROM_SOUTH, xml, resource("mercator", "EPSG:3857"));
    assert.deepEqual(await placesOf(tms), right);
    const said = await write("said", FROM_SOUTH, json, '{"scheme":"tms"}');
    assert.deepEqual(await placesOf(said), right);
    const geodetic = await write("geodetic", Y, xml, resource("geodetic", "EPSG:4326"));
    await assert.rejects(placesOf(geodetic), /not those of the slippy map \(profile geodetic/);
    const bounds = { bounds: KYIV_BOUNDS.split(",").map(Number) };
    const other = await write("other", FROM_SOUTH, json, JSON.stringify(bounds));
    await assert.rejects(placesOf(other), /contradicts itself/);
    assert.deepEqual(await placesOf(other, "tms"), right);
  }));

Deno.test("openArchive(): quadkeys are tiles, photographs called by numbers are not", () =>
  inScratch(async (folder) => {
    let key = "";
    for (let bit = ZOOM - 1; bit >= 0; bit--) key += ((X >> bit) & 1) + 2 * ((Y >> bit) & 1);
    await Deno.mkdir(`${folder}/keys`);
    await Deno.writeFile(`${folder}/keys/${key}.png`, picture);
    assert.deepEqual(await placesOf(`${folder}/keys`), [`${ZOOM}/${X}/${Y}`]);
    await Deno.mkdir(`${folder}/photographs`);
    const large = { width: 300, height: 200, channels: 3, background: "#777" } as const;
    await sharp({ create: large }).jpeg().toFile(`${folder}/photographs/0001.jpg`);
    assert.equal(await openArchive(`${folder}/photographs`, null), null);
  }));

Deno.test("HttpTileSource: every field of a template, placeholders and holes", async () => {
  const asked: string[] = [];
  const answers: [number, Record<string, string>, Uint8Array<ArrayBuffer>][] = [];
  const sourceOf = (url: string) =>
    new HttpTileSource(url, {
      http: {
        fetch: (input) => {
          asked.push(String(input));
          const [status, headers, body] = answers.shift() ?? [200, {}, new Uint8Array([1])];
          return Promise.resolve(new Response(status === 204 ? null : body, { status, headers }));
        },
        nowMs: () => 0,
        sleep: () => Promise.resolve(),
      },
      limit: new RateLimit(0, () => 0, () => Promise.resolve()),
      token: null,
      requestTimeoutMs: 1000,
    });
  const tile = { zoom: 3, x: 5, y: 2 };
  for (
    const [template, path] of [
      ["https://t.example/{z}/{x}/{y}.png", "https://t.example/3/5/2.png"],
      ["https://t.example/{z}/{x}/{-y}.png", "https://t.example/3/5/5.png"],
      ["https://{s}.t.example/{q}?v={z}", "https://a.t.example/121?v=3"],
    ]
  ) {
    await sourceOf(template).fetch(tile, null);
    assert.equal(asked.at(-1), path);
  }
  for (
    const url of [
      "https://t.example/{z}/{x}/{w}",
      "https://t.example/{z}/{x}",
      "https://t.example/{quad}",
    ]
  ) {
    assert.throws(() => sourceOf(url), UsageError, url);
  }
  const some = new Uint8Array([1]);
  const source = sourceOf("https://t.example/{q}");
  answers.push([403, {}, some]);
  await assert.rejects(source.fetch(tile, null), /refused access/);
  // Denied, and what was served before still comes: a hole.
  answers.push([200, {}, some], [403, {}, some], [200, {}, some], [200, {
    "x-ve-tile-info": "no-tile",
  }, some]);
  answers.push([200, {}, new Uint8Array()]);
  const kinds = [];
  for (let i = 0; i < 4; i++) kinds.push((await source.fetch(tile, null)).kind);
  assert.deepEqual(kinds, ["tile", "absent", "absent", "absent"]);
  // Denied, and what was served before too: the token has run out.
  answers.push([200, {}, some], [403, {}, some], [403, {}, some]);
  assert.equal((await source.fetch(tile, null)).kind, "tile");
  await assert.rejects(source.fetch({ ...tile, x: 6 }, null), /refused access/);
});

Deno.test("calibrationFromTags(): what the camera says of itself, the diagonal, cut pictures, zoom", () => {
  const bare = {
    model: null,
    focalLengthMm: 12.29,
    focalLength35Mm: 24,
    focalPlanePxPerMm: null,
    widthPx: 5280,
    heightPx: 3956,
  };
  const focal = (change: Partial<Parameters<typeof calibrationFromTags>[0]>) => {
    const { calibration, source, notes } = calibrationFromTags({ ...bare, ...change }, "a.jpg");
    return { fxPx: Math.round(calibration.fxPx), source, warned: notes.length > 1 };
  };
  assert.deepEqual(focal({}), { fxPx: 3660, source: "35_mm", warned: false });
  const own = (fxPx: number) => ({ fxPx, fyPx: fxPx, distortion: null, offsetPx: [0, 0] as const });
  const dewarp = { fxPx: 3713, source: "dewarp", warned: false };
  assert.deepEqual(focal({ ownCalibration: own(3713.29) }), dewarp);
  // Of a picture that was made smaller the camera's own figure is too large.
  const resized = { widthPx: 1320, heightPx: 989, ownCalibration: own(3713.29) };
  assert.deepEqual(focal(resized), { fxPx: 915, source: "35_mm", warned: true });
  // 4:3 of a sensor of 3:2: the sides are cut off, the scale stays.
  const phantom = { model: "FC6310", focalLengthMm: 8.8, focalLength35Mm: null };
  const table = { source: "table", warned: false };
  assert.deepEqual(focal({ ...phantom, widthPx: 5472, heightPx: 3648 }), { fxPx: 3648, ...table });
  assert.deepEqual(focal({ ...phantom, widthPx: 4864, heightPx: 3648 }), { fxPx: 3648, ...table });
  const zoomed = { ...phantom, widthPx: 5472, heightPx: 3648, digitalZoom: 2 };
  assert.deepEqual(focal(zoomed), { fxPx: 7296, ...table });
});
