// The same as child.tether() for Node: end when the process that started us does, but do not live on for that alone.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume();
process.stdin.unref?.();
