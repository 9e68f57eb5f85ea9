/** Every format in which providers wrap an error. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readErrorText, readErrorValue, type ProviderError } from '../../src/errors/provider-error';

const SHAPES: readonly (readonly [name: string, body: string, error: ProviderError])[] = [
  [
    'OpenAI',
    '{"error":{"message":"No.","type":"t","param":null,"code":"c"}}',
    { message: 'No.', code: 'c', type: 't' },
  ],
  [
    'DashScope compatible',
    '{"error":{"message":"No.","type":"t","code":"c"},"id":"x","request_id":"r"}',
    { message: 'No.', code: 'c', type: 't', requestId: 'r' },
  ],
  ['DashScope native', '{"code":"C","message":"No.","request_id":"r"}', { message: 'No.', code: 'C', requestId: 'r' }],
  ['a string as error', '{"error":"No."}', { message: 'No.' }],
  ['Z.ai', '{"error":{"code":"1214","message":"No."}}', { message: 'No.', code: '1214' }],
  [
    'MiniMax',
    '{"type":"error","error":{"type":"bad","message":"No. (2013)","http_code":"400"},"request_id":"r"}',
    { message: 'No. (2013)', type: 'bad', requestId: 'r', status: 400 },
  ],
  ['MiniMax base_resp', '{"base_resp":{"status_code":1004,"status_msg":"No."}}', { message: 'No.', code: '1004' }],
  [
    'vLLM',
    '{"object":"error","message":"No.","type":"T","param":null,"code":400}',
    { message: 'No.', code: '400', type: 'T', status: 400 },
  ],
  ['OpenRouter', '{"error":{"code":403,"message":"No.","metadata":{}}}', { message: 'No.', code: '403', status: 403 }],
  [
    'OpenRouter, with the message of the underlying provider',
    '{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"No.","provider_name":"P"}}}',
    { message: 'Provider returned error: No.', code: '400', status: 400 },
  ],
  [
    'OpenRouter, with the body of the underlying provider',
    '{"error":{"code":400,"message":"Provider returned error",' +
    '"metadata":{"raw":"{\\"error\\":{\\"message\\":\\"No.\\",\\"type\\":\\"t\\"}}"}}}',
    { message: 'Provider returned error: No.', code: '400', type: 't', status: 400 },
  ],
  ['FastAPI', '{"detail":"No."}', { message: 'No.' }],
  ['Baidu', '{"error":{"code":"c","message":"No.","type":"t"},"id":"as-1"}', { message: 'No.', code: 'c', type: 't' }],
  ['msg instead of message', '{"error":{"msg":"No."}}', { message: 'No.' }],
  [
    'an event',
    'event:error\ndata:{"code":"C","message":"No.","request_id":"r"}',
    { message: 'No.', code: 'C', requestId: 'r' },
  ],
  [
    'an event with CRLF and an id',
    'id:1\r\nevent:error\r\n:HTTP_STATUS/400\r\ndata:{"message":"No."}\r\n\r\n',
    { message: 'No.' },
  ],
  ['a line of data', 'data:{"error":{"message":"No."}}', { message: 'No.' }],
  [
    'JSON inside the message',
    '{"error":{"message":"{\\"error\\":{\\"message\\":\\"No.\\",\\"code\\":\\"c\\"}}"}}',
    { message: 'No.', code: 'c' },
  ],
  [
    'an event inside the message',
    '{"error":{"message":"event:error\\ndata:{\\"code\\":\\"C\\",\\"message\\":\\"No.\\",\\"request_id\\":\\"r\\"}"}}',
    { message: 'No.', code: 'C', requestId: 'r' },
  ],
  [
    'MiMo, whose sentence is in param',
    '{"error":{"code":"400","message":"Param Incorrect","param":"It must be passed back.","type":""}}',
    { message: 'Param Incorrect: It must be passed back.', code: '400', status: 400 },
  ],
  [
    'a param that is a path',
    '{"error":{"message":"No.","param":"messages[0].role"}}',
    { message: 'No.', field: 'messages[0].role' },
  ],
  [
    'Gemini, in a list',
    '[{"error":{"code":400,"message":"No.","status":"INVALID_ARGUMENT"}}]',
    { message: 'No.', code: '400', type: 'INVALID_ARGUMENT', status: 400 },
  ],
  ['a list of strings', '["No.", "Never."]', { message: 'No.; Never.' }],
  ['a string', '"No."', { message: 'No.' }],
  [
    'FastAPI, one error for each field',
    '{"detail":[{"type":"extra_forbidden","loc":["body","messages",3,"assistant","reasoning_content"],' +
    '"msg":"Extra inputs are not permitted","input":"rate limit"}]}',
    {
      message: 'messages.3.assistant.reasoning_content: Extra inputs are not permitted',
      type: 'extra_forbidden', field: 'messages.3.assistant.reasoning_content',
    },
  ],
  ['an error inside an error', '{"error":{"error":{"message":"No.","code":"c"}}}', { message: 'No.', code: 'c' }],
  ['a list of errors', '{"errors":[{"message":"No.","code":"c"}]}', { message: 'No.', code: 'c' }],
  ['a list as message', '{"error":{"message":["No.","Never."]}}', { message: 'No.; Never.' }],
  ['an object as message', '{"message":{"detail":"No."}}', { message: 'No.' }],
  [
    'lists for each field',
    '{"messages":["This field is required."],"model":["Not a valid choice."]}',
    { message: 'messages: This field is required.; model: Not a valid choice.' },
  ],
  ['lists for each field, inside error', '{"error":{"tools":["Not a list."]}}', { message: 'tools: Not a list.' }],
  ['a title and a detail', '{"title":"Bad Request","detail":"No.","status":400}', { message: 'No.' }],
  ['only a param', '{"error":{"param":"Too long"}}', { message: 'Too long' }],
  ['plain text', '  Not today \n', { message: 'Not today' }],
  ['an empty body', '', { message: '' }],
  [
    'an HTML page with a title',
    '<!DOCTYPE html>\n<html><head><title> 502 Bad Gateway </title></head></html>',
    { message: 'an HTML page titled "502 Bad Gateway"', isPage: true },
  ],
  [
    'an HTML page with a heading',
    '<html><body><h1>Not Found</h1></body></html>',
    { message: 'an HTML page titled "Not Found"', isPage: true },
  ],
  ['an HTML page without either', '<html><body>x</body></html>', { message: 'an HTML page', isPage: true }],
  ['JSON of an unknown shape', '{"weird":true}', { message: '{"weird":true}' }],
  ['a JSON list', '[1]', { message: '[1]' }],
  ['JSON null', 'null', { message: 'null' }],
  ['broken JSON', '{"error":', { message: '{"error":' }],
];

describe('error bodies', () => {
  for (const [name, body, error] of SHAPES) it(name, () => assert.deepEqual(readErrorText(body), error));

  it('a long message is truncated, because it becomes part of a sentence', () => {
    const { message } = readErrorText('x'.repeat(5_000));
    assert.equal(message.length, 2_001);
    assert.ok(message.endsWith('…'));
  });
});

it('parsed values of any kind are read', () => {
  assert.deepEqual(readErrorValue('No.'), { message: 'No.' });
  assert.deepEqual(readErrorValue(undefined), { message: '' });
  assert.deepEqual(readErrorValue(7), { message: '7' });
  assert.deepEqual(readErrorValue({ error: { message: '', code: 0 } }), {
    message: '{"error":{"message":"","code":0}}',
    code: '0',
  });
});
