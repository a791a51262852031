import assert from "node:assert/strict";
import { resolve } from "node:path";
import { namesBesideImagery } from "../../src/core/grants/imagery_files.ts";
import { commands as airborneCommands } from "../../src/airborne/compose.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import { parse } from "yaml";
import { type Grants, grantsFor, settingReader } from "../../src/core/mod.ts";
import { airborneCommand, operatorCommand } from "../../tasks/executables.ts";
import { REPOSITORY } from "../support/paths.ts";

async function run({ command, args }: { command: string; args: string[] }, cwd = REPOSITORY) {
  const output = await new Deno.Command(command, { args, cwd }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
}

function permissionSets() {
  return JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`)).permissions;
}

const operator = (line: string) => grantsFor(operatorCommands(), line.split(" "));

/** World files, projections and the like belong to a picture. */
const withFilesBeside = (path: string) => [path, ...namesBesideImagery(path)];

Deno.test("grantsFor() names the files that belong to a picture", () => {
  const names = namesBesideImagery("a.b/ground.tif");
  for (const name of ["ground.tif.aux.xml", "ground.tif.msk", "ground.tfw", "ground.prj"]) {
    assert.ok(names.includes(`a.b/${name}`), name);
  }
});

Deno.test("grantsFor() grants what the options of a command name: files, folders, hosts", () => {
  assert.deepEqual(
    operator("tiles import map.png --gsd 0.5 --centre 50.1,30.2 --source v1.2/x --data /srv/data"),
    { read: withFilesBeside("map.png"), write: ["/srv/data"], net: [] },
  );
  assert.deepEqual(operator("provision --out /srv/p/x --data=/srv/data --name map.png"), {
    read: [],
    write: ["/srv/p/x", "/srv/p/x.tmp", "/srv/data"],
    net: [],
  });
  const exported = "cache export --out /srv/x/a.mbtiles --source onboard_ingest/a/b --name v1.2";
  assert.deepEqual(operator(exported), {
    read: [],
    write: ["/srv/x/a.mbtiles", "/srv/x/a.mbtiles.tmp", "data"],
    net: [],
  });
  assert.deepEqual(
    operator("cache import /srv/x/a.pmtiles --quiet").read,
    withFilesBeside("/srv/x/a.pmtiles"),
  );
  assert.deepEqual(
    operator("--quiet cache import -- --odd.png").read,
    withFilesBeside("--odd.png"),
  );
  assert.deepEqual(operator("--verbose cache import -- --quiet").read, withFilesBeside("--quiet"));
  assert.deepEqual(operator("cache ls --dsn postgresql://me@db.example:6000/x").net, [
    "db.example:6000",
  ]);
  const download = "tiles download --url https://tiles.example/{z}/{x}/{y}.png --geojson a.geojson";
  assert.deepEqual(operator(`${download} --failed b.json`), {
    read: ["a.geojson"],
    write: ["b.json", "data"],
    net: ["tiles.example:443"],
  });
  assert.deepEqual(operator("tiles status --dsn=postgresql:///x?host=/run/pg"), {
    read: ["/run/pg/.s.PGSQL.5432"],
    write: ["data", "/run/pg/.s.PGSQL.5432"],
    net: ["unix:/run/pg/.s.PGSQL.5432"],
  });
  assert.deepEqual(operator("tiles status --dsn=postgresql://u:p@/x?host=/run/pg").net, [
    "unix:/run/pg/.s.PGSQL.5432",
  ]);
  assert.deepEqual(operator("tiles download --url file:///etc/passwd").net, []);
  for (const url of ["https://*/", "https://*.example/{z}/{x}/{y}.png"]) {
    assert.throws(() => operator(`tiles download --url ${url}`), /names no single host/, url);
  }
  for (const host of ["a..b", "ä.example", "[:::]", `${"x".repeat(64)}.example`]) {
    const fly = ["fly", "--connect", `tcp:${host}:5760`];
    assert.throws(() => grantsFor(airborneCommands(), fly), /names no single host/, host);
  }
  const noPort = ["fly", "--connect", "tcp:127.0.0.1:99999"];
  assert.deepEqual(grantsFor(airborneCommands(), noPort).net, []);
  const replay = "replay flight --package p --recorder home --make-tiles home --config c.yaml";
  assert.deepEqual(grantsFor(airborneCommands(), replay.split(" ")), {
    read: ["flight", "p", "c.yaml"],
    write: ["home", "home"],
    net: [],
  });
});

Deno.test("grantsFor() grants what the addresses of cameras and lines name", () => {
  const fly = (camera: string) =>
    grantsFor(airborneCommands(), [
      "fly",
      "--camera",
      camera,
      "--connect",
      "serial:/dev/ttyTHS1:9600",
    ]);
  const cameras: Record<string, Partial<Grants>> = {
    "v4l2:/dev/video3?fps=5": { write: ["/dev/video3"] },
    "v4l2:/dev/../etc/passwd": {},
    "rtsp://user:p@ss@10.0.0.2/x": { net: ["10.0.0.2:554"] },
    "gstreamer:rtspsrc location=rtsp://10.0.0.2:8554/x ! decodebin": {
      write: ["/dev/video0"],
      net: ["10.0.0.2:8554"],
    },
    "gstreamer:tcpclientsrc host=127.0.0.1 port=5771 ! jpegdec": {
      write: ["/dev/video0"],
      net: ["127.0.0.1:5771"],
    },
    "video:/srv/a b.mp4": { read: ["/srv/a b.mp4"] },
    "frames:tcp:127.0.0.1:5770": { net: ["127.0.0.1:5770"] },
  };
  for (const [address, { read = [], write = [], net = [] }] of Object.entries(cameras)) {
    const granted = fly(address);
    assert.deepEqual(granted.read, read, address);
    assert.deepEqual(granted.net, net, address);
    const devices = granted.write?.filter((path) => path.startsWith("/dev/"));
    assert.deepEqual(devices, [...write, "/dev/ttyTHS1"], address);
  }
});

Deno.test("grantsFor() grants what the settings of a configuration name, and the variables that override them", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, "modelPath: /srv/a.onnx\ninference: {ortTrtCacheDir: /srv/c}\n");
    const granted = (...args: string[]) =>
      grantsFor(airborneCommands(), ["replay", "f", ...args], settingReader(parse));
    assert.deepEqual(granted("--config", file), {
      read: ["f", file, "/srv/a.onnx"],
      write: ["/srv/c"],
      net: [],
    });
    Deno.env.set("GDN_MODEL_PATH", "/srv/b.onnx");
    assert.deepEqual(granted(`--config=${file}`).read, ["f", file, "/srv/b.onnx"]);
    assert.deepEqual(granted().read, ["f", "/srv/b.onnx"]);
    Deno.env.delete("GDN_MODEL_PATH");
    await Deno.writeTextFile(file, "modelPath: [");
    assert.deepEqual(granted("--config", file), { read: ["f", file], write: [], net: [] });
  } finally {
    Deno.env.delete("GDN_MODEL_PATH");
    await Deno.remove(file);
  }
});

Deno.test("grantsFor() grants nothing to a command that is not there", () => {
  assert.deepEqual(operator("tiles imprt map.png"), { read: [], write: [], net: [] });
  assert.deepEqual(operator("cache ls --colour map.png"), { read: [], write: ["data"], net: [] });
});

Deno.test("the executables start under their permission sets from any folder, in silence", async () => {
  for (const make of [airborneCommand, operatorCommand]) {
    const { code, stdout, stderr } = await run(make(["--version"]), "/");
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^(airborne|operator) \d+\.\d+\.\d+\nrun from a checkout, .*\nDeno \d.*\n$/,
    );
    assert.equal(stderr, "");
  }
});

Deno.test("airborne names the setting when it may not read a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const command = airborneCommand(["replay", folder, "--package", folder]);
    const { code, stderr } = await run(command);
    assert.equal(code, 77, stderr);
    assert.match(stderr, /read access to .*The permission set "airborne"/);
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("the set `airborne` grants no network, no subprocess, no write and no import", () => {
  const permissions = permissionSets();
  const { net, run, write, sys, ffi, env } = permissions.airborne;
  assert.deepEqual([net, run, write, sys], [false, false, false, false]);
  assert.deepEqual(ffi, ["build/lib"]);
  // The YAML reader looks at the two others.
  assert.deepEqual(env, ["GDN_*", "LOG_STREAM", "LOG_TOKENS"]);
  assert.deepEqual(permissions.airborne.import, ["packages.invalid"]);
  for (const grants of Object.values(permissions.operator)) assert.notEqual(grants, true);
});

Deno.test("a symlink is granted as it was named and as what it is; a comma is refused", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(`${folder}/place`);
    await Deno.symlink(`${folder}/place`, `${folder}/link`);
    const flags =
      airborneCommand([], { read: [`${folder}/link/x`], write: [`${folder}/out`] }).args;
    const read = flags.find((flag) => flag.startsWith("--allow-read="));
    const granted = [
      ...permissionSets().airborne.read.map((own: string) => resolve(REPOSITORY, own)),
      `${folder}/link/x`,
      `${folder}/place/x`,
      `${folder}/out`,
    ];
    assert.equal(read, `--allow-read=${granted.join(",")}`);
    assert.ok(flags.includes(`--allow-write=${folder}/out`));
    assert.throws(() => airborneCommand([], { read: [`${folder}/a,b`] }), /comma/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("operator worker runs under a set of its own: its database, its inputs, its folder, its programs", () => {
  const line = [
    ...["--quiet", "worker", "--dsn", "postgresql://w@db:5432/tiles", "--inputs", "/mnt/work"],
    ...["--jobs", "describe,fly", "--work", "/var/tmp/flights", "--programs", "/opt/gdn"],
  ];
  const { args } = operatorCommand(line, grantsFor(operatorCommands(), line));
  const granted = (kind: string) =>
    args.find((arg) => arg.startsWith(`--allow-${kind}`))?.split("=")[1].split(",");
  assert.deepEqual(granted("net"), ["db:5432"]);
  assert.deepEqual(granted("write"), ["/var/tmp/flights"]);
  assert.deepEqual(granted("run"), ["/opt/gdn/operator", "/opt/gdn/airborne"]);
  const describing = line.slice(0, 6);
  const { args: fewer } = operatorCommand(describing, grantsFor(operatorCommands(), describing));
  assert.ok(
    !fewer.some((arg) => /^--allow-(run|write)/.test(arg)),
    "one that describes starts nothing",
  );
  assert.ok(granted("read")?.includes("/mnt/work"));
  assert.ok(granted("read")?.every((path) => !/\/(data|packages|migrations)$|npm/.test(path)));
});
