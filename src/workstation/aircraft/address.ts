/**
 * Where an aircraft's computer is: `ssh://[USER@]HOST[:PORT]/FOLDER`.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";

export interface SshAddress {
  readonly user: string | null;
  /** A name, an address, or a Host of ssh_config(5). */
  readonly host: string;
  /** null: 22, or as ssh_config(5) says. */
  readonly port: number | null;
  /** Absolute, without a slash at its end. */
  readonly folder: string;
}

export const SSH_ADDRESS_FORM = "ssh://[USER@]HOST[:PORT]/FOLDER";

const USER = "[a-zA-Z_][\\w.-]{0,63}";
const HOST = "[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,252}[a-zA-Z0-9])?|\\[[\\da-fA-F:.]+\\]";
const FOLDER = "(?:\\/[\\w.@+-][\\w.@+ -]*)+";
const ADDRESS = new RegExp(`^ssh:\\/\\/(?:(${USER})@)?(${HOST})(?::(\\d{1,5}))?(${FOLDER})\\/?$`);
const PORT_MAX = 65_535;

/**
 * Narrow on purpose: each part stands on a command line of `ssh`, and no name in it may look like an
 * option or reach a shell.
 *
 * @throws UsageError
 */
export function parseSshAddress(text: string): SshAddress {
  const match = ADDRESS.exec(text);
  const port = match?.[3] === undefined ? null : Number(match[3]);
  const folder = match?.[4] ?? "";
  const isPort = port === null || (port >= 1 && port <= PORT_MAX);
  if (match === null || !isPort || folder.split("/").includes("..")) {
    const lacksFolder = /^ssh:\/\/[^/]*\/?$/.test(text);
    throw new UsageError(
      lacksFolder
        ? `it names no folder: ${SSH_ADDRESS_FORM}, where flights lie in FOLDER (/var/lib/gdn)`
        : `it is no ${SSH_ADDRESS_FORM} with plain names in it`,
    );
  }
  return { user: match[1] ?? null, host: match[2].replace(/^\[|\]$/g, ""), port, folder };
}
