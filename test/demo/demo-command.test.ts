/** The demo is right with the real bridge, and wrong with every bridge that is broken in one place. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Bridge, Turn } from '../../src/bridge/bridge';
import { createBridge } from '../../src/bridge/create-bridge';
import { renderNextSteps } from '../../src/demo/next-steps';
import { runDemo, type DemoOptions } from '../../src/demo/run-demo';
import { Paragraph } from '../../src/demo/paragraph';
import { createTerminalStyle } from '../../src/command/terminal-style';
import { run } from '../../src/cli/main';
import { createFetchTransport } from '../../src/upstream/transport';
import { createFakeIo, type FakeIo } from '../support/cli/fake-io';

const UTF8 = { LANG: 'C.UTF-8' };
const COLOUR = /\u001b\[\d+m/;

interface Shown {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function show(options: Partial<DemoOptions> = {}): Promise<Shown> {
  const io = createFakeIo();
  const code = await runDemo({ io, env: UTF8, version: '9.8.7', pauseMs: 1, limitMs: 10_000, ...options });
  return { code, ...io.written };
}

/** The output of the demo at a terminal. */
async function showAtTerminal(env: Record<string, string>): Promise<string> {
  const io: FakeIo = { ...createFakeIo(), isTerminal: () => true };
  assert.equal((await show({ io, env })).code, 0);
  return io.written.out;
}

test('the command shows a whole tool round, whatever the settings of the user are', async () => {
  const io = createFakeIo();
  const env = { ...UTF8, PORT: 'x', AI_API_BASE: 'http://127.0.0.1:9/v1', REASONING_OUTPUT: 'text' };
  assert.equal(await run(['demo'], env, io), 0);
  assert.equal(io.written.error, '');
  const out = io.written.out;
  for (const part of [
    /^aliyun-codex-bridge \S+, a demo without key and network\n/,
    /^ {2}bridge {5}http:\/\/127\.0\.0\.1:\d+\/v1,/m,
    /^ {2}reasoning {2}The user asks/m,
    /^ {2}text {7}I will look at the folder/m,
    /^ {2}call {7}list_files \{"path":"\."\}$/m,
    /^ {2}call {7}now \{"zone":"UTC"\} of mcp__clock \(the model said mcp__clock__now\)$/m,
    /^ {2}result {5}now: \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m,
    /^ {2}request 2 +538 +384 +62 +18 +600$/m,
    /^ {2}request 1 +\d+ ms +\d+ ms$/m,
    /^ {2}✓ request 2: the reasoning went back to the model$/m,
    /^ {2}All \d+ checks are right\.$/m,
    /^ {7}export AI_API_KEY=sk-\.\.\.$/m,
    /^ {7}base_url = "http:\/\/127\.0\.0\.1:31415\/v1"$/m,
    /^ {7}codex\n$/m,
  ]) assert.match(out, part);
  assert.doesNotMatch(out, /✗/);
  assert.doesNotMatch(out, COLOUR);
  assert.deepEqual(out.split('\n').filter((line) => line.length > 80), []);
});

test('on Windows the next steps are for PowerShell', () => {
  const steps = renderNextSteps(createTerminalStyle(false, {}), 'win32');
  assert.match(steps, /^ {7}\$env:AI_API_KEY = 'sk-\.\.\.'$/m);
  assert.doesNotMatch(steps, /export/);
});

test('colours are for terminals that want them', async () => {
  assert.match(await showAtTerminal({ TERM: 'xterm' }), COLOUR);
  assert.match(await showAtTerminal({ NO_COLOR: '' }), COLOUR);
  assert.doesNotMatch(await showAtTerminal({ NO_COLOR: '1' }), COLOUR);
  assert.doesNotMatch(await showAtTerminal({ TERM: 'dumb' }), COLOUR);
});

test('without UTF-8 there is only ASCII', async () => {
  for (const env of [{}, { LANG: 'C' }, { LANG: 'C.UTF-8', LC_ALL: 'POSIX' }]) {
    const { code, out } = await show({ env });
    assert.equal(code, 0);
    assert.match(out, /^[\n\x20-\x7e]+$/);
    assert.match(out, /^ {2}ok {3}request 1: /m);
  }
});

test('options are refused', async () => {
  const io = createFakeIo();
  assert.equal(await run(['demo', '--port', '1', '--prot'], {}, io), 2);
  assert.match(io.written.error, /did you mean --port\?\n {2}The demo takes no options, and so not --port\.\n$/);
  assert.equal(io.written.out, '');
});

type BuildBridge = NonNullable<DemoOptions['buildBridge']>;

/** A bridge whose answers are changed on their way to the client. */
function changeTurn(change: (turn: Turn) => AsyncIterable<string>): BuildBridge {
  return (config, log) => {
    const bridge: Bridge = createBridge(config, log);
    return {
      ...bridge,
      start: async (kind, body, caller) => {
        const turn = await bridge.start(kind, body, caller);
        return { ...turn, frames: () => change(turn) };
      },
    };
  };
}

function changeFrames(change: (frame: string) => string): BuildBridge {
  return changeTurn(async function* (turn) {
    for await (const frame of turn.frames()) yield change(frame);
  });
}

/** A bridge whose requests are changed on their way to the model. */
function changeRequest(change: (body: string) => string): BuildBridge {
  return (config, log) => {
    const send = createFetchTransport({ connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000 });
    return createBridge(config, log, {
      transport: (request) => send({ ...request, body: Buffer.from(change(request.body.toString('utf8'))) }),
    });
  };
}

const dropEvent = (type: string): BuildBridge =>
  changeFrames((frame) => frame.split('\n\n').filter((block) => !block.includes(`"type":"${type}"`)).join('\n\n'));

/** A way to break the bridge, the check that must fail, and what it must have seen. */
type Breakage = readonly [build: BuildBridge, claim: string, seen: string];

const REFUSED = 'request 1: a strict provider accepts it expected accepted';
const ORDER = 'answer 1: every event stands in its place expected in order';
const END = 'answer 1: ends once, with response.completed expected response.completed';

const BROKEN: Readonly<Record<string, Breakage>> = {
  'counts an event twice': [
    changeFrames((frame) => frame.replace(/"sequence_number":7\b/, '"sequence_number":6')),
    'events are numbered without a gap expected no gap',
    'event 7 has number 6',
  ],
  'never opens its items': [dropEvent('response.output_item.added'), ORDER, 'event 2 (response.reasoning_summary'],
  'never closes its items': [dropEvent('response.output_item.done'), ORDER, 'the stream ended with an open item'],
  'forgets the end': [dropEvent('response.completed'), END, 'no terminal event'],
  'ends twice': [
    changeFrames((frame) => frame.replace(/(data: \{"type":"response\.completed".*\n\n)/, '$1$1')),
    END,
    'response.completed, response.completed',
  ],
  'forgets [DONE]': [
    changeFrames((frame) => frame.replace('data: [DONE]\n\n', '')),
    'answer 1: is an event stream, complete to its end',
    '200 text/event-stream, no [DONE] at the end',
  ],
  'loses a word': [
    changeFrames((frame) => frame.replaceAll('"delta":" folder"', '"delta":""')),
    'answer 1: the pieces are what the model said',
    '{"reasoning":"The user asks about a and about',
  ],
  'holds the answer back': [
    changeTurn(async function* (turn) {
      let text = '';
      for await (const frame of turn.frames()) text += frame;
      yield text;
    }),
    'answer 1: arrived while the model was still speaking expected live',
    'held back until the model had ended',
  ],
  'changes arguments': [
    changeFrames((frame) => frame.replaceAll('{\\"path\\":\\".\\"}', '{\\"path\\":\\"..\\"}')),
    'answer 1: calls list_files with {"path":"."}',
    'namespace none, name list_files, arguments {"path":".."}',
  ],
  'loses namespaces': [
    changeFrames((frame) => frame.replaceAll('"namespace":"mcp__clock",', '')),
    'answer 1: calls now of mcp__clock with {"zone":"UTC"}',
    'namespace none, name now, arguments {"zone":"UTC"}',
  ],
  'invents usage': [
    changeFrames((frame) => frame.replace('"cached_tokens":384', '"cached_tokens":383')),
    'answer 2: the usage is exact',
    '{"input_tokens":538,"input_tokens_details":{"cached_tokens":383}',
  ],
  'cuts the answer': [
    changeTurn(async function* (turn) {
      for await (const frame of turn.frames()) {
        yield frame;
        if (frame.includes('output_text.delta')) return;
      }
    }),
    'answer 2: was asked for',
    'no calls to answer',
  ],
  'forgets reasoning': [
    changeRequest((body) => body.replace('"reasoning_content":', '"x":')),
    'request 2: the reasoning went back to the model',
    'nothing',
  ],
  'sends a developer message': [
    changeRequest((body) => body.replace('"role":"system"', '"role":"developer"')),
    REFUSED,
    'the first message must have the role system, it has developer',
  ],
  'asks for no usage': [
    changeRequest((body) => body.replace('"include_usage":true', '"include_usage":false')),
    REFUSED,
    'stream_options.include_usage must be true',
  ],
  'asks for no stream': [
    changeRequest((body) => body.replace('"stream":true', '"stream":false')),
    REFUSED,
    'stream must be true',
  ],
  'sends fields of its own protocol': [
    changeRequest((body) => body.replace('{', '{"store":false,')),
    REFUSED,
    'Chat Completions has no store',
  ],
  'declares tools in their own form': [
    changeRequest((body) => body.replace('"type":"function"', '"type":"namespace"')),
    REFUSED,
    'a tool must be a function with a name and parameters, not {"type":"namespace"',
  ],
  'mixes up the results': [
    changeRequest((body) => body.replace('"tool_call_id":"call_demo_clock"', '"tool_call_id":"call_demo_files"')),
    'request 2: a strict provider accepts it expected accepted',
    'a tool message answers call_demo_files, which is no open call',
  ],
  'changes the history': [
    changeRequest((body) => (body.includes('"role":"tool"') ? body.replace('What is in', 'What was in') : body)),
    'request 2: begins with the messages of request 1',
    '[{"role":"system"',
  ],
  'changes a result': [
    changeRequest((body) => body.replace(/(\d\d:\d\d) UTC"/, '$1 CET"')),
    'request 2: each call is followed by its result',
    '["',
  ],
};

for (const [fault, [buildBridge, claim, seen]] of Object.entries(BROKEN)) {
  test(`a bridge that ${fault} fails the demo`, async () => {
    const { code, out, error } = await show({ buildBridge });
    assert.deepEqual([code, error], [1, '']);
    const unwrapped = out.replace(/\s+/g, ' ');
    const start = unwrapped.indexOf(claim);
    assert.ok(start !== -1 && /✗[^✓✗]*$/.test(unwrapped.slice(0, start)), out);
    assert.ok(/[^✓✗]*/.exec(unwrapped.slice(start))?.[0].includes(` seen ${seen}`), out);
    assert.match(out, /^ {2}\d+ of \d+ checks are wrong\. Please report this with all of the output\.\n/m);
    assert.doesNotMatch(out, /config\.toml/);
  });
}

test('a bridge that throws fails the demo, and what it logged is shown', async () => {
  const { code, out } = await show({
    limitMs: 1_000,
    buildBridge: changeTurn(() => {
      throw new Error('out of order');
    }),
  });
  assert.equal(code, 1);
  assert.match(
    out,
    /\nThe bridge logged:\n {2}\S+ error turn .* failed internal\n(?: {6}.*\n)* {6}Error: out of order\n/,
  );
});

test('a bridge that never ends is given up', async () => {
  const { code, out } = await show({
    limitMs: 200,
    buildBridge: changeTurn(async function* () {
      yield ': silence\n\n';
      await new Promise(() => undefined);
    }),
  });
  assert.equal(code, 1);
  assert.match(out, /^ {2}broken off no end within 200 ms$/m);
});

test('a paragraph is wrapped between words, in whatever pieces they come', () => {
  const words = 'The quick brown fox jumps over the lazy dog, and then it jumps again, because nobody saw it.';
  const write = (pieces: readonly string[]): string => {
    let written = '';
    const paragraph = new Paragraph((text) => (written += text), 'text', (word) => word.toUpperCase());
    pieces.forEach((piece) => paragraph.push(piece));
    paragraph.end();
    return written;
  };
  const whole = write([words]);
  assert.equal(whole, [
    '  text       THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG, AND THEN IT JUMPS',
    '             AGAIN, BECAUSE NOBODY SAW IT.',
    '',
  ].join('\n'));
  assert.equal(write([...words]), whole);
  const margin = ' '.repeat(13);
  assert.equal(write(['a ', 'b'.repeat(70)]), `  text       A\n${margin}${'B'.repeat(67)}\n${margin}BBB\n`);
});

test('serve loads nothing of the demo', async () => {
  const script = `
    const { run } = require('./src/cli/main');
    const io = { error() {}, onSignal(handler) { setImmediate(handler, 'SIGTERM'); return () => undefined; },
      out() { process.stdout.write(Object.keys(require.cache).join('\\n') + '\\nend\\n'); } };
    run(['--port', '0'], {}, io);`;
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '--eval', script], {
    cwd: join(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let loaded = '';
  for await (const piece of child.stdout) loaded += String(piece);
  assert.match(loaded, /\/src\/serve\/serve-command\.ts\n[^]*end\n$/);
  assert.doesNotMatch(loaded, /\/src\/demo\//);
});
