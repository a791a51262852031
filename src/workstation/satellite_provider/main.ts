/**
 * Starts the reference satellite provider on loopback: `deno task provider --help`.
 *
 * @module
 */
import {
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  runCommand,
  UsageError,
} from "../../core/mod.ts";
import { SatelliteProvider } from "./provider.ts";

const OPTIONS = {
  port: option.count({
    minimum: 0,
    maximum: 65_535,
    default: 0,
    help: "where it listens; 0: any free port",
  }),
  tiles: option.path({ access: "read", placeholder: "DIR", help: "{z}/{x}/{y}.jpg to serve" }),
  synthetic: option.count({
    minimum: 0,
    maximum: 10_000,
    default: 0,
    help: "serve so many made pictures as every tile there is; 0: none",
  }),
  ingest: option.path({ access: "write", placeholder: "DIR", help: "accepted tiles go there" }),
  recorder: option.path({
    access: "read",
    placeholder: "DIR",
    help: "trust the public keys in these recorded flights",
  }),
  certificate: option.path({
    access: "read",
    placeholder: "FILE",
    help: "certificate for TLS, with --key",
  }),
  key: option.path({ access: "read", placeholder: "FILE", help: "its private key" }),
  maxAgeDays: option.number({
    unit: "days",
    minimum: 0,
    maximum: 1e6,
    default: 7,
    help: "refuse tiles that were captured longer ago",
  }),
  noChecks: option.flag({ help: "accept everything (benches)" }),
  mayMisbehave: option.flag({ help: "take faults to show by POST /_misbehave (tests)" }),
} as const;

export const providerCommand = defineCommand({
  name: "provider",
  summary: "the reference satellite provider, for tests and demos",
  about: `
Serves tiles and takes signed uploads. It prints one line of JSON with its URL when it listens, and
ends with SIGINT or SIGTERM.`,
  options: OPTIONS,
  examples: [
    "deno task provider --tiles maps/valley --ingest accepted --recorder data/recorder",
    "deno task provider --synthetic 64 --no-checks",
  ],
  environment: {
    GDN_SATELLITE_TOKEN: "the clients' token",
    GDN_ENROLMENT_TOKEN: "the safety officer's token",
  },
  run: serve,
});

async function serve(values: OptionValues<typeof OPTIONS>): Promise<ExitCode> {
  const { certificate, key } = values;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new UsageError("--certificate and --key belong together: give both, or none");
  }
  const provider = await SatelliteProvider.open({
    tileFolder: values.tiles ?? null,
    syntheticPictures: values.synthetic,
    ingestFolder: values.ingest ?? null,
    token: Deno.env.get("GDN_SATELLITE_TOKEN") ?? null,
    officerToken: Deno.env.get("GDN_ENROLMENT_TOKEN") ?? null,
    recorderFolder: values.recorder ?? null,
    ageMaxMs: values.maxAgeDays * 86_400_000,
    checks: !values.noChecks,
    mayMisbehave: values.mayMisbehave,
    now: () => new Date(),
  });
  const tls = certificate !== undefined && key !== undefined
    ? { cert: await Deno.readTextFile(certificate), key: await Deno.readTextFile(key) }
    : {};
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: values.port,
    ...tls,
    onListen: ({ port }) => {
      const scheme = "cert" in tls ? "https" : "http";
      console.log(JSON.stringify({ url: `${scheme}://127.0.0.1:${port}/` }));
    },
    onError: () => new Response(null, { status: 500 }),
  }, (request) => provider.answer(request));
  // Stopping it by a signal is its normal end.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit(EXIT.ok));
  }
  await server.finished;
  return EXIT.ok;
}

if (import.meta.main) {
  // `deno task` changes to the repository; paths are relative to the user's folder.
  Deno.chdir(Deno.env.get("INIT_CWD") ?? ".");
  Deno.exit(
    await runCommand({
      title: "deno task provider",
      command: providerCommand,
      args: Deno.args,
      permissionSet: "provider",
    }),
  );
}
