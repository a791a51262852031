/**
 * The shipped executable with a probe in place of its entry module: its unpacked folder is copied, one bundle in
 * it is exchanged, and the executable finds the folder where it would have unpacked itself. Launcher, planner
 * and permissions are those of the file.
 *
 * @module
 */
import { REPOSITORY } from "../support/paths.ts";
import { built, type ProgramName, runBuilt } from "./built.ts";

/** A program's folder as it was unpacked; nothing is changed in it. */
export interface Unpacked {
  readonly program: ProgramName;
  readonly folder: string;
  /** Under this name the executable looks for it. */
  readonly treeName: string;
}

export interface ProbeTree {
  readonly executable: string;
  /** `GDN_CACHE` of the executable. */
  readonly cache: string;
  /** The unpacked folder with the probe in it. */
  readonly tree: string;
}

/** Changes `launch/planner.json`. */
export type PlannerMutation = (data: PlannerJson) => void;

export interface PlannerJson {
  permissions: Record<string, boolean | string[]>;
  [key: string]: unknown;
}

/** Unpacks a built executable below `folder`. */
export async function unpackBuilt(program: ProgramName, folder: string): Promise<Unpacked> {
  const target = `${folder}/${program}`;
  const { code, out, err } = await runBuilt(program, ["--extract", target], { cwd: folder });
  if (code !== 0) throw new Error(`${program} --extract: ${err}`);
  return { program, folder: target, treeName: out.trim() };
}

/** One module of a tree with everything that it imports. */
export async function bundle(
  module: string,
  out: string,
  repository = REPOSITORY,
  options: readonly string[] = [],
): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "deno", `--config=${repository}/deno.json`],
      ...[...options, "--output", out, `${repository}/${module}`],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return out;
}

/** A copy of the unpacked folder below `cache` with the probe's bundle as its entry. */
export async function probeTree(
  { program, folder, treeName }: Unpacked,
  cache: string,
  probe: string,
  mutate?: PlannerMutation,
): Promise<ProbeTree> {
  const tree = `${cache}/${treeName}`;
  await Deno.mkdir(cache, { recursive: true });
  // Hard links: what is written below is removed first.
  await run("cp", "--archive", "--link", folder, tree);
  await exchange(`${tree}/src/${program}/main.js`, await Deno.readTextFile(probe));
  if (mutate !== undefined) {
    const path = `${tree}/launch/planner.json`;
    const data = JSON.parse(await Deno.readTextFile(path)) as PlannerJson;
    mutate(data);
    await exchange(path, JSON.stringify(data));
  }
  return { executable: built(program), cache, tree };
}

/** Writes a file of a copied tree, whose original stays as it is. */
export async function exchange(path: string, text: string): Promise<void> {
  await Deno.remove(path);
  await Deno.writeTextFile(path, text);
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
