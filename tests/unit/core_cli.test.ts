import assert from "node:assert/strict";
import {
  type Command,
  DataError,
  defineCommand,
  EXIT,
  option,
  type ProgramTerminal,
  runProgram,
  startProgress,
  UsageError,
} from "../../src/core/mod.ts";

interface Fake extends ProgramTerminal {
  readonly stdout: string[];
  readonly stderr: string[];
  signal(): void;
}

function fakeTerminal(
  options: { interactive?: boolean; readerGone?: boolean; isColoured?: boolean } = {},
): Fake {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const callbacks = new Set<() => void>();
  return {
    stdout,
    stderr,
    signal: () => callbacks.forEach((callback) => callback()),
    out(line) {
      if (options.readerGone) throw new Deno.errors.BrokenPipe("gone");
      stdout.push(line);
    },
    progress: {
      write: (text) => void stderr.push(text),
      interactive: options.interactive ?? false,
      now: () => 0,
    },
    isColoured: options.isColoured ?? false,
    onSignal(callback) {
      callbacks.add(callback);
      return { [Symbol.dispose]: () => void callbacks.delete(callback) };
    },
  };
}

function command(name: string, run: Command["run"]): Command {
  const declaration = {
    name,
    summary: `summary of ${name}`,
    about: `help of ${name}`,
    arguments: {},
    options: {},
    examples: [],
    exitCodes: {},
    environment: {},
    files: {},
  };
  return { ...declaration, parse: (args) => args, run };
}

function run(commands: Command[], args: string[], terminal: Fake): Promise<number> {
  return runProgram({
    name: "operator",
    version: "1.2.3",
    summary: "tests",
    permissionSet: "operator",
    commands,
    args,
    terminal,
  });
}

const failing = (error: unknown) => [command("work", () => Promise.reject(error))];

Deno.test("runProgram() gives the words after the longest command name to the command", async () => {
  const seen: string[] = [];
  const of = (name: string) =>
    command(name, (args) => {
      seen.push(`${name}: ${args.join(",")}`);
      return Promise.resolve(EXIT.ok);
    });
  const commands = [of("tiles"), of("tiles import"), of("provision")];
  assert.equal(await run(commands, ["tiles", "import", "a.png", "--gsd", "1"], fakeTerminal()), 0);
  assert.equal(await run(commands, ["tiles", "a.png"], fakeTerminal()), 0);
  assert.equal(await run(commands, ["provision"], fakeTerminal()), 0);
  assert.deepEqual(seen, ["tiles import: a.png,--gsd,1", "tiles: a.png", "provision: "]);
});

Deno.test("runProgram() prints help where it is asked for, and never runs the command", async () => {
  const commands = [command("tiles import", () => Promise.reject(new Error("ran")))];
  for (
    const [args, expected, code] of [
      [["--help"], /tiles import +summary of tiles import/, 0],
      [["tiles", "--help"], /summary of tiles import/, 0],
      [
        ["help", "tiles", "import"],
        /^usage: operator tiles import .*\n\nhelp of tiles import\n/,
        0,
      ],
      [
        ["tiles", "import", "--help"],
        /^usage: operator tiles import .*\n\nhelp of tiles import\n/,
        0,
      ],
      [
        ["tiles", "import", "x", "-h"],
        /^usage: operator tiles import .*\n\nhelp of tiles import\n/,
        0,
      ],
      [["--version"], /^operator 1\.2\.3$/, 0],
    ] as const
  ) {
    const terminal = fakeTerminal();
    assert.equal(await run(commands, [...args], terminal), code, args.join(" "));
    assert.match(terminal.stdout.join("\n"), expected);
    assert.deepEqual(terminal.stderr, []);
  }
});

Deno.test("runProgram() lists the commands on stderr and returns 64 without a command", async () => {
  for (const args of [[], ["tiles"]]) {
    const terminal = fakeTerminal();
    const commands = [command("tiles import", () => Promise.resolve(EXIT.ok))];
    assert.equal(await run(commands, args, terminal), 64);
    assert.match(terminal.stderr.join(""), /tiles import/);
    assert.deepEqual(terminal.stdout, []);
  }
});

Deno.test("runProgram() proposes the command that was nearly typed", async () => {
  const terminal = fakeTerminal();
  const commands = [command("provision", () => Promise.resolve(EXIT.ok))];
  assert.equal(await run(commands, ["provison", "--out", "x"], terminal), 64);
  assert.match(terminal.stderr.join(""), /did you mean "provision"/);
});

Deno.test("runProgram() turns faults into one message and their exit code", async () => {
  const notCapable = new Deno.errors.NotCapable(
    'Requires write access to "/srv/x", run again with the --allow-write flag',
  );
  const full = Object.assign(new Error("write failed"), { code: "ENOSPC" });
  const cases: [unknown, number, RegExp][] = [
    [new UsageError("--gsd is missing"), 64, /--gsd is missing.*operator work --help/],
    [new DataError("map.png", "not a picture (use PNG)"), 65, /map\.png: not a picture/],
    [notCapable, 77, /write access to "\/srv\/x".*permission set "operator"/],
    [new DataError("x", "cannot be written", { cause: full }), 74, /disk is full/],
    [new Error("database or disk is full"), 74, /disk is full/], // SQLite
    [new Error("no", { cause: notCapable }), 77, /permission set "operator"/],
    [new Deno.errors.NotFound("no such file: a"), 66, /no such file: a/],
    [new TypeError("x is undefined"), 70, /internal error of the program[\s\S]*TypeError/],
    ["a word", 70, /a word/],
  ];
  for (const [error, code, message] of cases) {
    const terminal = fakeTerminal();
    assert.equal(await run(failing(error), ["work"], terminal), code, String(error));
    assert.match(terminal.stderr.join(""), message);
    assert.match(terminal.stderr.join(""), /^operator work: /);
  }
});

Deno.test("runProgram() aborts the command at a signal and returns 130", async () => {
  for (const throws of [true, false]) {
    const terminal = fakeTerminal();
    const commands = [
      command("fly", async (_args, io) => {
        await new Promise<void>((done) => io.signal.addEventListener("abort", () => done()));
        if (throws) throw new Error("unfinished");
        return EXIT.ok;
      }),
    ];
    const running = run(commands, ["fly"], terminal);
    terminal.signal();
    assert.equal(await running, 130);
    if (throws) assert.match(terminal.stderr.join(""), /operator fly: stopped/);
  }
});

Deno.test("runProgram() stops quietly with 141 when the reader closes the pipe", async () => {
  const terminal = fakeTerminal({ readerGone: true });
  let aborted = false;
  const commands = [
    command("list", (_args, io) => {
      io.out("line 1");
      io.out("line 2");
      aborted = io.signal.aborted;
      return Promise.resolve(EXIT.ok);
    }),
  ];
  assert.equal(await run(commands, ["list"], terminal), 141);
  assert.ok(aborted);
  assert.deepEqual(terminal.stderr, []);
});

Deno.test("runProgram() keeps --quiet for itself, but not behind --", async () => {
  const terminal = fakeTerminal({ interactive: true });
  let seen: readonly string[] = [];
  const commands = [
    command("work", (args, io) => {
      seen = args;
      using bar = io.progress("working", 2);
      bar.update(1);
      return Promise.resolve(EXIT.ok);
    }),
  ];
  await run(commands, ["work", "--quiet", "a", "--", "--quiet"], terminal);
  assert.deepEqual(seen, ["a", "--", "--quiet"]);
  assert.deepEqual(terminal.stderr, []);
});

Deno.test("--quiet leaves results and errors, --verbose adds details and causes", async () => {
  const fault = new DataError("a.tif", "is cut short", { cause: new Error("at byte 12") });
  const declared = defineCommand({
    name: "work",
    summary: "works",
    about: "Works.",
    options: {
      agl: option.lengthM({ minimum: 5, maximum: 300, default: 130, help: "height" }),
      dsn: option.database({ help: "server" }),
    },
    examples: [],
    run(_values, io) {
      io.out("result");
      io.note("good to know");
      io.detail("how");
      io.err("left out: a");
      throw fault;
    },
  });
  const said = async (...args: string[]) => {
    const terminal = fakeTerminal();
    assert.equal(await run([declared], ["work", ...args], terminal), 65);
    assert.deepEqual(terminal.stdout, ["result"]);
    return terminal.stderr.join("");
  };
  assert.equal(await said("--quiet"), "left out: a\noperator work: a.tif: is cut short\n");
  assert.equal(await said(), "good to know\nleft out: a\noperator work: a.tif: is cut short\n");
  const verbose = await said("--verbose", "--dsn", "postgresql://me:hidden@host/tiles");
  for (
    const wanted of [/^how$/m, /--agl = 130 \(default\)/, /caused by Error: at byte 12/, /took /]
  ) {
    assert.match(verbose, wanted);
  }
  assert.doesNotMatch(verbose, /hidden/);
  const both = fakeTerminal();
  assert.equal(await run([declared], ["work", "--quiet", "--verbose"], both), 64);
  assert.match(both.stderr.join(""), /exclude each other/);
});

Deno.test("the name of what failed is coloured only where the terminal allows it", async () => {
  for (const isColoured of [true, false]) {
    const terminal = fakeTerminal({ isColoured });
    await run(failing(new UsageError("takes one A")), ["work"], terminal);
    assert.equal(terminal.stderr.join("").includes("\x1b["), isColoured);
  }
});

Deno.test("a full disk behind stdout is a message and 74, of --version and --help too", async () => {
  for (const args of [["--version"], ["--help"], ["work", "--help"]]) {
    const terminal = fakeTerminal();
    const full = Object.assign(new Error("No space left on device (os error 28)"), {
      code: "ENOSPC",
    });
    const out = () => {
      throw full;
    };
    assert.equal(await run(failing(full), args, { ...terminal, out }), 74, args.join(" "));
    assert.match(terminal.stderr.join(""), /the disk is full/);
  }
});

Deno.test("startProgress() redraws one line on a terminal and ends it once", () => {
  const written: string[] = [];
  let nowMs = 0;
  const write = (text: string) => void written.push(text);
  const bar = startProgress("tiles", 10, { write, interactive: true, now: () => nowMs });
  for (let i = 1; i <= 10; i++) {
    nowMs += 60;
    bar.update(i);
  }
  bar.end("done");
  bar.end();
  bar[Symbol.dispose]();
  assert.ok(written.length <= 7, `drawn ${written.length} times in 0.6 s`);
  assert.ok(written.every((text) => text.startsWith("\r\x1b[2Ktiles")));
  assert.match(written.at(-1) ?? "", /100 %.*10\/10.*done\n$/);
});

Deno.test("startProgress() writes a whole line now and then where there is no terminal", () => {
  const written: string[] = [];
  let nowMs = 0;
  const write = (text: string) => void written.push(text);
  const bar = startProgress("tiles", 100, { write, interactive: false, now: () => nowMs });
  for (let i = 1; i <= 100; i++) {
    nowMs += 300;
    bar.update(i);
  }
  bar.end();
  assert.equal(written.length, 3);
  assert.ok(
    written.every((text) =>
      text.startsWith("tiles ") && !text.includes("\r") && text.endsWith("\n")
    ),
    written.join(""),
  );
});

Deno.test("a bar fits the terminal, and tells minutes with their seconds", () => {
  for (const columns of [20, 40, 80, 200]) {
    const written: string[] = [];
    let nowMs = 0;
    const terminal = {
      write: (text: string) => void written.push(text),
      interactive: true,
      now: () => nowMs,
      columns: () => columns,
    };
    const bar = startProgress("verifying the package", 1000, terminal);
    nowMs = 96_000;
    bar.update(500);
    const drawn = written[0].replace("\r\x1b[2K", "");
    assert.ok(drawn.length < columns, `${columns}: ${drawn}`);
    assert.equal(drawn.includes("█"), columns >= 80 + 24, drawn);
    if (columns >= 80) assert.match(drawn, /50 %.*500\/1000.*1 min 36 s.*1 min 36 s left/);
  }
});

Deno.test("what is over before a line is due leaves none where there is no terminal", () => {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const bar = startProgress("tiles", 10, { write, interactive: false, now: () => 0 });
  bar.update(10);
  bar.end();
  assert.deepEqual(written, []);
});

Deno.test("faults of the file system name the path and what is wrong with it, in words", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-faults-" });
  try {
    const file = `${folder}/file`;
    await Deno.writeTextFile(file, "");
    const cases: readonly (readonly [() => Promise<unknown>, number, RegExp])[] = [
      [() => Deno.stat(`${folder}/none`), 66, /none: there is no such file or folder\n$/],
      [
        () => Deno.stat(`${file}/x`),
        66,
        /file\/x: it, or what it is said to lie in, is no folder\n$/,
      ],
      [() => Deno.readFile(folder), 66, /: it is a folder, not a file\n$/],
      [() => Deno.stat("x".repeat(5000)), 66, /x{100}…x{99}: the name is too long\n$/],
      [() => Deno.mkdir(file), 73, /file: it exists already\n$/],
      [() => Deno.mkdir(`${file}/x`), 73, /is no folder\n$/],
    ];
    for (const [act, code, says] of cases) {
      const terminal = fakeTerminal();
      const commands = [command("work", async () => {
        await act();
        return EXIT.ok;
      })];
      assert.equal(await run(commands, ["work"], terminal), code, terminal.stderr.join(""));
      assert.match(terminal.stderr.join(""), says);
      assert.match(terminal.stderr.join(""), /^operator work: /);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("control characters in names do not reach the terminal; JSON keeps its meaning", async () => {
  const hostile = "a\x1b[2J\x9b31mb\rc";
  const terminal = fakeTerminal();
  const commands = [command("work", (_args, io) => {
    io.out(JSON.stringify({ name: hostile }));
    io.err(hostile);
    throw new DataError(hostile, "is broken");
  })];
  assert.equal(await run(commands, ["work"], terminal), 65);
  assert.equal(JSON.parse(terminal.stdout[0]).name, hostile);
  const shown = [...terminal.stdout, ...terminal.stderr].join("");
  assert.ok(
    ![...shown].some((one) => one !== "\n" && (one < " " || one >= "\x7f" && one < "\xa0")),
  );
});
