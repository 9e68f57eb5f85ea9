/** The record of a turn and its log line, as text and JSON, without any part of the conversation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeError, type ErrorDetails } from '../../src/errors/bridge-error';
import type { ErrorKind } from '../../src/errors/error-table';
import { createLogger, type LogFormat } from '../../src/observe/log';
import { TurnLog } from '../../src/observe/turn-line';
import { TurnRecord, type RequestFacts, type TurnFacts } from '../../src/observe/turn-record';
import type { AnswerProgress } from '../../src/stream/signal';

const REQUESTED: RequestFacts = {
  program: 'codex_exec',
  client: 'codex',
  api: 'responses',
  request: 'turn',
  thread: 't-1',
  model: 'asked-model',
};
const SENT = { model: 'sent-model', host: 'api.example', provider: 'example', base: 'api.example/v1', tools: 12 };
const USAGE = { prompt: 12_345, completion: 512, total: 12_857, cached: 11_008, cacheWrite: undefined, reasoning: 128 };
const PROGRESS: AnswerProgress = { begun: true, reason: 'stop', usage: USAGE };

/** A record with a manual clock. */
function start(requested: Partial<RequestFacts> = {}) {
  let now = 1_000;
  const record = new TurnRecord({ ...REQUESTED, ...requested }, () => now);
  return { record, at: (time: number): TurnRecord => { now = 1_000 + time; return record; } };
}

/** A successful turn, modified by `change`. */
function answered(progress: AnswerProgress = PROGRESS, requested: Partial<RequestFacts> = {}): TurnRecord {
  const { record, at } = start(requested);
  record.send(SENT);
  record.call();
  record.follow(progress, 'req-abc123');
  at(840).begin();
  at(9_200).answered();
  record.setStatus(200);
  return record;
}

function failed(error: BridgeError, status: number | undefined = 502): TurnRecord {
  const { record, at } = start();
  record.send(SENT);
  record.call();
  at(1_500).fail(error);
  if (status !== undefined) record.setStatus(status);
  return record;
}

const failure = (kind: ErrorKind, message: string, details: ErrorDetails = {}): BridgeError =>
  new BridgeError(kind, message, details);

/** The log entry of a turn without its time; as text, it may have several lines, each with the level. */
function write(record: TurnRecord, format: LogFormat = 'text'): string {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format, write: (line) => void lines.push(line), now: () => 0 });
  new TurnLog(record, log).release();
  assert.equal(lines.length, 1);
  const whole = (lines[0] ?? '').trimEnd().split('\n');
  if (format === 'text') assert.deepEqual(whole.filter((line) => line.length > 120 || !TIME.test(line)), []);
  return whole.map((line) => line.replace(TIME, '')).join('\n');
}

/** The same without line breaks. */
const writeFlat = (record: TurnRecord): string => write(record).replace(/\n\w+ {2,}/g, ' ');

/** Local time with its offset. */
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d /;

const fields = (record: TurnRecord): Record<string, unknown> =>
  JSON.parse(write(record, 'json').replace('"time":"1970-01-01T00:00:00.000Z",', '')) as Record<string, unknown>;

describe('the record of a turn', () => {
  it('distinguishes the first token, the end of the answer, and later writes', () => {
    const { record, at } = start();
    at(100).begin();
    at(200).begin();
    at(300).answered();
    at(400).answered();
    at(450);
    const { firstMs, endMs, totalMs } = record.facts();
    assert.deepEqual([firstMs, endMs, totalMs], [100, 300, 450]);
  });

  it('discards a retried attempt', () => {
    const { record, at } = start();
    record.follow(PROGRESS, 'req-1', { received: 7 });
    at(100).begin();
    record.retry(failure('overload', 'Busy.'), 500);
    const { usage, reason, requestId, firstMs, received, retries } = at(200).facts();
    assert.deepEqual(
      [usage, reason, requestId, firstMs, received, retries.length],
      [undefined, undefined, undefined, undefined, 0, 1],
    );
  });

  it('keeps the first outcome, unless there is a bug in the bridge', () => {
    const outcomeAfter = (...ends: ((record: TurnRecord) => void)[]): TurnFacts['outcome'] => {
      const { record } = start();
      for (const end of ends) end(record);
      return record.facts().outcome;
    };
    const defect = failure('internal', 'The bridge failed.');
    defect.cause = new TypeError('x is not a function');
    const fail = (record: TurnRecord): void => record.fail(failure('quota', 'Used up.'));
    const type = (...ends: ((record: TurnRecord) => void)[]): string => outcomeAfter(...ends).type;
    assert.equal(type(), 'answered');
    assert.equal(type((record) => record.leave(), fail), 'left');
    assert.equal(type(fail, (record) => record.leave()), 'failed');
    assert.equal(type((record) => record.answered(), fail), 'answered');
    assert.deepEqual(
      outcomeAfter(
        (record) => record.answered(),
        (record) => record.fail(defect),
      ),
      { type: 'failed', error: defect },
    );
  });

  it('derives from the abort signal whether the client disconnected or got an error', () => {
    const disconnected = AbortSignal.abort(new Error('The client closed the connection.'));
    const stopped = AbortSignal.abort(failure('shutting_down', 'Stopping.'));
    for (const [abort, type] of [
      [disconnected, 'left'],
      [stopped, 'failed'],
      [new AbortController().signal, 'failed'],
    ] as const) {
      const { record } = start();
      record.fail(failure('network', 'The connection failed.'), abort);
      assert.equal(record.facts().outcome.type, type);
    }
  });

  it('never has a negative duration, even if the clock goes backwards', () => {
    const { at } = start();
    at(-5_000).begin();
    const { firstMs, totalMs } = at(-9_000).facts();
    assert.deepEqual([firstMs, totalMs], [0, 0]);
  });
});

describe('the log line of a turn, as text', () => {
  it('has aligned columns, then anything unusual', () => {
    assert.equal(
      writeFlat(answered()),
      'info  turn codex_exec   sent-model         in   12k  89% cached out   512    9.2 s stop instead of asked-model',
    );
    const small = { ...USAGE, prompt: 999, cached: 0, completion: 20, reasoning: 0 };
    assert.equal(
      write(answered({ begun: true, reason: 'tool_calls', usage: small }, { model: 'sent-model' })),
      'info  turn codex_exec   sent-model         in   999             out    20    9.2 s tool_calls',
    );
  });

  it('omits values that are usual or unknown', () => {
    assert.equal(
      write(answered({ begun: true, reason: 'length', usage: undefined }, { model: 'sent-model' })),
      'info  turn codex_exec   sent-model            9.2 s length',
    );
    assert.equal(
      write(start({ request: 'preload' }).at(5)),
      'info  turn codex_exec   asked-model            5 ms stop preload',
    );
    const chat = writeFlat(answered(PROGRESS, { api: 'chat', request: undefined }));
    assert.match(chat, / stop chat instead of asked-model$/);
    const held = answered(PROGRESS, { request: 'compaction', tokenName: 'ann' });
    assert.match(writeFlat(held), / stop compaction \(ann\) instead of/);
  });

  it('mentions a slow first token', () => {
    const { record, at } = start({ model: 'sent-model' });
    record.send(SENT);
    record.follow(PROGRESS, undefined);
    at(15_000).begin();
    at(15_019).answered();
    assert.match(writeFlat(record), / 15 s stop instead|^info .* 15 s stop first token after 15 s$/);
  });

  it('has the number of retries and the names of repairs', () => {
    const { record, at } = start({ model: undefined });
    record.send(SENT);
    for (const wait of [500, 1_000]) record.retry(failure('overload', 'Busy.'), wait);
    record.repair('without temperature');
    at(3_000).answered();
    assert.match(writeFlat(record), /^info {2}turn codex_exec {3}sent-model /);
    assert.match(writeFlat(record), / 3 s stop 2 retries repaired \(without \w+\)$/);
  });

  it('states how far a turn got before its client disconnected', () => {
    const { record, at } = start();
    at(100);
    const say = (): string => {
      const copy = Object.assign(Object.create(TurnRecord.prototype) as TurnRecord, record);
      copy.leave();
      return write(copy);
    };
    assert.match(say(), /^info .* aborted before anything was sent/);
    record.call();
    assert.match(say(), /^info .* aborted while waiting/);
    record.begin();
    assert.match(say(), /^info .* aborted while answering/);
  });

  it('is a block for a failure: the provider’s message, the client’s error, the fix, the attempts', () => {
    const said = {
      upstreamStatus: 429,
      providerCode: 'invalid_api_key',
      requestId: 'r-1',
      providerText: 'Slow down.',
      advice: 'Wait a minute.',
    };
    const error = failure('rate_limit', 'api.example answered 429: Slow down. Wait a minute. (request id r-1)', said);
    const record = failed(error, 200);
    record.retry(failure('overload', 'Busy.', { upstreamStatus: 503 }), 512);
    assert.equal(
      write(record),
      [
        'warn  turn codex_exec   sent-model            1.5 s failed rate_limit instead of asked-model 1',
        'warn      retry',
        'warn      provider  429 (code invalid_api_key, request id r-1): Slow down.',
        'warn      client    in its answer (code rate_limit_exceeded): api.example answered 429: Slow',
        'warn          down. Wait a minute. (request id r-1)',
        'warn      fix       Wait a minute.',
        'warn      attempts  overload (503), waited 0.51 s; rate_limit (429)',
      ].join('\n'),
    );
  });

  it('shows the stack of a bug in the bridge', () => {
    const error = failure('internal', 'The bridge failed: x is not a function');
    error.cause = Object.assign(new TypeError('x is not a function'), {
      stack: 'TypeError: x is not a function\n    at y (z.js:1:2)',
    });
    assert.match(
      write(failed(error, 500)),
      new RegExp(
        '^error turn .* failed internal .*\\nerror {5}client {4}500 \\(code internal_error\\): .*\\n' +
        'error {5}TypeError: x is not a function\\nerror {9}at y',
      ),
    );
    error.cause = 'a string';
    assert.match(write(failed(error, 500)), /\nerror {5}a string$/);
  });

  it('describes the problem of a field without its value', () => {
    const message = 'Cannot read input[3].call_id: expected a non-empty string, got "secret words, got it".';
    const record = failed(failure('invalid_request', message, { param: 'input[3].call_id' }), 400);
    const text = write(record);
    const flat = writeFlat(record);
    assert.match(flat, /client {4}400 \(code \w+, input\[3\]\.call_id\): Cannot read input\[3\]\.call_id: expected a/);
    assert.match(flat, / a non-empty string\.$/);
    assert.doesNotMatch(text + write(record, 'json'), /secret|got/);
  });

  it('is not a warning if the client cancelled', () => {
    assert.match(write(failed(failure('cancelled', 'The response was cancelled.'), 200)), /^info .* failed cancelled/);
  });

  it('records when no provider was called, and when no client got the response', () => {
    const { record } = start();
    record.send(SENT);
    record.remember();
    record.fail(failure('quota', 'Used up.'));
    assert.match(
      write(record),
      new RegExp(
        'failed quota [^]*from\\nwarn +memory\\nwarn {6}client {4}nothing: its connection was already closed\\n' +
        'warn {6}attempts {2}none: the provider rejected the same request',
      ),
    );
  });

  it('cannot be forged by external text', () => {
    const evil = 'x\n1970-01-01T00:00:00.000Z info  turn forged \u001b[2J';
    const record = answered(PROGRESS, { model: evil });
    record.follow(PROGRESS, evil);
    const line = write(record);
    assert.doesNotMatch(line, /\u001b/);
    assert.match(line, /"x\\n1970/);
    const error = failure('upstream_error', evil, { providerText: evil, providerCode: evil });
    assert.ok(!write(failed(error)).includes('\n1970'));
  });
});

describe('the log line of a turn, as JSON', () => {
  it('has plain fields', () => {
    assert.deepEqual(fields(answered()), {
      level: 'info', message: 'turn', client: 'codex_exec', api: 'responses', request: 'turn', thread: 't-1',
      model: 'asked-model', sent_model: 'sent-model', host: 'api.example', tools: 12,
      input_tokens: 12_345, cached_tokens: 11_008, output_tokens: 512, reasoning_tokens: 128,
      first_token_ms: 840, tokens_per_second: 61, duration_ms: 9_200, finish: 'stop', request_id: 'req-abc123',
      upstream_calls: 1, retries: 0, status: 200,
    });
  });

  it('omits unknown facts', () => {
    const { input_tokens, tokens_per_second, finish } = fields(
      answered({ begun: true, reason: undefined, usage: undefined }),
    );
    assert.deepEqual([input_tokens, tokens_per_second, finish], [undefined, undefined, 'stop']);
  });

  it('has the failure in the same line', () => {
    const record = failed(
      failure('overload', 'api.example answered 503: Busy.', {
        upstreamStatus: 503,
        providerText: 'Busy.',
        retryAfterMs: 7_000,
      }),
      503,
    );
    record.retry(failure('network', 'Reset.'), 512.4);
    const { finish, kind, error, upstream_status, upstream_message, client_code, retry_after_ms, retried, status } =
      fields(record);
    assert.deepEqual(
      [finish, kind, error, upstream_status, upstream_message, client_code, retry_after_ms, retried, status],
      [
        'overload',
        'overload',
        'api.example answered 503: Busy.',
        503,
        'Busy.',
        'server_is_busy',
        7_000,
        [{ kind: 'network', wait_ms: 512 }],
        503,
      ],
    );
  });

  it('states how far an aborted turn got', () => {
    const { record } = start();
    record.leave();
    const { finish, stage, status } = fields(record);
    assert.deepEqual([finish, stage, status], ['aborted', 'request', undefined]);
  });
});

describe('the message of a failure', () => {
  const PROMPT = 'The-Prompt-Nobody-May-See';
  const LEAKS: readonly (readonly [name: string, error: BridgeError, expected: RegExp])[] = [
    [
      'the value of a field',
      failure('invalid_request', `Cannot read input[0].role: got "${PROMPT}"`, { param: 'input[0].role' }),
      /input\[0\]\.role/,
    ],
    [
      'a piece of the answer',
      failure('bad_answer', `An event is not JSON: "${PROMPT}"`, { quote: `"${PROMPT}"` }),
      /An event is not JSON: …/,
    ],
    [
      'a request that a validator repeats',
      failure('upstream_rejected', `answered 400: missing, 'input': {'a': '${PROMPT}'}. Check it.`, {
        providerText: `missing, 'input': {'a': '${PROMPT}'}.`,
      }),
      /answered 400: missing, 'input': … Check it\./,
    ],
    [
      'long words',
      failure('upstream_rejected', `answered 400: ${'x'.repeat(600)}${PROMPT}`, {
        providerText: `${'x'.repeat(600)}${PROMPT}`,
      }),
      /x…/,
    ],
  ];
  for (const format of ['text', 'json'] as const) {
    for (const [name, error, expected] of LEAKS) {
      it(`contains no conversation: ${name} (${format})`, () => {
        const text = write(failed(error, 400), format);
        assert.ok(!text.includes(PROMPT), text);
        assert.match(text, expected);
      });
    }
  }

  it('names the model that cannot be served', () => {
    assert.match(
      write(failed(failure('auth', 'Cannot route "x/y" to X: no key.', { param: 'model' }), 401)),
      /\(code invalid_api_key, model\): Cannot route "x\/y"/,
    );
  });
});

it('the line is written once, when the last holder releases it', () => {
  const lines: string[] = [];
  const turnLog = new TurnLog(
    start().record,
    createLogger({ level: 'info', format: 'text', write: (line) => void lines.push(line) }),
  );
  turnLog.hold();
  turnLog.leave();
  turnLog.release();
  assert.equal(lines.length, 0);
  turnLog.leave();
  turnLog.release();
  turnLog.release();
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /aborted/);
});

describe('a silent turn', () => {
  it('is logged every 30 s, until it continues or ends', () => {
    const lines: string[] = [];
    const log = createLogger({ level: 'info', format: 'text', write: (line) => void lines.push(line), now: () => 0 });
    const { record, at } = start({ model: 'sent-model' });
    const waiting: (() => void)[] = [];
    const setTimer = (_ms: number, run: () => void) => {
      waiting.push(run);
      return () => void waiting.splice(waiting.indexOf(run), 1);
    };
    const turn = new TurnLog(record, log, undefined, setTimer);
    const wait = (): void => waiting.shift()?.();
    record.send(SENT);
    record.call();
    at(30_000);
    wait();
    const stream = { received: 0 };
    record.follow(PROGRESS, undefined, stream);
    stream.received = 7;
    at(60_000).begin();
    wait();
    at(90_000);
    wait();
    turn.release();
    assert.deepEqual(waiting, []);
    assert.deepEqual(lines.map((line) => line.trimEnd().replace(TIME, '')).slice(0, 2), [
      'info  turn codex_exec   sent-model             30 s … no answer yet',
      'info  turn codex_exec   sent-model         1 min 30 s … silent after 7 events',
    ]);
    assert.equal(lines.length, 3);
  });
});
