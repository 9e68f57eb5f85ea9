/** The usage ledger: one line per turn that reached the provider, without its text; limited in size, optional. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { BridgeError } from '../../src/errors/bridge-error';
import { createUsageLedger, ledgerFileOf } from '../../src/observe/usage-ledger';
import { TurnRecord } from '../../src/observe/turn-record';
import { listen } from '../support/cli/background';
import { createFakeIo } from '../support/cli/fake-io';

const SENT = { model: 'glm-5', host: 'api.example', provider: 'zai', base: 'api.example/v4', tools: 1 };
const ASKED = { program: 'codex_exec', client: 'codex', api: 'responses', thread: 't-1' } as const;

function createFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-ledger-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const readLines = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

const untilFlushed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

test('a turn that reached the provider has a line, with the kind of its failure; others have none', async (context) => {
  const path = join(createFolder(context), 'usage.jsonl');
  const ledger = createUsageLedger({ path, maxBytes: 1e6, prepare: () => undefined, warn: assert.fail });
  const unsent = new TurnRecord(ASKED, Date.now);
  unsent.fail(new BridgeError('invalid_request', 'No.'));
  ledger.add(unsent.facts());
  const failed = new TurnRecord(ASKED, Date.now);
  failed.send(SENT);
  failed.call();
  failed.call();
  failed.fail(new BridgeError('quota', 'Used up.'));
  ledger.add(failed.facts());
  assert.equal(existsSync(path), false, 'nothing is written synchronously');
  await untilFlushed();
  ledger.close();
  const [{ time, ms, ...line } = {}, ...others] = readLines(path);
  assert.deepEqual(others, []);
  assert.deepEqual(line, {
    provider: 'zai', base: 'api.example/v4', model: 'glm-5', client: 'codex_exec', thread: 't-1', requests: 2,
    end: 'quota',
  });
  assert.ok(typeof time === 'string' && typeof ms === 'number');
});

test('queued entries are written on close, and the file is rotated before it grows too large', (context) => {
  const path = join(createFolder(context), 'usage.jsonl');
  const ledger = createUsageLedger({ path, maxBytes: 400, prepare: () => undefined, warn: assert.fail });
  for (let count = 0; count < 5; count += 1) {
    const record = new TurnRecord(ASKED, Date.now);
    record.send(SENT);
    record.call();
    ledger.add(record.facts());
    ledger.close();
  }
  assert.ok(statSync(path).size <= 400 && statSync(`${path}.1`).size <= 400);
});

test('an unusable folder is reported once, and fails no turn', async (context) => {
  const problems: string[] = [];
  const path = join(createFolder(context), 'usage.jsonl');
  const ledger = createUsageLedger({
    path, maxBytes: 1e6, prepare: () => 'Not yours.', warn: (problem) => void problems.push(problem),
  });
  for (let count = 0; count < 3; count += 1) {
    const record = new TurnRecord(ASKED, Date.now);
    record.send(SENT);
    record.call();
    ledger.add(record.facts());
    await untilFlushed();
  }
  assert.deepEqual([problems, existsSync(path)], [['Not yours.'], false]);
});

const CHUNKS = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'SECRET ANSWER' } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  {
    choices: [],
    usage: { prompt_tokens: 50, completion_tokens: 7, total_tokens: 57, prompt_tokens_details: { cached_tokens: 40 } },
  },
];

for (const words of [[], ['--no-usage-ledger']]) {
  test(`${['serve', ...words].join(' ')} writes ${words.length === 0 ? 'a line' : 'no ledger'}`, async (context) => {
    const port = await listen(context, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${CHUNKS.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`);
    });
    const home = createFolder(context);
    const state = join(home, 'state');
    mkdirSync(state, { mode: 0o700 });
    const env = { HOME: home, AI_API_BASE: `http://127.0.0.1:${port}/v1`, AI_API_KEY: 'sk-1', BRIDGE_STATE_DIR: state };
    const io = createFakeIo();
    const served = run(['serve', '--port', '0', '--log-level', 'error', ...words], env, io);
    const [, base] = /is listening on (\S+);/.exec(await io.firstOut) ?? [];
    const answer = await fetch(`${base}/responses`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'some-model', input: 'SECRET QUESTION' }),
    });
    assert.equal(answer.status, 200, await answer.text());
    io.signal('SIGTERM');
    assert.equal(await served, 0);
    const path = ledgerFileOf(state);
    assert.equal(existsSync(path), words.length === 0);
    if (words.length > 0) return;
    assert.equal(statSync(path).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o600);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /SECRET|sk-1/);
    const [line] = readLines(path);
    assert.deepEqual(
      [line?.['model'], line?.['input'], line?.['cached'], line?.['output'], line?.['requests'], line?.['end']],
      ['some-model', 50, 40, 7, 1, 'stop'],
    );
  });
}
