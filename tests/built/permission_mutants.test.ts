/**
 * Mutants of what confines the built `airborne`: each permission widened alone, a planner that grants whole
 * folders, a start past the launcher, no filter of system calls. In each case the proof by behaviour must fail, and for the acts that
 * belong to it.
 */
import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";
import {
  byExecutable,
  escapeOf,
  hasLandlock,
  setStage,
  type Stage,
  type StartProbe,
  tryActs,
} from "./behaviour.ts";
import type { Act } from "./probe/act.ts";
import { acts } from "./probe/acts.ts";
import {
  bundle,
  exchange,
  type PlannerJson,
  type ProbeTree,
  probeTree,
  unpackBuilt,
  type Unpacked,
} from "./probe_tree.ts";

let folder: string, probe: string, airborne: Unpacked;

Deno.test.beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-mutants-" }));
  probe = await bundle("tests/built/probe/main.ts", `${folder}/probe.js`);
  airborne = await unpackBuilt("airborne", folder);
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

let count = 0;

/** Names of the acts that the proof reports, with the mutated tree. */
async function reported(
  mutate: (tree: ProbeTree, data: PlannerJson) => void | Promise<void>,
  {
    start = byExecutable,
    // Those that need a process of their own say nothing that the others do not.
    tried = acts.filter(({ alone }) => !alone),
  }: {
    readonly start?: (tree: ProbeTree, stage: Stage) => StartProbe;
    readonly tried?: readonly Act[];
  } = {},
): Promise<string[]> {
  const place = `${folder}/mutant-${count++}`;
  const tree = await probeTree(airborne, `${place}/cache`, probe);
  const planner = `${tree.tree}/launch/planner.json`;
  const data = JSON.parse(await Deno.readTextFile(planner)) as PlannerJson;
  await mutate(tree, data);
  await exchange(planner, JSON.stringify(data));
  const library = `${tree.tree}/build/lib/libgdn_vision.so`;
  await using stage = await setStage(`${place}/stage`, { library, code: tree.tree });
  const results = await tryActs(tried, stage, start(tree, stage));
  return tried.filter((act) => escapeOf(act, results.get(act.name)) !== undefined)
    .map(({ name }) => name);
}

/** A permission that is widened, with acts that must be reported then. */
const WIDENED: Readonly<Record<string, { to: boolean | string[]; tells: readonly string[] }>> = {
  read: {
    to: ["/"],
    tells: ["reading /etc/passwd", "reading a key in ~/.ssh", "importing a file outside"],
  },
  write: {
    to: ["/"],
    tells: ["writing beside the folders", "writing into its own code", "a temporary file"],
  },
  net: {
    to: true,
    tells: ["fetch() of a loopback address", "Deno.connect() over TCP", "listening on a port"],
  },
  run: {
    to: true,
    tells: ["a subprocess by Deno.Command", "a signal to another process"],
  },
  ffi: {
    to: true,
    tells: ["opening a native library: libc by its name", "a pointer to memory"],
  },
  env: {
    to: true,
    tells: ["an environment variable of another program's: a secret", "all of the environment"],
  },
  sys: {
    to: true,
    tells: ["system information: hostname", "system information: network interfaces"],
  },
  import: { to: true, tells: ["importing a package of JSR"] },
};

for (const [kind, { to, tells }] of Object.entries(WIDENED)) {
  Deno.test(`mutant: airborne may ${kind} ${to === true ? "anything" : to}: behaviour tells`, async () => {
    const escapes = await reported((_, data) => {
      data.permissions[kind] = to;
    });
    assert.deepEqual(tells.filter((name) => !escapes.includes(name)), [], escapes.join("\n"));
  });
}

Deno.test("the tree that is not mutated reports nothing", { ignore: !hasLandlock() }, async () => {
  assert.deepEqual(await reported(() => {}), []);
});

Deno.test("mutant: a planner that grants the folder around what is named: behaviour tells", async () => {
  const copy = `${folder}/planner`;
  await Deno.mkdir(copy);
  const parts = ["src", "deno.json", "deno.lock"].map((each) => `${REPOSITORY}/${each}`);
  await new Deno.Command("cp", { args: ["-r", ...parts, copy] }).output();
  const flags = `${copy}/src/core/grants/flags.ts`;
  const text = await Deno.readTextFile(flags);
  const exact = "return [resolve(path), real(path)];";
  assert.ok(text.includes(exact), "the mutant fits the planner");
  await Deno.writeTextFile(flags, text.replace(exact, "return [dirname(resolve(path))];"));
  const escapes = await reported(async ({ tree }) => {
    await Deno.remove(`${tree}/src/planner/plan.js`);
    await bundle("src/core/grants/plan.ts", `${tree}/src/planner/plan.js`, copy);
  });
  for (const name of ["reading a file beside the folders", "writing beside the folders"]) {
    assert.ok(escapes.includes(name), escapes.join("\n"));
  }
});

Deno.test("mutant: a start past the launcher, without the kernel's wall: behaviour tells", async () => {
  const words = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("\0").slice(0, -1);
  const pastLauncher = ({ tree }: ProbeTree): StartProbe => (args) => {
    const plan = words(Deno.readFileSync(`${tree}/launch/plan`))
      .map((each) => each.replaceAll("{root}", tree)).slice(1);
    const command = `${tree}/bin/deno`;
    const { stdout } = new Deno.Command(command, { args: [...plan, ...args] }).outputSync();
    return { command, args: [...words(stdout).slice(1), ...args] };
  };
  const escapes = await reported(() => {}, { start: pastLauncher });
  for (
    const name of [
      "reading through a link to a file outside",
      "writing through a link to a folder outside",
      "importing through a link that leads out",
      "storage of the web platform: localStorage",
    ]
  ) {
    assert.ok(escapes.includes(name), escapes.join("\n"));
  }
});

Deno.test("mutant: no filter of system calls: behaviour tells", async () => {
  const datagram = "a UDP datagram, by libc through one of its own libraries";
  const tried = acts.filter(({ name }) => name === datagram);
  // This probe does not put it on; that of airborne_escapes.test.ts does.
  assert.deepEqual(await reported(() => {}, { tried }), [datagram]);
});
