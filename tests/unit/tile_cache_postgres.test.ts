/**
 * A server that cannot be reached: reported at once or after the time-out, by name, without the
 * password.
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { TileDatabaseError } from "../../src/tiles/tile_contract/mod.ts";
import { openPostgres } from "../../src/tiles/workstation/tile_cache/sql/postgres_database.ts";

import { run } from "../faults/programs.ts";

const PASSWORD = "geheim";
const TIMEOUT_MS = 300;

async function refusal(dsn: string): Promise<string> {
  try {
    await using _ = await openPostgres(dsn, { connectTimeoutMs: TIMEOUT_MS });
  } catch (error) {
    assert(error instanceof TileDatabaseError, String(error));
    assert(!Deno.inspect(error).includes(PASSWORD), "the error contains the password");
    return error.message;
  }
  throw new Error(`${dsn} was reached`);
}

/** A server that accepts connections and never answers, while `body` runs. */
async function besideSilence(
  options: Deno.TcpListenOptions | (Deno.UnixListenOptions & { transport: "unix" }),
  body: (address: Deno.Addr) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen(options as Deno.TcpListenOptions);
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  try {
    await body(listener.addr);
  } finally {
    listener.close();
    await accepting;
    for (const connection of accepted) connection.close();
  }
}

Deno.test("openPostgres() gives up on a server that accepts and never answers", () =>
  inScratch(async (folder) => {
    await besideSilence({ hostname: "127.0.0.1", port: 0 }, async (address) => {
      const { port } = address as Deno.NetAddr;
      const said = await refusal(`postgresql://me:${PASSWORD}@127.0.0.1:${port}/tiles`);
      assert.match(said, /did not answer within 0\.3 s/);
    });
    await besideSilence({ transport: "unix", path: `${folder}/.s.PGSQL.5432` }, async () => {
      const said = await refusal(`postgresql://me:${PASSWORD}@/tiles?host=${folder}`);
      assert.match(said, /did not answer within 0\.3 s/);
    });
    const absent = await refusal(`postgresql://me:${PASSWORD}@/tiles?host=${folder}/nowhere`);
    assert(absent.includes(`${folder}/nowhere/.s.PGSQL.5432`), absent);
    assert.match(await refusal(`postgresql://me:${PASSWORD}@[::bad/tiles`), /DSN cannot be read/);
  }));

Deno.test("operator ends where the socket of its database is not granted", () =>
  inScratch((folder) =>
    besideSilence({ transport: "unix", path: `${folder}/.s.PGSQL.5432` }, async () => {
      await Deno.mkdir(`${folder}/data`);
      await Deno.writeTextFile(`${folder}/data/cache.json`, "{}");
      const args = ["cache", "stats", "--data", `${folder}/data`];
      const dsn = ["--dsn", `postgresql://me:${PASSWORD}@/tiles?host=${folder}`];
      const { code, err } = await run("operator", [...args, ...dsn], { write: [folder] });
      assert.notEqual(code, 0);
      assert.match(err, /not permitted: net access to "unix:.*\.s\.PGSQL\.5432"/);
      assert(!err.includes(PASSWORD), err);
    })
  ));
