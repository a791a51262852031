/** Version of both executables; semver. */
export const VERSION = "0.1.0";
