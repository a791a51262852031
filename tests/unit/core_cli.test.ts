import assert from "node:assert/strict";
import {
  type Command,
  DataError,
  EXIT,
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

function fakeTerminal(options: { interactive?: boolean; readerGone?: boolean } = {}): Fake {
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
    [notCapable, 77, /write access to "\/srv\/x".*permissions\.operator\.write/],
    [new DataError("x", "cannot be written", { cause: full }), 74, /disk is full/],
    [new Error("database or disk is full"), 74, /disk is full/], // SQLite
    [new Error("no", { cause: notCapable }), 77, /permissions\.operator\.write/],
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
