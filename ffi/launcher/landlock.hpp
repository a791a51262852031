// The kernel's own wall around the program, from the permissions that its runtime is given.
#pragma once

#include <string>
#include <vector>

namespace gdn {

// Confines this process, and what it becomes by exec, with Landlock (Linux 5.13 and later; landlock(7)).
//
// The runtime checks names of files: a link inside a granted folder leads out of it, and native code is not
// asked at all. The kernel checks the files themselves. `arguments` are the runtime's, of which the lists of
// --allow-read, --allow-write and --allow-net are taken; besides them the program may read the unpacked folder
// `tree`, shared libraries and what the runtime needs of /proc, /sys and /dev, write into the files of
// `code_cache`, and execute the runtime alone, or the programs of --allow-run besides. Those among them that are of
// this kind are unpacked first, and may read and execute what they unpacked. TCP is confined to the ports of
// --allow-net from Linux 6.7 on, signals to its own processes from 6.12 on.
//
// Returns the version of Landlock that is in force, 0 where the kernel has none. Throws Fault where it has,
// and refuses the rules.
int confine(const std::vector<std::string> &arguments, const std::string &tree, const std::string &code_cache);

}  // namespace gdn
