// The same as child.tether() for Node: end when the process that started us does.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume();
