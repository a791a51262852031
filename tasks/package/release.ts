/**
 * What a release is called and when it was made: the same in every build of one commit.
 *
 * @module
 */
import { RuntimeNotAvailableError, VERSION } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";

export type Program = "airborne" | "operator";
export const PROGRAMS: readonly Program[] = ["airborne", "operator"];

/** As Debian names it. */
export type Architecture = "amd64" | "arm64";

export interface Release {
  readonly version: string;
  /** Full hash, or "unknown" in a source tree without git. */
  readonly commit: string;
  /** Seconds since 1970: the time of the commit, which every file in a package carries. */
  readonly epochS: number;
}

/** @throws RuntimeNotAvailableError where neither git nor SOURCE_DATE_EPOCH tells the time */
export async function releaseOfCheckout(): Promise<Release> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  const log = await git("log", "-1", "--format=%H %ct");
  const [commit = "unknown", time] = log?.trim().split(" ") ?? [];
  const epochS = Number(given ?? time);
  if (!Number.isSafeInteger(epochS) || epochS <= 0) {
    throw new RuntimeNotAvailableError(
      "Cannot date the package: this is no git checkout, and SOURCE_DATE_EPOCH is not set; set it " +
        "to the time of the release in seconds since 1970",
    );
  }
  return { version: VERSION, commit, epochS };
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args,
      cwd: REPOSITORY,
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
