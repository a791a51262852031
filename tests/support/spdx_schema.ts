/**
 * What an SPDX 2.3 document in JSON must be, as far as ours uses the standard, written from its
 * chapters 6 to 11 (https://spdx.github.io/spdx-spec/v2.3/); stricter than the published schema, which
 * knows no patterns. `GDN_SPDX_SCHEMA=…/spdx-schema.json` adds the published one (it is in no npm or
 * Debian package, so that it cannot be had by set-up).
 *
 * @module
 */
import { schemaFaults } from "./json_schema.ts";

type Schema = Readonly<Record<string, unknown>>;

const text = { type: "string" };
const words = (pattern: string): Schema => ({ type: "string", pattern });
const record = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const list = (items: Schema, minItems = 1): Schema => ({ type: "array", items, minItems });

const id = words("^SPDXRef-[A-Za-z0-9.-]+$");
const hexLength: Readonly<Record<string, number>> = { SHA1: 40, SHA256: 64, SHA512: 128 };
const checksum = {
  oneOf: Object.entries(hexLength).map(([algorithm, length]) =>
    record({ algorithm: { const: algorithm }, checksumValue: words(`^[0-9a-f]{${length}}$`) })
  ),
};
/** Annex D: identifiers with AND, OR, WITH and brackets. */
const licence = words("^[A-Za-z0-9.+() -]+$");

const packageSchema = record({
  SPDXID: id,
  name: text,
  versionInfo: text,
  supplier: words("^(NOASSERTION|(Person|Organization): .*)$"),
  downloadLocation: text,
  filesAnalyzed: { type: "boolean" },
  packageVerificationCode: record({ packageVerificationCodeValue: words("^[0-9a-f]{40}$") }),
  checksums: list(checksum),
  licenseConcluded: licence,
  licenseInfoFromFiles: list(licence),
  licenseDeclared: licence,
  copyrightText: text,
  primaryPackagePurpose: { enum: ["APPLICATION", "LIBRARY"] },
  externalRefs: list(record({
    referenceCategory: { const: "PACKAGE-MANAGER" },
    referenceType: { const: "purl" },
    referenceLocator: words("^pkg:(npm|deb|github)/[^ ]+@[^ ]+$"),
  })),
  comment: text,
}, [
  "packageVerificationCode",
  "checksums",
  "licenseInfoFromFiles",
  "primaryPackagePurpose",
  "externalRefs",
  "comment",
]);

const documentSchema = record({
  spdxVersion: { const: "SPDX-2.3" },
  dataLicense: { const: "CC0-1.0" },
  SPDXID: { const: "SPDXRef-DOCUMENT" },
  name: text,
  documentNamespace: words("^https://[^#]+$"),
  creationInfo: record({
    created: words("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$"),
    creators: list(words("^(Tool|Person|Organization): ")),
  }),
  documentDescribes: list(id),
  packages: list(packageSchema, 2),
  files: list(record({
    SPDXID: id,
    fileName: words("^\\./"),
    checksums: list(checksum, 2),
    licenseConcluded: licence,
    licenseInfoInFiles: list(licence),
    copyrightText: text,
  })),
  relationships: list(record({
    spdxElementId: id,
    relationshipType: { enum: ["DESCRIBES", "CONTAINS", "STATIC_LINK"] },
    relatedSpdxElement: id,
  })),
  hasExtractedLicensingInfos: list(
    record({ licenseId: words("^LicenseRef-[A-Za-z0-9.-]+$"), name: text, extractedText: text }),
    0,
  ),
});

interface SpdxDocument {
  readonly packages: readonly {
    readonly SPDXID: string;
    readonly name: string;
    readonly licenseDeclared: string;
    readonly externalRefs?: readonly { readonly referenceLocator: string }[];
  }[];
  readonly files: readonly { readonly SPDXID: string; readonly fileName: string }[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relatedSpdxElement: string;
  }[];
  readonly hasExtractedLicensingInfos: readonly { readonly licenseId: string }[];
}

/** Every fault of the document, among them references that lead nowhere; empty when it is valid. */
export function spdxFaults(document: unknown): string[] {
  const faults = schemaFaults(documentSchema, document);
  const published = Deno.env.get("GDN_SPDX_SCHEMA");
  if (published !== undefined) {
    faults.push(...schemaFaults(JSON.parse(Deno.readTextFileSync(published)), document));
  }
  return faults.length > 0 ? faults : referenceFaults(document as SpdxDocument);
}

function referenceFaults(document: SpdxDocument): string[] {
  const elements = [...document.packages, ...document.files].map(({ SPDXID }) => SPDXID);
  const known = new Set(["SPDXRef-DOCUMENT", ...elements]);
  const related = new Set(document.relationships.map((one) => one.relatedSpdxElement));
  const licences = new Set(document.hasExtractedLicensingInfos.map(({ licenseId }) => licenseId));
  return [
    ...elements.filter((one, index) => elements.indexOf(one) !== index).map((one) =>
      `${one}: is there twice`
    ),
    ...elements.filter((one) => !related.has(one)).map((one) => `${one}: related to nothing`),
    ...document.relationships.flatMap((one) => [one.spdxElementId, one.relatedSpdxElement])
      .filter((one) => !known.has(one)).map((one) => `${one}: is not there`),
    ...document.packages.map((one) => one.licenseDeclared)
      .filter((one) => one.startsWith("LicenseRef-") && !licences.has(one))
      .map((one) => `${one}: has no text`),
  ];
}

/** Package URLs of everything that the document lists. */
export function purlsOf(document: unknown): readonly string[] {
  return (document as SpdxDocument).packages.flatMap((one) =>
    one.externalRefs?.map(({ referenceLocator }) => referenceLocator) ?? []
  );
}
