/**
 * Attacks on a signed flight package, each at the shipped `airborne fly`: refused with a message and an exit
 * code of its own. `deno task test` makes a third of them in one process; `GDN_ATTACKS=processes` (`deno task
 * campaign --only trust`) all, each with a process of its own, under its permissions.
 */
import assert from "node:assert/strict";
import {
  signManifest,
  signTestPackage,
  testKey,
  trustTestKeys,
} from "../support/package_signing.ts";
import { worldForFile } from "./fixture.ts";
import { runInProcess } from "./in_process.ts";
import {
  type Attack,
  changeText,
  KEY,
  manifestOf,
  OF_FILES,
  OTHER,
  type Rig,
  signAnything,
  SIGNATURE,
  statement,
} from "./package_file_attacks.ts";
import { copyFolder, forEachCase, type Outcome, run } from "./programs.ts";

const world = worldForFile();
/** Nobody listens there. */
const NOWHERE = "tcp:127.0.0.1:9";
const IS_FULL = Deno.env.get("GDN_ATTACKS") === "processes";

async function flewVersion(rig: Rig, counter: number, revokedKeys: string[] = []) {
  const { name } = await manifestOf(rig.package);
  const packages = [{ name, counter, manifestSha256: "0".repeat(64) }];
  await Deno.mkdir(rig.recorder, { recursive: true });
  await Deno.writeTextFile(
    `${rig.recorder}/packages_flown.json`,
    JSON.stringify({ format: "gdn-packages-flown", formatVersion: 1, packages, revokedKeys }),
  );
}

const OF_SIGNATURES: readonly Attack[] = [
  {
    name: "an unsigned package",
    attack: (rig) => Deno.remove(`${rig.package}/${SIGNATURE}`),
    code: 77,
    says: /package: is unsigned: anybody may have made it/,
  },
  {
    name: "a truncated signature",
    attack: (rig) =>
      changeText(
        `${rig.package}/${SIGNATURE}`,
        (text) => text.split("\n").slice(0, 3).join("\n"),
      ),
    code: 65,
    says: /minisig: not a minisign signature: it has four lines/,
  },
  {
    name: "a signature of the kind that hashes nothing before (Ed)",
    attack: (rig) =>
      changeText(`${rig.package}/${SIGNATURE}`, (text) => {
        const lines = text.split("\n"), bytes = Uint8Array.fromBase64(lines[1]);
        bytes.set(new TextEncoder().encode("Ed"));
        return lines.with(1, bytes.toBase64()).join("\n");
      }),
    code: 65,
    says: /minisig: not a minisign signature of the prehashed kind/,
  },
  {
    name: "a signature cut within its second part",
    attack: (rig) => changeText(`${rig.package}/${SIGNATURE}`, (text) => text.slice(0, -9)),
    code: 65,
    says: /minisig: not a minisign signature: (a line is not base64|the one of its comment is cut)/,
  },
  {
    name: "a statement that was altered: a later expiry",
    attack: (rig) =>
      changeText(
        `${rig.package}/${SIGNATURE}`,
        (text) => text.replace(/"expiresAt":"20/, '"expiresAt":"21'),
      ),
    code: 65,
    says: /minisig: is not genuine: what the signature states was altered/,
  },
  {
    name: "a forged signature under the id of the trusted key",
    attack: (rig) => {
      const forger = { ...OTHER, secretKey: { ...OTHER.secretKey, keyId: KEY.secretKey.keyId } };
      return signManifest(rig.package, forger);
    },
    code: 65,
    says: /minisig: is not genuine: manifest\.json or its signature was altered/,
  },
  {
    name: "a signature by another key",
    attack: (rig) => signManifest(rig.package, OTHER),
    code: 77,
    says: new RegExp(`minisig: was made with key ${OTHER.id}, which is not trusted here`),
  },
  {
    name: "no key is trusted at all",
    attack: (rig) => Deno.remove(rig.trust, { recursive: true }),
    code: 77,
    says: new RegExp(`minisig: was made with key ${KEY.id}, which is not trusted here`),
  },
  {
    name: "a signature of a file that is no package",
    attack: (rig) => signAnything(rig, KEY, () => "timestamp:1767225600\tfile:SHA256SUMS"),
    code: 65,
    says: /minisig: is a signature, but not of a flight package/,
  },
  {
    name: "a statement of another schema",
    attack: (rig) =>
      signAnything(rig, KEY, (sha256) => statement(sha256).replace('"schema":1', '"schema":2')),
    code: 65,
    says: /minisig: has a statement of schema 2, this program reads 1/,
  },
  {
    name: "a key that is revoked on the aircraft",
    attack: (rig) =>
      Deno.writeTextFile(`${rig.trust}/revoked_keys.txt`, `${KEY.id} # stolen\n`, { mode: 0o644 }),
    code: 77,
    says: new RegExp(`minisig: was made with key ${KEY.id}, which is revoked`),
  },
  {
    name: "a key that a package flown before has revoked",
    attack: (rig) => flewVersion(rig, 1, [KEY.id]),
    code: 77,
    says: new RegExp(`minisig: was made with key ${KEY.id}, which is revoked`),
  },
];

const OF_TIME_AND_PLACE: readonly Attack[] = [
  {
    name: "an expired package",
    attack: (rig) => signManifest(rig.package, KEY, { expiresInS: -1 }),
    code: 77,
    says: /minisig: expired on \S+ \(now \S+\); sign it anew/,
  },
  {
    name: "a package that is older than the one flown last",
    attack: (rig) => flewVersion(rig, 2),
    code: 77,
    says: /minisig: ".*" version 1 is older than version 2, which was flown here/,
  },
  {
    name: "what was flown cannot be read",
    attack: async ({ recorder }) => {
      await Deno.mkdir(recorder, { recursive: true });
      await Deno.writeTextFile(`${recorder}/packages_flown.json`, "{}");
    },
    code: 65,
    says: /packages_flown\.json: cannot be read: it says which packages were flown here/,
  },
  {
    name: "a package for another aircraft",
    attack: (rig) => {
      rig.more.push("--config", `${rig.trust}/../airborne.yaml`);
      return Promise.all([
        signManifest(rig.package, KEY, { aircraft: ["falcon-7"] }),
        Deno.writeTextFile(`${rig.trust}/../airborne.yaml`, "trust: {aircraftId: falcon-8}\n"),
      ]);
    },
    code: 77,
    says: /minisig: is for aircraft falcon-7 alone, and this is falcon-8/,
  },
  {
    name: "a package for some aircraft, and this one has no id",
    attack: (rig) => signManifest(rig.package, KEY, { aircraft: ["falcon-7"] }),
    code: 77,
    says: /minisig: is for aircraft falcon-7 alone, and this one has no id/,
  },
  {
    name: "a folder of keys that everybody may write",
    attack: (rig) => Deno.chmod(rig.trust, 0o777),
    code: 77,
    says: /trust: others than its owner may write it/,
  },
  {
    name: "a list of revoked keys that cannot be read",
    attack: (rig) =>
      Deno.writeTextFile(`${rig.trust}/revoked_keys.txt`, "airfield\n", { mode: 0o644 }),
    code: 77,
    says: /"airfield" is no id of a key/,
  },
  {
    name: "--allow-unsigned on a serial line",
    attack: ({ more }) =>
      Promise.resolve(more.push("--connect", "serial:/dev/ttyS9:9600", "--allow-unsigned")),
    code: 64,
    says: /--allow-unsigned is for simulation alone, and a serial line leads to an aircraft/,
  },
];

const SECOND = testKey("second", KEY), THIRD = testKey("third", SECOND);
const LINEAGE = [THIRD, SECOND, KEY];

const SUCCESSIONS: readonly Attack[] = [
  {
    name: "a key whose predecessor is revoked",
    attack: async (rig) => {
      await signTestPackage(rig.package, THIRD, { lineage: LINEAGE });
      await Deno.writeTextFile(`${rig.trust}/revoked_keys.txt`, `${SECOND.id}\n`, { mode: 0o644 });
    },
    code: 77,
    says: new RegExp(`was made with key ${THIRD.id}, which is not trusted here`),
  },
  {
    name: "a key that a stranger has signed",
    attack: (rig) => {
      const theirs = testKey("theirs", OTHER);
      return signTestPackage(rig.package, theirs, { lineage: [theirs, OTHER] });
    },
    code: 77,
    says: /which is not trusted here/,
  },
  {
    name: "a key with the signature of another one",
    attack: (rig) => {
      const theirs = { ...OTHER, signatureText: SECOND.signatureText };
      return signTestPackage(rig.package, theirs, { lineage: [theirs] });
    },
    code: 65,
    says:
      /manifest\.json\.keys: names a key that [0-9A-F]{16} has not signed: the file was altered/,
  },
];

/** The flight begins and ends at once: its recorder cannot open (exit code 2). */
const FLOWN: readonly Attack[] = [
  { name: "flown: signed", attack: noRecorder, code: 2, says: /recorder/ },
  {
    name: "flown: signed by a key that the trusted one has signed, over another",
    attack: async (rig) => {
      await signTestPackage(rig.package, THIRD, { lineage: LINEAGE });
      await noRecorder(rig);
    },
    code: 2,
    says: /recorder/,
  },
];

async function noRecorder({ recorder }: Rig): Promise<void> {
  await Deno.writeTextFile(recorder, "no folder");
}

async function fly(rig: Rig): Promise<Outcome> {
  const args = [
    ...["fly", ...(rig.more.includes("--connect") ? [] : ["--connect", NOWHERE])],
    ...["--package", rig.package, "--trust", rig.trust, "--recorder", rig.recorder, ...rig.more],
  ];
  if (!IS_FULL) return await runInProcess("airborne", args);
  return await run("airborne", args, {
    read: [rig.package, rig.trust, `${rig.trust}/../airborne.yaml`],
    write: [rig.recorder],
    net: [NOWHERE.slice("tcp:".length)],
  });
}

Deno.test("airborne fly refuses each attack on a signed package with a message and an exit code of its own", async () => {
  const all = [OF_FILES, OF_SIGNATURES, OF_TIME_AND_PLACE, SUCCESSIONS, FLOWN];
  // Of each kind: always the same, so that a failure is one of the program.
  const chosen = all.map((kind) => IS_FULL ? kind : kind.filter((_, i) => i % 3 === 0));
  await forEachCase(
    chosen.flat(),
    async ({ attack, code, says }, folder) => {
      const rig: Rig = {
        package: `${folder}/package`,
        trust: await trustTestKeys(`${folder}/trust`, [KEY]),
        recorder: `${folder}/records`,
        more: [],
      };
      await copyFolder(world().package, rig.package);
      await signManifest(rig.package, KEY);
      await attack(rig);
      const outcome = await fly(rig);
      assert.match(outcome.err, says);
      assert.equal(outcome.code, code, outcome.err);
    },
  );
});

Deno.test("airborne replay takes an unsigned package, and says so plainly", async () => {
  const args = ["replay", world().flight, "--package", world().package, "--no-syscall-filter"];
  const { code, err } = await runInProcess("airborne", args);
  assert.equal(code, 0, err);
  assert.match(err, /the package is NOT TRUSTED: it is unsigned: anybody may have made it/);
});
