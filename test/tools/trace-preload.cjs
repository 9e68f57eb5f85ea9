/**
 * Reports which functions of a bridge a turn calls, how often, and in which order. Preloaded into the bridge.
 *
 * V8's precise coverage counts calls but does not record their order. So the turn runs under coverage first, and then
 * again with breakpoints at the start of each function that was counted. A worker thread runs the debugger: at each
 * pause, it records the function on top of the stack, removes its breakpoint, and resumes the bridge.
 */
'use strict';
const { channel } = require('node:diagnostics_channel');
const { readFileSync } = require('node:fs');
const { Session } = require('node:inspector');
const { fileURLToPath } = require('node:url');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

const promisify = (session) => (method, parameters) =>
  new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => {
      if (error) reject(new Error(`${method}: ${error.message}`));
      else resolve(result);
    });
  });

/** Whether a script belongs to the built bridge. */
const isOwn = ({ url }) => /^file:.*\/dist\/.*\.js$/.test(url);

/** Starts to count calls. @returns a function that takes the counts and resets them */
function startCounting() {
  const session = new Session();
  session.connect();
  const post = promisify(session);
  const started = post('Profiler.enable').then(() =>
    post('Profiler.startPreciseCoverage', { callCount: true, detailed: false }));
  return async () => {
    await started;
    const { result } = await post('Profiler.takePreciseCoverage');
    return result.filter(isOwn).map(({ scriptId, url, functions }) => ({
      scriptId,
      path: fileURLToPath(url),
      functions: functions
        // V8 turns the field initializers of a class into a function.
        .filter(({ functionName, ranges: [range] }) =>
          range.count > 0 && functionName !== '<instance_members_initializer>')
        .map(({ functionName, ranges: [{ startOffset: start, endOffset: end, count: calls }] }) => ({
          name: functionName, start, end, calls,
        })),
    }));
  };
}

/** The warm-up ends with a practice turn, whose response is the first of the process. */
const waitForWarmUp = () =>
  new Promise((resolve) => channel('http.server.response.finish').subscribe(() => resolve()));

function runMain() {
  const count = startCounting();
  const warmedUp = waitForWarmUp();
  const worker = new Worker(__filename);
  worker.unref();
  worker.on('message', (message) => process.send(message));
  const handlers = {
    'warm-up': () => warmedUp,
    reset: async () => void (await count()),
    count: async () => count(),
    ping: async () => undefined,
  };
  process.on('message', (message) => {
    const handle = handlers[message.type];
    if (handle === undefined) return worker.postMessage(message);
    handle().then((scripts) => process.send({ type: message.type, scripts }));
  });
  process.channel.unref();
}

function runWorker() {
  const session = new Session();
  session.connectToMainThread();
  const post = promisify(session);
  const order = [];
  const breakpoints = new Map();
  session.on('Debugger.paused', ({ params: { callFrames, hitBreakpoints } }) => {
    const [{ functionLocation: { scriptId, lineNumber, columnNumber } }] = callFrames;
    order.push({ scriptId, lineNumber, columnNumber });
    for (const breakpointId of hitBreakpoints) session.post('Debugger.removeBreakpoint', { breakpointId });
    session.post('Debugger.resume');
  });
  const observe = async (scripts) => {
    await post('Debugger.enable');
    for (const { scriptId, path, functions } of scripts) {
      const source = readFileSync(path, 'utf8');
      for (const { start, end } of functions) {
        const { locations } = await post('Debugger.getPossibleBreakpoints', {
          start: { scriptId, ...positionOf(source, start + 1) }, end: { scriptId, ...positionOf(source, end) },
        });
        // The first location in an arrow function may be in a branch that is not taken: (a) => (b ??= c()).d().
        for (const location of locations.slice(0, 3)) {
          // Two functions may begin at the same location: (a) => (b) => …
          const key = `${scriptId}:${location.lineNumber}:${location.columnNumber}`;
          if (breakpoints.has(key)) continue;
          breakpoints.set(key, await post('Debugger.setBreakpoint', { location }));
        }
      }
    }
    parentPort.postMessage({ type: 'observe' });
  };
  parentPort.on('message', ({ type, scripts }) => {
    if (type === 'order') return parentPort.postMessage({ type: 'order', order });
    observe(scripts).catch((error) => parentPort.postMessage({ type: 'failed', error: error.message }));
  });
}

function positionOf(source, offset) {
  const before = source.slice(0, offset);
  return { lineNumber: before.split('\n').length - 1, columnNumber: offset - before.lastIndexOf('\n') - 1 };
}

if (isMainThread) runMain();
else runWorker();
