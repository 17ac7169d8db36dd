// Required by a Node that is started for another program (a kernel by Jupyter, whose variable this is,
// a script by the command line): it ends when that program has ended, also by a SIGKILL.
const starter = Number(process.env.JPY_PARENT_PID);
const parent = process.ppid;

function hasEnded() {
  // Between them there may be another program; and one that was killed has its number for a while.
  if (parent === starter && process.ppid !== parent) return true;
  try {
    process.kill(starter, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

// On Windows the variable is a handle.
if (starter > 0 && process.platform !== "win32") {
  setInterval(() => hasEnded() && process.exit(1), 500).unref();
}
