/** Wrong command lines (64, with what is wrong) and the help of every command (0, with examples). */
import assert from "node:assert/strict";
import { operatorCommand } from "../../tasks/executables.ts";
import { inScratch } from "../support/scratch.ts";
import { EVERY_COMMAND, type ProgramName, PROGRAMS, runInProcess } from "./in_process.ts";
import { filesBelow, run } from "./programs.ts";

const everyCommand = EVERY_COMMAND.map(([program, { name }]) => ({ program, name }));

Deno.test("--help of every command prints an example of itself and ends with 0", async () => {
  for (const { program, name } of everyCommand) {
    for (const args of [[...name.split(" "), "--help"], ["help", ...name.split(" ")]]) {
      const { code, out, err } = await runInProcess(program, args);
      assert.equal(code, 0, err);
      assert.equal(err, "");
      const [usage, ...rest] = out.split("\n");
      assert.ok(usage.startsWith(`usage: ${program} ${name}`), usage);
      assert.deepEqual(rest.filter((line) => line.length > 110), []);
      assert.ok(rest.some((line) => line.trim().startsWith(`${program} ${name} `)), "no example");
      assert.ok(rest.some((line) => /^Examples?$/.test(line.trim())), "no heading of examples");
    }
  }
});

Deno.test("--help of the shipped programs lists every command and ends with 0", async () => {
  for (const program of Object.keys(PROGRAMS) as ProgramName[]) {
    const { code, out } = await run(program, ["--help"]);
    assert.equal(code, 0);
    for (const { name } of PROGRAMS[program]) assert.ok(out.includes(`  ${name} `), name);
  }
});

interface WrongLine {
  readonly name: string;
  readonly program: ProgramName;
  readonly args: readonly string[];
  readonly says: RegExp;
}

const wrong = (program: ProgramName, line: string, says: RegExp): WrongLine => ({
  name: `${program} ${line}`,
  program,
  args: line.split(" ").filter((word) => word !== ""),
  says,
});

const unknownOption: WrongLine[] = everyCommand.map(({ program, name }) =>
  wrong(program, `${name} --colour red`, new RegExp(`${program} ${name}: .*--colour`))
);

const LINES: readonly WrongLine[] = [
  ...unknownOption,
  wrong("airborne", "", /usage: airborne COMMAND/),
  wrong("airborne", "fly", /--connect is missing/),
  wrong("airborne", "fly --connect tcp:here", /--connect must be .*tcp:HOST:PORT/),
  wrong("airborne", "fly --connect tcp:127.0.0.1:5760", /--package is missing/),
  wrong("airborne", "fly --autopilot betaflight", /--autopilot must be ardupilot, px4 or inav/),
  wrong("airborne", "fly --start 48.5,35.0", /--start must be LAT,LON,RADIUS/),
  wrong("airborne", "fly --start 98.5,35.0,100", /--start must be LAT,LON,RADIUS/),
  wrong("airborne", "replya x", /did you mean "replay"\?/),
  wrong("airborne", "replay", /takes one FLIGHT, got none/),
  wrong("airborne", "replay a b --package p", /takes one FLIGHT, got 2/),
  wrong("airborne", "replay a --package", /--package needs a value/),
  wrong("operator", "", /usage: operator COMMAND/),
  wrong("operator", "tiles", /tiles import/),
  wrong("operator", "tiles import", /takes one SOURCE, got none/),
  wrong("operator", "tiles import a.png b.png", /takes one SOURCE, got 2/),
  wrong("operator", "tiles import a.png --centre 50,30", /--centre and --gsd belong together/),
  wrong("operator", "tiles import a.png --centre 95,30 --gsd 1", /--centre must be LAT,LON/),
  wrong("operator", "tiles import a.png --centre 5,3 --gsd no", /--gsd must be a number/),
  wrong("operator", "tiles import a.png --zoom 1.5", /--zoom must be a whole number/),
  wrong("operator", "tiles import a.png --captured-at yesterday", /--captured-at must be a date/),
  wrong("operator", "tiles import a.png --headings guess", /--headings must be trust or search/),
  wrong("operator", "tiles import a.png --source a/b", /--source must be a name/),
  wrong("operator", "provision", /needs --out PACKAGE/),
  wrong("operator", "provision x --out p", /takes options only, got "x"/),
  wrong("operator", "provision --out p --area 1,2,3", /--area must be SOUTH,WEST,NORTH,EAST/),
  wrong("operator", "provision --out p --area 5,2,3,4", /--area must be .* lies north of/),
  wrong("operator", "provision --out p --aera 1,2,3,4", /no option --aera; did you mean --area\?/),
  wrong("operator", "provision --out p --json=yes", /--json takes no value/),
  wrong("operator", "cache ls --area 50.40,30.45,50.45,", /--area .* one of them is empty/),
  wrong("operator", "cache ls --bbox 1,2,1,3", /south and north are the same/),
  wrong("operator", "cache sector add a stable_rear 1,2,3,2", /west and east are the same/),
  wrong("operator", "cache sector add a b", /takes NAME CLASS SOUTH,WEST,NORTH,EAST, got 2/),
  ...["--area 50.40,30.45,50.45,", "--route 50.4,30.4;50.9,", "--polygon 1,2;3,4", "--area v.json"]
    .map((area) =>
      wrong("operator", `tiles download --url https://a.example/ --zoom 18 ${area}`, /must be/)
    ),
  wrong(
    "operator",
    "tiles download --url https://a.example/ --zoom 18 --area valley.geojson",
    /is given as --geojson valley\.geojson/,
  ),
  wrong("operator", "tiles download --url https://a.example/ --zoom 17,", /--zoom .* is empty/),
  wrong("operator", "completion tcsh", /SHELL must be bash, zsh or fish/),
  wrong("operator", "provision --out p --centre 5,2", /--centre and --radius belong together/),
  wrong("operator", "provision --out p --agl 130 --footprint 100", /--agl or --footprint/),
  wrong("operator", "provision --out p --agl NaN", /--agl must be a number/),
  wrong("operator", "provision --out p --ground-height Infinity", /--ground-height must be/),
  wrong("operator", "package verify", /takes one PACKAGE, got none/),
  wrong("operator", "package show a b", /takes one PACKAGE, got 2/),
  wrong("operator", "simulate flight", /needs --out FLIGHT/),
  wrong("operator", "simulate flight --out f", /give one ground/),
  wrong("operator", "simulate flight --out f --procedural 1", /needs --centre LAT,LON/),
  wrong("operator", "simulate flight --out f --aircraft kite", /--aircraft must be fixed_wing/),
  wrong("operator", "simulate flight --out f --gps off", /--gps must be absent, present/),
  wrong("operator", "simulate flight --out f --agl 1e9", /--agl must be a number from/),
  wrong("operator", "simulate map --procedural 1 --centre 50,30", /needs --out FOLDER/),
  wrong("operator", "simulate map --out m --procedural 1 --centre 5,3", /give one area/),
  wrong("operator", "simulate map --out m --procedural 1 --centre 5,3 --extent 1", /--extent must/),
];

Deno.test("a wrong command line ends with 64, says what is wrong, and leaves nothing", async () => {
  const before = Deno.cwd();
  await inScratch(async (folder) => {
    Deno.chdir(folder);
    try {
      for (const { name, program, args, says } of LINES) {
        const { code, out, err } = await runInProcess(program, args);
        assert.match(err, says, name);
        assert.equal(code, 64, `${name}: ${err}`);
        assert.equal(out, "", name);
        assert.deepEqual(await filesBelow(folder), [], name);
      }
    } finally {
      Deno.chdir(before);
    }
  });
});

Deno.test("the shipped programs end a wrong command line with 64 and leave nothing", async () => {
  await inScratch(async (folder) => {
    // Every 25th of them, and the first.
    for (const { name, program, args, says } of LINES.filter((_, i) => i % 25 === 0)) {
      const { code, out, err } = await run(program, args, { cwd: folder, write: [folder] });
      assert.match(err, says, name);
      assert.deepEqual([code, out], [64, ""], name);
      assert.deepEqual(await filesBelow(folder), [], name);
    }
  });
});

Deno.test("airborne reads its settings from a file and from the environment as it is permitted", async () => {
  await inScratch(async (folder) => {
    const config = `${folder}/airborne.yaml`;
    await Deno.writeTextFile(config, "navigator:\n  heightMinM: 7\n");
    const args = ["replay", `${folder}/no_flight`, "--package", `${folder}/no_package`];
    const env = { GDN_NAVIGATOR__HEIGHT_MIN_M: "8" };
    const found = await run("airborne", [...args, "--config", config], { read: [folder], env });
    assert.equal(found.code, 66, found.err);
    const wrong = { GDN_NAVIGATOR__HEIGHT_MIN_M: "-1" };
    const refused = await run("airborne", args, { read: [folder], env: wrong });
    assert.equal(refused.code, 78, refused.err);
    assert.match(refused.err, /heightMinM/);
    const misspelled = await run("airborne", args, {
      read: [folder],
      env: { GDN_ESKF__FOO: "1", GDN_NAVIGATOR__HEIGHT_MIN: "7" },
    });
    assert.equal(misspelled.code, 78, misspelled.err);
    assert.match(misspelled.err, /variable GDN_ESKF__FOO: no setting has this name/);
    assert.match(misspelled.err, /did you mean GDN_NAVIGATOR__HEIGHT_MIN_M\?/);
  });
});

Deno.test("a variable that a program does not know is named", async () => {
  await inScratch(async (folder) => {
    const env = { GDN_SATELITE_TOKEN: "1" };
    const { command, args } = operatorCommand(["package", "show", folder], { read: [folder] });
    const { stderr } = await new Deno.Command(command, { args, env }).output();
    assert.match(
      new TextDecoder().decode(stderr),
      /GDN_SATELITE_TOKEN is no variable of operator, .*did you mean GDN_SATELLITE_TOKEN\?/,
    );
  });
});
