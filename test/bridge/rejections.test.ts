/**
 * Error responses as providers send them: each client gets the provider's message, the right code, the id and the wait.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { raw, reply } from '../support/upstream/scripted-upstream';
import { ask, CODEX, eventsOf, finalResponse, startBridge, typesOf, type Loose } from '../support/bridge/test-bridge';

interface Rejection {
  readonly name: string;
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  /** What an SDK client receives. */
  readonly sdk: {
    readonly status: number;
    readonly type: string;
    readonly code: string;
    readonly retryAfter?: string;
    readonly requestId?: string;
  };
  /** `error.code` in the stream for Codex; default: the one that ends the turn. */
  readonly codexCode?: string;
  /** What the message says, for both. */
  readonly says: RegExp;
}

const REJECTIONS: readonly Rejection[] = [
  {
    name: '401 Coding Plan: wrong key',
    status: 401,
    body: {
      error: {
        message: 'invalid access token or token expired',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
      request_id: 'req-401',
    },
    sdk: { status: 401, type: 'authentication_error', code: 'invalid_api_key', requestId: 'req-401' },
    says: new RegExp(
      String.raw`answered 401: invalid access token or token expired\. Check that AI_API_KEY belongs to ` +
      String.raw`127\.0\.0\.1:\d+\. Coding Plan keys start with sk-sp-; yours does not\. \(request id req-401\)$`,
    ),
  },
  {
    name: '403 DashScope: a plan key at the pay-as-you-go host',
    status: 403,
    body: { code: 'InvalidApiKey', message: 'invalid api-key', request_id: 'req-403' },
    sdk: { status: 403, type: 'authentication_error', code: 'invalid_api_key', requestId: 'req-403' },
    says: /invalid api-key.*Check that AI_API_KEY belongs/,
  },
  {
    name: '403 Kimi Code: only known agents',
    status: 403,
    body: {
      error: {
        message:
          'Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, Roo Code, ' +
          'Kilo Code, etc.',
        type: 'access_terminated_error',
      },
    },
    sdk: { status: 403, type: 'permission_error', code: 'client_not_allowed' },
    says: /only available for Coding Agents.*accepts only known coding tools/,
  },
  {
    name: '404 unknown model',
    status: 404,
    body: {
      error: {
        message: 'The model `nope` does not exist or you do not have access to it.',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
    sdk: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
    says: /`nope` does not exist.*ids must match exactly; `aliyun-codex-bridge models` lists them/,
  },
  {
    name: '400 Coding Plan: unknown model',
    status: 400,
    body: {
      error: {
        message: "model 'GLM-4.7' is not supported",
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_parameter_error',
      },
    },
    sdk: { status: 400, type: 'invalid_request_error', code: 'model_not_found' },
    says: /model 'GLM-4\.7' is not supported/,
  },
  {
    name: '405 Coding Plan: the caller check, with a string as the error',
    status: 405,
    body: { error: 'Coding Plan is currently only available for Coding Agents' },
    sdk: { status: 405, type: 'permission_error', code: 'client_not_allowed' },
    says: /answered 405: Coding Plan is currently only available for Coding Agents/,
  },
  {
    name: '400 DashScope: the context is full',
    status: 400,
    body: {
      error: {
        message: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 202752]',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_parameter_error',
      },
      request_id: 'r1',
    },
    sdk: { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded', requestId: 'r1' },
    codexCode: 'context_length_exceeded',
    says: /Range of input length should be \[1, 202752\]/,
  },
  {
    name: '400 DashScope: an unknown rule',
    status: 400,
    body: {
      error: {
        message: '<400> InternalError.Algo.InvalidParameter: The tool call must be answered',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_parameter_error',
      },
    },
    sdk: { status: 400, type: 'invalid_request_error', code: 'upstream_rejected' },
    says: /The tool call must be answered/,
  },
  {
    name: '429 DashScope: too many requests, with a wait',
    status: 429,
    headers: { 'retry-after': '3', 'x-request-id': 'from-header' },
    body: {
      error: {
        message: 'Requests rate limit exceeded, please try again later.',
        type: 'limit_requests',
        param: null,
        code: 'limit_requests',
      },
      request_id: 'from-body',
    },
    sdk: {
      status: 429,
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      retryAfter: '3',
      requestId: 'from-header',
    },
    says: /Requests rate limit exceeded/,
  },
  {
    name: '429 DashScope: tokens per minute under the name of a quota',
    status: 429,
    body: {
      error: {
        message:
          'You exceeded your current quota, please check your plan and billing details. For details, see: ' +
          'https://help.aliyun.com/zh/model-studio/error-code#token-limit',
        type: 'insufficient_quota',
        param: null,
        code: 'insufficient_quota',
      },
    },
    sdk: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    says: /#token-limit/,
  },
  {
    name: '429 Coding Plan: the five hours are used up',
    status: 429,
    body: {
      error: {
        message: 'hour allocated quota exceeded.',
        type: 'insufficient_quota',
        param: null,
        code: 'insufficient_quota',
      },
    },
    sdk: { status: 429, type: 'rate_limit_error', code: 'insufficient_quota' },
    says: /hour allocated quota exceeded.*Retrying will not help until the quota resets/,
  },
  {
    name: '400 DashScope: moderation',
    status: 400,
    body: {
      error: {
        message: 'Input text data may contain inappropriate content.',
        type: 'data_inspection_failed',
        param: null,
        code: 'data_inspection_failed',
      },
    },
    sdk: { status: 400, type: 'invalid_request_error', code: 'content_policy_violation' },
    says: /inappropriate content/,
  },
  {
    name: '500 with an empty body',
    status: 500,
    body: '',
    sdk: { status: 500, type: 'server_error', code: 'upstream_error' },
    says: /answered 500: no message\.$/,
  },
  {
    name: '502 with a proxy’s HTML page',
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>',
    sdk: { status: 502, type: 'server_error', code: 'upstream_error' },
    says: /answered 502: an HTML page titled "502 Bad Gateway"/,
  },
  {
    name: '503 overloaded, with a date to wait for',
    status: 503,
    headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    body: { error: { message: 'Service temporarily unavailable', code: 'ServiceUnavailable' } },
    sdk: { status: 503, type: 'server_error', code: 'server_is_busy', retryAfter: '0' },
    says: /Service temporarily unavailable/,
  },
  {
    name: '400 MiMo: an event as the body',
    status: 400,
    body: 'data:{"error":{"code":"400","message":"Param Incorrect","param":"The reasoning_content in the thinking ' +
      'mode must be passed back to the API.","type":""}}',
    sdk: { status: 400, type: 'invalid_request_error', code: 'upstream_rejected' },
    says: /Param Incorrect: The reasoning_content in the thinking mode must be passed back/,
  },
];

for (const { name, status, body, headers = {}, sdk, codexCode = 'invalid_prompt', says } of REJECTIONS) {
  describe(name, () => {
    const step = reply({ status, headers, body });

    it('is a failed stream for Codex', async (context) => {
      const bridge = await startBridge(context, { script: [step] });
      const answered = await bridge.stream({ input: ask() }, CODEX);
      assert.equal(answered.status, 200);
      assert.equal(answered.headers['content-type'], 'text/event-stream; charset=utf-8');
      assert.deepEqual(typesOf(answered), ['response.created', 'response.in_progress', 'response.failed']);
      const { error, model } = finalResponse(answered);
      assert.equal(error.code, codexCode);
      assert.equal(model, bridge.model);
      assert.match(error.message, says);
      assert.equal(answered.events.at(-1)?.data, '[DONE]');
    });

    it('is an HTTP error for other clients', async (context) => {
      const bridge = await startBridge(context, { script: [step, step, step] });
      const replies = [
        await bridge.json({ input: ask() }),
        await bridge.stream({ input: ask() }),
        await bridge.chatStream({ messages: [{ role: 'user', content: 'x' }] }),
      ];
      for (const answered of replies) {
        assert.equal(answered.status, sdk.status, answered.text);
        const { error } = JSON.parse(answered.text);
        assert.deepEqual([error.type, error.code, error.param], [sdk.type, sdk.code, null]);
        assert.match(error.message, says);
        assert.equal(answered.headers['retry-after'], sdk.retryAfter);
        assert.equal(answered.headers['x-request-id'], sdk.requestId);
      }
      bridge.upstream.assertClean();
    });
  });
}

describe('an error inside a stream', () => {
  const ERRORS: readonly (readonly [name: string, event: string, codexCode: string, code: string])[] = [
    [
      'moderation',
      'data: {"error":{"message":"Output data may contain inappropriate content.","code":"data_inspection_failed"}}',
      'invalid_prompt',
      'content_policy_violation',
    ],
    [
      'a DashScope event',
      'event:error\ndata:{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded","request_id":"r-9"}',
      'rate_limit_exceeded',
      'rate_limit_exceeded',
    ],
    [
      'a DashScope rejection',
      'event:error\ndata:{"code":"InvalidParameter","message":"<400> InternalError.Algo.InvalidParameter: The ' +
      'content field is a required field.","request_id":"r-9"}',
      'invalid_prompt',
      'upstream_rejected',
    ],
    [
      'an OpenRouter chunk',
      'data: {"id":"gen-1","error":{"code":429,"message":"Provider returned error"},"choices":[{"index":0,' +
      '"delta":{"content":""},"finish_reason":"error"}]}',
      'rate_limit_exceeded',
      'rate_limit_exceeded',
    ],
    [
      'an OpenRouter chunk about an invalid request',
      'data: {"id":"gen-1","error":{"code":400,"message":"Provider returned error"},"choices":[]}',
      'invalid_prompt',
      'upstream_rejected',
    ],
    ['a plain failure', 'data: {"error":{"message":"Internal failure"}}', 'server_error', 'upstream_error'],
  ];
  for (const [name, event, codexCode, code] of ERRORS) {
    it(`fails the response with the provider's message: ${name}`, async (context) => {
      const text = 'data: {"choices":[{"index":0,"delta":{"content":"Half"},"finish_reason":null}]}\n\n';
      const bridge = await startBridge(context, { script: () => raw({ chunks: [text, `${event}\n\n`], end: 'eof' }) });
      const codex = finalResponse(await bridge.stream({ input: ask() }, CODEX));
      assert.equal(codex.error.code, codexCode);
      const sdk = await bridge.stream({ input: ask() });
      assert.equal(finalResponse(sdk).error.code, code);
      assert.match(finalResponse(sdk).error.message, / reported: \S/);
      assert.ok(eventsOf(sdk).every(({ type }: Loose) => type !== 'error'));
    });
  }
});
