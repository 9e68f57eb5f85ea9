/**
 * Loaded into a bridge before it starts: reports which functions one turn calls, how often, and in which order.
 *
 * V8's precise coverage counts calls but has no order. So the same turn runs twice: once under coverage, and once with
 * breakpoints at the start of each function that was counted. A worker thread holds the debugger; at each pause it
 * records the function on top of the stack, removes its breakpoint, and resumes the bridge.
 */
'use strict';
const { Session } = require('node:inspector');
const { readFileSync } = require('node:fs');
const { fileURLToPath } = require('node:url');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

const promised = (session) => (method, parameters) =>
  new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => {
      if (error) reject(new Error(`${method}: ${error.message}`));
      else resolve(result);
    });
  });

/** The scripts of the built bridge; the worker needs no others. */
const isOwn = ({ url }) => /^file:.*\/dist\/.*\.js$/.test(url);

function startCounting() {
  const session = new Session();
  session.connect();
  const post = promised(session);
  const started = post('Profiler.enable').then(() =>
    post('Profiler.startPreciseCoverage', { callCount: true, detailed: false }));
  return async () => {
    await started;
    const { result } = await post('Profiler.takePreciseCoverage');
    return result.filter(isOwn).map(({ scriptId, url, functions }) => ({
      scriptId,
      path: fileURLToPath(url),
      functions: functions
        // V8 makes a function of the initial values of a class's fields.
        .filter(({ functionName, ranges: [range] }) =>
          range.count > 0 && functionName !== '<instance_members_initializer>')
        .map(({ functionName, ranges: [{ startOffset: start, endOffset: end, count: calls }] }) => ({
          name: functionName, start, end, calls,
        })),
    }));
  };
}

function runMain() {
  const count = startCounting();
  const worker = new Worker(__filename);
  worker.unref();
  worker.on('message', (message) => process.send(message));
  const answers = {
    reset: async () => void (await count()),
    count: async () => count(),
    ping: async () => undefined,
  };
  process.on('message', (message) => {
    const answer = answers[message.type];
    if (answer === undefined) return worker.postMessage(message);
    answer().then((scripts) => process.send({ type: message.type, scripts }));
  });
  process.channel.unref();
}

function runWorker() {
  const session = new Session();
  session.connectToMainThread();
  const post = promised(session);
  const order = [];
  const breakpoints = new Map();
  session.on('Debugger.paused', ({ params: { callFrames, hitBreakpoints } }) => {
    const [{ functionLocation: { scriptId, lineNumber, columnNumber } }] = callFrames;
    order.push({ scriptId, lineNumber, columnNumber });
    for (const breakpointId of hitBreakpoints) session.post('Debugger.removeBreakpoint', { breakpointId });
    session.post('Debugger.resume');
  });
  const watch = async (scripts) => {
    await post('Debugger.enable');
    for (const { scriptId, path, functions } of scripts) {
      const source = readFileSync(path, 'utf8');
      for (const { start, end } of functions) {
        const { locations } = await post('Debugger.getPossibleBreakpoints', {
          start: { scriptId, ...placeOf(source, start + 1) }, end: { scriptId, ...placeOf(source, end) },
        });
        // The first place of an arrow function may be in a branch that is not taken: (a) => (b ??= c()).d().
        for (const location of locations.slice(0, 3)) {
          // Two functions may begin at one place: (a) => (b) => …
          const key = `${scriptId}:${location.lineNumber}:${location.columnNumber}`;
          if (breakpoints.has(key)) continue;
          breakpoints.set(key, await post('Debugger.setBreakpoint', { location }));
        }
      }
    }
    parentPort.postMessage({ type: 'watch' });
  };
  parentPort.on('message', ({ type, scripts }) => {
    if (type === 'order') return parentPort.postMessage({ type: 'order', order });
    watch(scripts).catch((error) => parentPort.postMessage({ type: 'failed', error: error.message }));
  });
}

function placeOf(source, offset) {
  const before = source.slice(0, offset);
  return { lineNumber: before.split('\n').length - 1, columnNumber: offset - before.lastIndexOf('\n') - 1 };
}

if (isMainThread) runMain();
else runWorker();
