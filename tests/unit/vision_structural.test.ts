import assert from "node:assert/strict";
import { radiansFromDegrees, seededRandom } from "../../src/core/mod.ts";
import {
  findPlaces,
  matchStructure,
  openVision,
  type StructuralQuery,
} from "../../src/native/vision/mod.ts";
import {
  cameraRotation,
  type CameraStand,
  GROUND_GSD_M,
  groundOf,
  LEVEL_NORTH,
  paintedGround,
  PictureMap,
  Scene,
} from "./vision_scene.ts";

const HEIGHT_M = 90;
/** Two headings and two scales on either side. */
const SEARCH = {
  searchRadiusM: 30,
  headingHalfRangeRad: radiansFromDegrees(6),
  headingStepRad: radiansFromDegrees(3),
  scaleHalfRange: 0.06,
  scaleStep: 0.03,
  coarseGsdM: 1,
  fineGsdM: 0.5,
  extentMaxM: 104,
  blockSearchM: 3,
  blocksX: 6,
  blocksY: 5,
};

function query(believed: CameraStand, change: Partial<StructuralQuery> = {}): StructuralQuery {
  const [eastM, northM, heightM] = believed.positionLocalM;
  const localFromCamera = cameraRotation(believed.attitude);
  return { localFromCamera, heightM, eastM, northM, ...SEARCH, ...change };
}

Deno.test("matchStructure() finds a known shift, heading and scale on another day's map", async () => {
  const seed = "structural", random = seededRandom(seed);
  const spread = (width: number) => width * (2 * random.uniform() - 1);
  using vision = openVision();
  const ground = paintedGround(seed);
  using scene = new Scene(vision, ground);
  // The map: other brightness and contrast, woods dark where they are light today.
  const pixels = ground.pixels.map((value, i) => {
    const dark = Math.sin((i % ground.widthPx) / 140) > 0;
    return dark ? 200 - 0.6 * value : 60 + 0.5 * value;
  });
  const map = new PictureMap({ ...ground, pixels });
  for (let trial = 0; trial < 5; trial++) {
    const turnDeg = 3 * (random.integer(3) - 1), scale = 1 + 0.03 * (random.integer(3) - 1);
    const truth: CameraStand = {
      positionLocalM: [spread(120), spread(120), HEIGHT_M],
      attitude: { rollDeg: spread(8), pitchDeg: spread(8), headingDeg: spread(180) },
    };
    const [eastM, northM] = truth.positionLocalM;
    const believed: CameraStand = {
      positionLocalM: [eastM + spread(15), northM + spread(15), HEIGHT_M / scale],
      attitude: { ...truth.attitude, headingDeg: truth.attitude.headingDeg - turnDeg },
    };
    await using frame = await scene.frame(truth);
    const answer = await matchStructure(vision, frame, map.mosaic(), query(believed));
    const where = `seed "${seed}", trial ${trial}, score ${answer.score.toFixed(2)}`;
    const missM = Math.hypot(answer.eastM - eastM, answer.northM - northM);
    assert.ok(missM < 1.5, `${where}: ${missM.toFixed(2)} m off`);
    const headingDeg = answer.headingRad * 180 / Math.PI;
    assert.ok(Math.abs(headingDeg - turnDeg) < 1e-6, `${where}: turned by ${headingDeg}°`);
    assert.ok(Math.abs(answer.scale - scale) < 1e-9, `${where}: scaled by ${answer.scale}`);
    assert.equal(answer.hypotheses, 25);
    assert.ok(answer.score - answer.secondScore > 0.1, `${where}, second ${answer.secondScore}`);
    assert.ok(answer.tiePoints.length >= 20, `${where}: ${answer.tiePoints.length} tie points`);
    const misses = answer.tiePoints.map((tie) => {
      const r = cameraRotation(truth.attitude);
      const ray = [0, 1, 2].map((i) =>
        r[3 * i] * tie.rayX + r[3 * i + 1] * tie.rayY + r[3 * i + 2]
      );
      const t = HEIGHT_M / -ray[2];
      return Math.hypot(eastM + t * ray[0] - tie.eastM, northM + t * ray[1] - tie.northM);
    }).sort((a, b) => a - b);
    const median = misses[misses.length >> 1];
    assert.ok(median < GROUND_GSD_M, `${where}: median tie point ${median.toFixed(2)} m off`);
  }
  assert.equal(vision.liveHandles(), 2, "the scene's own");
});

Deno.test("matchStructure() sees no difference between the places of a periodic map", async () => {
  using vision = openVision();
  // A plantation: a round crown every 12 m, and nothing else.
  const period = 12;
  const ground = groundOf(400, (e, n) => {
    const nearest = (x: number) => x - period * Math.round(x / period);
    return 70 + 130 * Math.exp(-(nearest(e) ** 2 + nearest(n) ** 2) / (2 * 2 ** 2));
  });
  using scene = new Scene(vision, ground);
  const truth: CameraStand = { positionLocalM: [3, -4, HEIGHT_M], attitude: LEVEL_NORTH };
  await using frame = await scene.frame(truth);
  const change = { headingHalfRangeRad: 0, scaleHalfRange: 0 };
  const answer = await matchStructure(
    vision,
    frame,
    new PictureMap(ground).mosaic(),
    query(truth, change),
  );
  assert.ok(answer.score > 0.5, `the pattern is found: ${answer.score}`);
  const margin = answer.score - answer.secondScore;
  assert.ok(margin < 0.05, `but not which of its places: margin ${margin}`);
});

Deno.test("matchStructure() does not know a place on a featureless map", async () => {
  using vision = openVision();
  const random = seededRandom("bare map");
  const painted = paintedGround("bare");
  using scene = new Scene(vision, painted);
  const truth: CameraStand = { positionLocalM: [10, 20, HEIGHT_M], attitude: LEVEL_NORTH };
  await using frame = await scene.frame(truth);
  const bare = groundOf(640, () => 118 + 4 * random.uniform());
  const answer = await matchStructure(
    vision,
    frame,
    new PictureMap(bare).mosaic(),
    query(truth),
  );
  assert.ok(answer.score < 0.25, `score ${answer.score}`);
  assert.ok(answer.score - answer.secondScore < 0.05, `second ${answer.secondScore}`);
});

Deno.test("matchStructure() compares what lies on the map only, and answers -1 when nothing does", async () => {
  using vision = openVision();
  const ground = paintedGround("masked");
  using scene = new Scene(vision, ground);
  const truth: CameraStand = { positionLocalM: [10, 20, HEIGHT_M], attitude: LEVEL_NORTH };
  await using frame = await scene.frame(truth);

  // A quarter of the footprint lies where there is no map: black there, and marked.
  const pixels = ground.pixels.slice();
  const valid = new Uint8Array(pixels.length).fill(255);
  const edge = ground.widthPx / 2 + (10 - 25) / GROUND_GSD_M;
  for (let i = 0; i < pixels.length; i++) {
    if (i % ground.widthPx < edge) pixels[i] = valid[i] = 0;
  }
  const partly = new PictureMap({ ...ground, pixels }, valid).mosaic();
  const answer = await matchStructure(vision, frame, partly, query(truth));
  assert.ok(Math.hypot(answer.eastM - 10, answer.northM - 20) < 1.5, "found by the rest");
  assert.ok(answer.overlap > 0.4 && answer.overlap < 0.9, `overlap ${answer.overlap}`);
  for (const tie of answer.tiePoints) {
    assert.ok(tie.eastM > 10 - 26, `a tie point where there is no map: ${tie.eastM}`);
  }

  const empty = new PictureMap(ground, new Uint8Array(pixels.length)).mosaic();
  const nothing = await matchStructure(vision, frame, empty, query(truth));
  assert.equal(nothing.score, -1);
  assert.equal(nothing.overlap, 0);
  assert.deepEqual(nothing.tiePoints, []);
  const far = query(truth, { eastM: 5000, northM: 5000 });
  assert.equal((await matchStructure(vision, frame, partly, far)).score, -1, "beyond the map");
});

Deno.test("findPlaces() returns places apart from each other, best first, the true one among them", async () => {
  const seed = "places";
  using vision = openVision();
  const ground = paintedGround(seed);
  using scene = new Scene(vision, ground);
  const truth: CameraStand = { positionLocalM: [-90, 60, HEIGHT_M], attitude: LEVEL_NORTH };
  await using frame = await scene.frame(truth);
  const middle: CameraStand = { ...truth, positionLocalM: [0, 0, HEIGHT_M] };
  const search = { coarseGsdM: 1.5, blocksX: 0, blocksY: 0 };
  const side = 301, westM = -225, northM = 225;
  const grid = { westM, northM, columns: side, rows: side, scores: new Float32Array(side * side) };
  const places = await findPlaces(
    vision,
    frame,
    new PictureMap(ground).mosaic(),
    query(middle, search),
    { reachEastM: 180, reachNorthM: 120, separationM: 20, capacity: 6, grid },
  );
  for (const { eastM, northM: placeM, score } of places) {
    const x = Math.round((eastM - westM) / 1.5), y = Math.round((northM - placeM) / 1.5);
    const around = [-1, 0, 1].flatMap((dy) =>
      [-1, 0, 1].map((dx) => grid.scores[(y + dy) * side + x + dx])
    );
    assert.ok(around.includes(Math.fround(score)), `${score} is the best score at its place`);
  }
  assert.equal(grid.scores[0], -1, "beyond the rectangle nothing is compared");
  assert.equal(places.length, 6);
  const [first] = places;
  assert.ok(Math.hypot(first.eastM + 90, first.northM - 60) < 3, JSON.stringify(first));
  for (const [i, place] of places.entries()) {
    assert.ok(Math.abs(place.eastM) < 182 && Math.abs(place.northM) < 122, "within the rectangle");
    for (const other of places.slice(0, i)) {
      assert.ok(other.score >= place.score);
      const apartM = Math.hypot(other.eastM - place.eastM, other.northM - place.northM);
      assert.ok(apartM > 18, `${apartM} m apart`);
    }
  }
});

Deno.test("matchStructure() answers the same whatever the size of its transforms", async () => {
  using vision = openVision();
  const ground = paintedGround("sizes");
  using scene = new Scene(vision, ground);
  const truth: CameraStand = {
    positionLocalM: [12, -7, HEIGHT_M],
    attitude: { rollDeg: 4, pitchDeg: -3, headingDeg: 200 },
  };
  await using frame = await scene.frame(truth);
  const mosaic = new PictureMap(ground).mosaic();
  const narrow = { headingHalfRangeRad: 0, scaleHalfRange: 0 };
  const first = await matchStructure(vision, frame, mosaic, query(truth, narrow));
  // Windows of 150 to 260 pixels, whose transforms have factors of 2, 3 and 5.
  for (let searchRadiusM = 8; searchRadiusM <= 64; searchRadiusM += 7) {
    const asked = query(truth, { ...narrow, searchRadiusM });
    const answer = await matchStructure(vision, frame, mosaic, asked);
    const where = `${searchRadiusM} m`;
    // The window's local contrast changes a little with its size.
    assert.ok(Math.hypot(answer.eastM - first.eastM, answer.northM - first.northM) < 0.2, where);
    assert.ok(Math.abs(answer.score - first.score) < 0.05, `${where}: ${answer.score}`);
    assert.equal(answer.tiePoints.length, first.tiePoints.length, where);
  }
});

// A build for a sanitizer gives everything back at once.
const sanitized = Deno.env.has("ASAN_OPTIONS");

Deno.test(
  "buffers are kept for the next picture, up to a bound",
  { ignore: sanitized },
  async () => {
    using vision = openVision();
    const ground = paintedGround("pool");
    using scene = new Scene(vision, ground);
    const truth: CameraStand = { positionLocalM: [0, 0, HEIGHT_M], attitude: LEVEL_NORTH };
    await using frame = await scene.frame(truth);
    const mosaic = new PictureMap(ground).mosaic();
    const search = async (searchRadiusM: number) => {
      await matchStructure(vision, frame, mosaic, query(truth, { searchRadiusM }));
      return vision.pooledBytes();
    };
    await search(30);
    const kept = await search(30);
    assert.ok(kept > 1 << 20, `${kept} bytes`);
    for (let i = 0; i < 5; i++) {
      // Two threads may need a few blocks more at the same time than they did before.
      const now = await search(30);
      assert.ok(now < 1.5 * kept, `${now} bytes after ${kept}`);
    }
    for (const radiusM of [80, 160, 240, 300, 120]) {
      assert.ok(await search(radiusM) <= 96 << 20, `after ${radiusM} m`);
    }
  },
);

Deno.test("matchStructure() refuses a question that makes no sense", async () => {
  using vision = openVision();
  const ground = paintedGround("refuse", 120);
  using scene = new Scene(vision, ground);
  const truth: CameraStand = { positionLocalM: [0, 0, 60], attitude: LEVEL_NORTH };
  await using frame = await scene.frame(truth);
  const mosaic = new PictureMap(ground).mosaic();
  const wrong: [Partial<StructuralQuery>, RegExp][] = [
    [{ heightM: -1 }, /positive/],
    [{ coarseGsdM: 0 }, /positive/],
    [{ searchRadiusM: -1 }, /negative/],
    [{ blocksX: 1000 }, /blocks/],
    [{ searchRadiusM: 1e6 }, /larger/],
  ];
  for (const [change, message] of wrong) {
    await assert.rejects(matchStructure(vision, frame, mosaic, query(truth, change)), message);
  }
});
