/**
 * Settings that name files and hosts, of a YAML configuration and of the GDN_… variables.
 *
 * @module
 */
import { CONFIGURATION_LENGTH_MAX, settingVariable } from "../setting_variable.ts";
import type { SettingReader } from "./named.ts";

/**
 * Reads each file once, with `parse`. What cannot be read names nothing: the program reports it.
 */
export function settingReader(parse: (text: string) => unknown): SettingReader {
  const trees = new Map<string, unknown>();
  const treeOf = (file: string) => {
    if (!trees.has(file)) trees.set(file, treeIn(file, parse));
    return trees.get(file);
  };
  return (file, setting) => {
    const path = setting.split(".");
    const variable = Deno.env.get(settingVariable(path));
    if (variable !== undefined) return variable;
    if (file === null) return undefined;
    return path.reduce<unknown>(
      (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
      treeOf(file),
    );
  };
}

function treeIn(file: string, parse: (text: string) => unknown): unknown {
  try {
    const { isFile, size } = Deno.statSync(file);
    const isReadable = isFile && size <= CONFIGURATION_LENGTH_MAX;
    return isReadable ? parse(Deno.readTextFileSync(file)) : undefined;
  } catch {
    return undefined;
  }
}
