/**
 * What a command line names: the files, folders and hosts that a program needs for it, by the
 * declared options of its command.
 *
 * @module
 */
import { resolve } from "node:path";
import { findCommand } from "../command_line/help.ts";
import type { Access, Option } from "../command_line/option.ts";
import { tokensOf, withoutLoudness } from "../command_line/parse.ts";
import { UsageError } from "../errors.ts";
import { namesBesideImagery } from "./imagery_files.ts";
import { stagingFolderOf } from "../output/staging_folder.ts";

export interface Grants {
  /** Files and folders that the user named, to be read. */
  readonly read?: readonly string[];
  /** Files and folders that the user named, to be written; they may be read as well. */
  readonly write?: readonly string[];
  /** "host:port", "unix:/path" of a database, or a network, that the user named. */
  readonly net?: readonly string[];
  /** Programs, by their absolute paths. */
  readonly run?: readonly string[];
}

/** What reaches an aircraft that is named by `ssh://…`, and nothing else is ever started. */
export const SSH_PROGRAMS = { ssh: "/usr/bin/ssh", sftp: "/usr/bin/sftp" } as const;

/** What of an option decides on grants. Plain data: an executable carries it as JSON. */
type OptionAccess = Pick<
  Option,
  "placeholder" | "access" | "implied" | "settings" | "olderNames" | "whenAbsent"
>;

/** What of a command decides on grants; every `Command` is one. */
export interface CommandAccess {
  readonly name: string;
  readonly arguments: Readonly<Record<string, OptionAccess>>;
  readonly options: Readonly<Record<string, OptionAccess>>;
}

/** The part of the commands that {@link grantsFor} reads, as plain data. */
export function commandAccess(commands: readonly CommandAccess[]): CommandAccess[] {
  const options = (declared: Readonly<Record<string, OptionAccess>>) =>
    Object.fromEntries(
      Object.entries(declared).map((
        [key, { placeholder, access, implied, settings, olderNames, whenAbsent }],
      ) => [key, {
        placeholder,
        access,
        implied,
        settings,
        olderNames,
        whenAbsent: access === null ? undefined : whenAbsent,
      }]),
    );
  return commands.map((command) => ({
    name: command.name,
    arguments: options(command.arguments),
    options: options(command.options),
  }));
}

/** What a setting has in the file of that path (null: in no file), its GDN_… variable considered. */
export type SettingReader = (file: string | null, setting: string) => unknown;

/**
 * The files, folders and hosts that a command line names, and those that the configuration names that it
 * names, as far as `readSetting` is given. From a wrong command line as much as can be parsed is
 * granted: the program then reports the error.
 */
export function grantsFor(
  commands: readonly CommandAccess[],
  args: readonly string[],
  readSetting?: SettingReader,
): Grants {
  const read: string[] = [];
  const write: string[] = [];
  const net: string[] = [];
  const run: string[] = [];
  for (const { access, text } of namedResources(commands, args, readSetting)) {
    if (access === "read") read.push(text);
    else if (access === "imagery") read.push(text, ...namesBesideImagery(text));
    else if (access === "write") write.push(text);
    else if (access === "create") write.push(text, stagingFolderOf(resolve(text)));
    else if (access === "program") run.push(resolve(text));
    else if (access === "programs") {
      run.push(...["operator", "airborne"].map((name) => resolve(text, name)));
    } else if (access === "aircraft") {
      if (text.startsWith("ssh://")) {
        run.push(...Object.values(SSH_PROGRAMS));
        net.push(...sshAddress(text));
      } else read.push(text);
    } else if (access === "camera" || access === "link") {
      read.push(...recordingPath(text));
      write.push(...deviceNode(text));
      net.push(...linkAddress(text), ...streamAddresses(text));
    } else net.push(...HOSTS[access](text));
  }
  // A database socket in a folder needs the folder as well.
  const sockets = net.filter((address) => address.startsWith("unix:")).map((a) => a.slice(5));
  return {
    read: [...read, ...sockets],
    write: [...write, ...sockets],
    net,
    ...(run.length === 0 ? {} : { run }),
  };
}

interface NamedResource {
  readonly access: Access;
  readonly text: string;
}

function namedResources(
  commands: readonly CommandAccess[],
  args: readonly string[],
  readSetting: SettingReader = () => undefined,
): NamedResource[] {
  const found = commandOf(commands, withoutLoudness(args));
  if (found === undefined) return [];
  const { command: { options, arguments: declared }, rest } = found;
  const named: NamedResource[] = [];
  const add = (access: Access | null | undefined, text: string | undefined) => {
    if (access && text) named.push({ access, text });
  };
  const argumentAccess = Object.values(declared).map(({ access }) => access);
  const given = new Map<string, string | undefined>();
  let words = 0;
  for (const token of tokensOf(rest, options)) {
    if (token.kind === "argument") add(argumentAccess[words++], token.text);
    else if (token.key !== undefined) {
      given.set(token.key, token.text);
      add(options[token.key].access, token.text);
    }
  }
  for (const [key, { access, implied, settings, whenAbsent }] of Object.entries(options)) {
    if (!given.has(key) && typeof whenAbsent === "string") add(access, whenAbsent);
    if (!given.has(key)) add(access, implied ?? undefined);
    for (const [setting, settingAccess] of Object.entries(settings)) {
      const value = readSetting(given.get(key) ?? null, setting);
      if (typeof value === "string") add(settingAccess, value);
    }
  }
  return named;
}

function commandOf(commands: readonly CommandAccess[], args: readonly string[]) {
  try {
    const found = findCommand(commands, args);
    return found.kind === "command" ? found : undefined;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

const HOSTS = {
  database: databaseAddress,
  provider: providerAddress,
} as const satisfies Partial<Record<Access, (text: string) => string[]>>;

/** Networks of one's own: a line that listens answers whom it hears, whom nobody can name before. */
const PRIVATE_NETWORKS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
];

/**
 * Host and port of a line: `tcp:HOST:PORT`, `frames:tcp:HOST:PORT`, …; nothing for a line without one.
 * Who sends datagrams first needs a port of its own as well, who listens for them those who may send.
 */
function linkAddress(text: string): string[] {
  const match = /^(?:[a-z]+:)?(udp|udpout|tcp|tcpin):(\[[^\]]+\]|[^:/]+):(\d{1,5})$/.exec(text);
  // The runtime refuses a port that there is not in words of its own; the program has better ones.
  if (match === null || !isPort(match[3])) return [];
  const [, kind, host, port] = match;
  const own = `${oneHost(host)}:${port}`;
  if (kind === "udpout") return [own, host.startsWith("[") ? "[::]:0" : "0.0.0.0:0"];
  if (kind !== "udp") return [own];
  return /^127\.|^localhost$/.test(host) ? [own, PRIVATE_NETWORKS[0]] : [own, ...PRIVATE_NETWORKS];
}

/** The file of a camera that is one, and the recorded flight of a flight controller that is one. */
function recordingPath(text: string): string[] {
  const path = /^(?:video|replay):(.+)$/.exec(text)?.[1];
  return path === undefined ? [] : [path];
}

/**
 * The node of `serial:/dev/NAME:BAUD` or `v4l2:/dev/videoN`. A pipeline of GStreamer may open any camera's:
 * it gets the rule that the first one gets.
 */
function deviceNode(text: string): string[] {
  if (text.startsWith("gstreamer:")) return ["/dev/video0"];
  const match = /^(?:serial|v4l2):(\/dev\/(?!.*\.\.)[\w@.+:/-]+?)(?::\d+|\?.*)?$/.exec(text);
  return match === null ? [] : [match[1]];
}

/** Hosts that a camera's address names: `rtsp://…`, also within a pipeline, and there `host=… port=…`. */
function streamAddresses(text: string): string[] {
  if (!/^(rtsp|gstreamer):/.test(text)) return [];
  const named = text.split("!").flatMap((element) => {
    const host = /\shost=([^\s"']+)/.exec(element)?.[1],
      port = /\sport=(\d{1,5})/.exec(element)?.[1];
    if (host === undefined || port === undefined || !isPort(port)) return [];
    return [`${oneHost(host)}:${port}`];
  });
  const streams = [...text.matchAll(/rtsp:\/\/[^\s"']+/g)].flatMap(([address]) => {
    const url = URL.parse(address);
    return url === null || url.hostname === ""
      ? []
      : [`${oneHost(url.hostname)}:${url.port || 554}`];
  });
  return [...named, ...streams];
}

/** Host and port of `ssh://[USER@]HOST[:PORT]/FOLDER`: the kernel's wall around what is started has ports too. */
function sshAddress(text: string): string[] {
  const url = URL.parse(text);
  return url === null || url.hostname === "" ? [] : [`${oneHost(url.hostname)}:${url.port || 22}`];
}

/** The address in a DSN; nothing for text that is not a DSN (the command reports it). */
function databaseAddress(dsn: string): string[] {
  // libpq's form without a host ("user@/name?host=/folder") is no URL yet.
  const text = dsn.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?#]|$)/, "$1localhost");
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  const folder = url.searchParams.get("host");
  const port = url.port || "5432";
  if (folder?.startsWith("/")) return [`unix:${folder}/.s.PGSQL.${port}`];
  const host = (folder ?? url.hostname) || "localhost";
  return [`${oneHost(host)}:${port}`];
}

/** Only this host: a token must not go elsewhere. */
/** Of the servers `{s}` of a template the first one is asked. */
function providerAddress(template: string): string[] {
  const text = template.replaceAll("{s}", "a");
  if (!URL.canParse(text)) return [];
  const { hostname, port, protocol } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") return [];
  return [`${oneHost(hostname)}:${port || (protocol === "http:" ? 80 : 443)}`];
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65535;
}

/** Labels of at most 63 characters, and no empty one: the runtime takes no others. */
const HOST_NAME = /^(?=.{1,253}$)(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?$/;

/** A name or an address of one host: the runtime would take "*" for any. */
function oneHost(host: string): string {
  const isAddress = /^\[[\da-f:.]+\]$/i.test(host) && URL.canParse(`http://${host}/`);
  if (isAddress || HOST_NAME.test(host)) return host;
  throw new UsageError(`Cannot connect to "${host}": that names no single host (name one)`);
}
