/**
 * The bill of materials of one program as an SPDX 2.3 document
 * (https://spdx.github.io/spdx-spec/v2.3/): a pure function, the same bytes for the same content.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { byPurl, type Component } from "./components.ts";
import type { Architecture, Program, Release } from "./release.ts";

export interface ContainedFile {
  /** Relative to the unpacked program: "lib/libgdn_vision.so". */
  readonly path: string;
  readonly sha1: string;
  readonly sha256: string;
}

export interface SbomContent {
  readonly program: Program;
  readonly release: Release;
  readonly architecture: Architecture;
  readonly components: readonly Component[];
  readonly files: readonly ContainedFile[];
}

const DOCUMENT = "SPDXRef-DOCUMENT";

/** The text of `sbom.spdx.json`. */
export function spdxDocument(content: SbomContent): string {
  const { program, release, architecture } = content;
  const components = content.components.toSorted(byPurl);
  const files = content.files.toSorted((a, b) => a.path < b.path ? -1 : 1);
  const root = `SPDXRef-Package-${program}`;
  const id = `${program}-${release.version}-${architecture}-${release.commit}`;
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: DOCUMENT,
    name: `${program}-${release.version}-${architecture}`,
    // A name that is this document's alone, as the standard asks; nothing is to be found there.
    documentNamespace: `https://gps-denied-onboard.invalid/spdx/${id}`,
    creationInfo: {
      created: new Date(release.epochS * 1000).toISOString().replace(".000Z", "Z"),
      creators: ["Tool: gps-denied-onboard-package"],
    },
    documentDescribes: [root],
    packages: [ownPackage(content, root, files), ...components.map(packageOf)],
    files: files.map(fileOf),
    relationships: [
      relationship(DOCUMENT, "DESCRIBES", root),
      ...components.map((component) =>
        relationship(
          root,
          component.relation === "static" ? "STATIC_LINK" : "CONTAINS",
          idOf(component),
        )
      ),
      ...files.map((file) => relationship(root, "CONTAINS", fileId(file))),
    ],
    hasExtractedLicensingInfos: components.filter(({ licence }) => licence === null).map(
      (component) => ({
        licenseId: licenceRef(component),
        name: `Licence of ${component.name}`,
        extractedText: component.licenceTexts.join("\n\n") || "NOASSERTION",
      }),
    ),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function ownPackage(
  { program, release, architecture }: SbomContent,
  id: string,
  files: readonly ContainedFile[],
) {
  return {
    SPDXID: id,
    name: program,
    versionInfo: release.version,
    supplier: "Organization: gps-denied-onboard",
    downloadLocation: "NOASSERTION",
    filesAnalyzed: true,
    packageVerificationCode: { packageVerificationCodeValue: verificationCode(files) },
    licenseConcluded: "NOASSERTION",
    licenseInfoFromFiles: ["NOASSERTION"],
    licenseDeclared: "NOASSERTION",
    copyrightText: "NOASSERTION",
    primaryPackagePurpose: "APPLICATION",
    comment: `Our own code of commit ${release.commit}, built for Linux on ${architecture}.`,
  };
}

/** Standard, 7.9: SHA-1 of the sorted SHA-1 values of the files, one after the other. */
function verificationCode(files: readonly ContainedFile[]): string {
  return createHash("sha1").update(files.map(({ sha1 }) => sha1).sort().join("")).digest("hex");
}

function packageOf(component: Component) {
  const licence = component.licence ?? licenceRef(component);
  return {
    SPDXID: idOf(component),
    name: component.name,
    versionInfo: component.version,
    supplier: component.supplier,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    ...(component.sha512 === undefined
      ? {}
      : { checksums: [{ algorithm: "SHA512", checksumValue: component.sha512 }] }),
    licenseConcluded: "NOASSERTION",
    licenseDeclared: licence,
    copyrightText: "NOASSERTION",
    externalRefs: [{
      referenceCategory: "PACKAGE-MANAGER",
      referenceType: "purl",
      referenceLocator: component.purl,
    }],
    ...(component.comment === undefined ? {} : { comment: component.comment }),
  };
}

function fileOf(file: ContainedFile) {
  return {
    SPDXID: fileId(file),
    fileName: `./${file.path}`,
    checksums: [
      { algorithm: "SHA1", checksumValue: file.sha1 },
      { algorithm: "SHA256", checksumValue: file.sha256 },
    ],
    licenseConcluded: "NOASSERTION",
    licenseInfoInFiles: ["NOASSERTION"],
    copyrightText: "NOASSERTION",
  };
}

function relationship(from: string, relationshipType: string, to: string) {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}

/** Identifiers hold letters, digits, dots and hyphens only; the hash keeps them apart. */
function idOf({ name, purl }: Component): string {
  const hash = createHash("sha256").update(purl).digest("hex").slice(0, 8);
  return `SPDXRef-Package-${name.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replace(/^-/, "")}-${hash}`;
}

function licenceRef(component: Component): string {
  return idOf(component).replace("SPDXRef-Package-", "LicenseRef-");
}

function fileId({ path }: ContainedFile): string {
  return `SPDXRef-File-${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
}
