import assert from "node:assert/strict";
import {
  locationHash,
  tileKey,
  tileUuid,
  uuidV5,
  ZERO_UUID,
} from "../../src/tiles/tile_contract/mod.ts";

const PLACE = { zoom: 18, x: 77213, y: 106845 };
const FLIGHT_ID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";

Deno.test("tileUuid() and locationHash() give the locked vectors", () => {
  assert.equal(
    tileUuid({ ...PLACE, source: "googlemaps" }),
    "046702ee-f9eb-59c0-95de-72b509cd13bd",
  );
  assert.equal(locationHash(PLACE), "2981204e-3cbc-524a-9fd4-e08048ff09a3");
  assert.equal(
    tileUuid({ ...PLACE, source: "onboard_ingest", flightId: FLIGHT_ID }),
    "f1714dd4-a80a-5f4c-bbcc-265939af60df",
  );
});

Deno.test("tileKey() has the zero UUID where there is no flight", () => {
  assert.equal(tileKey({ ...PLACE, source: "osm" }), `18/77213/106845/osm/${ZERO_UUID}`);
});

Deno.test("uuidV5() gives the example of RFC 9562", () => {
  const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  assert.equal(uuidV5(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
});
