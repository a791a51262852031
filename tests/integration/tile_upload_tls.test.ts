/**
 * Providers with faulty TLS: refused at once, never retried, and the token is never sent to them.
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { enrolKey, type HttpParts } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { run } from "../faults/programs.ts";
import { makeDownloadRig } from "../support/download_rig.ts";
import { CLIENT_TOKEN, OFFICER_TOKEN, ProviderProcess } from "../support/provider.ts";
import { makeRig } from "../support/upload_rig.ts";
import { emptyCache } from "../support/empty_cache.ts";

/** A self-signed certificate. */
async function makeCertificate(folder: string, name: string): Promise<string[]> {
  const [key, certificate] = [`${folder}/key.pem`, `${folder}/certificate.pem`];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=a provider"],
      ...["-addext", `subjectAltName=${name}`, "-addext", "basicConstraints=critical,CA:FALSE"],
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return ["--certificate", certificate, "--key", key];
}

/** Every command that sends something to the provider, each against `url`; and how each ended. */
async function tryAll(url: string, fetchLike: typeof fetch): Promise<void> {
  const http: HttpParts = {
    fetch: fetchLike,
    sleep: () => Promise.reject(new Error("it must not wait")),
    nowMs: () => Date.now(),
  };
  const hopeless = (error: unknown) => {
    const { code, exitCode, message } = error as Error & { code: string; exitCode: number };
    assert.deepEqual([code, exitCode], ["SATELLITE_PROVIDER", 77], message);
    assert.match(message, /TLS/);
    for (const token of [CLIENT_TOKEN, OFFICER_TOKEN]) assert(!message.includes(token));
    return true;
  };
  const rig = await makeRig({
    provider: { url } as ProviderProcess,
    enrol: false,
    tiles: 1,
    change: { http },
  });
  await assert.rejects(rig.upload(), hopeless);
  assert.equal((await rig.store.pendingUploads(null)).length, 1);
  const session = { flightId: rig.flightId, publicKey: new Uint8Array(32) };
  const options = { base: new URL(url), officerToken: OFFICER_TOKEN, http, timeoutMs: 5000 };
  await assert.rejects(enrolKey(session, options), hopeless);
}

Deno.test("a certificate that no authority signed: 77 at once, also through the shipped command", () =>
  inScratch(async (folder) => {
    const tls = await makeCertificate(folder, "IP:127.0.0.1");
    await using provider = await ProviderProcess.start(["--synthetic", "1", ...tls]);
    assert.match(provider.url, /^https:/);
    await tryAll(provider.url, fetch);
    {
      using vision = openVision();
      const rig = makeDownloadRig({ url: provider.url, vision });
      const place = { x: 152_000, y: 88_000, columns: 1, rows: 1 };
      await assert.rejects(rig.downloader.download(rig.request(place)), { exitCode: 77 });
      assert.deepEqual([rig.slept.length, rig.asked.length], [0, 1]);
    }
    await emptyCache(`${folder}/data`);
    const shipped = await run("operator", [
      ...["tiles", "download", "--url", provider.url, "--data", `${folder}/data`],
      ...["--zoom", "18", "--bbox", "50,30,50.001,30.001"],
    ], {
      write: [`${folder}/data`],
      net: [new URL(provider.url).host],
      env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN },
    });
    assert.equal(shipped.code, 77, shipped.err);
    assert.match(shipped.err, /certificate/);
    assert(!shipped.err.includes(CLIENT_TOKEN));
    // With this certificate trusted, the provider's log can be read: no request reached it.
    using client = Deno.createHttpClient({
      caCerts: [await Deno.readTextFile(`${folder}/certificate.pem`)],
    });
    const state = await (await fetch(new URL("_state", provider.url), { client })).json();
    assert.deepEqual(state.requests, {});
  }));

Deno.test("the certificate of another host is refused", () =>
  inScratch(async (folder) => {
    const tls = await makeCertificate(folder, "DNS:somebody-else.example");
    await using provider = await ProviderProcess.start(tls);
    using client = Deno.createHttpClient({
      caCerts: [await Deno.readTextFile(`${folder}/certificate.pem`)],
    });
    await tryAll(provider.url, (input, init) => {
      const trusting = { ...init, client };
      return fetch(input, trusting);
    });
  }));

Deno.test("a server without TLS, or one that closes during the handshake, never receives the token", async () => {
  for (const answer of ["HTTP/1.1 200 OK\r\n\r\n", ""]) {
    const heard: string[] = [];
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      for await (const connection of listener) {
        const bytes = new Uint8Array(64 * 1024);
        const length = await connection.read(bytes);
        heard.push(new TextDecoder("latin1").decode(bytes.subarray(0, length ?? 0)));
        await connection.write(new TextEncoder().encode(answer)).catch(() => {});
        connection.close();
      }
    })();
    await tryAll(`https://127.0.0.1:${listener.addr.port}/`, fetch);
    listener.close();
    await serving;
    assert.equal(heard.length, 2, "one connection for each, no second try");
    const all = heard.join("");
    for (const secret of [CLIENT_TOKEN, OFFICER_TOKEN, "Bearer"]) assert(!all.includes(secret));
  }
});
