/**
 * The key that signs MAVLink, from its file.
 *
 * @module
 */
import { EXIT, GdnError, readPlainFile } from "../../../core/mod.ts";
import {
  MavlinkSigning,
  MESSAGES,
  SigningKey,
  type SigningStamps,
} from "../../../link/mavlink/mod.ts";

const KEY_BYTES = 32;
const FILE_BYTES_MAX = 256;
/** Permissions of everybody but the owner. */
const OTHERS = 0o077;

/**
 * Signatures of one line. Without a clock (`utcMs`) stamps follow those of the other side: so does a
 * companion, so that no clock of ours that is wrong can lock others out. Only a radio's own reports are
 * believed unsigned.
 *
 * @throws GdnError (exit 77) where others may read the file, or it holds no key; its content is never shown
 */
export async function openSigning(
  path: string,
  { utcMs = () => null, before }: {
    readonly utcMs?: () => number | null;
    /** Of an earlier run. */
    readonly before?: SigningStamps;
  } = {},
): Promise<MavlinkSigning> {
  const { mode } = await Deno.stat(path);
  if (mode !== null && (mode & OTHERS) !== 0) {
    throw refused(`${path}: others may read this key (chmod 600 it)`);
  }
  const key = keyOf(await readPlainFile(path, { bytesMax: FILE_BYTES_MAX }));
  if (key === null) {
    throw refused(`${path}: this is no key (32 bytes, or 64 hexadecimal digits)`);
  }
  return new MavlinkSigning({
    key: new SigningKey(key),
    linkId: 0,
    utcMs,
    ...(before === undefined ? {} : { before }),
    acceptUnsigned: (messageId) => messageId === MESSAGES.RADIO_STATUS.id,
  });
}

function keyOf(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length === KEY_BYTES) return bytes;
  const text = new TextDecoder().decode(bytes).trim();
  return /^[0-9a-f]{64}$/i.test(text) ? Uint8Array.fromHex(text) : null;
}

function refused(text: string): GdnError {
  return new GdnError("SIGNING_KEY", `Cannot sign: ${text}`, { exitCode: EXIT.refused });
}
