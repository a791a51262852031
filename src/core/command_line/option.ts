/**
 * Options and arguments of a command, each declared once: how it is read, what it is for, its unit
 * and default. Parsing, help, completion, the tables of COMMANDS.md and the permissions that the
 * launcher grants all come from these declarations.
 *
 * @module
 */
import {
  type GeographicBox,
  type LatitudeLongitude,
  type Range,
  readArea,
  readBytes,
  readDate,
  readInteger,
  readList,
  readNumber,
  readPosition,
  readPositions,
  readUuid,
  Refused,
} from "./values.ts";

/**
 * What a value names outside of the program. `create`: made whole beside its place and renamed, so
 * that the folder above is written. `imagery`: read with the files beside it that belong to a picture.
 * `provider` and `database` name a host, `link` a line to a flight
 * controller, `camera` a camera, each by its address. `aircraft`: its computer as `ssh://…`, which the
 * system's ssh reaches, or its storage as a folder. `programs`: a folder whose `operator` and `airborne` are started.
 * `program`: one program that is started.
 */
export type Access =
  | "read"
  | "imagery"
  | "write"
  | "create"
  | "provider"
  | "database"
  | "link"
  | "camera"
  | "aircraft"
  | "programs"
  | "program";

export interface Option<T = unknown> {
  /** null for a flag. */
  readonly placeholder: string | null;
  /** Completes "--name must be …": "a number from 5 to 3000 (metres)"; null where anything will do. */
  readonly form: string | null;
  /** Stands behind the help text: "metres, 5 to 3000". */
  readonly unit: string | null;
  readonly help: string;
  readonly example: string | null;
  readonly defaultText: string | null;
  readonly isRequired: boolean;
  readonly isMultiple: boolean;
  /** Heading of the help under which it stands. */
  readonly group: string | null;
  /** Older names that are still taken. */
  readonly olderNames: readonly string[];
  readonly access: Access | null;
  /** A path or an address that is meant where neither the command line nor the configuration names one. */
  readonly implied: string | null;
  /**
   * Of a YAML configuration: what the settings in it name, by their path ("camera.url"). A variable
   * GDN_… that overrides one is considered too.
   */
  readonly settings: Readonly<Record<string, Access>>;
  /** All that it takes, where that is a short list. */
  readonly choices: readonly string[];
  /** Environment variables that are read together with it, and what for. */
  readonly environment: Readonly<Record<string, string>>;
  readonly read: (text: string) => unknown;
  /** What is given where the command line does not name it. */
  readonly whenAbsent: T;
}

/** What a declaration says beside its kind. */
interface Settings<T> {
  readonly help: string;
  /** A value that shows how it is written. */
  readonly example?: string;
  readonly default?: T;
  /** Says what an absent option means: "the finest of the area". */
  readonly absent?: string;
  readonly required?: true;
  /** May be given several times. */
  readonly multiple?: true;
  readonly placeholder?: string;
  /** What `absent` comes down to in the end, where that is a path or an address. */
  readonly implied?: string;
  readonly settings?: Option["settings"];
  readonly group?: string;
  readonly olderNames?: readonly string[];
}

type Given<T, S> = S extends { readonly multiple: true } ? readonly T[]
  : S extends { readonly required: true } | { readonly default: unknown } ? T
  : T | undefined;

interface Kind<T> {
  readonly placeholder: string;
  readonly form: string | null;
  readonly unit?: string;
  readonly access?: Access;
  readonly choices?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly read: (text: string) => T | Refused;
  /** How a default is written on a command line. */
  readonly write?: (value: T) => string;
}

function make<T, S extends Settings<T>>(kind: Kind<T>, settings: S): Option<Given<T, S>> {
  const write = kind.write ?? String;
  return {
    placeholder: settings.placeholder ?? kind.placeholder,
    form: kind.form,
    unit: kind.unit ?? null,
    help: settings.help,
    example: settings.example ?? null,
    defaultText: settings.absent ??
      (settings.default === undefined || write(settings.default) === ""
        ? null
        : write(settings.default)),
    isRequired: settings.required ?? false,
    isMultiple: settings.multiple ?? false,
    group: settings.group ?? null,
    olderNames: settings.olderNames ?? [],
    access: kind.access ?? null,
    implied: settings.implied ?? null,
    settings: settings.settings ?? {},
    choices: kind.choices ?? [],
    environment: kind.environment ?? {},
    read: kind.read,
    whenAbsent: (settings.multiple ? [] : settings.default) as Given<T, S>,
  };
}

type NumberSettings = Settings<number> & Range;
type NumbersSettings = Settings<readonly number[]> & Range;

function numberKind(placeholder: string, unit: string, { minimum, maximum }: Range): Kind<number> {
  const range = { minimum, maximum };
  return {
    placeholder,
    form: `a number from ${minimum} to ${maximum} (${unit})`,
    unit: `${unit}, ${minimum} to ${maximum}`,
    read: (text) => readNumber(text, range),
  };
}

function integerKind(placeholder: string, { minimum, maximum }: Range): Kind<number> {
  const range = { minimum, maximum };
  const last = maximum === Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`;
  return {
    placeholder,
    form: `a whole number from ${minimum}${last}`,
    unit: `${minimum}${last || " or more"}`,
    read: (text) => readInteger(text, range),
  };
}

function listKind(one: Kind<number>): Kind<readonly number[]> {
  return {
    placeholder: `${one.placeholder}[,${one.placeholder}…]`,
    form: `${one.form}, or several with commas`,
    ...(one.unit === undefined ? {} : { unit: one.unit }),
    read: (text) => readList(text, one.read),
    write: (values) => values.join(","),
  };
}

const ZOOMS: Range = { minimum: 0, maximum: 22 };
/** Tiles of the slippy map end at ±85.05°. */
export const LATITUDE_MAX_DEG = 85;

const latitudesText = (maximum: number) =>
  `degrees (latitude within ±${maximum}, longitude within ±180)`;

/** Without a `/` at its end. */
function readPath(text: string): string | Refused {
  if (text === "") return new Refused("it is empty");
  return text.length > 1 ? text.replace(/(.)\/+$/, "$1") : text;
}

function pathKind(access: Access): Kind<string> {
  return { placeholder: "PATH", form: "a path", access, read: readPath };
}

function readUrl(text: string): string | Refused {
  return URL.canParse(text) ? text : new Refused();
}

/**
 * Makers of options. Names of numbers end with their unit. A positional argument is declared by the
 * same makers.
 */
export const option = {
  flag(settings: Omit<Settings<boolean>, "default" | "required" | "multiple">): Option<boolean> {
    const kind = { placeholder: "", form: null, read: () => true };
    return {
      ...make<boolean, Settings<boolean>>(kind, settings),
      placeholder: null,
      whenAbsent: false,
    };
  },
  text<const S extends Settings<string>>(settings: S) {
    return make<string, S>({ placeholder: "TEXT", form: null, read: (text) => text }, settings);
  },
  /** Metres. */
  lengthMm<const S extends NumberSettings>(settings: S) {
    return make<number, S>(numberKind("MM", "millimetres", settings), settings);
  },
  lengthM<const S extends NumberSettings>(settings: S) {
    return make<number, S>(numberKind("M", "metres", settings), settings);
  },
  lengthsM<const S extends NumbersSettings>(settings: S) {
    return make<readonly number[], S>(listKind(numberKind("M", "metres", settings)), settings);
  },
  /** Numbers of a kind that the help names. */
  numbers<const S extends NumbersSettings>(settings: S) {
    return make<readonly number[], S>(listKind(numberKind("N", "any unit", settings)), settings);
  },
  durationS<const S extends NumberSettings>(settings: S) {
    return make<number, S>(numberKind("S", "seconds", settings), settings);
  },
  angleDeg<const S extends NumberSettings>(settings: S) {
    return make<number, S>(numberKind("DEG", "degrees", settings), settings);
  },
  rateHz<const S extends NumberSettings>(settings: S) {
    return make<number, S>(numberKind("HZ", "per second", settings), settings);
  },
  /** In another unit, which `unit` names. */
  number<const S extends NumberSettings & { readonly unit: string }>(settings: S) {
    return make<number, S>(numberKind("N", settings.unit, settings), settings);
  },
  count<const S extends NumberSettings>(settings: S) {
    return make<number, S>(integerKind("N", settings), settings);
  },
  /** Zoom of the slippy map. */
  zoom<const S extends Settings<number> & Partial<Range>>(settings: S) {
    return make<number, S>(integerKind("Z", { ...ZOOMS, ...settings }), settings);
  },
  zooms<const S extends Settings<readonly number[]>>(settings: S) {
    return make<readonly number[], S>(listKind(integerKind("Z", ZOOMS)), settings);
  },
  bytes<const S extends Settings<number>>(settings: S) {
    return make<number, S>({
      placeholder: "SIZE",
      form: "a size like 500MB, 20GB or 1073741824",
      unit: "bytes, or with kB, MB, GB, TB, KiB, MiB, GiB, TiB",
      read: readBytes,
    }, settings);
  },
  date<const S extends Settings<Date>>(settings: S) {
    return make<Date, S>({
      placeholder: "DATE",
      form: "a date like 2024-05-31, or a moment like 2024-05-31T12:00Z (UTC)",
      unit: "2024-05-31 or 2024-05-31T12:00Z",
      read: readDate,
    }, settings);
  },
  /** A date, or the word "unknown". */
  dateOrUnknown<const S extends Settings<Date | "unknown">>(settings: S) {
    return make<Date | "unknown", S>({
      placeholder: "DATE",
      form: 'a date like 2024-05-31, a moment like 2024-05-31T12:00Z (UTC), or "unknown"',
      unit: '2024-05-31, 2024-05-31T12:00Z or "unknown"',
      read: (text) => text === "unknown" ? text : readDate(text),
    }, settings);
  },
  uuid<const S extends Settings<string>>(settings: S) {
    return make<string, S>({ placeholder: "ID", form: "a UUID", read: readUuid }, settings);
  },
  /** One of a few words. */
  choice<const C extends string, const S extends Settings<NoInfer<C>>>(
    choices: readonly C[],
    settings: S,
  ) {
    const words = choices.length < 2
      ? choices.join("")
      : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
    return make<C, S>({
      placeholder: "WORD",
      form: words,
      unit: words,
      choices,
      read: (text) => choices.find((choice) => choice === text) ?? new Refused(),
    }, settings);
  },
  /** A place on the ground. */
  position<const S extends Settings<LatitudeLongitude>>(settings: S) {
    return make<LatitudeLongitude, S>({
      placeholder: "LAT,LON",
      form: `LAT,LON in ${latitudesText(LATITUDE_MAX_DEG)}`,
      unit: "degrees",
      read: (text) => readPosition(text, LATITUDE_MAX_DEG),
    }, settings);
  },
  /** Places in order: a route, or the corners of a polygon. */
  positions<const S extends Settings<readonly LatitudeLongitude[]> & { readonly least: number }>(
    settings: S,
  ) {
    const rule = { latitudeMaxDeg: LATITUDE_MAX_DEG, least: settings.least };
    return make<readonly LatitudeLongitude[], S>({
      placeholder: "LAT,LON;LAT,LON;…",
      form: `LAT,LON;LAT,LON;… in ${latitudesText(LATITUDE_MAX_DEG)}`,
      unit: "degrees",
      read: (text) => readPositions(text, rule),
    }, settings);
  },
  /** A box on the ground, everywhere SOUTH,WEST,NORTH,EAST. */
  area<const S extends Settings<GeographicBox> & { readonly latitudeMaxDeg?: number }>(
    settings: S,
  ) {
    const maximum = settings.latitudeMaxDeg ?? 90;
    return make<GeographicBox, S>({
      placeholder: "SOUTH,WEST,NORTH,EAST",
      form: `SOUTH,WEST,NORTH,EAST in ${latitudesText(maximum)}`,
      unit: `degrees, latitudes within ±${maximum}; west > east crosses the antimeridian`,
      read: (text) => readArea(text, maximum),
    }, settings);
  },
  /** A file or folder. */
  path<
    const S extends Settings<string> & {
      readonly access: "read" | "imagery" | "write" | "create" | "programs";
    },
  >(
    settings: S,
  ) {
    return make<string, S>(pathKind(settings.access), settings);
  },
  /** Where a provider of tiles answers. */
  url<const S extends Settings<string>>(settings: S) {
    return make<string, S>(
      { placeholder: "URL", form: "a URL", access: "provider", read: readUrl },
      settings,
    );
  },
  /** A line to a flight controller or a camera. Whoever opens it checks the rest of the address. */
  link<const S extends Settings<string>>(settings: S) {
    return make<string, S>({
      placeholder: "ADDRESS",
      form: "an address like tcp:127.0.0.1:5760",
      access: "link",
      read: (text) => text.includes(":") ? text : new Refused(),
    }, settings);
  },
  /**
   * A PostgreSQL server. Any text passes: libpq's form without a host is no URL, and a refusal here
   * would print the password in it. Whoever connects reads it.
   */
  database<const S extends Settings<string>>(settings: S) {
    return make<string, S>({
      placeholder: "DSN",
      form: "a DSN like postgresql://user@host:5432/name",
      access: "database",
      environment: {
        PGPASSWORD: "password of the PostgreSQL server, which a command line must not hold",
        "PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLMODE": "parts that the DSN leaves out",
      },
      read: (text) => text,
    }, settings);
  },
  /** A value of the command's own kind; `form` completes "--name must be …". */
  custom<T, const S extends Settings<T>>(
    kind: {
      readonly form: string;
      readonly access?: Access;
      readonly read: (text: string) => T | Refused;
    },
    settings: S,
  ) {
    return make<T, S>({ placeholder: "WORD", ...kind }, settings);
  },
} as const;

export type Options = Readonly<Record<string, Option>>;

/** The type of the values that declared options are read into. */
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** "makeTiles" → "make-tiles". */
export function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
