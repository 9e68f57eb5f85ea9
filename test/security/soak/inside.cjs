/** Loaded into the bridge by `--require`: on SIGUSR2 it collects garbage and prints what the process holds. */
const timers = new Set();

for (const [set, clear, repeats] of [['setTimeout', 'clearTimeout', false], ['setInterval', 'clearInterval', true]]) {
  const [start, stop] = [globalThis[set], globalThis[clear]];
  globalThis[set] = (action, milliseconds, ...rest) => {
    const timer = start(() => {
      if (!repeats) timers.delete(timer);
      action(...rest);
    }, milliseconds);
    timers.add(timer);
    return timer;
  };
  globalThis[clear] = (timer) => {
    timers.delete(timer);
    stop(timer);
  };
}

process.on('SIGUSR2', () => {
  global.gc();
  // What the first collection finalizes is freed by the second.
  setImmediate(() => {
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    console.log(`soak ${JSON.stringify({ heap: heapUsed + external, timers: timers.size, sockets })}`);
  });
});
