import assert from "node:assert/strict";
import { LocalFrame, quaternionFromRotationVector, tileBounds } from "../../src/core/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import {
  FlightTileMaker,
  FlightTilesConfigSchema,
  type FlightTileToolkit,
  type FlownFrame,
  type FrameKnowledge,
  judgeFrame,
  wholeTiles,
} from "../../src/tiles/orthorectification/mod.ts";

const CONFIG = FlightTilesConfigSchema.parse({});
const FRAME = new LocalFrame({ latitudeDeg: 48.2, longitudeDeg: 11.5, heightM: 500 });
const CALIBRATION = {
  id: "test",
  widthPx: 640,
  heightPx: 480,
  fxPx: 554,
  fyPx: 554,
  cxPx: 319.5,
  cyPx: 239.5,
  distortion: [0, 0, 0, 0, 0] as [number, number, number, number, number],
  bodyFromCamera: [1, 0, 0, 0] as [number, number, number, number],
  mountingSigmaDeg: 0.5,
};
const GOOD: FrameKnowledge = {
  anchored: true,
  horizontal95M: 2,
  heightAboveGroundM: 130,
  tiltRad: 0.05,
  sigmaTiltRad: 0.003,
  sigmaHeadingRad: 0.005,
  sigmaHeightM: 1,
  reachM: 90,
  fixDistanceM: 0.5,
};

Deno.test("judgeFrame() adds up what can misplace the ground", () => {
  const judgement = judgeFrame(GOOD, CONFIG);
  assert(judgement.usable);
  // By hand, 2.4477 sigmas: tilt 0.955 m, heading 1.101 m, scale 1.695 m, position 2 m; plus 0.5 m.
  assert(Math.abs(judgement.misplacementBoundM - 3.498) < 0.01, `${judgement.misplacementBoundM}`);
});

Deno.test("judgeFrame() refuses what is not certain, and says why", () => {
  const cases: [Partial<FrameKnowledge>, string][] = [
    [{ anchored: false }, "not satellite-anchored"],
    [{ fixDistanceM: null }, "no fix of this frame"],
    [{ horizontal95M: 5.1 }, "uncertain"],
    [{ tiltRad: 0.27 }, "tilted"],
    [{ fixDistanceM: 8 }, "misplacement"],
    [{ sigmaTiltRad: 0.04 }, "misplacement"],
  ];
  for (const [change, reason] of cases) {
    assert.deepEqual(judgeFrame({ ...GOOD, ...change }, CONFIG), { usable: false, reason });
  }
});

Deno.test("wholeTiles() gives exactly the tiles inside of the footprint, also turned", () => {
  for (const turnRad of [0, 0.5, 2]) {
    const corner = (x: number, y: number) =>
      [
        x * Math.cos(turnRad) - y * Math.sin(turnRad),
        x * Math.sin(turnRad) + y * Math.cos(turnRad),
      ] as const;
    const footprint = [corner(-80, 60), corner(80, 60), corner(80, -60), corner(-80, -60)];
    const tiles = wholeTiles(footprint, FRAME, 20);
    assert(tiles.length >= 5, `only ${tiles.length} at ${turnRad}`);
    for (const tile of tiles) {
      const { southDeg, westDeg, northDeg, eastDeg } = tileBounds(tile);
      for (const latitudeDeg of [southDeg, northDeg]) {
        for (const longitudeDeg of [westDeg, eastDeg]) {
          const [east, north] = FRAME.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 500 });
          const x = east * Math.cos(turnRad) + north * Math.sin(turnRad);
          const y = -east * Math.sin(turnRad) + north * Math.cos(turnRad);
          assert(Math.abs(x) < 80.01 && Math.abs(y) < 60.01, `corner at ${x}, ${y}`);
        }
      }
    }
  }
});

Deno.test("wholeTiles() works over the antimeridian", () => {
  const frame = new LocalFrame({ latitudeDeg: 0, longitudeDeg: 180, heightM: 0 });
  const square = [[-100, 100], [100, 100], [100, -100], [-100, -100]] as const;
  const tiles = wholeTiles(square, frame, 20);
  const last = 2 ** 20 - 1;
  assert(tiles.some(({ x }) => x === 0) && tiles.some(({ x }) => x === last));
  assert(tiles.every(({ x }) => x < 4 || x > last - 4));
});

const vision = openVision();
Deno.test.afterAll(() => vision[Symbol.dispose]());

/** Noise is sharp; a constant has no contrast. */
function toolkit(contrast: boolean): FlightTileToolkit {
  return {
    lens: vision,
    decodeJpeg: () =>
      Promise.resolve({ widthPx: 640, heightPx: 480, channels: 3, pixels: new Uint8Array(0) }),
    encodeJpeg: () => Promise.resolve(new Uint8Array([1])),
    warp: (_source, _grid, sidePx) => {
      const pixels = new Uint8Array(3 * sidePx * sidePx).fill(100);
      if (contrast) { for (let i = 0; i < pixels.length; i++) pixels[i] = 60 + (i * 7919) % 97; }
      return Promise.resolve({ pixels, coverage: new Uint8Array(sidePx * sidePx).fill(255) });
    },
  };
}

const flown = (knowledge: Partial<FrameKnowledge> = {}): FlownFrame => ({
  sequence: 7,
  timeNs: 1e9,
  jpeg: new Uint8Array(0),
  view: {
    calibration: CALIBRATION,
    positionLocalM: [0, 0, 130],
    // Looking straight down: a half turn about the east axis.
    localFromCamera: quaternionFromRotationVector([Math.PI, 0, 0]),
  },
  knowledge: { ...GOOD, ...knowledge },
});

Deno.test("FlightTileMaker makes each tile once, and again only when it is placed clearly better", async () => {
  const maker = new FlightTileMaker({
    config: CONFIG,
    toolkit: toolkit(true),
    localFrame: FRAME,
    groundUp: 0,
  });
  const first = await maker.make(flown());
  assert(first.length > 0);
  assert(first.every(({ better, quality }) => !better && quality.frameSequence === 7));
  assert.equal((await maker.make(flown())).length, 0);
  assert.equal((await maker.make(flown({ horizontal95M: 1.9 }))).length, 0);
  const better = await maker.make(flown({
    horizontal95M: 0.5,
    sigmaHeightM: 0.2,
    fixDistanceM: 0.1,
  }));
  assert.equal(better.length, first.length);
  assert(better.every((tile) => tile.better));
  assert.equal(maker.counts()["tiles made"], first.length);
});

Deno.test("FlightTileMaker drops tiles without contrast and counts them", async () => {
  const maker = new FlightTileMaker({
    config: CONFIG,
    toolkit: toolkit(false),
    localFrame: FRAME,
    groundUp: 0,
  });
  assert.deepEqual(await maker.make(flown()), []);
  assert(maker.counts()["tiles without contrast"] > 0);
});
