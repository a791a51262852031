import assert from "node:assert/strict";
import { DataError, rotate, seededRandom } from "../../src/core/mod.ts";
import {
  type CameraAttitude,
  djiMakerNote,
  gimbalFromAirframe,
  isYawRelative,
  localFromCamera,
  parsePhotographPoses,
} from "../../src/flight/photographs/mod.ts";

Deno.test("gimbalFromAirframe() keeps where the camera of a pitched and rolled airframe looks", () => {
  const axis = (yawDeg: number, pitchDeg: number, rollDeg: number) =>
    rotate(localFromCamera(gimbalFromAirframe({ yawDeg, pitchDeg, rollDeg })), [0, 0, 1]);
  const near = (a: readonly number[], b: readonly number[]) =>
    a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`));
  const sin10 = Math.sin(Math.PI / 18), cos10 = Math.cos(Math.PI / 18);
  near(axis(0, 0, 0), [0, 0, -1]);
  // Nose up, flying north: it looks ahead. Right wing down: it looks left.
  near(axis(0, 10, 0), [0, sin10, -cos10]);
  near(axis(0, 0, 10), [-sin10, 0, -cos10]);
  near(axis(90, 10, 0), [sin10, 0, -cos10]);
  // The top of the picture points to the nose.
  const top = rotate(localFromCamera(gimbalFromAirframe({ yawDeg: 90, pitchDeg: 0, rollDeg: 8 })), [
    0,
    -1,
    0,
  ]);
  near(top, [1, 0, 0]);
});

Deno.test("isYawRelative() tells a gimbal's yaw that stays 0 whatever the aircraft's is", () => {
  const photographs = (yaws: readonly (readonly [gimbal: number, airframe: number])[]) =>
    yaws.map(([yawDeg, airframeYawDeg]) => {
      const gimbal: CameraAttitude = { yawDeg, pitchDeg: -90, rollDeg: 0, source: "gimbal" };
      return { gimbal, airframeYawDeg };
    });
  assert.equal(isYawRelative(photographs([[0, 171], [0.1, 172], [-0.2, -9], [0, -8]])), true);
  assert.equal(isYawRelative(photographs([[171, 171], [-9, -9], [0.4, 2]])), false);
  assert.equal(
    isYawRelative(photographs([[1, 2], [0, -3]])),
    false,
    "flying north nothing is told",
  );
});

Deno.test("djiMakerNote() answers or gives null whatever the bytes are (seed maker note)", () => {
  const random = seededRandom("maker note");
  for (let round = 0; round < 500; round++) {
    const bytes = Uint8Array.from({ length: random.integer(200) }, () => random.integer(256));
    if (bytes.length > 1) bytes.set([random.integer(20), 0]);
    const note = djiMakerNote(bytes);
    if (note !== null) assert.ok(Number.isFinite(note.camera.yawDeg));
  }
  const entry = (tag: number, value: number) => {
    const view = new DataView(new ArrayBuffer(12));
    view.setUint16(0, tag, true);
    view.setUint16(2, 11, true);
    view.setUint32(4, 1, true);
    view.setFloat32(8, value, true);
    return [...new Uint8Array(view.buffer)];
  };
  const note = new Uint8Array([3, 0, ...entry(7, 46), ...entry(9, -75), ...entry(10, 45)]);
  assert.deepEqual(djiMakerNote(note), {
    camera: { yawDeg: 45, pitchDeg: -75, rollDeg: 0 },
    airframeYawDeg: 46,
  });
});

Deno.test("parsePhotographPoses() reads the tables of ODM, Agisoft, Pix4D and senseFly", () => {
  const nadir = { yawDeg: 120, pitchDeg: -90, rollDeg: 0, source: "poses" };
  for (
    const [form, text] of Object.entries({
      plain: "IMG_1.JPG, 46.8, -91.9, 240, 120, 0, 0\n",
      named: "name;lat;lon;alt;yaw;pitch;roll\r\nIMG_1.JPG;46.8;-91.9;240;120;-90;0\r\n",
      decimalCommas: "\uFEFFname;latitude_deg;longitude_deg;alt_m;yaw_deg;pitch;roll\r\n" +
        "IMG_1.JPG;46,8;-91,9;240,0;120;-90;0\r\n",
      otherOrder: "yaw,alt,name,lon,lat,roll,pitch\n120,240,IMG_1.JPG,-91.9,46.8,0,0\n",
      odm: "EPSG:4326\nIMG_1.JPG -91.9 46.8 240 120 0 0 0.02 0.03\n",
      agisoft: "# CoordinateSystem: GEOGCS[...]\n" +
        "#Label,X/Longitude,Y/Latitude,Z/Altitude,Yaw,Pitch,Roll,Error\n" +
        "IMG_1,-91.900000,46.800000,240.0,120,0,0,0.1\n",
      pix4d: "imagename,latitude [decimal degrees],longitude [decimal degrees],altitude [meter]," +
        "yaw [degrees],pitch [degrees],roll [degrees]\nIMG_1.JPG,46.8,-91.9,240,120,0,0\n",
      senseFly: "#Rev: sensefly/geoinfo/2\n" +
        "fileName\tlatitude\tlongitude\taltitude_amsl\taltitude_wgs84\theading\tpitch\troll\n" +
        "IMG_1.JPG\t46.8\t-91.9\t240\t206\t120\t0\t0\t\n",
    })
  ) {
    const pose = parsePhotographPoses(text, form).find("flights/a/IMG_1.JPG");
    assert.deepEqual(pose?.positionTag, { latitudeDeg: 46.8, longitudeDeg: -91.9 }, form);
    assert.equal(pose.altitudeM, 240, form);
    assert.deepEqual(pose.attitude, nadir, form);
  }
  assert.equal(parsePhotographPoses("a.jpg,1,2,3", "few").find("a.jpg")?.attitude, null);
  for (
    const [text, message] of [
      ["EPSG:32616\na.jpg 5 5 5", /line 1.*EPSG:4326/s],
      ["a.jpg,91,0,5", /line 1.*latitude/s],
      ["a.jpg,1,2,3\na.jpg,1,2,3", /line 2.*twice/s],
      ["", /no poses/],
    ] as const
  ) {
    assert.throws(() => parsePhotographPoses(text, "poses.csv"), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, message);
      return true;
    });
  }
});
