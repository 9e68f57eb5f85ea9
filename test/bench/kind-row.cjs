/**
 * Measures one kind of stream for one client, in a separate process under plain Node: the built bridge translates
 * answers of increasing numbers of 24-character pieces. Prints CPU per piece and peak memory as JSON.
 * Run as: node kind-row.cjs KIND CLIENT SIZE…
 */
'use strict';
const { join } = require('node:path');

const dist = join(__dirname, '..', '..', 'dist');
const { createBridge } = require(join(dist, 'bridge', 'create-bridge.js'));
const { resolveConfig } = require(join(dist, 'config', 'resolve.js'));
const { createLogger } = require(join(dist, 'observe', 'log.js'));

const WARM_UP_PIECES = 20_000;
/** Short answers are repeated until this many pieces are measured. */
const MIN_PIECES = 20_000;
/** Each size is measured once per round; the smallest value is used, because noise only adds time. */
const ROUNDS = 3;
const PIECE = 'twenty-four characters, ';

const call = (index, fields, text) =>
  ({ tool_calls: [{ index, ...fields, function: { ...fields.function, arguments: text } }] });
const beginCall = (index, name, text) =>
  call(index, { id: `call_${index}`, type: 'function', function: { name } }, text);
const text = (content) => ({ content });
const repeat = (make) => () => make(PIECE);

const KINDS = {
  text: { open: [], piece: repeat(text), close: [] },
  reasoning: { open: [], piece: repeat((reasoning) => ({ reasoning_content: reasoning })), close: [text('Done.')] },
  'think tags': { open: [text('<think>')], piece: repeat(text), close: [text('</think>Done.')] },
  'function arguments': {
    open: [beginCall(0, 'write_file', '{"text":"')],
    piece: repeat((part) => call(0, {}, part)),
    close: [call(0, {}, '"}')],
  },
  'custom patch': {
    open: [beginCall(0, 'apply_patch', '{"input":"*** Begin Patch\\n*** Add File: a.txt\\n')],
    piece: () => call(0, {}, '+twenty-two characters\\n'),
    close: [call(0, {}, '*** End Patch"}')],
  },
  'markup call': {
    open: [text('<tool_call>{"name":"write_file","arguments":{"text":"')], piece: repeat(text),
    close: [text('"}}</tool_call>')],
  },
  'JSON with fence': { open: [text('```json\n{"text":"')], piece: repeat(text), close: [text('"}\n```')] },
  'two calls interleaved': {
    open: [beginCall(0, 'write_file', '{"text":"'), beginCall(1, 'write_file', '{"text":"')],
    piece: (index) => call(index % 2, {}, PIECE),
    close: [call(0, {}, '"}'), call(1, {}, '"}')],
  },
};

const PARAMETERS = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
const FUNCTION = { name: 'write_file', description: 'Writes a file.', parameters: PARAMETERS };
const CUSTOM = { name: 'apply_patch', description: 'Edits files.' };

const responses = (stream) => (kind) => ({
  stream,
  input: 'Say something.',
  tools: [{ type: 'function', ...FUNCTION }, { type: 'custom', ...CUSTOM }],
  ...(kind === 'JSON with fence' && { text: { format: { type: 'json_object' } } }),
});
const CLIENTS = {
  Responses: { protocol: 'responses', body: responses(true) },
  Chat: {
    protocol: 'chat',
    body: (kind) => ({
      stream: true,
      messages: [{ role: 'user', content: 'Say something.' }],
      tools: [{ type: 'function', function: FUNCTION }, { type: 'custom', custom: CUSTOM }],
      ...(kind === 'JSON with fence' && { response_format: { type: 'json_object' } }),
    }),
  },
  JSON: { protocol: 'responses', body: responses(false) },
};

const event = (fields) => Buffer.from(`data: ${JSON.stringify({ id: 'chatcmpl-1', ...fields })}\n\n`);
const delta = (fields) => event({ choices: [{ index: 0, delta: fields, finish_reason: null }] });

/** Yields the provider's answer, each piece in a read of its own, created on demand. */
function* readsOf({ open, piece, close }, pieces) {
  yield* open.map(delta);
  for (let index = 0; index < pieces; index += 1) yield delta(piece(index));
  yield* close.map(delta);
  const reason = [...open, ...close].some(({ tool_calls: calls }) => calls) ? 'tool_calls' : 'stop';
  yield event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  yield Buffer.from('data: [DONE]\n\n');
}

function createTestedBridge(source) {
  const { config } = resolveConfig({}, {});
  const log = createLogger({ level: 'error', format: 'text', write: (line) => process.stderr.write(`${line}\n`) });
  const transport = async () => {
    const reads = source();
    return {
      status: 200,
      header: (name) => (name === 'content-type' ? 'text/event-stream' : undefined),
      read: async () => reads.next().value,
      cancel: () => undefined,
      text: async () => '',
    };
  };
  const settings = { ...config, aiBaseUrl: 'http://127.0.0.1:9/v1', aiApiKey: 'sk-bench', defaultModel: 'm' };
  return createBridge(settings, log, { transport });
}

/** Runs one turn; throws unless the client receives every piece and a successful end. */
async function runTurn(bridge, client, kind, pieces) {
  const { protocol, body } = CLIENTS[client];
  const turn = await bridge.start(protocol, body(kind), { client: 'generic', abort: new AbortController().signal });
  let size = 0;
  let last = '';
  const add = (frame) => {
    size += frame.length;
    if (frame.length > 0) last = frame;
  };
  if (turn.stream) for await (const frame of turn.frames()) add(frame);
  else add((await turn.collect()).body);
  const isComplete = protocol === 'chat' ? last.includes('[DONE]') : /"status": ?"completed"/.test(last);
  if (!isComplete || size < pieces * 20) {
    throw new Error(`${pieces} pieces resulted in ${size} characters: ${last.slice(-300)}`);
  }
}

async function main([kind, client, ...sizes]) {
  let pieces = 0;
  const bridge = createTestedBridge(() => readsOf(KINDS[kind], pieces));
  const run = async (size, times) => {
    pieces = size;
    for (let time = 0; time < times; time += 1) await runTurn(bridge, client, kind, size);
  };
  await run(1_000, WARM_UP_PIECES / 1_000);
  const micros = sizes.map(() => Infinity);
  let peakMb = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, size] of sizes.map(Number).entries()) {
      const times = Math.ceil(MIN_PIECES / size);
      const before = process.cpuUsage();
      await run(size, times);
      const { user, system } = process.cpuUsage(before);
      micros[index] = Math.min(micros[index], (user + system) / (size * times));
    }
    // Only after the first round: stored responses of earlier rounds stay in memory.
    if (round === 0) peakMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
  }
  process.stdout.write(JSON.stringify({ micros, peakMb }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
