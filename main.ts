/**
 * Development front door: `main.ts airborne …` or `main.ts operator …`. It hands over by dynamic
 * import, so that neither program's graph is in the other's. What is shipped are the two entries.
 *
 * @module
 */
const [program, ...args] = Deno.args;

switch (program) {
  case "airborne":
    Deno.exit(await (await import("./src/airborne/main.ts")).main(args));
    break;
  case "operator":
    Deno.exit(await (await import("./src/operator/main.ts")).main(args));
    break;
  default:
    console.error("usage: main.ts airborne|operator COMMAND [options]");
    Deno.exit(64);
}
