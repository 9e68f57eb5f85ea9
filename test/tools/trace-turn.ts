/**
 * `npm run trace-turn`: the files and functions of the built bridge that one streamed turn of Codex calls, in the order
 * of their first call, with the number of calls. Start-up and a first turn are not measured. V8 counts a call of an
 * async function again each time it resumes. With `--docs` it writes the walk of docs/architecture.md instead.
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

/** The page with the walk. */
export const WALK_PAGE = 'docs/architecture.md';

/** A request of Codex with the result of a call: `exec_command`, 40 kB, 14 tools. */
const REQUEST = '02-tool-round-exec_command.json';

/** What the model answers: one of everything that most turns contain. */
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

/** A source file that a turn used; its functions in the order of their first call. */
export interface TracedFile {
  /** From `src/`. */
  readonly path: string;
  /** The first sentence of the file. */
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
interface Place { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
interface Message {
  readonly type: string;
  readonly scripts?: readonly CountedScript[];
  readonly order?: readonly Place[];
  readonly error?: string;
}

const WATCHED_TURNS = 5;

/** Runs the turn several times (first, counted, watched) and returns its files in the order of their first call. */
export async function traceTurn(): Promise<readonly TracedFile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-bridge-trace-'));
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', script: () => ANSWER });
  // Without bundles, V8's offsets are those of one file per module.
  const dist = buildPlain(folder);
  const child = startBridge(folder, dist, upstream.url);
  try {
    const url = await untilListening(child);
    await runTurn(child, url);
    await tell(child, { type: 'reset' });
    await runTurn(child, url);
    const { scripts = [] } = await tell(child, { type: 'count' });
    await tell(child, { type: 'watch', scripts });
    // Whether a read finds its bytes or has to wait for them differs from turn to turn.
    for (let turn = 0; turn < WATCHED_TURNS; turn += 1) await runTurn(child, url);
    const { order = [] } = await tell(child, { type: 'order' });
    upstream.assertClean();
    return arrange(dist, scripts, order);
  } finally {
    child.kill('SIGKILL');
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startBridge(home: string, dist: string, aiApiBase: string): ChildProcess {
  const env = { PATH: process.env['PATH'], HOME: home, AI_API_KEY: 'sk-test-trace', AI_API_BASE: aiApiBase };
  const flags = ['serve', '--port', '0', '--provider', 'aliyun-coding'];
  return fork(join(dist, 'cli', 'main.js'), flags, {
    // In optimized code, the debugger of Node 26 does not pause in functions that are inlined.
    env, execArgv: ['--no-opt', '--require', join(__dirname, 'trace-preload.cjs')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

async function untilListening(child: ChildProcess): Promise<string> {
  const text = await untilWritten(child, /http:\/\/127\.0\.0\.1:\d+/);
  // Until then the rest of the bridge is loaded (serve-command.ts).
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return text;
}

/** Waits for a match in the bridge's output. */
function untilWritten(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (bytes: Buffer): void => {
      text += String(bytes);
      const found = pattern.exec(text)?.[0];
      if (found !== undefined) settle(() => resolve(found));
    };
    const onExit = (): void => settle(() => reject(new Error(`The bridge ended: ${text}`)));
    const settle = (then: () => void): void => {
      child.stdout?.off('data', onData);
      child.stderr?.off('data', onData);
      child.off('exit', onExit);
      then();
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.on('exit', onExit);
  });
}

async function tell(child: ChildProcess, message: Message): Promise<Message> {
  const reply = once(child, 'message');
  child.send(message);
  const [answered] = (await reply) as [Message];
  if (answered.error !== undefined) throw new Error(answered.error);
  return answered;
}

/** A turn is over when its line is in the log, and the callback that wrote the line has returned. */
async function runTurn(child: ChildProcess, url: string): Promise<void> {
  const request = listCodexRequests().find(({ name }) => name === REQUEST);
  if (request === undefined) throw new Error(`No such request: ${REQUEST}`);
  const logged = untilWritten(child, / turn codex/);
  // The metadata of the recorded request is trimmed.
  const headers = { ...CODEX, 'x-codex-turn-metadata': JSON.stringify({ request_kind: 'turn', turn_id: 'turn-1' }) };
  const { text } = await postStream(`${url}/v1/responses`, request.body, headers);
  if (!text.includes('response.completed')) throw new Error(`The turn failed: ${text}`);
  await logged;
  await tell(child, { type: 'ping' });
}

function arrange(
  dist: string, scripts: readonly CountedScript[], order: readonly Place[],
): readonly TracedFile[] {
  const firstCalls = new Map<CountedFunction, number>();
  const sources = new Map(scripts.map((script) =>
    [script.scriptId, { script, source: readFileSync(script.path, 'utf8') }]));
  order.forEach((place, index) => {
    const found = sources.get(place.scriptId);
    const counted = found && innermost(found.script, offsetOf(found.source, place));
    if (counted && !firstCalls.has(counted)) firstCalls.set(counted, index);
  });
  const missing = scripts.flatMap(({ path, functions }) =>
    functions.filter((counted) => !firstCalls.has(counted)).map(({ name, start }) => `${path} ${name} at ${start}`));
  if (missing.length > 0) throw new Error(`Counted, but never seen to be called:\n${missing.join('\n')}`);
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

function innermost({ functions }: CountedScript, offset: number): CountedFunction | undefined {
  return functions
    .filter(({ start, end }) => start <= offset && offset < end)
    .sort((a, b) => (a.end - a.start) - (b.end - b.start))[0];
}

function offsetOf(source: string, { lineNumber, columnNumber }: Place): number {
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
  return [...lines, summarise(files), ''].join('\n');
}

/** @returns `97 files, 390 functions` */
export function summarise(files: readonly TracedFile[]): string {
  return `${files.length} files, ${files.reduce((sum, { functions }) => sum + functions.length, 0)} functions`;
}

/** The walk of docs/architecture.md: one entry for each file, wrapped at 120 columns. */
function renderWalk(files: readonly TracedFile[]): string {
  const entries = files.map(({ path, purpose }, index) => `${index + 1}. \`${path}\`: ${purpose}`);
  return entries.map((entry) => `${entry.replace(/(.{1,115})(?: |$)/g, '$1\n   ').trimEnd()}\n`).join('');
}

async function main(): Promise<void> {
  const files = await traceTurn();
  if (!process.argv.includes('--docs')) return void process.stdout.write(render(files));
  const page = readDocument(WALK_PAGE);
  const walk = replaceBetween(page, markersOf('walk'), renderWalk(files));
  if (walk === undefined) throw new Error(`${WALK_PAGE} has no markers for the walk.`);
  if (walk !== page) writeFileSync(join(ROOT, WALK_PAGE), walk);
}

if (require.main === module) void main();
