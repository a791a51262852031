import assert from "node:assert/strict";
import { RuntimeNotAvailableError } from "../../src/core/mod.ts";
import {
  buildDescriptorIndex,
  descriptorIdOfTile,
  DescriptorIndexConfigSchema,
  IndexUnavailableError,
  openDescriptorIndex,
  tileOfDescriptorId,
} from "../../src/navigation/descriptor_index/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { checkContractDocument } from "../support/contract_document.ts";
import { crashSet, HNSW_SMALL } from "../support/descriptor_index_sets.ts";
import { fc } from "../support/properties.ts";

Deno.test("the document of DescriptorIndex has the shape of the interface", () =>
  checkContractDocument({
    document: "src/navigation/descriptor_index/contracts/descriptor_index.md",
    source: "src/navigation/descriptor_index/contract.ts",
    interfaceName: "DescriptorIndex",
  }));

Deno.test("buildDescriptorIndex() only constructs: no library, no file", () => {
  using index = buildDescriptorIndex("/nowhere/at all/places.index", () => {
    throw new Error("the library was asked for");
  });
  assert.throws(() => index.descriptorDim(), IndexUnavailableError);
});

Deno.test("a missing library is RuntimeNotAvailableError when an index is opened or built", async () => {
  const absent = () => openFaiss("/nowhere/libgdn_faiss.so");
  await assert.rejects(openDescriptorIndex("/nowhere/places.index", absent), (error) => {
    assert.ok(error instanceof RuntimeNotAvailableError);
    assert.match(error.message, /deno task setup/);
    return true;
  });
  await using index = buildDescriptorIndex("/nowhere/places.index", absent);
  const { descriptors, ids } = crashSet(0);
  await assert.rejects(
    index.rebuildFromDescriptors(descriptors, ids, HNSW_SMALL),
    RuntimeNotAvailableError,
  );
});

Deno.test("buildFaissIndex: false never asks for the library, and says how to change it", async () => {
  const config = DescriptorIndexConfigSchema.parse({
    faissIndexPath: "/nowhere/places.index",
    buildFaissIndex: false,
  });
  const never = () => {
    throw new Error("the library was asked for");
  };
  await assert.rejects(openDescriptorIndex(config, never), (error) => {
    assert.ok(error instanceof RuntimeNotAvailableError);
    assert.match(error.message, /buildFaissIndex is false/);
    return true;
  });
});

Deno.test("settings of the index refuse what they do not know", () => {
  const path = "places.index";
  assert.deepEqual(DescriptorIndexConfigSchema.parse({ faissIndexPath: path }), {
    faissIndexPath: path,
    faissWarmupQueryPath: null,
    buildFaissIndex: true,
  });
  for (
    const bad of [{}, { faissIndexPath: "" }, { faissIndexPath: "a\0b" }, {
      faissIndexPath: path,
      efSearch: 3,
    }]
  ) {
    assert.ok(!DescriptorIndexConfigSchema.safeParse(bad).success, JSON.stringify(bad));
  }
});

Deno.test("load() searches the warm-up queries, and refuses a file that holds none", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-warm-up-" });
  using faiss = openFaiss();
  try {
    const faissIndexPath = `${folder}/places.index`, faissWarmupQueryPath = `${folder}/queries.f32`;
    const { descriptors, ids } = crashSet(0);
    {
      await using index = buildDescriptorIndex(faissIndexPath, faiss);
      await index.rebuildFromDescriptors(descriptors, ids, HNSW_SMALL);
    }
    const config = { faissIndexPath, faissWarmupQueryPath, buildFaissIndex: true };
    const write = (values: Float32Array) =>
      Deno.writeFile(faissWarmupQueryPath, new Uint8Array(Float32Array.from(values).buffer));
    await assert.rejects(openDescriptorIndex(config, faiss), /queries\.f32 cannot be read/);
    for (const bad of [new Float32Array(0), descriptors.slice(1), descriptors.map(() => NaN)]) {
      await write(bad);
      await assert.rejects(openDescriptorIndex(config, faiss), IndexUnavailableError);
    }
    await write(descriptors.slice(0, 3 * 16));
    await using index = await openDescriptorIndex(config, faiss);
    assert.equal(index.descriptorDim(), 16);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert.equal(faiss.liveHandles(), 0);
});

Deno.test("descriptorIdOfTile() numbers every tile, and back (property)", () => {
  const places = fc.nat(22).chain((zoom) => {
    const column = fc.nat(2 ** zoom - 1);
    return fc.tuple(column, column).map(([x, y]) => ({ zoom, x, y }));
  });
  fc.assert(fc.property(places, (place) => {
    const id = descriptorIdOfTile(place);
    assert.ok(Number.isSafeInteger(id));
    assert.deepEqual(tileOfDescriptorId(id), place);
  }));
  for (
    const bad of [{ zoom: 23, x: 0, y: 0 }, { zoom: 1, x: 2, y: 0 }, { zoom: 1, x: 0, y: -1 }, {
      zoom: 1,
      x: 0.5,
      y: 0,
    }]
  ) {
    assert.throws(() => descriptorIdOfTile(bad), RangeError);
  }
  for (const id of [-1, 0.5, 2 ** 52, 3]) assert.throws(() => tileOfDescriptorId(id), RangeError);
});
