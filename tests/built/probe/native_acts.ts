import { dirname } from "node:path";
import { type Act, type Places, refused } from "./act.ts";

/** Functions of libc, none of which a library of this project exports. */
const LIBC = {
  system: { parameters: ["buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "isize",
  },
  kill: { parameters: ["i32", "i32"], result: "i32" },
} as const;
type Libc = Deno.StaticForeignLibraryInterface<typeof LIBC>;

const O_RDONLY = 0, O_CREAT_WRITE_ONLY = 0o101, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2;

const text = (line: string) => new TextEncoder().encode(`${line}\0`);

function opened(file: number): void {
  if (file < 0) throw new Error(`open() returned ${file}`);
}

/** A sockaddr_in. */
function loopback(port: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, ...new Uint8Array(8));
}

function throughLibc(
  what: string,
  refusal: RegExp,
  attempt: (libc: Libc, places: Places) => void,
): Act {
  return {
    name: `${what}, by libc through one of its own libraries`,
    attempt: (places) => {
      const library = Deno.dlopen(places.library, LIBC);
      try {
        attempt(library.symbols, places);
      } finally {
        library.close();
      }
    },
    refusal,
    alone: true,
    byKernel: true,
  };
}

const open = (what: string, path: (places: Places) => string): Act => ({
  name: `opening a native library: ${what}`,
  attempt: (places) => Deno.dlopen(path(places), {}).close(),
  refusal: refused.ffi,
});

export const NATIVE_ACTS: readonly Act[] = [
  open("libc by its name", () => "libc.so.6"),
  open("libc by its path", () => "/lib/x86_64-linux-gnu/libc.so.6"),
  open("a copy of one of its own, outside", ({ outside }) => `${outside}/library.so`),
  {
    name: "opening a native library: a copy of one of its own that it wrote",
    attempt: ({ library, writable }) => {
      const copy = `${writable}/library.so`;
      Deno.writeFileSync(copy, Deno.readFileSync(library));
      Deno.dlopen(copy, {}).close();
    },
    refusal: /^NotCapable: Requires (ffi|read) access/,
  },
  open("through a link in a folder", ({ readable }) => `${readable}/link-to-library`),
  open(
    "by .. out of its folder",
    ({ library }) =>
      `${dirname(library)}/../../../../../../../../../../lib/x86_64-linux-gnu/libc.so.6`,
  ),
  {
    name: "a pointer to memory",
    attempt: () => Deno.UnsafePointer.of(new Uint8Array(8)),
    refusal: refused.ffi,
  },
  {
    name: "a view of memory at any address",
    attempt: () => Deno.UnsafePointer.create(4096n),
    refusal: refused.ffi,
  },
  {
    name: "a function that native code calls",
    attempt: () => new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {}).close(),
    refusal: refused.ffi,
  },
  // A library's symbols are searched in the libraries that it needs as well: libc is among them, whatever
  // Deno's permissions say. What holds is the kernel.
  throughLibc(
    "starting a shell by system()",
    /system\(\) returned (-1|32512)/,
    (libc, { writable }) => {
      const status = libc.system(text(`echo shell > '${writable}/shell'`));
      // -1: fork() was refused; 127 << 8: execve() was.
      if (status !== 0) throw new Error(`system() returned ${status}`);
    },
  ),
  throughLibc("reading a file outside", /open\(\) returned -1/, (libc, { outside }) => {
    opened(libc.open(text(`${outside}/secret.json`), O_RDONLY, 0));
  }),
  throughLibc("reading /proc/self/environ", /open\(\) returned -1/, (libc) => {
    opened(libc.open(text("/proc/self/environ"), O_RDONLY, 0));
  }),
  throughLibc("writing a file outside", /open\(\) returned -1/, (libc, { outside }) => {
    opened(libc.open(text(`${outside}/native`), O_CREAT_WRITE_ONLY, 0o644));
  }),
  throughLibc("making a link that leads out", /symlink\(\) returned -1/, (libc, places) => {
    const { outside, writable } = places;
    const status = libc.symlink(text(outside), text(`${writable}/native-link`));
    if (status !== 0) throw new Error(`symlink() returned ${status}`);
  }),
  throughLibc("a TCP connection", /(socket|connect)\(\) returned -1/, (libc, { tcpPort }) => {
    const socket = libc.socket(AF_INET, SOCK_STREAM, 0);
    if (socket < 0) throw new Error(`socket() returned ${socket}`);
    const status = libc.connect(socket, loopback(tcpPort), 16);
    if (status !== 0) throw new Error(`connect() returned ${status}`);
  }),
  throughLibc("a UDP datagram", /(socket|sendto)\(\) returned -1/, (libc, { udpPort }) => {
    const socket = libc.socket(AF_INET, SOCK_DGRAM, 0);
    if (socket < 0) throw new Error(`socket() returned ${socket}`);
    const sent = libc.sendto(socket, text("x"), 1n, 0, loopback(udpPort), 16);
    if (sent !== 1n) throw new Error(`sendto() returned ${sent}`);
  }),
  throughLibc("a signal to another process", /kill\(\) returned -1/, (libc, { otherPid }) => {
    const SIGCONT = 18;
    const status = libc.kill(otherPid, SIGCONT);
    if (status !== 0) throw new Error(`kill() returned ${status}`);
  }),
];
