/**
 * `npm run trace-turn`: prints the files and functions of the built bridge that one streamed turn of Codex calls, in
 * the order of their first call, with the number of calls. Start-up and the first turn are not counted. V8 counts an
 * async function again each time it resumes. With `--docs`, writes the walkthrough in docs/architecture.md instead.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { CODEX } from '../support/bridge/test-bridge';
import { buildPlain } from '../support/cli/plain-build';
import { postStream } from '../support/clients/sse-client';
import { listCodexRequests } from '../support/fixtures';
import { answer, startScriptedUpstream } from '../support/upstream/scripted-upstream';
import { markersOf, readDocument, replaceBetween } from './generate-docs';

const ROOT = join(__dirname, '..', '..');
const API_KEY = 'sk-test-trace';

/** The page with the walkthrough. */
export const WALKTHROUGH_PAGE = 'docs/architecture.md';

/** A recorded request of Codex: 40 KB, 14 tools, and the result of a call of `exec_command`. */
const REQUEST = '02-tool-round-exec_command.json';

/** The model's answer: reasoning, text and a tool call, as in most turns. */
const ANSWER = answer({
  reasoning: 'The user wants the files. I will list them.',
  text: 'I list the files first.',
  toolCalls: [{ name: 'exec_command', arguments: { cmd: 'ls -la' } }],
  usage: { prompt: 9_000, completion: 60, cached: 8_000, reasoning: 20 },
});

/** One function that a turn called. */
export interface TracedFunction {
  readonly name: string;
  readonly line: number;
  readonly calls: number;
}

/** A source file that a turn used. Its functions are in the order of their first call. */
export interface TracedFile {
  /** Relative to `src/`. */
  readonly path: string;
  /** The first sentence of the file's opening comment. */
  readonly purpose: string;
  readonly functions: readonly TracedFunction[];
}

interface CountedFunction {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly calls: number;
}
interface CountedScript {
  readonly scriptId: string;
  readonly path: string;
  readonly functions: readonly CountedFunction[];
}
interface Position { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
interface TraceMessage {
  readonly type: string;
  readonly scripts?: readonly CountedScript[];
  readonly order?: readonly Position[];
  readonly error?: string;
}

/** Turns differ: a read of the provider's answer may find its bytes or has to wait for them. */
const OBSERVED_TURNS = 5;

/** Runs the turn several times (uncounted, counted, observed). @returns its files in the order of their first call */
export async function traceTurn(): Promise<readonly TracedFile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-bridge-trace-'));
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: API_KEY, script: () => ANSWER });
  // Without bundles, each script is one module, so V8's offsets are offsets in its file.
  const dist = buildPlain(folder);
  const child = startBridge(folder, dist, upstream.url);
  try {
    const url = await waitForOutput(child, /http:\/\/127\.0\.0\.1:\d+/);
    await tell(child, { type: 'warm-up' });
    await runTurn(child, url);
    await tell(child, { type: 'reset' });
    await runTurn(child, url);
    const { scripts = [] } = await tell(child, { type: 'count' });
    await tell(child, { type: 'observe', scripts });
    for (let turn = 0; turn < OBSERVED_TURNS; turn += 1) await runTurn(child, url);
    const { order = [] } = await tell(child, { type: 'order' });
    upstream.assertClean();
    return sortByFirstCall(dist, scripts, order);
  } finally {
    child.kill('SIGKILL');
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startBridge(home: string, dist: string, aiApiBase: string): ChildProcess {
  const env = { PATH: process.env['PATH'], HOME: home, AI_API_KEY: API_KEY, AI_API_BASE: aiApiBase };
  const flags = ['serve', '--port', '0', '--provider', 'aliyun-coding'];
  return fork(join(dist, 'cli', 'main.js'), flags, {
    // The debugger of Node 26 does not pause in functions that the optimizer has inlined.
    env, execArgv: ['--no-opt', '--require', join(__dirname, 'trace-preload.cjs')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Waits for a match in the bridge's output. @returns the match */
function waitForOutput(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const onData = (bytes: Buffer): void => {
      output += String(bytes);
      const found = pattern.exec(output)?.[0];
      if (found !== undefined) settle(() => resolve(found));
    };
    const onExit = (): void => settle(() => reject(new Error(`The bridge exited: ${output}`)));
    const settle = (finish: () => void): void => {
      child.stdout?.off('data', onData);
      child.stderr?.off('data', onData);
      child.off('exit', onExit);
      finish();
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.on('exit', onExit);
  });
}

/** Sends a message to trace-preload.cjs. @returns its reply */
async function tell(child: ChildProcess, message: TraceMessage): Promise<TraceMessage> {
  const abort = new AbortController();
  const onExit = (): void => abort.abort(new Error(`The bridge exited before it replied to "${message.type}".`));
  child.once('exit', onExit);
  const replied = once(child, 'message', { signal: abort.signal });
  child.send(message);
  try {
    const [reply] = (await replied) as [TraceMessage];
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  } finally {
    child.off('exit', onExit);
  }
}

/** Runs one turn, until its line is in the log and the callback that wrote the line has returned. */
async function runTurn(child: ChildProcess, url: string): Promise<void> {
  const request = listCodexRequests().find(({ name }) => name === REQUEST);
  if (request === undefined) throw new Error(`No such request: ${REQUEST}`);
  const logged = waitForOutput(child, / turn codex/);
  // The recorded request has no complete metadata.
  const headers = { ...CODEX, 'x-codex-turn-metadata': JSON.stringify({ request_kind: 'turn', turn_id: 'turn-1' }) };
  const { text } = await postStream(`${url}/v1/responses`, request.body, headers);
  if (!text.includes('response.completed')) throw new Error(`The turn failed: ${text}`);
  await logged;
  await tell(child, { type: 'ping' });
}

function sortByFirstCall(
  dist: string, scripts: readonly CountedScript[], order: readonly Position[],
): readonly TracedFile[] {
  const firstCalls = new Map<CountedFunction, number>();
  const sources = new Map(scripts.map((script) =>
    [script.scriptId, { script, source: readFileSync(script.path, 'utf8') }]));
  order.forEach((position, index) => {
    const found = sources.get(position.scriptId);
    const counted = found && findInnermost(found.script, offsetOf(found.source, position));
    if (counted && !firstCalls.has(counted)) firstCalls.set(counted, index);
  });
  const missing = scripts.flatMap(({ path, functions }) =>
    functions.filter((counted) => !firstCalls.has(counted)).map(({ name, start }) => `${path} ${name} at ${start}`));
  if (missing.length > 0) throw new Error(`Counted by coverage, but missed by the debugger:\n${missing.join('\n')}`);
  const rank = (counted: CountedFunction): number => firstCalls.get(counted) ?? Infinity;
  return scripts
    .filter(({ functions }) => functions.length > 0)
    .map((script) => ({ script, functions: [...script.functions].sort((a, b) => rank(a) - rank(b)) }))
    .sort((a, b) => Math.min(...a.functions.map(rank)) - Math.min(...b.functions.map(rank)))
    .map(({ script: { scriptId, path }, functions }) => ({
      ...describeFile(relative(dist, path)),
      functions: functions.map(({ name, start, calls }) => ({
        name, calls, line: (sources.get(scriptId)?.source.slice(0, start).split('\n').length ?? 0),
      })),
    }));
}

/** Finds the smallest function that contains an offset. */
function findInnermost({ functions }: CountedScript, offset: number): CountedFunction | undefined {
  return functions
    .filter(({ start, end }) => start <= offset && offset < end)
    .sort((a, b) => (a.end - a.start) - (b.end - b.start))[0];
}

function offsetOf(source: string, { lineNumber, columnNumber }: Position): number {
  return source.split('\n').slice(0, lineNumber).reduce((sum, line) => sum + line.length + 1, 0) + columnNumber;
}

/** @param built a path below `dist` */
function describeFile(built: string): Pick<TracedFile, 'path' | 'purpose'> {
  const path = built.split(sep).join('/').replace(/\.js$/, '.ts');
  const opening = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(join(ROOT, 'src', path), 'utf8'))?.[1] ?? '';
  const text = opening.replace(/^\s*\*\s?/gm, '').replace(/\s+/g, ' ').trim();
  return { path, purpose: /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text };
}

function render(files: readonly TracedFile[]): string {
  const lines = files.flatMap(({ path, functions }) => [
    path,
    ...functions.map(({ name, line, calls }) => `  ${String(calls).padStart(5)} × ${name || '(anonymous)'} :${line}`),
  ]);
  return [...lines, renderTotals(files), ''].join('\n');
}

/** @returns for example `97 files, 390 functions` */
function renderTotals(files: readonly TracedFile[]): string {
  return `${files.length} files, ${files.reduce((sum, { functions }) => sum + functions.length, 0)} functions`;
}

/** Renders the walkthrough: one entry for each file, wrapped at 120 columns. */
function renderWalkthrough(files: readonly TracedFile[]): string {
  const entries = files.map(({ path, purpose }, index) => `${index + 1}. \`${path}\`: ${purpose}`);
  return entries.map((entry) => `${entry.replace(/(.{1,115})(?: |$)/g, '$1\n   ').trimEnd()}\n`).join('');
}

async function main(): Promise<void> {
  const files = await traceTurn();
  if (!process.argv.includes('--docs')) return void process.stdout.write(render(files));
  const page = readDocument(WALKTHROUGH_PAGE);
  const updated = replaceBetween(page, markersOf('walkthrough'), renderWalkthrough(files));
  if (updated === undefined) throw new Error(`${WALKTHROUGH_PAGE} has no markers for the walkthrough.`);
  if (updated !== page) writeFileSync(join(ROOT, WALKTHROUGH_PAGE), updated);
}

if (require.main === module) void main();
