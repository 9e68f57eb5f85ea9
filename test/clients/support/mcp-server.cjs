/**
 * A Model Context Protocol server over standard input and output, in plain Node, with the tools `echo` and `get_image`.
 * Its name is the first argument.
 */
'use strict';

const NAME = process.argv[2];

/** Two by two red pixels. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mM4IScHRAwQCgAfJgQRSo6NIAAAAABJRU5ErkJggg==';

const TOOLS = [
  {
    name: 'echo',
    description: 'Returns the text it is given.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    call: ({ text }) => [{ type: 'text', text: `${NAME} echoes: ${text}` }],
  },
  {
    name: 'get_image',
    description: 'Returns a small red image.',
    inputSchema: { type: 'object', properties: {} },
    call: () => [{ type: 'image', data: PNG, mimeType: 'image/png' }],
  },
];

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: NAME, version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: TOOLS.map(({ call, ...tool }) => tool) }),
  'tools/call': ({ name, arguments: args = {} }) => {
    const tool = TOOLS.find((each) => each.name === name);
    if (tool === undefined) return { isError: true, content: [{ type: 'text', text: `no tool ${name}` }] };
    return { content: tool.call(args) };
  },
};

/** Answers one message; a notification, which has no id, gets no answer. */
function answer({ id, method, params = {} }) {
  if (id === undefined) return undefined;
  const run = METHODS[method];
  if (run === undefined) return { jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${method}` } };
  return { jsonrpc: '2.0', id, result: run(params) };
}

require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const reply = answer(JSON.parse(line));
  if (reply !== undefined) process.stdout.write(`${JSON.stringify(reply)}\n`);
});
