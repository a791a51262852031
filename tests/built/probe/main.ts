/**
 * Stands in for a program's entry module: it has the program's command line, and tries what the
 * program must not be able to do. The folder named first holds `places.json` and `acts.json`, the names
 * of the acts to try. It prints one JSON object for each.
 *
 * @module
 */
import { acts } from "./acts.ts";
import type { Act, Places, Result } from "./act.ts";

const WAIT_MS = 5_000;

async function attempt(act: Act, places: Places): Promise<Result> {
  const { name } = act;
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error("no answer")), WAIT_MS);
  try {
    const done = await Promise.race([(async () => await act.attempt(places))(), timeout.promise]);
    return { name, done: Deno.inspect(done).slice(0, 200) };
  } catch (error) {
    const { name: kind, message } = error as Error;
    return { name, refused: `${kind}: ${message}` };
  } finally {
    clearTimeout(timer);
  }
}

export async function main(args: readonly string[]): Promise<void> {
  const folder = args.find((arg) => arg.startsWith("/"));
  const places = JSON.parse(Deno.readTextFileSync(`${folder}/places.json`)) as Places;
  const names = JSON.parse(Deno.readTextFileSync(`${folder}/acts.json`)) as string[];
  for (const name of names) {
    const act = acts.find((each) => each.name === name);
    if (act === undefined) throw new Error(`no act is called "${name}"`);
    console.log(JSON.stringify(await attempt(act, places)));
  }
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit(0);
}
