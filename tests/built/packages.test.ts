/**
 * The files that `deno task package` makes: what is inside is listed, the sums are signed, and the
 * same source gives the same bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { basename, relative } from "node:path";
import { TARGETS } from "../../tasks/compile/description.ts";
import { contentsOf } from "../../tasks/compile/contents.ts";
import { buildInputs, neededLibraries, owningPackages } from "../../tasks/package/native_inputs.ts";
import { filesBelow } from "../../tasks/package/files.ts";
import { PROGRAMS } from "../../tasks/package/release.ts";
import { signSums, writeSums } from "../../tasks/package/sums.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { purlsOf, spdxFaults } from "../support/spdx_schema.ts";
import { preparedProgram } from "./prepared.ts";

/** What is in a program by other evidence than the one that its bill of materials is made from. */
interface Evidence {
  /** npm packages by what `deno task compile` put in. */
  readonly npm: readonly string[];
  /** Owners of everything that the compiler read, and of the shared libraries inside. */
  readonly debian: readonly string[];
  readonly files: readonly string[];
}

/** Interfaces of the C library and the kernel: read, and nothing of them inside. */
const NOT_INSIDE = ["libc6-dev", "linux-libc-dev"];

async function evidenceOf(program: "airborne" | "operator", tree: string): Promise<Evidence> {
  const contents = await contentsOf(program, TARGETS["x86_64-unknown-linux-gnu"], "portable");
  const inputs = await owningPackages(await buildInputs(`${REPOSITORY}/build/cmake`));
  return {
    npm: contents.npm.map(({ name, version }) => `pkg:npm/${name.replace("@", "%40")}@${version}`),
    debian: [
      ...contents.libraries.flatMap(({ debian }) => debian === null ? [] : [debian.package]),
      ...[...new Set(inputs.values())].filter((name) => !NOT_INSIDE.includes(name)),
    ],
    files: await filesBelow(tree),
  };
}

/** What the evidence has and the document does not list, and the other way round for npm packages. */
function missingIn(document: unknown, evidence: Evidence): string[] {
  const purls = new Set(purlsOf(document));
  const debian = new Set([...purls].map((purl) => /^pkg:deb\/debian\/([^@]+)@/.exec(purl)?.[1]));
  const files = new Set(
    (document as { files: { fileName: string }[] }).files.map(({ fileName }) => fileName.slice(2)),
  );
  return [
    ...evidence.npm.filter((purl) => !purls.has(purl)),
    ...[...purls].filter((purl) => purl.startsWith("pkg:npm/") && !evidence.npm.includes(purl)),
    ...evidence.debian.filter((name) => !debian.has(name)),
    ...evidence.files.filter((path) => !files.has(path)),
    ...["deno", "v8"].filter((name) => ![...purls].some((purl) => purl.includes(`/${name}@`))),
  ];
}

for (const program of PROGRAMS) {
  Deno.test(`the bill of materials of ${program} is valid and lists everything inside`, async () => {
    const { built } = await preparedProgram(program);
    const text = await Deno.readTextFile(built.sbom);
    const document = JSON.parse(text);
    assert.deepEqual(spdxFaults(document), []);
    const evidence = await evidenceOf(program, built.tree);
    assert.ok(evidence.npm.length >= 10, `${evidence.npm.length} npm packages were found`);
    assert.ok(evidence.debian.length >= 10, `${evidence.debian.length} Debian packages were found`);
    assert.deepEqual(missingIn(document, evidence), []);

    // One package taken out is missed, whichever it is.
    for (const { SPDXID } of document.packages.slice(1)) {
      const mutant = JSON.parse(text);
      mutant.packages = mutant.packages.filter((one: { SPDXID: string }) => one.SPDXID !== SPDXID);
      const isTwice = evidence.debian.filter((name) => SPDXID.includes(name)).length > 1;
      assert.ok(missingIn(mutant, evidence).length > 0 || isTwice, `${SPDXID} is not missed`);
    }

    const thirdParty = await Deno.readTextFile(built.thirdParty);
    for (const { name, versionInfo } of document.packages.slice(1)) {
      assert.ok(thirdParty.includes(`  ${name} ${versionInfo}: `), `${name} is not in THIRD_PARTY`);
    }
  });

  Deno.test(`every library that ${program} asks for is inside or in its Depends`, async () => {
    const { built, depends } = await preparedProgram(program);
    const inside = await filesBelow(`${built.tree}/build/lib`);
    const system = new Set<string>();
    for (const name of inside.filter((one) => /\.so(\.|$)/.test(one))) {
      for (const needed of await neededLibraries(`${built.tree}/build/lib/${name}`)) {
        if (!inside.includes(needed)) system.add(needed);
      }
    }
    assert.ok(system.has("libc.so.6"));
    for (const name of system) {
      assert.match(name, /^(lib(c|m|gcc_s|stdc\+\+)|ld-linux-x86-64)\.so\.\d$/);
    }
    assert.match(
      depends,
      /^libc6 \(>= 2\.\d+\), libgcc-s1 \(>= [\d.]+\), libstdc\+\+6 \(>= [\d.]+\)$/,
    );
  });
}

const RELEASE = { version: "1.2.3", commit: "c0ffee", epochS: 1_700_000_000 };

Deno.test("minisign accepts the signed sums of a release, and nothing that was altered", async () => {
  await inScratch(async (folder) => {
    const dist = `${folder}/dist`;
    await Deno.mkdir(dist);
    await Deno.writeTextFile(`${dist}/gdn-airborne.deb`, "a package");
    const minisign = async (...args: string[]) => {
      const { code, stderr } = await new Deno.Command("minisign", {
        args,
        cwd: folder,
        stdin: "null",
      })
        .output();
      return { code, said: new TextDecoder().decode(stderr) };
    };
    const made = await minisign("-G", "-W", "-p", "k.pub", "-s", "k.key");
    assert.equal(made.code, 0, made.said);
    await writeSums(dist);
    const secretKey = `${folder}/k.key`;
    const signed = await signSums(dist, RELEASE, {
      secretKey,
      passwordFile: undefined,
    });
    assert.equal(relative(dist, signed), "SHA256SUMS.minisig");
    const verify = () => minisign("-V", "-m", "dist/SHA256SUMS", "-p", "k.pub");
    assert.equal((await verify()).code, 0);
    const sums = await Deno.readTextFile(`${dist}/SHA256SUMS`);
    assert.match(sums, /^[0-9a-f]{64} {2}gdn-airborne\.deb\n$/);
    await Deno.writeTextFile(
      `${dist}/SHA256SUMS`,
      sums.replace(/^./, (digit) => digit === "0" ? "1" : "0"),
    );
    assert.notEqual((await verify()).code, 0);
  });
});

Deno.test("two folders with the same source give the same packages, to the byte", async () => {
  await inScratch(async (folder) => {
    const copy = `${folder}/another/checkout`;
    await copyOfCheckout(copy);
    const [here, there] = await Promise.all([REPOSITORY, copy].map(async (root, index) => {
      const out = `${folder}/out-${index}`;
      await Deno.mkdir(out);
      await Deno.symlink(`${REPOSITORY}/dist/airborne`, `${out}/airborne`);
      const task = ["run", "-q", "--cached-only", "-P=tasks", "tasks/package.ts"];
      const { success, stderr } = await new Deno.Command("sh", {
        args: [
          ...["-c", 'umask "$0" && exec "$@"', index === 0 ? "022" : "077"],
          ...[Deno.execPath(), ...task, "--only", "airborne", "--out", out],
        ],
        cwd: root,
        env: { TZ: index === 0 ? "UTC" : "Asia/Tokyo" },
        stdin: "null",
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      return out;
    }));
    const names = (await filesBelow(here)).filter((name) => /\.deb$|SUMS$/.test(name));
    assert.equal(names.length, 2);
    for (const name of names) {
      const [one, other] = await Promise.all(
        [here, there].map((at) => Deno.readFile(`${at}/${name}`)),
      );
      assert.ok(
        one.every((byte, index) => byte === other[index]) && one.length === other.length,
        name,
      );
    }
  });
});

/** Sources and the records of the native build; not what was built from them. */
async function copyOfCheckout(copy: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard"],
    cwd: REPOSITORY,
  }).output();
  for (const path of new TextDecoder().decode(stdout).trim().split("\n")) {
    await Deno.mkdir(`${copy}/${path}`.slice(0, -basename(path).length), { recursive: true });
    await Deno.copyFile(`${REPOSITORY}/${path}`, `${copy}/${path}`);
  }
  await Deno.symlink(`${REPOSITORY}/.git`, `${copy}/.git`);
  await Deno.mkdir(`${copy}/build`);
  await Deno.symlink(`${REPOSITORY}/build/cmake`, `${copy}/build/cmake`);
}
