/**
 * Starts the reference satellite provider on loopback: `deno task provider --help`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { SatelliteProvider } from "./provider.ts";

const HELP = `provider [options]

The reference satellite provider, for tests and demos: serves tiles, takes signed uploads.
It prints one line of JSON with its URL when it listens, and ends with SIGINT or SIGTERM.

Options:
  --port N             0 (default): any free one
  --tiles DIR          {z}/{x}/{y}.jpg to serve
  --synthetic N        serve N made pictures as every tile there is
  --ingest DIR         accepted tiles go there
  --recorder DIR       believe the public keys in these recorded flights
  --certificate FILE --key FILE   TLS
  --max-age-days N     refuse tiles captured longer ago (default: 7)
  --no-checks          accept everything (benches)
  --may-misbehave      take faults to show by POST /_misbehave (tests)

GDN_SATELLITE_TOKEN is the clients' token, GDN_ENROLMENT_TOKEN the safety officer's.

Examples:
  deno task provider --tiles maps/valley --ingest accepted --recorder data/recorder
  deno task provider --synthetic 64 --no-checks`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      help: { type: "boolean", default: false },
      port: { type: "string", default: "0" },
      tiles: { type: "string" },
      synthetic: { type: "string", default: "0" },
      ingest: { type: "string" },
      recorder: { type: "string" },
      certificate: { type: "string" },
      key: { type: "string" },
      "max-age-days": { type: "string", default: "7" },
      "no-checks": { type: "boolean", default: false },
      "may-misbehave": { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const provider = await SatelliteProvider.open({
    tileFolder: values.tiles ?? null,
    syntheticPictures: Number(values.synthetic),
    ingestFolder: values.ingest ?? null,
    token: Deno.env.get("GDN_SATELLITE_TOKEN") ?? null,
    officerToken: Deno.env.get("GDN_ENROLMENT_TOKEN") ?? null,
    recorderFolder: values.recorder ?? null,
    ageMaxMs: Number(values["max-age-days"]) * 86_400_000,
    checks: !values["no-checks"],
    mayMisbehave: values["may-misbehave"],
    now: () => new Date(),
  });
  const tls = values.certificate !== undefined && values.key !== undefined
    ? {
      cert: await Deno.readTextFile(values.certificate),
      key: await Deno.readTextFile(values.key),
    }
    : {};
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: Number(values.port),
    ...tls,
    onListen: ({ port }) => {
      const scheme = "cert" in tls ? "https" : "http";
      console.log(JSON.stringify({ url: `${scheme}://127.0.0.1:${port}/` }));
    },
    onError: () => new Response(null, { status: 500 }),
  }, (request) => provider.answer(request));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit(0));
  }
  await server.finished;
}

if (import.meta.main) await main();
