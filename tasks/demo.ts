/**
 * `deno task demo`: from map tiles to a position, over procedural ground without data files.
 *
 * @module
 */
import { type CommandIo, defineCommand, EXIT, type ExitCode, runCommand } from "../src/core/mod.ts";
import { flyDemo } from "./demo/fly.ts";
import { writeDemoReport } from "./demo/report.ts";

const OUTPUT = "build/demo";

export const demoCommand = defineCommand({
  name: "demo",
  summary: "a GPS-denied flight over procedural ground, and its report",
  about: "Flies 3 km without GPS and writes a report as one HTML page.",
  options: {},
  json: "one JSON object instead of the summary",
  examples: ["deno task demo"],
  run: ({ json }, io) => demo(json, io),
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task demo",
      command: demoCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}

async function demo(json: boolean, io: CommandIo): Promise<ExitCode> {
  const flight = await flyDemo(OUTPUT, io.signal);
  const report = await writeDemoReport(flight, OUTPUT);
  if (json) io.out(JSON.stringify({ type: "demo", ...report }));
  else {
    for (const line of report.summary) io.out(line);
    io.out(`report: file://${report.path}`);
  }
  return EXIT.ok;
}
