/**
 * `deno task demo`: map tiles to a position, over ground that needs no data.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../src/core/mod.ts";
import { flyDemo } from "./demo/fly.ts";
import { writeDemoReport } from "./demo/report.ts";

const OUTPUT = "build/demo";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.log("deno task demo: no options; flies 5 km without GPS and writes a report");
    return args[0] === "--help" ? EXIT.ok : EXIT.usage;
  }
  const abort = new AbortController();
  const stop = () => abort.abort(new GdnError("ABORTED", "stopped by a signal"));
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    const flight = await flyDemo(OUTPUT, abort.signal);
    const report = await writeDemoReport(flight, OUTPUT);
    for (const line of report.summary) console.log(line);
    console.log(`report: file://${report.path}`);
    return EXIT.ok;
  } catch (error) {
    console.error(messageOf(error));
    return error instanceof GdnError ? error.exitCode : EXIT.software;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}
