/**
 * Lists the Debian packages that the project needs, finds the missing ones, and installs them.
 *
 * @module
 */

/** What the native libraries and the launcher are linked with, on the machine they are built for. */
export const LINKED_PACKAGES = [
  "libopencv-core-dev",
  "libopencv-imgproc-dev",
  "libopencv-video-dev",
  "libopencv-calib3d-dev",
  "libopencv-features2d-dev",
  "libopencv-flann-dev",
  "libturbojpeg0-dev",
  "libtbb-dev",
  "zlib1g-dev",
  "libfaiss-dev",
  "liblapack-dev",
  "libblas-dev",
  "libgomp1",
  "libeigen3-dev",
  // Static, in the front of the portable executables.
  "libzstd-dev",
  "libmd-dev",
];

/** To build and to run. */
const RUN_PACKAGES = ["g++", "cmake", "ninja-build", ...LINKED_PACKAGES, "zstd"];

/**
 * Needed by tests only: GDAL reads exported GeoTIFFs (33 MB beside OpenCV's libraries); man-db, mandoc,
 * zsh and fish show manual pages and complete command lines; minisign checks our signatures, OpenSSH's
 * server is the aircraft whose flights are copied,
 * systemd-analyze our units; debootstrap makes the empty machine that packages are installed on, and
 * systemd-nspawn boots it. GStreamer makes video files and an RTSP server of its own, for cameras.
 */
const TEST_PACKAGES = [
  ...["gdal-bin", "man-db", "mandoc", "zsh", "fish"],
  ...[
    "minisign",
    "openssh-client",
    "openssh-server",
    "systemd",
    "systemd-container",
    "debootstrap",
  ],
  ...["gstreamer1.0-tools", "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good"],
  ...[
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
    "gir1.2-gst-rtsp-server-1.0",
    "python3-gi",
  ],
];

/** The release's own version; any installed server is sufficient. */
const POSTGRES_PACKAGE = "postgresql";

/** Names of the packages to install, empty when nothing is missing. */
export async function missingPackages(
  options: { readonly runOnly: boolean },
): Promise<string[]> {
  const wanted = options.runOnly ? RUN_PACKAGES : [...RUN_PACKAGES, ...TEST_PACKAGES];
  let listing: string;
  try {
    const { stdout } = await new Deno.Command("dpkg-query", {
      args: ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...wanted],
      stderr: "null",
    }).output();
    listing = new TextDecoder().decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(
      `setup: no dpkg here, so this is neither Debian nor Ubuntu; going on without a check. It ` +
        `needs what Debian calls ${wanted.join(", ")}`,
    );
    return [];
  }
  const installed = new Set(
    listing.split("\n").filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  const missing = wanted.filter((name) => !installed.has(name));
  if (!options.runOnly && !await hasPostgresServer()) missing.push(POSTGRES_PACKAGE);
  return missing;
}

async function hasPostgresServer(): Promise<boolean> {
  const root = "/usr/lib/postgresql";
  try {
    for await (const version of Deno.readDir(root)) {
      const path = `${root}/${version.name}/bin/initdb`;
      if (await Deno.stat(path).then(() => true, () => false)) return true;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

/** Runs apt-get; needs root. False when it failed (its messages are on stderr). */
export async function installPackages(names: readonly string[]): Promise<boolean> {
  const install = ["install", "-y", "--no-install-recommends", ...names];
  for (const args of [["update", "-q"], install]) {
    const { success, stdout, stderr } = await new Deno.Command("apt-get", {
      args: ["-o", "Acquire::Retries=3", ...args],
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
    }).output();
    if (success) continue;
    await Deno.stderr.write(stdout);
    await Deno.stderr.write(stderr);
    if (args === install) return false;
  }
  return true;
}
