/**
 * `operator demo`: everything that a first flight needs, made by the commands that a person would
 * call one after the other.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  exists,
  EXIT,
  type ExitCode,
  option,
  OutputTakenError,
  removeIfPresent,
} from "../../core/mod.ts";

/** The commands that it is made of. */
interface DemoParts {
  readonly simulateFlight: Command;
  readonly simulateMap: Command;
  readonly tilesImport: Command;
  readonly provision: Command;
}

const ABOUT = `
Makes a folder with all that a first flight needs, without any imagery: a simulated flight over
painted farmland that loses GPS after its first second, the older map of the same ground, and the
flight package of that map. It prints every command that it runs, and what to run next.`;

const ARGUMENTS = {
  folder: option.path({
    access: "write",
    placeholder: "FOLDER",
    required: true,
    help: "a new folder",
  }),
} as const;

const OPTIONS = {
  distance: option.lengthM({
    minimum: 100,
    maximum: 20_000,
    default: 1000,
    help: "length of the flight over the ground",
  }),
  seed: option.text({ placeholder: "SEED", default: "1", help: "another ground" }),
} as const;

/** Height of the flight, which the package describes its places for. */
const AGL_M = "160";

interface Values {
  readonly folder: string;
  readonly distance: number;
  readonly seed: string;
  readonly json: boolean;
}

export function demoCommand(parts: DemoParts): Command {
  return defineCommand({
    name: "demo",
    summary: "prepare a simulated flight without GPS, to be flown at once",
    about: ABOUT,
    arguments: ARGUMENTS,
    options: OPTIONS,
    json: "one JSON object with the paths instead of what to run next",
    examples: ["operator demo first", "operator demo far --distance 5000 --seed 7"],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: DemoParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const { folder } = values;
  if (await exists(folder)) {
    throw new OutputTakenError(folder, "it exists already; remove it or choose another name");
  }
  await Deno.mkdir(folder, { recursive: true });
  let isWhole = false;
  try {
    for (const [command, args] of steps(parts, values)) {
      io.note(`$ operator ${[command.name, ...args.map(shellWord)].join(" ")}`);
      const code = await command.run(args, { ...io, out: io.note });
      if (code !== EXIT.ok) return code;
      io.signal.throwIfAborted();
    }
    isWhole = true;
  } finally {
    if (!isWhole) await removeIfPresent(folder);
  }
  const paths = {
    flight: `${folder}/flight`,
    package: `${folder}/package`,
    data: `${folder}/data`,
  };
  if (values.json) io.out(JSON.stringify({ type: "demo", ...paths }));
  else for (const line of nextLines(folder)) io.out(line);
  return EXIT.ok;
}

/** The ground looks years older on the map than under the camera. */
function steps(
  parts: DemoParts,
  { folder, distance, seed }: Values,
): readonly (readonly [Command, readonly string[]])[] {
  const ground = ["--procedural", seed, "--centre", "48.5,35.0"];
  const flight = `${folder}/flight`, map = `${folder}/map`;
  const data = ["--data", `${folder}/data`];
  return [
    [parts.simulateFlight, [
      "--out",
      flight,
      ...ground,
      "--agl",
      AGL_M,
      "--distance",
      String(distance),
    ]],
    [parts.simulateMap, ["--out", map, ...ground, "--corridor-of", flight]],
    [parts.tilesImport, [map, "--captured-at", "2025-09-01", ...data]],
    [parts.provision, ["--out", `${folder}/package`, "--agl", AGL_M, ...data]],
  ];
}

function nextLines(folder: string): string[] {
  const [flight, flightPackage, record, report, truth] = [
    "flight",
    "package",
    "record",
    "report.html",
    "flight/truth.csv",
  ].map((name) => shellWord(`${folder}/${name}`));
  return [
    "ready. Fly it without GPS, then make a report and open it in a browser:",
    `  airborne replay ${flight} --package ${flightPackage} --recorder ${record}`,
    `  operator fdr report ${record} --out ${report} --package ${flightPackage} --truth ${truth}`,
  ];
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
