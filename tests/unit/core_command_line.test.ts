/** Declared options: what is read, what is refused, and what help says of them. */
import assert from "node:assert/strict";
import {
  commandHelp,
  defineCommand,
  EXIT,
  findCommand,
  option,
  UsageError,
} from "../../src/core/mod.ts";

const command = defineCommand({
  name: "paint",
  summary: "paint a map",
  about: `
Paints
a map.
  kept   as it is`,
  arguments: { place: option.position({ required: true, help: "where" }) },
  options: {
    out: option.path({ access: "create", required: true, help: "the folder" }),
    agl: option.lengthM({ minimum: 5, maximum: 3000, default: 130, help: "height above ground" }),
    sides: option.lengthsM({ minimum: 1, maximum: 100, help: "sides" }),
    zoom: option.zoom({ help: "zoom", absent: "the finest" }),
    area: option.area({ help: "the box", olderNames: ["bbox"], group: "Area" }),
    route: option.positions({ least: 2, help: "the route", group: "Area" }),
    budget: option.bytes({ help: "at most" }),
    flightAt: option.date({ help: "when" }),
    kind: option.text({ multiple: true, help: "kinds" }),
    how: option.choice(["fast", "slow"], { default: "fast", help: "how" }),
    noPrior: option.flag({ help: "nothing is known" }),
  },
  json: "one JSON object",
  examples: ["operator paint 50,30 --out x"],
  exitCodes: { 65: "bad paint" },
  run: () => EXIT.ok,
});

const parse = (...args: string[]) => command.parse(["50,30", "--out", "x", ...args]);
const refuses = (args: string[], says: RegExp) => {
  assert.throws(() => parse(...args), (error) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.match(error.message, says);
    return true;
  }, args.join(" "));
};

Deno.test("parse() reads typed values, with defaults where nothing is given", () => {
  const values = parse();
  // The compiler knows the types: these would not compile otherwise.
  const agl: number = values.agl;
  const zoom: number | undefined = values.zoom;
  const kinds: readonly string[] = values.kind;
  const how: "fast" | "slow" = values.how;
  assert.deepEqual([agl, zoom, kinds, how, values.noPrior, values.json], [
    ...[130, undefined, [], "fast", false, false],
  ]);
  assert.deepEqual(values.place, { latitudeDeg: 50, longitudeDeg: 30 });
  const given = parse("--agl=20.5", "--kind", "a", "--kind", "b", "--no-prior", "--sides", "1, 2");
  assert.deepEqual([given.agl, given.kind, given.noPrior], [20.5, ["a", "b"], true]);
  assert.deepEqual(given.sides, [1, 2]);
  assert.equal(parse("--budget", "1.5GiB").budget, 1_610_612_736);
  assert.equal(command.parse(["--out", "a//", "1,2"]).out, "a");
});

Deno.test("a number that begins with a minus is a value, everywhere", () => {
  const values = command.parse(["-33.9,-151.2", "--out", "x", "--area", "-18,178.5,-16,-179"]);
  assert.deepEqual(values.place, { latitudeDeg: -33.9, longitudeDeg: -151.2 });
  assert.deepEqual(values.area, { southDeg: -18, westDeg: 178.5, northDeg: -16, eastDeg: -179 });
  assert.equal(command.parse(["--out", "-", "--", "-.5,1"]).out, "-");
  refuses(["--agl", "--json"], /--agl needs a value: --agl M/);
  refuses(["-x"], /there is no option -x/);
});

const NO_NUMBERS = [
  "",
  " ",
  "1e",
  "1e+",
  "NaN",
  "Infinity",
  "0x10",
  "12m",
  "1 2",
  "1_000",
  "--",
  "١",
];

Deno.test("every number is strict: nothing empty, nothing behind it, within its range", () => {
  for (const text of [...NO_NUMBERS, "4.999", "3000.1", "-130"]) {
    refuses([`--agl=${text}`], /--agl must be a number from 5 to 3000 \(metres\), got/);
    if (text !== "") refuses([`--zoom=${text}`], /--zoom must be a whole number from 0 to 22/);
  }
  for (const text of [...NO_NUMBERS, "0.5", "101"]) {
    refuses([`--sides=1,${text}`], /--sides must be a number from 1 to 100/);
    refuses([`--sides=${text},1`], /--sides must be a number from 1 to 100/);
  }
  for (const text of ["1.5", "23", "-1"]) refuses([`--zoom=${text}`], /--zoom must be a whole/);
  for (const text of ["5", "3000", "1e3", "+7", "5.", "0130.50"]) {
    assert.equal(parse(`--agl=${text}`).agl, Number(text));
  }
});

Deno.test("an empty number is refused in every list of numbers, wherever it stands", () => {
  const lists = {
    "--sides": "1,2,3",
    "--area": "50.40,30.45,50.45,30.50",
    "--route": "50.4,30.4;50.9,31.2",
  };
  for (const [name, right] of Object.entries(lists)) {
    assert.doesNotThrow(() => parse(name, right));
    const numbers = right.split(/[,;]/);
    for (let i = 0; i < numbers.length; i++) {
      const text = right.replace(new RegExp(`(^|[,;])${numbers[i].replace(".", "\\.")}`), "$1");
      refuses([`${name}=${text}`], /is empty|must be/);
    }
    for (const text of [`${right},`, `,${right}`, `${right};`]) {
      refuses([`${name}=${text}`], new RegExp(`${name} must be`));
    }
  }
});

Deno.test("an area is SOUTH,WEST,NORTH,EAST; what is swapped, empty or off the Earth is named", () => {
  const box = { southDeg: 1, westDeg: 2, northDeg: 3, eastDeg: 4 };
  assert.deepEqual(parse("--area", "1,2,3,4").area, box);
  assert.deepEqual(parse("--bbox", "1,2,3,4").area, box, "the older name");
  assert.equal(parse("--area", "1,170,3,-170").area?.eastDeg, -170, "over the antimeridian");
  refuses(["--area", "1,2,3"], /SOUTH,WEST,NORTH,EAST .*: it holds 3 numbers/);
  refuses(["--area", "1,2,3,4,5"], /it holds 5 numbers/);
  refuses(["--area", "3,2,1,4"], /its south edge, 3, lies north of its north edge, 1/);
  refuses(["--area", "1,2,1,4"], /it is empty: south and north are the same/);
  refuses(["--area", "1,2,3,2"], /it is empty: west and east are the same/);
  refuses(["--area", "-91,2,3,4"], /the latitude -91 is not within ±90/);
  refuses(["--area", "1,2,3,181"], /the longitude 181 is not within ±180/);
});

Deno.test("positions, dates, sizes and words say what is wrong with them", () => {
  refuses(["--route", "1,2"], /it needs at least 2 positions/);
  refuses(["--route", "1,2;86,3"], /position 2 is "86,3": the latitude 86 is not within ±85/);
  refuses(["--route", "1,2;3"], /position 2 is "3": it holds 1 numbers/);
  refuses(["--how", "quick"], /--how must be fast or slow, got "quick"/);
  for (const text of ["500 GBs", "1e9", "-1", "1,5GB", "", "9007199254740993TB"]) {
    refuses([`--budget=${text}`], /--budget must be a size like 500MB, 20GB or 1073741824/);
  }
  const moments = [
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-05-31T12:00Z", "2026-05-31T12:00:00.000Z"],
    ["2026-05-31T12:00", "2026-05-31T12:00:00.000Z"],
    ["2026-05-31T01:00:00+03:00", "2026-05-30T22:00:00.000Z"],
  ];
  for (const [text, moment] of moments) {
    assert.equal(parse("--flight-at", text).flightAt?.toISOString(), moment, text);
  }
  for (const text of ["2026-02-29", "2026-02-30T10:00Z", "2026-13-01", "2026-06-31", "yesterday"]) {
    refuses(["--flight-at", text], /--flight-at must be a date like/);
  }
});

Deno.test("parse() names options that are unknown, missing or given a value", () => {
  refuses(["--aera", "1,2,3,4"], /there is no option --aera; did you mean --area\?/);
  refuses(["--hepl"], /did you mean --help\?/);
  assert.equal(parse("--agl", "20", "--agl", "30").agl, 30, "the last counts");
  refuses(["--agl", "x", "--agl", "30"], /--agl must be/);
  refuses(["--no-prior=yes"], /--no-prior takes no value, got "yes"/);
  refuses(["--out="], /is empty/);
  refuses(["7,8"], /takes one LAT,LON, got 2/);
  assert.throws(() => command.parse(["1,2"]), /needs --out PATH/);
  assert.throws(
    () => command.parse(["1,2", "--out="]),
    /--out must be a path, got "": it is empty/,
  );
  assert.throws(() => command.parse(["--out", "x"]), /takes one LAT,LON, got none/);
});

Deno.test("what is refused is quoted without the password in it", () => {
  const wrong = [
    ["--no-prior=postgresql://u:SECRET@h/db"],
    ["--agl", "postgresql://u:SECRET@/h@db"],
    ["--how", "https://u:SECRET@[bad"],
    ["--how", "host=h password=SECRET port=1"],
  ];
  for (const args of wrong) {
    assert.throws(() => parse(...args), (error) => {
      assert.ok(error instanceof UsageError && !error.message.includes("SECRET"), `${error}`);
      return error.message.includes("…");
    });
  }
});

Deno.test("commandHelp() says usage, purpose, options with unit and default, examples, exit codes", () => {
  const text = commandHelp("operator paint", command);
  const lines = text.split("\n");
  assert.equal(lines[0], "usage: operator paint LAT,LON --out PATH [options]");
  assert.deepEqual(lines.slice(2, 4), ["Paints a map.", "  kept   as it is"]);
  assert.match(text, /--agl M {15}height above ground \(metres, 5 to 3000; default: 130\)/);
  assert.match(text, /--zoom Z .*\(0 to 22; default: the finest\)/);
  assert.match(
    text,
    /\nArea\n {2}--area SOUTH,WEST,NORTH,EAST\n {24}the box \(degrees.*\n.*formerly --bbox/,
  );
  assert.match(
    text,
    /\nCommon options\n {2}--json .*\n {2}--quiet .*\n {2}--verbose .*\n {2}--help/,
  );
  assert.match(
    text,
    /\nExample\n {2}operator paint 50,30 --out x\n\nExit codes\n {2}65 {2}bad paint$/,
  );
  assert.ok(lines.every((line) => line.length <= 100));
});

Deno.test("findCommand() proposes the command that was nearly typed, arguments behind it or not", () => {
  const near = (words: string[], names: string[]) => {
    const commands = names.map((name) => ({ ...command, name }));
    return () => findCommand(commands, words);
  };
  assert.throws(near(["tiles", "imprt", "a.png"], ["tiles import", "cache ls"]), /"tiles import"/);
  assert.throws(near(["provison", "--out"], ["provision", "cache ls"]), /"provision"/);
  assert.throws(near(["fly"], ["provision"]), /there is no command "fly"$/);
});

Deno.test("an argument that is not required may be left out, the last may take all further words", () => {
  const command = defineCommand({
    name: "paint",
    summary: "paints",
    about: "Paints.",
    arguments: {
      colour: option.choice(["red", "blue"], {
        placeholder: "COLOUR",
        required: true,
        help: "which",
      }),
      files: option.path({ access: "read", placeholder: "FILE", multiple: true, help: "what" }),
    },
    options: { thick: option.flag({ help: "thick" }) },
    examples: [],
    run: () => EXIT.ok,
  });
  const parsed = (...words: string[]) => command.parse(words);
  assert.deepEqual(parsed("red").files, []);
  assert.deepEqual(parsed("red", "a", "--thick", "b"), {
    colour: "red",
    files: ["a", "b"],
    thick: true,
  });
  assert.throws(() => parsed(), /takes COLOUR \[FILE …\], got none/);
  assert.throws(() => parsed("red", ""), /FILE must be a path/);
  assert.match(commandHelp("operator paint", command), /^usage: operator paint COLOUR \[FILE …\] /);
  const one = defineCommand({
    name: "make",
    summary: "makes",
    about: "Makes.",
    arguments: { file: option.path({ access: "read", placeholder: "FILE", help: "what" }) },
    options: {},
    examples: [],
    run: () => EXIT.ok,
  });
  assert.equal(one.parse([]).file, undefined);
  assert.throws(() => one.parse(["a", "b"]), /takes \[FILE\], got 2/);
});
