import assert from "node:assert/strict";
import type { Component } from "../../tasks/package/components.ts";
import { licenceOf } from "../../tasks/package/debian_components.ts";
import { type SbomContent, spdxDocument } from "../../tasks/package/spdx.ts";
import { thirdPartyText } from "../../tasks/package/third_party.ts";
import { purlsOf, spdxFaults } from "../support/spdx_schema.ts";

const ZOD: Component = {
  name: "zod",
  version: "4.6.7",
  relation: "bundled",
  purl: "pkg:npm/zod@4.6.7",
  licence: "MIT",
  licenceTexts: ["The MIT text"],
  sha512: "ab".repeat(64),
  supplier: "Person: Colin McDonnell",
};
const GCC: Component = {
  name: "libgomp1",
  version: "12.2.0-14",
  relation: "static",
  purl: "pkg:deb/debian/libgomp1@12.2.0-14?arch=amd64",
  licence: null,
  licenceTexts: ["The runtime library exception"],
  supplier: "Organization: Debian",
  comment: "Debian source package gcc-12 12.2.0-14",
};
const CONTENT: SbomContent = {
  program: "airborne",
  release: { version: "1.2.3", commit: "c0ffee", epochS: 1_700_000_000 },
  architecture: "amd64",
  components: [ZOD, GCC],
  files: [
    { path: "lib/libgdn_vision.so", sha1: "1".repeat(40), sha256: "2".repeat(64) },
    { path: "bin/deno", sha1: "3".repeat(40), sha256: "4".repeat(64) },
  ],
};

Deno.test("spdxDocument() is valid SPDX 2.3 and lists every component", () => {
  const document = JSON.parse(spdxDocument(CONTENT));
  assert.deepEqual(spdxFaults(document), []);
  assert.deepEqual(purlsOf(document).toSorted(), [GCC.purl, ZOD.purl]);
  const declared = document.packages.find(({ name }: Component) => name === "libgomp1");
  assert.match(declared.licenseDeclared, /^LicenseRef-libgomp1-/);
});

Deno.test("spdxDocument() gives the same bytes in whatever order the content comes", () => {
  const reversed = {
    ...CONTENT,
    components: CONTENT.components.toReversed(),
    files: CONTENT.files.toReversed(),
  };
  assert.equal(spdxDocument(reversed), spdxDocument(CONTENT));
});

Deno.test("spdxFaults() finds what is wrong with a document", () => {
  const broken: [RegExp, (document: Record<string, unknown>) => void][] = [
    [/spdxVersion/, (document) => document.spdxVersion = "SPDX-2.1"],
    [/no packages/, (document) => delete document.packages],
    [/may not be there/, (document) => document.surprise = 1],
    [/is not there/, (document) => (document.files as unknown[]).pop()],
    [/has no text/, (document) => document.hasExtractedLicensingInfos = []],
    [/related to nothing/, (document) => (document.relationships as unknown[]).pop()],
  ];
  for (const [fault, mutate] of broken) {
    const document = JSON.parse(spdxDocument(CONTENT));
    mutate(document);
    assert.match(spdxFaults(document).join("\n"), fault);
  }
});

Deno.test("thirdPartyText() has every component and every text once", () => {
  const text = thirdPartyText("airborne", [ZOD, GCC, { ...ZOD, name: "z2", purl: "pkg:npm/z2@1" }]);
  for (const part of ["zod 4.6.7: MIT", "libgomp1 12.2.0-14: see its text below", "z2 4.6.7"]) {
    assert.ok(text.includes(part), part);
  }
  assert.equal(text.split("The MIT text").length, 2);
  assert.equal(text.split("The runtime library exception").length, 2);
});

Deno.test("licenceOf() reads the licence of all files, and none where it has no SPDX name", () => {
  const file = (licence: string) =>
    `Format: x\n\nFiles: *\nCopyright: me\nLicense: ${licence}\n\nFiles: debian/*\nLicense: GPL-2+\n`;
  assert.equal(licenceOf(file("Expat")), "MIT");
  assert.equal(licenceOf(file("Apache-2.0 and BSD-3-clause")), "Apache-2.0 AND BSD-3-Clause");
  assert.equal(licenceOf(file("Own-1")), null);
  assert.equal(licenceOf("This is the Debian GNU/Linux prepackaged version of GCC."), null);
});
