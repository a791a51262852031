/**
 * THIRD_PARTY: the licences of everything inside that others wrote.
 *
 * @module
 */
import { byPurl, type Component } from "./components.ts";
import type { Program } from "./release.ts";

const LINE = "=".repeat(100);

/** Equal texts are printed once, with all that they belong to. */
export function thirdPartyText(program: Program, given: readonly Component[]): string {
  const components = given.toSorted(byPurl);
  const owners = new Map<string, Component[]>();
  for (const component of components) {
    for (const text of component.licenceTexts) {
      owners.set(text, [...owners.get(text) ?? [], component]);
    }
  }
  const rows = components.map((component) =>
    `  ${titleOf(component)}: ${component.licence ?? "see its text below"}${
      component.licenceTexts.length === 0 ? " (it came without a text)" : ""
    }`
  );
  const sections = [...owners].map(([text, users]) =>
    `${LINE}\n${users.map(titleOf).join("\n")}\n${LINE}\n\n${text}\n`
  );
  return [
    `What ${program} contains that others wrote, and under which licences. sbom.spdx.json tells the`,
    "same to programs.",
    "",
    ...rows,
    "",
    ...sections,
  ].join("\n");
}

function titleOf({ name, version }: Component): string {
  return `${name} ${version}`;
}

/** debian/copyright of our package, in Debian's machine-readable format. */
export function copyrightText(program: Program): string {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: gps-denied-onboard
Comment: What others wrote, and its licences: /usr/share/doc/gdn-${program}/THIRD_PARTY
`;
}
