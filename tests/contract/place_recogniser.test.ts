import assert from "node:assert/strict";
import { LocalFrame, monotonicNs } from "../../src/core/mod.ts";
import { HnswIndex, openFaiss } from "../../src/native/faiss/mod.ts";
import {
  InferenceConfigSchema,
  OnnxRuntime,
  unmeasured,
} from "../../src/navigation/inference/mod.ts";
import type { MapSource } from "../../src/navigation/map/mod.ts";
import {
  AdaptiveRecogniser,
  ExhaustiveSearch,
  MODEL_TRAINING_DEFAULT,
  ModelDescriber,
  type PatchDescriber,
  PlaceRecognitionConfigSchema,
  VLAD_TRAINING_DEFAULT,
  VladDescriptor,
  VladSearch,
} from "../../src/navigation/place_recognition/mod.ts";
import {
  type DescribedPlaces,
  describePlaces,
} from "../../src/workstation/provisioning/describe_places.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { featureModel } from "../support/feature_model.ts";
import {
  cameraRotation,
  LEVEL_NORTH,
  ORIGIN,
  paintedGround,
  PictureMap,
  Scene,
} from "../unit/vision_scene.ts";
import {
  type MakeRecogniser,
  placeRecogniserSuite,
  type RecogniserPlace,
} from "./place_recogniser_suite.ts";

const CONFIG = PlaceRecognitionConfigSchema.parse({});

const exhaustive: MakeRecogniser = (vision, map) =>
  Promise.resolve({
    recogniser: new ExhaustiveSearch(vision, map, CONFIG),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });

placeRecogniserSuite("exhaustive", exhaustive);
placeRecogniserSuite("vlad", vlad);
placeRecogniserSuite("adaptive, large map", async (vision, map) => {
  const inner = await vlad(vision, map);
  const config = { ...CONFIG, exhaustivePixelsMax: 1 };
  const whole = new ExhaustiveSearch(vision, map, config);
  return {
    recogniser: new AdaptiveRecogniser(map, whole, inner.recogniser, config),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
});

placeRecogniserSuite("onnx, half precision", async (vision, map) => {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  const resources = new AsyncDisposableStack();
  resources.defer(() => Deno.remove(path));
  await Deno.writeFile(path, featureModel({ gain: 1, elementType: "float16" }));
  const runtime = resources.use(
    new OnnxRuntime({
      config: InferenceConfigSchema.parse({}),
      thermalState: () => unmeasured(monotonicNs(0)),
      onEvent: () => {},
    }),
  );
  const describer = resources.use(await ModelDescriber.open(runtime, { path }));
  modelDescribed ??= describePlaces(toolsOf(vision, map), {
    ...MODEL_TRAINING_DEFAULT,
    patchPx: 128,
    patchCount: 150,
    wordCount: 16,
    kmeansSamples: 10_000,
  }, describer);
  const found = await modelDescribed;
  assert.ok(found.descriptors.every((value) => Math.f16round(value) === value), "half precision");
  const searched = await searchOf(vision, found, describer);
  resources.use(searched);
  return { recogniser: searched.recogniser, [Symbol.asyncDispose]: () => resources.disposeAsync() };
  // Its model is one of plain gradients, small enough for a test.
}, { unknownHeading: false });

let modelDescribed: Promise<DescribedPlaces> | undefined;

/** Learnt once: every test of this file looks at the same ground. */
let described: Promise<DescribedPlaces> | undefined;

function toolsOf(vision: VisionLibrary, map: MapSource) {
  const silent = { update: () => {}, end: () => {}, [Symbol.dispose]: () => {} };
  return {
    map,
    localFrame: new LocalFrame(ORIGIN),
    vision,
    sidesM: [100],
    progress: () => silent,
  };
}

function describedOnce(vision: VisionLibrary, map: MapSource): Promise<DescribedPlaces> {
  const training = { ...VLAD_TRAINING_DEFAULT, wordCount: 16, kmeansSamples: 10_000 };
  described ??= describePlaces(toolsOf(vision, map), training);
  return described;
}

async function vlad(vision: VisionLibrary, map: MapSource): Promise<RecogniserPlace> {
  return await searchOf(vision, await describedOnce(vision, map));
}

async function searchOf(
  vision: VisionLibrary,
  { vocabulary, places, descriptors }: DescribedPlaces,
  describer?: PatchDescriber,
): Promise<RecogniserPlace> {
  const frame = new LocalFrame(ORIGIN);
  const faiss = openFaiss();
  const index = HnswIndex.create(faiss, {
    dimension: vocabulary.axisCount,
    m: 32,
    efConstruction: 100,
    efSearch: 64,
  });
  await index.add(descriptors, BigInt64Array.from(places, (_, i) => BigInt(i)));
  const search = {
    searchTopK: async (query: Float32Array<ArrayBuffer>, k: number) => {
      const { ids, scores } = await index.search(query, 1, k);
      return [...ids].map((id, i) => ({ id: Number(id), score: scores[i] }))
        .filter(({ id }) => id >= 0);
    },
  };
  const known = places.map((place) => {
    const [eastM, northM] = frame.localFromWgs({ ...place, heightM: ORIGIN.heightM });
    return { eastM, northM, sideM: place.sideM };
  });
  const descriptor = new VladDescriptor(vision, vocabulary, describer);
  return {
    recogniser: new VladSearch(descriptor, search, known, CONFIG),
    [Symbol.asyncDispose]: async () => {
      await index.close();
      assert.equal(faiss.liveHandles(), 0);
      faiss[Symbol.dispose]();
    },
  };
}

Deno.test("adaptive: a good estimate is the one hypothesis, and nothing is searched", async () => {
  using vision = openVision();
  const ground = paintedGround("adaptive");
  using scene = new Scene(vision, ground);
  const map = new PictureMap(ground);
  const whole = new ExhaustiveSearch(vision, map, CONFIG);
  const recogniser = new AdaptiveRecogniser(map, whole, null, CONFIG);
  const stand = { positionLocalM: [5, 6, 100] as const, attitude: LEVEL_NORTH };
  await using frame = await scene.frame(stand);
  const prior = {
    positionLocalM: stand.positionLocalM,
    localFromCamera: cameraRotation(LEVEL_NORTH),
    sigmaHorizontalM: CONFIG.priorSigmaMaxM,
    sigmaHeadingRad: 0.02,
    sigmaHeightM: 1,
  };
  assert.deepEqual(await recogniser.propose(frame, prior), {
    method: "prior",
    hypotheses: [prior],
  });
  const unsure = { ...prior, sigmaHorizontalM: 1.01 * CONFIG.priorSigmaMaxM };
  assert.equal((await recogniser.propose(frame, unsure)).method, "exhaustive");
});

Deno.test("exhaustive: no hypothesis where the map does not reach", async () => {
  using vision = openVision();
  const ground = paintedGround("off the map", 200);
  using scene = new Scene(vision, ground);
  const whole = new ExhaustiveSearch(vision, new PictureMap(ground), CONFIG);
  await using frame = await scene.frame({ positionLocalM: [0, 0, 100], attitude: LEVEL_NORTH });
  const { hypotheses } = await whole.propose(frame, {
    positionLocalM: [30_000, 0, 100],
    localFromCamera: cameraRotation(LEVEL_NORTH),
    sigmaHorizontalM: 100,
    sigmaHeadingRad: 0.02,
    sigmaHeightM: 1,
  });
  assert.deepEqual(hypotheses, []);
});
