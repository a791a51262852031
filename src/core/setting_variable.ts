/**
 * Names of the environment variables that override settings.
 *
 * @module
 */

export const ENVIRONMENT_PREFIX = "GDN_";

/** "rateHz" → "RATE_HZ". */
export function upperSnake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
}

/** ["camera", "rateHz"] → "GDN_CAMERA__RATE_HZ". */
export function settingVariable(path: readonly string[]): string {
  return ENVIRONMENT_PREFIX + path.map(upperSnake).join("__");
}

/** Five times the example with every setting. YAML's parser takes 20 s for a million brackets. */
export const CONFIGURATION_LENGTH_MAX = 64 * 1024;
